"""The figures that pages show, over days of 23, 24 and 25 hours."""

import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.journal.intervals import day
from cti_server.journal.load import load
from cti_server.journal.projections import OUTCOMES
from cti_server.journal.verify import verify
from cti_server.journal.writer import Writer
from cti_server.statistics.queries import by_agent, by_queue
from cti_server.tasks import Tasks
from tests.journal.conftest import FAST, start_server
from tests.journal.floor import AGENTS, T0, Floor, opening

BERLIN = ZoneInfo("Europe/Berlin")


async def test_the_figures_of_a_floor(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    server.floor.day(callers=10)
    await server.stop()
    zone = ZoneInfo("Asia/Shanghai")
    lines = {line.who: line.figures for line in await by_queue(engine, zone, T0 - 1800, T0 + 10_000, "all")}
    sales = lines["sales"]
    assert (sales["offered"], sales["answered"], sales["answered_within"], sales["short_abandoned"]) == (6, 4, 2, 2)
    assert sales["asa"] == (12 + 22 + 12 + 22) / 4
    assert lines["support"]["abandoned"] == 2
    assert lines["support"]["service_level"] == 0.0
    agents = await by_agent(engine, zone, T0 - 1800, T0 + 10_000, "all")
    assert sum(int(line.figures["handled"] or 0) for line in agents) == 4
    assert sum(int(line.figures["missed"] or 0) for line in agents) == 2
    assert sum(int(line.figures["wrapup_ms"] or 0) for line in agents) == sum(
        int(line["wrapup_ms"] or 0) for line in lines.values()
    )
    assert await by_queue(engine, zone, T0, T0 + 10_000, only=["none"]) == []


async def test_callbacks_and_messages_are_outcomes_of_their_own(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening(), *(ev.AgentLoggedOut(at=T0, agent=a.id) for a in AGENTS))
    for n, kind in enumerate(("voicemail", "callback", "callback", "short", "waits")):
        server.floor.caller(kind, T0 + 100 * n)
    await server.stop()
    (line,) = await by_queue(engine, ZoneInfo("Asia/Shanghai"), T0 - 1800, T0 + 10_000, "all")
    counted = {name: line.figures[name] for name in ("offered", "waiting", *OUTCOMES) if line.figures[name]}
    assert counted == {"offered": 5, "voicemail": 1, "callback": 2, "short_abandoned": 1, "waiting": 1}
    assert (await verify(engine, ZoneInfo("Asia/Shanghai"))).differences == []


@pytest.mark.parametrize(("date", "hours"), [("2024-03-31", 23), ("2024-10-27", 25)], ids=["spring", "autumn"])
async def test_a_day_on_which_the_clocks_change(engine: AsyncEngine, tmp_path: Path, date: str, hours: int) -> None:
    """A caller in the middle of each half-hour of the day, and one before and after it."""
    loaded = await load(engine, BERLIN, tmp_path)
    writer, tasks = Writer(engine, loaded.state, loaded.gatherer, data_dir=tmp_path, options=FAST), Tasks()
    writer.start(tasks)
    floor = Floor(loaded.state, writer.put)
    start, end = day(datetime.date.fromisoformat(date), BERLIN)
    floor.do(*opening(start - 4000))
    for n in range(-1, hours * 2 + 1):
        floor.caller("short", start + n * 1800 + 900)
    await writer.close()
    await tasks.close()

    days = await by_queue(engine, BERLIN, start, end, "day")
    halves = await by_queue(engine, BERLIN, start, end, "half_hour")
    hourly = await by_queue(engine, BERLIN, start, end, "hour")
    assert [(line.start, line.end, line.figures["offered"]) for line in days] == [(start, end, hours * 2)]
    assert [line.start for line in halves] == [start + n * 1800 for n in range(hours * 2)]
    assert [line.figures["offered"] for line in hourly] == [2] * hours
