"""A recorder on a real database, and ended calls whose files are there."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.state import Call, Leg, RecordingSegment, Span
from cti_server.recording import queries
from cti_server.recording.queries import Filter, Recording
from cti_server.recording.worker import Recorder
from cti_server.settings import Pbx, Settings
from cti_server.settings import Recording as RecordingSettings
from cti_server.tasks import Tasks
from tests.recording.tones import AGENT_HZ, CALLER_HZ, write_wav


def settings(tmp_path: Path, **more: object) -> Settings:
    recording = RecordingSettings(sealed_dir=tmp_path / "sealed", **{"settle_s": 0.2, **more})  # type: ignore[arg-type]
    return Settings(pbx=Pbx(recordings_dir=tmp_path / "rec"), recording=recording)


@asynccontextmanager
async def running(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Recorder]:
    tasks = Tasks()
    recorder = Recorder(settings, engine, tasks)
    recorder.start()
    try:
        yield recorder
    finally:
        await tasks.close()


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    while True:
        if await ready():
            return
        await asyncio.sleep(0.02)


async def rows(engine: AsyncEngine) -> list[Recording]:
    return (await queries.page(engine, Filter()))[0]


async def settled(engine: AsyncEngine, count: int = 1) -> list[Recording]:
    """All rows once there are `count` and none is pending; the test's own time limit ends the wait."""

    async def ready() -> bool:
        found = await rows(engine)
        return len(found) == count and all(r.status != "pending" for r in found)

    await until(ready)
    return await rows(engine)


def call(leg: str = "1.2", seconds: float = 3.0, recorded: bool = True, answered: bool = True) -> Call:
    end = time.time()
    start = end - seconds
    spans = [Span("talk", start, end)] if answered else [Span("ring", start, end)]
    agent = Leg(
        id=leg,
        endpoint="PJSIP/agent1",
        role="agent",
        agent="anna",
        started=start,
        answered=start if answered else None,
        ended=end,
        spans=spans,
    )
    recordings = [RecordingSegment(leg=leg, start=start, end=end, agent_path=f"{leg}-agent.wav")] if recorded else []
    return Call(id=f"call-{leg}", direction="inbound", started=start, ended=end, legs=[agent], recordings=recordings)


def write_pair(tmp_path: Path, leg: str = "1.2", seconds: float = 3.0, noise: int = 0) -> tuple[Path, Path]:
    day = tmp_path / "rec" / time.strftime("%Y/%m/%d", time.gmtime(time.time() - seconds))
    return (
        write_wav(day / f"{leg}-agent.wav", AGENT_HZ, seconds, noise=noise),
        write_wav(day / f"{leg}-caller.wav", CALLER_HZ, seconds, noise=noise),
    )
