"""A queue in this process. This node is the only one and leads from the beginning."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence

import structlog

from cti_server.bus import Decided, Item
from cti_server.core.events import Event

log = structlog.get_logger()


class LocalBus:
    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._wake = asyncio.Event()
        self._leads = False

    async def open(self, journal: str) -> None:
        pass

    def publish(self, item: Item) -> None:
        self._items.append(item)
        self._wake.set()

    def report(self, event: Event) -> None:
        if self._leads:
            self.publish(event)

    async def elected(self) -> bool:
        self._leads = True
        return True

    async def follow(self, seq: int) -> AsyncIterator[Decided]:
        for decided in list[Decided]():
            yield decided

    async def rest(self, seq: int) -> AsyncIterator[Decided]:
        for decided in list[Decided]():
            yield decided

    async def lead(self, seq: int, marks: Mapping[str, float]) -> None:
        pass

    async def next(self) -> Item | None:
        while self._leads and not self._items:
            self._wake.clear()
            await self._wake.wait()
        return self._items.popleft() if self._leads else None

    def pending(self) -> int:
        return len(self._items)

    def announce(self, first: int, events: Sequence[Event]) -> None:
        pass

    def leads(self) -> bool:
        return self._leads

    def serves(self) -> bool:
        return self._leads

    def marks(self) -> dict[str, float]:
        return {}

    def depose(self, reason: str) -> None:
        log.critical("two servers share this database without redis.url; stop one of them", reason=reason)
        self._leads = False
        self._items.clear()
        self._wake.set()

    async def close(self) -> None:
        self._leads = False
