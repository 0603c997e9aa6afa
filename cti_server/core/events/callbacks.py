"""Promised callbacks: asked for, planned, tried, ended.

A callback keeps the place of the caller who asked for it: `queued` is the time since when that caller waits.
"""

from typing import Literal

from cti_server.core.events.base import Event
from cti_server.core.events.decisions import Candidate


class CallbackAsked(Event, frozen=True):
    """A waiting caller, or one sent there by overflow, wants to be called back at `number` (UserEvent CtiCallback)."""

    channel: str
    number: str
    queue: str = ""


class CallbackPlanned(Event, frozen=True):
    """The promise stands. From the center for `CallbackAsked`, from a person for an abandoned call or a later time.

    `not_before`: epoch seconds, 0 at once. `agent`: who shall call, empty for anyone of the queue. `call`: the call it
    comes from. Who asks for another day waits from then on: `queued` is `not_before`. A second promise for the same
    number and queue is merged into the first one.
    """

    callback: str
    queue: str
    number: str
    queued: float
    name: str = ""
    priority: int = 0
    not_before: float = 0.0
    agent: str = ""
    call: str = ""
    by: str = ""


class CallbackTried(Event, frozen=True):
    """The center calls back: `agent` is rung and reserved, or with `first` customer the number is rung.

    `channel`: the Uniqueid that the first leg will have.
    """

    callback: str
    channel: str
    first: Literal["agent", "customer"]
    agent: str = ""
    endpoint: str = ""
    accept: bool = False
    attempt: int = 1
    strategy: str = ""
    considered: tuple[Candidate, ...] = ()
    passed: dict[str, int] = {}
    urgency: dict[str, float] = {}


MissedWhy = Literal["no_answer", "busy", "unreachable", "agent", "failed"]


class CallbackMissed(Event, frozen=True):
    """An attempt came to nothing. `why`: no_answer, busy, unreachable, agent (the agent did not take it), failed."""

    callback: str
    why: MissedWhy
    not_before: float = 0.0


class CallbackEnded(Event, frozen=True):
    """`outcome`: answered, failed (no attempts left), cancelled (by a person), merged."""

    callback: str
    outcome: Literal["answered", "failed", "cancelled", "merged"]
    by: str = ""
