"""Two Redis Streams and a lease: many nodes, one of which leads.

One stream carries what the nodes' callers and people do to the leader; the leader's own edges do not take this way. The
other carries what was decided, under the journal's numbers, so that nothing can be there twice. Steps can be appended
only by who holds the lease at that moment, and each names the input up to which its leader had read: the next one goes
on behind it. Redis need not keep anything over a restart: the journal is the truth.

While Redis is away what is published waits here, bounded. A leader goes on until its lease is over, and then stops.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from cti_server import clock
from cti_server.bus import Decided, Gap, Item, LeaseLost, streams
from cti_server.bus.lease import Lease
from cti_server.bus.outbox import AWAY, RETRY_S, Outbox
from cti_server.bus.streams import Position, StepEntry, Streams
from cti_server.core.commands import Command
from cti_server.core.events import Event
from cti_server.tasks import Tasks

log = structlog.get_logger()
T = TypeVar("T")

MOST_STEPS = 50_000
MOST_EVENTS = 20_000
_BLOCK_MS = 200
_AHEAD = 5000
"""Inputs that are read ahead of the center."""
_RENEWALS = 5


class RedisBus:
    """`lease_s`: how long a silent leader is waited for; `most_steps`, `most_events`: about how many Redis keeps."""

    def __init__(self, url: str, lease_s: float, most_steps: int = MOST_STEPS, most_events: int = MOST_EVENTS) -> None:
        self._lease_s, self._most_steps, self._most_events = lease_s, most_steps, most_events
        patience = max(0.5, lease_s / 4)
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=patience + _BLOCK_MS / 1000,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._address = urlsplit(url).netloc.rpartition("@")[2] or urlsplit(url).path
        self._inputs: deque[tuple[Item, Position | None]] = deque()
        self._position: Position = (0, 0)
        self._barrier: Position = (0, 0)
        self._term = self._base = 0
        self._elections = itertools.count(1)
        self._leading = 0
        self._tried = 0.0
        self._wake = asyncio.Event()
        self._tasks = Tasks()
        self._away = False

    async def open(self, journal: str) -> None:
        self._streams = Streams(self._redis, f"cti:{{{journal}}}", self._most_steps, self._most_events)
        self._lease = Lease(self._redis, self._streams.lease, self._lease_s)
        self._outbox = Outbox(
            self._streams,
            token=lambda: self._lease.token,
            fenced=lambda: self._end("the lease is not ours any more"),
            no_answer=self._no_answer,
            late_s=self._lease_s,
            most=self._most_events,
        )
        _ = self._tasks.start(self._outbox.run(), "bus sender")

    async def close(self) -> None:
        try:
            async with asyncio.timeout(self._lease_s):
                await self._outbox.send()
                if self._leading:
                    self._leading = 0
                    await self._lease.release()
        except AWAY as error:
            log.warning("Redis does not answer at the end; the next leader must wait", error=repr(error))
        await self._tasks.close()
        await self._redis.aclose()

    # ------------------------------------------------------------ what goes out

    def publish(self, item: Item) -> None:
        self._outbox.put_item(streams.encode(item))

    def announce(self, first: int, events: Sequence[Event]) -> None:
        step = StepEntry(first, self._term, self._base, self._position, list(events))
        self._outbox.put_step(first + len(events) - 1, streams.encode(step))

    # ------------------------------------------------------------ following

    async def elected(self) -> bool:
        self._tried = clock.monotonic()
        try:
            got = await self._lease.acquire()
        except AWAY as error:
            self._no_answer(error)
            return False
        self._answers()
        if got:
            self._leading = next(self._elections)
            _ = self._tasks.start(self._keep(self._leading), "lease")
        return got

    async def follow(self, seq: int) -> AsyncIterator[Decided]:
        term = 0
        while True:
            if clock.monotonic() - self._tried >= _BLOCK_MS / 1000 and await self.elected():
                return
            try:
                texts = await self._streams.steps(seq, _BLOCK_MS)
            except AWAY as error:
                self._no_answer(error)
                await asyncio.sleep(RETRY_S)
                continue
            self._answers()
            for text in texts:
                term, decided = self._checked(text, seq, term)
                seq = decided.last
                yield decided

    async def rest(self, seq: int) -> AsyncIterator[Decided]:
        while texts := await self._insist(partial(self._streams.steps, seq)):
            for text in texts:
                try:
                    _, decided = self._checked(text, seq, 0)
                except Gap:
                    log.error("steps are neither in the journal nor in Redis; they are lost", after=seq)
                    await self._insist(self._streams.forget_steps)
                    return
                seq = decided.last
                yield decided

    def _checked(self, text: bytes, seq: int, term: int) -> tuple[int, Decided]:
        """A step's term, and what of it lies beyond `seq`. `term`: that of the step before, 0 for none. Raises Gap."""
        step = streams.decode_step(text)
        if step.first > seq + 1 or (term and step.term != term and step.base != seq):
            raise Gap
        self._position = max(self._position, step.input)
        return step.term, Decided(seq + 1, step.events[seq + 1 - step.first :])

    # ------------------------------------------------------------ leading

    async def lead(self, seq: int, marks: Mapping[str, float]) -> None:
        read = (int(marks.get("input_ms", 0)), int(marks.get("input_n", 0)))
        self._barrier = await self._insist(self._streams.newest_event)
        self._position = max(self._position, read)
        if self._position > self._barrier:
            # Redis forgot the stream, and its clock may be another one.
            self._position = (0, 0)
        self._term, self._base = int(marks.get("term", 0)), seq
        _ = self._tasks.start(self._take_in(self._leading), "bus reader")

    def report(self, event: Event) -> None:
        if self._leading:
            self._inputs.append((event, None))
            self._wake.set()

    async def next(self) -> Item | None:
        while self.leads():
            if not self._inputs:
                self._wake.clear()
                await self._wake.wait()
                continue
            item, at = self._inputs.popleft()
            self._position = at or self._position
            if isinstance(item, Command) and at and at <= self._barrier:
                log.warning("not done: it was asked of a leader that is gone", command=type(item).__name__)
                continue
            return item
        self._end("the lease is over")
        return None

    def pending(self) -> int:
        return len(self._inputs) if self.leads() else 0

    def leads(self) -> bool:
        return bool(self._leading) and self._lease.holds()

    def serves(self) -> bool:
        """Redis answers, so either another one leads or this node will in a moment."""
        return self.leads() or not (self._leading or self._away)

    def marks(self) -> dict[str, float]:
        return {"input_ms": float(self._position[0]), "input_n": float(self._position[1])}

    def depose(self, reason: str) -> None:
        self._end(reason)

    async def _take_in(self, election: int) -> None:
        """Read the inputs ahead of the center."""
        after = self._position
        while self._leading == election:
            if len(self._inputs) >= _AHEAD:
                await asyncio.sleep(RETRY_S / 10)
                continue
            try:
                entries = await self._streams.events(after, _BLOCK_MS)
            except AWAY as error:
                self._no_answer(error)
                await asyncio.sleep(RETRY_S)
                continue
            if self._leading != election:
                return
            for at, text in entries:
                after = at
                try:
                    self._inputs.append((streams.item(text), at))
                except msgspec.DecodeError as error:
                    log.error("an input cannot be read; is a node of another version running?", error=str(error))
            self._wake.set()

    async def _keep(self, election: int) -> None:
        """Renew the lease; end the term when that is no longer possible."""
        while self._leading == election:
            if not self._lease.holds():
                self._end("the lease could not be renewed in time")
                return
            try:
                renewed = await self._lease.renew()
                self._answers()
            except AWAY as error:
                self._no_answer(error)
                renewed = True
            if self._leading == election and not renewed:
                self._end("the lease is not ours any more")
                return
            await asyncio.sleep(self._lease_s / _RENEWALS)

    def _end(self, reason: str) -> None:
        if not self._leading:
            return
        log.error("this node does not lead any more", reason=reason)
        self._leading = 0
        self._lease.drop()
        self._inputs.clear()
        self._outbox.drop_steps()
        self._wake.set()
        _ = self._tasks.start(self._release(), "lease release")

    async def _release(self) -> None:
        try:
            await self._lease.release()
        except AWAY:
            log.info("the lease could not be given back; it expires by itself")

    # ------------------------------------------------------------ Redis comes and goes

    async def _insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask until there is an answer. Raises LeaseLost when this node does not lead any more."""
        while self.leads():
            try:
                return await ask()
            except AWAY as error:
                self._no_answer(error)
                await asyncio.sleep(RETRY_S)
        self._end("the lease is over")
        raise LeaseLost

    def _no_answer(self, error: BaseException) -> None:
        if not self._away:
            log.error("Redis does not answer; trying again", address=self._address, error=repr(error))
        self._away = True

    def _answers(self) -> None:
        if self._away:
            log.info("Redis is back", address=self._address)
        self._away = False
