"""The one task that writes the journal. `put` is synchronous and never waits; a group of steps is one transaction.

Rows are built when a group is taken, without awaiting, so they show the calls as they are after the last step of the
group. Between two groups the writer rests as long as the last one took, so the database is not busy with it alone.

While the database is locked or gone, events wait in memory; beyond a bound the oldest go to the spill file. Events are
committed in the order of their numbers, so after a commit whose outcome is unknown the highest number in the database
says what is in it, and nothing is written twice.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server import settings as cti_settings
from cti_server.core.events import Event, Tick
from cti_server.core.state import State
from cti_server.db import limit
from cti_server.journal import store
from cti_server.journal.clean import Row
from cti_server.journal.gather import Changes, Gathered, Gatherer
from cti_server.journal.load import encode_state, schema_of_state
from cti_server.journal.spill import Spill
from cti_server.journal.terms import Fenced, check_term
from cti_server.tasks import Tasks

log = structlog.get_logger()

_GROUP_EVENTS = 5000
_PULSE_S = 2.0
_BACKOFF_S = (0.1, 5.0)
_MOST_PATIENCE = 64
"""A commit that ran out of time gets twice the time, up to this factor: a large backlog must get through one day."""
_AWAY = (OperationalError, InterfaceError, IntegrityError, PoolTimeoutError, TimeoutError, OSError)


class Step(Protocol):
    """What `center.handle` gives: the event and those derived from it, in order, and what they changed."""

    @property
    def events(self) -> Sequence[Event]: ...
    @property
    def touched(self) -> Changes: ...


@dataclass(slots=True)
class Counts:
    """For `/metrics` and `/health`. `refused`: records that the database would not take; `lost` is never hidden."""

    written: int = 0
    groups: int = 0
    failures: int = 0
    spilled: int = 0
    refused: int = 0
    lost: int = 0


@dataclass(slots=True)
class _Group:
    events: list[tuple[int, int, Event]]
    rows: Gathered
    seq: int
    at: float
    complete: bool
    marks: dict[str, float]
    snapshot: bytes | None = None
    spilled: bool = False


class Writer:
    """`state`: the live one, read between two awaits only; `last_seq`: what `load` gave; `gatherer`: made by `load`.

    `term`: the number under which it writes (`terms`); when another one has begun, `fenced` is called and nothing more
    is written. `marks`: asked with each group, and committed with it.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        state: State,
        gatherer: Gatherer,
        *,
        data_dir: Path,
        last_seq: int = 0,
        options: cti_settings.Journal | None = None,
        term: int = 0,
        marks: Callable[[], dict[str, float]] = dict,
        fenced: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._state = state
        self._gatherer = gatherer
        self._options = options or cti_settings.Journal()
        self._spill = Spill(data_dir)
        self._term, self._marks, self._on_fenced = term, marks, fenced
        self._over = False
        self._seq = last_seq
        self._buffer: deque[tuple[int, int, Event]] = deque()
        self._group: _Group | None = None
        self._since_snapshot = 0
        self._alive = self._alive_written = 0.0
        self._wake = asyncio.Event()
        self._flushes: list[tuple[int, asyncio.Future[None]]] = []
        self._closing = False
        self._healthy = True
        self._patience = 1
        self._took_s = 0.0
        self._task: asyncio.Task[None] | None = None
        self.counts = Counts()

    @property
    def seq(self) -> int:
        """The number of the last event that was put."""
        return self._seq

    @property
    def pending(self) -> int:
        """Events that wait in memory."""
        return len(self._buffer) + (len(self._group.events) if self._group else 0)

    @property
    def healthy(self) -> bool:
        """The last transaction succeeded and nothing waits in the spill file."""
        return self._healthy and not self._spill

    def start(self, tasks: Tasks) -> None:
        self._task = tasks.start(self._run(), "journal writer")

    def put(self, step: Step) -> None:
        """Take in one step, right after the center made it and before anything awaits. Never raises, never waits."""
        events = step.events
        if not events:
            return
        self._alive = max(self._alive, events[0].at)
        if len(events) == 1 and type(events[0]) is Tick:
            if self._alive - self._alive_written >= _PULSE_S:
                self._wake.set()
            return
        cause = self._seq + 1
        for event in events:
            self._seq += 1
            self._buffer.append((self._seq, cause, event))
        self._gatherer.feed(events, step.touched)
        if len(self._buffer) > self._options.buffer_events:
            self._relieve()
        self._wake.set()

    async def flush(self) -> None:
        """Wait until everything put so far is committed. Waits as long as the database is away."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flushes.append((self._seq, done))
        self._wake.set()
        await done

    async def close(self, timeout_s: float = 10.0) -> None:
        """Commit what is left, with a snapshot; after `timeout_s` the rest goes to the spill file."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=timeout_s)
            if not self._task.done():
                self._task.cancel()
                await asyncio.wait({self._task})
        if self._over:
            self.counts.lost += self.pending
        elif self._group or self._buffer:
            self._spill_all()

    # ---------------------------------------------------------------- the task

    async def _run(self) -> None:
        delay = _BACKOFF_S[0]
        while True:
            if not self._closing:
                await self._wake.wait()
                if not self._flushes:
                    await asyncio.sleep(max(self._options.group_s, self._took_s))
            self._wake.clear()
            try:
                await self._write_all()
                delay = _BACKOFF_S[0]
                self._set_healthy(True)
                if self._closing:
                    return
            except Fenced as error:
                self._over, self._healthy = True, False
                log.error("this server may not write the journal any more", reason=str(error), lost=self.pending)
                self._on_fenced()
                return
            except Exception as error:
                # Whatever it is, this one task goes on: a damaged file or a missing table may be mended meanwhile.
                self.counts.failures += 1
                if isinstance(error, TimeoutError):
                    self._patience = min(self._patience * 2, _MOST_PATIENCE)
                self._set_healthy(False, error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, _BACKOFF_S[1])
                self._wake.set()

    async def _write_all(self) -> None:
        """Commit until nothing waits: a group that failed before, then the spill file, then the buffer."""
        if self._group is not None:
            await self._drop_committed(self._group)
            await self._commit(self._group)
        if self._spill:
            await self._spill.take_in(self._engine)
        while True:
            group = self._take()
            if not (group.events or group.rows or group.snapshot or self._alive - self._alive_written >= _PULSE_S):
                self._group = None
                break
            await self._commit(group)
        for number, done in [f for f in self._flushes if f[0] <= self._seq - len(self._buffer)]:
            self._flushes.remove((number, done))
            if not done.done():
                done.set_result(None)

    def _take(self) -> _Group:
        """The next group. No await in here: rows and snapshot belong to the last event that is taken."""
        everything = len(self._buffer) <= _GROUP_EVENTS
        count = min(len(self._buffer), _GROUP_EVENTS)
        events = [self._buffer.popleft() for _ in range(count)]
        self._since_snapshot += count
        due = self._since_snapshot >= self._options.snapshot_events or (self._closing and self._since_snapshot > 0)
        rows = self._gatherer.take() if everything else Gathered()
        group = _Group(events, rows, self._seq - len(self._buffer), self._state.at, everything, self._marks())
        if everything and due:
            group.snapshot = encode_state(self._state)
            self._since_snapshot = 0
        self._group = group
        return group

    async def _commit(self, group: _Group) -> None:
        rows = [store.journal_row(*event) for event in group.events]
        alive, began = self._alive, clock.monotonic()
        try:
            async with limit(self._engine, self._options.commit_timeout_s * self._patience):
                await self._transaction(rows, group, alive)
        except (*_AWAY, Fenced):
            raise
        except (DBAPIError, UnicodeError, ValueError, TypeError, OverflowError) as error:
            log.error("the database refuses a group of records; writing them one by one", error=repr(error))
            await self._commit_apart(rows, group)
        self._took_s, self._patience = clock.monotonic() - began, 1
        self._alive_written = alive
        self._group = None
        self.counts.written += len(rows)
        self.counts.groups += 1

    async def _transaction(self, rows: list[Row], group: _Group, alive: float) -> None:
        async with self._engine.begin() as connection:
            await check_term(connection, self._term)
            await store.add_events(connection, rows)
            if group.rows:
                await store.write(connection, group.rows)
            if group.snapshot is not None:
                await store.add_snapshot(connection, group.seq, group.at, schema_of_state(), group.snapshot)
            marks = {"records": group.seq, **group.marks} if group.complete else {}
            await store.set_marks(connection, marks | ({"alive": alive} if alive else {}))

    async def _commit_apart(self, rows: list[Row], group: _Group) -> None:
        """The events for themselves, then record by record, so that one that is refused harms no other."""
        async with self._engine.begin() as connection:
            await check_term(connection, self._term)
            await store.add_events(connection, rows)
        group.events = []
        everything_else = msgspec.structs.replace(group.rows, calls=[])
        for part in (everything_else, *(Gathered(calls=[one]) for one in group.rows.calls)):
            try:
                async with self._engine.begin() as connection:
                    await check_term(connection, self._term)
                    await store.write(connection, part)
            except (*_AWAY, Fenced):
                raise
            except (DBAPIError, UnicodeError, ValueError, TypeError, OverflowError) as error:
                self.counts.refused += 1
                names = [c.call["id"] for c in part.calls]
                log.error("the database refuses a record; it stays in the journal only", call=names, error=repr(error))

    async def _drop_committed(self, group: _Group) -> None:
        """After a commit whose outcome is unknown: leave out the events that are in the database."""
        timeout = limit(self._engine, self._options.commit_timeout_s * self._patience)
        async with timeout, self._engine.connect() as connection:
            committed = await store.last_seq(connection)
        group.events = [event for event in group.events if event[0] > committed]
        if group.spilled:
            group.events = []

    def _set_healthy(self, healthy: bool, error: BaseException | None = None) -> None:
        if healthy and not self._healthy:
            log.info("the database is back", pending=self.pending, spilled=self.counts.spilled)
        elif not healthy and self._healthy:
            log.error("the database is away; calls go on, events wait", error=repr(error), pending=self.pending)
        self._healthy = healthy

    # ---------------------------------------------------------------- when memory is full

    def _relieve(self) -> None:
        """Move the oldest events to the spill file, a tenth of the bound at a time."""
        events: list[tuple[int, int, Event]] = []
        if self._group is not None and not self._group.spilled:
            events += self._group.events
        count = max(1, self._options.buffer_events // 10)
        events += [self._buffer[i] for i in range(min(count, len(self._buffer)))]
        try:
            self.counts.spilled += self._spill.append((store.journal_row(*event) for event in events), self._term)
        except OSError as error:
            log.critical("the spill file cannot be written; events stay in memory beyond the bound", error=repr(error))
            return
        if self._group is not None:
            self._group.spilled = True
        for _ in range(min(count, len(self._buffer))):
            self._buffer.popleft()

    def _spill_all(self) -> None:
        """At the end, with the database away: everything to the file; the next start takes it in."""
        group, self._group = self._group, None
        events = [*(group.events if group and not group.spilled else []), *self._buffer]
        try:
            self.counts.spilled += self._spill.append((store.journal_row(*event) for event in events), self._term)
            log.warning("the database is away at the end; events wait in the spill file", events=len(events))
        except OSError as error:
            self.counts.lost += len(events)
            log.critical("lost: neither database nor disk takes them", events=len(events), error=repr(error))
        self._buffer.clear()
