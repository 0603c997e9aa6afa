"""The bus: what edges publish reaches the one who decides; what was decided reaches everyone. Nothing else knows how.

    publish --> (inputs) --> the leader: next() --> center --> announce --> (steps) --> the others: follow()

Exactly one node leads at a time. `LocalBus` (`local.py`) always does, all in this process. `RedisBus` (`redis.py`)
sends (`outbox.py`) inputs and steps to two Redis Streams (`streams.py`) and holds a lease (`lease.py`) while it leads.
The life of a node is the same on both:

    elected? no:  follow(seq) until elected       yes:  rest(seq), lead(), next() ... until it gives None

`open_bus` reads the settings and gives one of the two.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

import msgspec

from cti_server.core.commands import Command
from cti_server.core.events import Event
from cti_server.settings import Redis

Item = Event | Command
"""What travels to the leader: what happened, or what somebody wants done."""


class Decided(msgspec.Struct, frozen=True):
    """A step that the leader made. `first`: the journal number of `events[0]`; the others follow it."""

    first: int
    events: list[Event]

    @property
    def last(self) -> int:
        return self.first + len(self.events) - 1


class Gap(Exception):
    """Steps are missing between those that a follower has and the next: it must read the journal again."""


class LeaseLost(Exception):
    """This node does not lead any more."""


class Bus(Protocol):
    """Everything is to be called from the loop's thread. Only one task calls what gives items or steps."""

    async def open(self, journal: str) -> None:
        """`journal`: the journal's own name. Nodes of one journal belong together, and others never meet."""

    def publish(self, item: Item) -> None:
        """From callers and people, on any node: goes to whoever leads. Never waits."""

    def report(self, event: Event) -> None:
        """From the leader's own edges (the PBX link, the clock); void once this node does not lead any more."""

    async def elected(self) -> bool:
        """Try to become the leader. Never raises."""

    def follow(self, seq: int) -> AsyncIterator[Decided]:
        """The steps beyond the journal's number `seq`, as they come. Ends when this node is elected. Raises Gap."""

    def rest(self, seq: int) -> AsyncIterator[Decided]:
        """For the elected: the steps beyond `seq` that the one before left. Raises LeaseLost."""

    async def lead(self, seq: int, marks: Mapping[str, float]) -> None:
        """Begin: the next step gets `seq` + 1. `marks`: as the journal has them. Raises LeaseLost."""

    async def next(self) -> Item | None:
        """The next input, in the order of its publishing; None when this node does not lead any more."""

    def pending(self) -> int:
        """How many inputs wait to be read."""

    def announce(self, first: int, events: Sequence[Event]) -> None:
        """Tell the others of a step. `first`: the journal number of its first event. Never waits."""

    def leads(self) -> bool:
        """Whether this node may act at this very moment. Asked before each command and each commit."""

    def serves(self) -> bool:
        """As far as this node can see, somebody leads."""

    def marks(self) -> dict[str, float]:
        """How far the inputs were read: belongs into the same transaction as what came of them."""

    def depose(self, reason: str) -> None:
        """Stop leading: somebody else writes the journal."""

    async def close(self) -> None:
        """Send what is left and let another one lead. May be called only once."""


def open_bus(settings: Redis) -> Bus:
    """The bus that the settings ask for; nothing is connected yet."""
    from cti_server.bus.local import LocalBus
    from cti_server.bus.redis import RedisBus

    return RedisBus(settings.url, settings.lease_s) if settings.url else LocalBus()
