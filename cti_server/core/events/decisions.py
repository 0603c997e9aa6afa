"""The center's own decisions, which are Events too; and time."""

from typing import Literal

import msgspec

from cti_server.core.events.base import Event


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One agent that was looked at, and why it was chosen or passed over."""

    agent: str
    score: float = 0.0
    reason: str = ""


class OfferMade(Event, frozen=True):
    """The center gave a waiting caller to an agent and reserved the agent. `considered`: the decision's reasons."""

    offer: str
    entry: str
    channel: str
    queue: str
    agent: str
    endpoint: str
    strategy: str = "longest_idle"
    considered: tuple[Candidate, ...] = ()


class OfferEnded(Event, frozen=True):
    """`outcome`: answered, no_answer, busy, unreachable, declined, caller_gone, failed (no ring came of it)."""

    offer: str
    outcome: Literal["answered", "no_answer", "busy", "unreachable", "declined", "caller_gone", "failed"]


class AgentRested(Event, frozen=True):
    """The rest after a call that was not taken is over."""

    agent: str


class Tick(Event, frozen=True):
    """Time passed. The only way the core learns the time."""
