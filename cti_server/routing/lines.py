"""Who waits, indexed: callers of one queue for whom the same agents will do stand in one line, most urgent first."""

from heapq import heapify, heappop, heappush
from typing import NamedTuple

from cti_server.core.ids import AgentId, QueueId
from cti_server.routing.caller import Caller, Key
from cti_server.routing.facts import Demand, Need

_SLACK = 64


class Asks(NamedTuple):
    """What the callers of one line have in common. `agent`: they may be given to this one only, whatever else.

    `customer_first`: callbacks that ring the customer first and reserve nobody.
    """

    required: Demand = ()
    ring: int = 0
    agent: AgentId = ""
    customer_first: bool = False


class Line:
    """`need`: the part of the callers' needs that decides who may have them. `stuck`: no free agent will do."""

    __slots__ = ("_added", "_callers", "_heap", "asks", "need", "queue", "stuck")

    def __init__(self, queue: QueueId, asks: Asks) -> None:
        self.queue = queue
        self.asks = asks
        self.need = Need(required=asks.required, ring=asks.ring)
        self.stuck = False
        self._added = 0
        self._heap: list[tuple[tuple[float, Key], int, Caller]] = []
        self._callers: dict[Key, Caller] = {}

    def __len__(self) -> int:
        return len(self._callers)

    def add(self, caller: Caller) -> None:
        self._callers[caller.key] = caller
        self._added += 1
        heappush(self._heap, (caller.rank, self._added, caller))

    def remove(self, key: Key) -> None:
        del self._callers[key]
        if len(self._heap) > 2 * len(self._callers) + _SLACK:
            self._heap = [(caller.rank, n, caller) for n, caller in enumerate(self._callers.values())]
            heapify(self._heap)

    def head(self) -> Caller:
        """The most urgent caller of a line that is not empty."""
        heap = self._heap
        while self._callers.get(heap[0][2].key) is not heap[0][2]:
            heappop(heap)
        return heap[0][2]
