"""The hub: the one task that applies Events. No await lies between an event and the last of its listeners.

bus --> center.handle(event) --> Step --> listeners (journal, live pages, recorder) --> commands to the PBX
"""

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from cti_server import clock
from cti_server.bus import Bus
from cti_server.core.center import Center, Step
from cti_server.core.commands import Command
from cti_server.core.events import Event, Tick

log = structlog.get_logger()

_YIELD_EVERY = 200
_TICK_S = 1.0


class Hub:
    """`listeners` see each Step at once and must not wait; `perform` starts carrying out a Command.

    A listener or the center failing on one event is logged and counted, and the next event goes on.
    """

    def __init__(self, bus: Bus, center: Center, perform: Callable[[Command], None]) -> None:
        self._bus = bus
        self._center = center
        self._perform = perform
        self.listeners: list[Callable[[Step], None]] = []
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        done = 0
        while True:
            event = await self._bus.next()
            self.take(event)
            done += 1
            if done % _YIELD_EVERY == 0:
                await asyncio.sleep(0)

    async def drain(self) -> None:
        """Apply what is on the bus now, without waiting for the task's turn."""
        while self._bus.pending():
            self.take(await self._bus.next())

    def take(self, event: Event) -> None:
        """Apply one Event with all that follows from it."""
        name = type(event).__name__
        self.counts[name] += 1
        try:
            step = self._center.handle(event)
        except Exception:
            self.counts["failed"] += 1
            log.exception("an event could not be applied", event_type=name)
            return
        for listener in self.listeners:
            try:
                listener(step)
            except Exception:
                self.counts["listener failed"] += 1
                log.exception("a listener failed", event_type=name, listener=getattr(listener, "__qualname__", ""))
        for command in step.commands:
            self._perform(command)

    async def tick(self) -> None:
        """Time comes in as an Event, once a second."""
        while True:
            self._bus.publish(Tick(at=clock.now()))
            await asyncio.sleep(_TICK_S)
