"""The hub: the one task that applies Events. No await lies between an event and the last of its listeners.

bus --> center.handle(event) --> Step --> commands to the PBX, listeners (journal, live pages, recorder)

A node that follows applies what the leader decided, and its listeners see the same Steps, without commands.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from cti_server import clock
from cti_server.bus import Bus, Item
from cti_server.core.apply import apply
from cti_server.core.center import Center, Step
from cti_server.core.commands import Command
from cti_server.core.events import Event, Tick
from cti_server.core.state import State

log = structlog.get_logger()

_YIELD_EVERY = 200
_TICK_S = 1.0


class Hub:
    """`listeners` see each Step at once and must not wait; `perform` starts carrying out a Command.

    A listener or the center failing on one event is logged and counted, and the next event goes on.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.listeners: list[Callable[[Step], None]] = []
        self.counts: Counter[str] = Counter()

    async def run(self, center: Center, perform: Callable[[Command], None]) -> None:
        """Decide, until this node does not lead any more."""
        done = 0
        while (item := await self._bus.next()) is not None:
            commanded = self.take(item, center, perform)
            done += 1
            # The loop writes to sockets between turns: a command is not kept waiting for the events behind it.
            if commanded or done % _YIELD_EVERY == 0:
                await asyncio.sleep(0)

    async def drain(self, center: Center, perform: Callable[[Command], None]) -> None:
        """Apply what is on the bus now, without waiting for the task's turn."""
        while self._bus.pending() and (item := await self._bus.next()) is not None:
            self.take(item, center, perform)

    def take(self, item: Item, center: Center, perform: Callable[[Command], None]) -> bool:
        """Apply one Event with all that follows from it, or have a Command carried out that somebody asked for.

        Says whether anything was commanded.
        """
        if isinstance(item, Command):
            perform(item)
            return True
        name = type(item).__name__
        self.counts[name] += 1
        try:
            step = center.handle(item)
        except Exception:
            self.counts["failed"] += 1
            log.exception("an event could not be applied", event_type=name)
            return False
        for fault in step.faults:
            self.counts["fault"] += 1
            log.error("something impossible was found", event_type=name, fault=fault)
        for command in step.commands:
            perform(command)
        self._tell(step, name)
        return bool(step.commands)

    def follow(self, state: State, events: Sequence[Event]) -> None:
        """Apply to `state` what the leader decided."""
        if not events:
            return
        step, name = Step(events=list(events)), type(events[0]).__name__
        self.counts[name] += 1
        for event in events:
            step.touched.add(apply(state, event))
        self._tell(step, name)

    def _tell(self, step: Step, name: str) -> None:
        for listener in self.listeners:
            try:
                listener(step)
            except Exception:
                self.counts["listener failed"] += 1
                log.exception("a listener failed", event_type=name, listener=getattr(listener, "__qualname__", ""))

    async def tick(self) -> None:
        """Time comes in as an Event, once a second."""
        while True:
            self._bus.report(Tick(at=clock.now()))
            await asyncio.sleep(_TICK_S)
