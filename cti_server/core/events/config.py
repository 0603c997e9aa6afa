"""The site's configuration: queues, agents, and what callers and agents are matched by."""

from typing import Literal

import msgspec

from cti_server.core.events.base import Event

Skills = dict[str, int]
"""Skill to proficiency, 1 to 10. As a demand: the least that will do."""


class Widen(msgspec.Struct, frozen=True, kw_only=True):
    """From `after_s` of waiting on: agents up to ring `ring` too, and only these skills demanded (None: as before)."""

    after_s: float
    ring: int = 1
    required: Skills | None = None


class QueueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How one queue is served.

    `strategy`: a file in `routing/strategies`. `required`, `preferred`, `widen`: who may answer, and how that widens.
    `stick_s`: how long a caller waits for the own agent (the ticket's, the account's, the last one) before others may.
    `weight`: one is worth an hour of waiting against other queues.

    A caller goes on elsewhere, to a target, when the queue is full (`max_length` waiting, 0: no limit), when nobody is
    there (`staffed`: what counts as somebody), after `max_wait_s` (0: no limit), or when it is closed. A target is
    `queue:ID`, `voicemail:BOX`, `number:DIGITS`, `callback`, `hangup`, or empty: the caller stays.

    `callback`: callers may press 1 and be called back; `callback_first`: who is rung first. `mobile_when_closed`: out
    of hours agents are reached at their mobile numbers. `announce_every_s` 0: nothing is announced.
    """

    id: str
    name: str
    sl_threshold_s: float = 20.0
    short_abandon_s: float = 5.0
    ring_s: float = 20.0
    wrapup_s: float = 0.0
    wrapup_extend_s: float = 60.0
    rona_limit: int = 3
    rest_s: float = 5.0
    weight: int = 0
    strategy: str = "longest_idle"
    required: Skills = {}
    preferred: Skills = {}
    widen: tuple[Widen, ...] = ()
    stick_s: float = 0.0
    max_length: int = 0
    max_wait_s: float = 0.0
    staffed: Literal["always", "logged_in", "ready"] = "always"
    on_full: str = ""
    on_empty: str = ""
    on_max_wait: str = ""
    on_closed: str = ""
    callback: bool = False
    callback_first: Literal["agent", "customer"] = "agent"
    callback_attempts: int = 3
    callback_spacing_s: float = 600.0
    mobile_when_closed: bool = False
    box: str = ""
    announce_every_s: float = 0.0
    announce_position: bool = False
    announce_wait: bool = False
    announce: tuple[str, ...] = ()


class AgentConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`endpoint`: the phone that rings; `more`: further endpoints the agent may choose; `mobile`: a number, or empty.

    `queues`: those served, the most wanted first. `rings`: the agent's ring in a queue, 1 where none is named.
    `site`: the branch that the agent belongs to.
    """

    id: str
    name: str
    endpoint: str
    queues: tuple[str, ...] = ()
    extension: str = ""
    more: tuple[str, ...] = ()
    mobile: str = ""
    team: str = ""
    site: str = ""
    languages: tuple[str, ...] = ()
    skills: Skills = {}
    rings: dict[str, int] = {}


class SiteConfigured(Event, frozen=True):
    """The configuration the server runs with from now on; in the journal, so that a replay needs nothing else.

    `mobile_trunk`: the endpoint by which mobile numbers are rung, empty for none. `max_age_s`: how long an agent may be
    in a state before it is looked into, by the state's word. `branches`: the sites besides the main one. `return_s`:
    how long a customer is kept for an agent whose page has gone.
    """

    queues: tuple[QueueConfig, ...] = ()
    agents: tuple[AgentConfig, ...] = ()
    trunks: tuple[str, ...] = ("*/trunk*",)
    default_queue: str = ""
    mobile_trunk: str = ""
    max_age_s: dict[str, float] = {}
    branches: tuple[str, ...] = ()
    return_s: float = 30.0
