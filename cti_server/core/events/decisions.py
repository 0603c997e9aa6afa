"""The center's own decisions, which are Events too; and time."""

from typing import Literal

import msgspec

from cti_server.core.events.base import Event


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One agent that was looked at. `parts`: the score's named parts, points each. `reason`: why not chosen.

    Reasons: an agent state word, `tried` (offered in vain before), `skill:NAME` (has too little of it), `ring` (not
    before the circle widens), `score` (somebody else has more), `held` (kept for its own agent).
    """

    agent: str
    score: float = 0.0
    reason: str = ""
    parts: dict[str, float] = {}


class OfferMade(Event, frozen=True):
    """The center gave a waiting caller to an agent and reserved the agent.

    `endpoint`: what is rung. `accept`: the one who answers must press 1 (a mobile's voicemail cannot). The reasons:
    `considered`, those looked at by name, the chosen one first; `passed`, how many more were passed over, by reason;
    `urgency`, the named parts of why this caller and no other, in seconds of waiting.
    """

    offer: str
    entry: str
    channel: str
    queue: str
    agent: str
    endpoint: str
    strategy: str = "longest_idle"
    accept: bool = False
    considered: tuple[Candidate, ...] = ()
    passed: dict[str, int] = {}
    urgency: dict[str, float] = {}


OfferOutcome = Literal[
    "answered", "no_answer", "busy", "unreachable", "declined", "not_accepted", "caller_gone", "withdrawn", "failed"
]


class OfferEnded(Event, frozen=True):
    """`outcome`: answered; no_answer, busy, unreachable, declined, not_accepted (a mobile, and nobody pressed 1);
    caller_gone; withdrawn (the caller chose or was sent elsewhere); failed (no ring came of it).
    """

    offer: str
    outcome: OfferOutcome


class CallerHeld(Event, frozen=True):
    """The caller waits for the own agent until `until`. `part`: ticket_owner, owner or last_agent."""

    entry: str
    agent: str
    until: float
    part: str


SentWhy = Literal["full", "empty", "max_wait", "closed", "person"]


class CallerSent(Event, frozen=True):
    """The center sends a waiting caller elsewhere. `to`: the target; `why`: full, empty, max_wait, closed, person.

    To another queue it is done with this event; for any other target the dialplan says when it is done (`CallerLeft`).
    """

    entry: str
    channel: str
    to: str
    why: SentWhy
    by: str = ""


class CallerStayed(Event, frozen=True):
    """Nothing came of sending the caller elsewhere: the place in the line is as before."""

    entry: str


class AgentOverdue(Event, frozen=True):
    """An agent is in a state for longer than that state's greatest age: people are told, and the PBX is asked."""

    agent: str
    status: str
    since: float


class AgentRested(Event, frozen=True):
    """The rest after a call that was not taken is over."""

    agent: str


class Tick(Event, frozen=True):
    """Time passed. The only way the core learns the time."""
