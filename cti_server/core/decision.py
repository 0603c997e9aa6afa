"""What the router tells the center: who gets whom, and why. The seam between the two."""

from dataclasses import dataclass, field
from typing import Protocol

from cti_server.core.events import Candidate
from cti_server.core.ids import AgentId, EntryId
from cti_server.core.state import State
from cti_server.core.touched import Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """`item`: the id of a waiting entry, or of a callback when `callback`. The rest as in `OfferMade`.

    `agent` empty: a callback that rings the customer first.
    """

    item: str
    callback: bool = False
    agent: AgentId = ""
    endpoint: str = ""
    accept: bool = False
    strategy: str = ""
    considered: tuple[Candidate, ...] = ()
    passed: dict[str, int] = field(default_factory=dict)
    urgency: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Keep a waiting caller for the own agent until `until` (epoch seconds), because of `part`."""

    entry: EntryId
    agent: AgentId
    until: float
    part: str


class Router(Protocol):
    """Keeps an index over the State, so that a decision does not look at everybody.

    The center calls `learn` after every applied event, and `decide` until it gives None; it applies each decision
    before it asks for the next one.
    """

    def learn(self, state: State, touched: Touched, at: float) -> None:
        """Bring the index up to date with what was touched."""
        ...

    def rebuild(self, state: State, at: float) -> None:
        """Forget the index and make it from the State: at the beginning, and when the configuration changed."""
        ...

    def decide(self, state: State, at: float) -> Match | Keep | None:
        """The most urgent decision that can be made at `at`, or None when nothing is left to decide."""
        ...
