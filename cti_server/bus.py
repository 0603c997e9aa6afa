"""The bus: where edges put Events and the one task takes them, in order. Nothing else knows how it works inside.

Today it is a queue in this process. A server of several machines needs only another `Bus`: one that puts Events on a
shared stream and takes them from there.
"""

import asyncio
from collections import deque
from typing import Protocol

from cti_server.core.events import Event


class Bus(Protocol):
    def publish(self, event: Event) -> None:
        """Put an Event on the bus. Never waits; may be called from the loop's thread only."""

    async def next(self) -> Event:
        """The next Event, in the order in which they were published. For one reader only."""

    def pending(self) -> int:
        """How many Events wait to be read."""


class LocalBus:
    """A queue in this process."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._wake = asyncio.Event()

    def publish(self, event: Event) -> None:
        self._events.append(event)
        self._wake.set()

    async def next(self) -> Event:
        while not self._events:
            self._wake.clear()
            await self._wake.wait()
        return self._events.popleft()

    def pending(self) -> int:
        return len(self._events)
