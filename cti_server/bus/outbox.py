"""What a node sends to Redis: it waits here, in order and bounded, until Redis has it."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable

from redis.exceptions import RedisError

from cti_server import clock
from cti_server.bus import streams
from cti_server.bus.streams import BATCH, Streams
from cti_server.core.commands import Resync

AWAY = (RedisError, OSError, TimeoutError)
RETRY_S = 0.2


class Outbox:
    """`token()`: of the lease under which steps are sent. `fenced()`: called when the lease is another's by now.
    `no_answer(error)`: called when Redis is away. `late_s`: from when on an input counts as late; `most`: how many
    inputs wait, the oldest beyond it are `lost`."""

    def __init__(
        self,
        sent_to: Streams,
        *,
        token: Callable[[], str],
        fenced: Callable[[], None],
        no_answer: Callable[[BaseException], None],
        late_s: float,
        most: int,
    ) -> None:
        self._streams, self._token, self._fenced, self._no_answer = sent_to, token, fenced, no_answer
        self._late_s, self._most = late_s, most
        self._numbers = itertools.count(1)
        self._items: deque[tuple[int, float, bytes]] = deque()
        self._steps: deque[tuple[int, bytes]] = deque()
        self._wake = asyncio.Event()
        self.lost = 0

    def put_item(self, text: bytes) -> None:
        if len(self._items) >= self._most:
            self._items.popleft()
            self.lost += 1
        self._items.append((next(self._numbers), clock.monotonic(), text))
        self._wake.set()

    def put_step(self, last: int, text: bytes) -> None:
        """`last`: the number of the step's last event."""
        self._steps.append((last, text))
        self._wake.set()

    def drop_steps(self) -> None:
        """The term is over: nobody may hear of what was not sent."""
        self._steps.clear()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.send()
            except AWAY as error:
                self._no_answer(error)
                await asyncio.sleep(RETRY_S)
                self._wake.set()

    async def send(self) -> None:
        """Send everything that waits. Sending again what Redis has already does no harm. Raises what Redis raises."""
        while self._steps:
            batch, token = list(itertools.islice(self._steps, BATCH)), self._token()
            ours = await self._streams.announce(token, batch)
            if token != self._token():
                continue
            if not ours:
                self._steps.clear()
                self._fenced()
            while self._steps and self._steps[0][0] <= batch[-1][0]:
                self._steps.popleft()
        late = False
        while self._items:
            items = list(itertools.islice(self._items, BATCH))
            late = late or clock.monotonic() - items[0][1] > self._late_s
            await self._streams.publish(items[0][0], [text for _, _, text in items])
            while self._items and self._items[0][0] <= items[-1][0]:
                self._items.popleft()
        if late:
            # A caller who is heard of late may have hung up long ago: only the PBX knows.
            self.put_item(streams.encode(Resync()))
