"""From an ended leg to a sealed file: noted in the loop without waiting, done by one thread, survived by a restart.

    note(call) -> memory (bounded) -> rows "pending" -> wait until Asterisk closed the files -> join, seal -> row

The database says what is left to do, so a restart goes on where it stopped; `catch_up` notes what the journal knows and
the table does not. Everything may be done twice and comes out the same.
"""

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.core.state import Call
from cti_server.paths import PathError
from cti_server.recording import files, queries, seal, wav
from cti_server.recording.rules import Segment, segments
from cti_server.settings import Settings
from cti_server.tasks import Tasks

MOST_NOTED = 20_000
"""Segments kept in memory while the database is away; the journal brings back what is beyond it."""
MOST_TRIES = 5
CATCH_UP_S = 7 * 86400.0

_AT_ONCE = 8
_PAGE = 200
_LOOK_EVERY_S = 30.0
_RETRY_S = 5.0
_FIRST_LOOK_S = 0.05
_SLOWEST_LOOK_S = 1.0

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger()


class Recorder:
    """Seals recordings in the background. `note` is for the loop's thread; it never waits and never raises.

    `tasks`: where its one task runs; closing that group stops it, and what was not finished stays pending.
    """

    def __init__(self, settings: Settings, engine: AsyncEngine, tasks: Tasks) -> None:
        self._settings = settings
        self._engine = engine
        self._tasks = tasks
        self._noted: deque[Segment] = deque()
        self._seen: dict[str, set[tuple[str, int]]] = {}
        self._busy: set[int] = set()
        self._not_before: dict[int, float] = {}
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recording")
        self.dropped = 0

    def start(self) -> None:
        """Start the background task; first it notes the calls that the journal has and the table lacks."""
        _ = self._tasks.start(self._run(), "recording")

    def note(self, call: Call) -> None:
        """A call was touched: remember the segments of its legs that have ended since."""
        seen = self._seen.setdefault(call.id, set())
        for segment in segments(call, self._settings.recording.enabled):
            if (segment.leg, segment.part) in seen:
                continue
            seen.add((segment.leg, segment.part))
            if len(self._noted) >= MOST_NOTED:
                self.dropped += 1
                continue
            self._noted.append(segment)
            self._wake.set()
        if call.ended is not None or not seen:
            del self._seen[call.id]

    def joined(self, gone: Iterable[str]) -> None:
        """These calls became part of others, which are noted next, with the segments of both."""
        for ident in gone:
            self._seen.pop(ident, None)

    async def catch_up(self) -> None:
        """Note the calls that began in the last week, with an agent's talk and no row. Raises `SQLAlchemyError`."""
        after = clock.now() - CATCH_UP_S
        while bodies := await queries.unnoted_calls(self._engine, after, _PAGE):
            for body in bodies:
                call = msgspec.json.decode(body, type=Call)
                after = max(after, call.started)
                self.note(call)

    async def _run(self) -> None:
        caught_up = False
        try:
            while True:
                try:
                    if not caught_up:
                        await self.catch_up()
                        caught_up = True
                    await self._store_noted()
                    await self._start_pending()
                except (SQLAlchemyError, OSError) as error:
                    log.warning("recordings wait for the database", error=str(error), waiting=len(self._noted))
                    await asyncio.sleep(_RETRY_S)
                    continue
                await self._sleep()
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    async def _sleep(self) -> None:
        soonest = min(self._not_before.values(), default=clock.monotonic() + _LOOK_EVERY_S)
        try:
            async with asyncio.timeout(min(_LOOK_EVERY_S, max(0.1, soonest - clock.monotonic()))):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _store_noted(self) -> None:
        while self._noted:
            batch = [self._noted[n] for n in range(min(500, len(self._noted)))]
            for unusable in [s for s in batch if not _usable(s)]:
                log.warning("recording with an unusable leg id", call=unusable.call, leg=unusable.leg)
            if usable := [s for s in batch if _usable(s)]:
                await queries.insert(self._engine, usable)
            for _ in batch:
                self._noted.popleft()

    async def _start_pending(self) -> None:
        now = clock.monotonic()
        self._not_before = {key: at for key, at in self._not_before.items() if at > now}
        room = _AT_ONCE - len(self._busy)
        if room <= 0:
            return
        for key, tries, segment in await queries.pending(self._engine, room, [*self._busy, *self._not_before]):
            self._busy.add(key)
            _ = self._tasks.start(self._finish(key, tries, segment), f"recording {segment.leg}")

    async def _finish(self, key: int, tries: int, segment: Segment) -> None:
        try:
            await self._seal(key, tries, segment)
        except SQLAlchemyError as error:
            log.warning("a recording could not be stored", call=segment.call, leg=segment.leg, error=str(error))
            self._not_before[key] = clock.monotonic() + _RETRY_S
        except Exception as error:
            log.error("a recording failed", call=segment.call, leg=segment.leg, exc_info=error)
            self._not_before[key] = clock.monotonic() + _RETRY_S
            await queries.store_failed(self._engine, key, f"An unexpected error: {error!r}.")
        finally:
            self._busy.discard(key)
            self._wake.set()

    async def _seal(self, key: int, tries: int, segment: Segment) -> None:
        config = self._settings.recording
        originals = await self._complete(segment)
        if originals == (None, None):
            await self._missing(key, segment)
            return
        try:
            sealed = await self._in_thread(seal.make, segment, originals, config.sealed_dir, config.silence_dbfs)
        except seal.SealError as error:
            await self._not_sealed(key, tries, segment, error)
            return
        await queries.store_sealed(self._engine, key, sealed, clock.now())
        level = log.warning if sealed.flags else log.info
        level(
            "recording sealed",
            call=segment.call,
            leg=segment.leg,
            seconds=sealed.seconds,
            expected_s=round(segment.talk_s + segment.hold_s, 3),
            agent_dbfs=sealed.agent.rms_dbfs,
            caller_dbfs=sealed.caller.rms_dbfs,
            flags=sealed.flags,
        )
        if sealed.complete and not config.keep_originals:
            await self._in_thread(_remove, sealed.originals)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(work, *args, **kwargs))

    async def _complete(self, segment: Segment) -> tuple[Path | None, Path | None]:
        """The originals, once both are closed; after `settle_s` those that are there, as they are."""
        until = min(segment.ended, clock.now()) + self._settings.recording.settle_s
        pause = _FIRST_LOOK_S
        while True:
            originals = await asyncio.to_thread(seal.find, segment, *self._settings.recordings())
            closed = [path is not None and await asyncio.to_thread(wav.is_closed, path) for path in originals]
            if all(closed) or clock.now() >= until:
                return originals
            await asyncio.sleep(pause)
            pause = min(2 * pause, _SLOWEST_LOOK_S)

    async def _missing(self, key: int, segment: Segment) -> None:
        if segment.talk_s == 0:
            await queries.drop(self._engine, key)
            return
        told = segment.agent_path or segment.caller_path
        note = f"The PBX said that it records to {told}, but there is no such file." if told else "Nobody recorded it."
        log.warning("recording missing", call=segment.call, leg=segment.leg, agent=segment.agent, why=note)
        await queries.store_missing(self._engine, key, note)

    async def _not_sealed(self, key: int, tries: int, segment: Segment, error: seal.SealError) -> None:
        log.error("recording not sealed", call=segment.call, leg=segment.leg, tries=tries + 1, why=str(error))
        if error.final or tries + 1 >= MOST_TRIES:
            await queries.store_failed(self._engine, key, str(error))
            return
        await queries.store_attempt(self._engine, key, str(error))
        self._not_before[key] = clock.monotonic() + _RETRY_S * 2**tries


def _usable(segment: Segment) -> bool:
    try:
        files.checked(segment.leg)
    except PathError:
        return False
    return "\0" not in segment.call + segment.agent + segment.endpoint + segment.agent_path + segment.caller_path


def _remove(originals: tuple[Path, ...]) -> None:
    for path in originals:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("an original recording could not be removed", path=str(path), error=str(error))
