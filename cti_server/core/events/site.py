"""The site's configuration, and what its people want."""

import msgspec

from cti_server.core.events.base import Event


class QueueConfig(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    sl_threshold_s: float = 20.0
    short_abandon_s: float = 5.0
    ring_s: float = 20.0
    wrapup_s: float = 0.0
    rona_limit: int = 3
    rest_s: float = 5.0
    weight: int = 0


class AgentConfig(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    endpoint: str
    queues: tuple[str, ...] = ()
    extension: str = ""


class SiteConfigured(Event, frozen=True):
    """The configuration the server runs with from now on; in the journal, so that a replay needs nothing else."""

    queues: tuple[QueueConfig, ...] = ()
    agents: tuple[AgentConfig, ...] = ()
    trunks: tuple[str, ...] = ("*/trunk*",)
    default_queue: str = ""


class AgentLoggedIn(Event, frozen=True):
    agent: str
    by: str = ""


class AgentLoggedOut(Event, frozen=True):
    agent: str
    by: str = ""


class AgentPaused(Event, frozen=True):
    """`code`: the pause (aux) code; `rona` when the center paused an agent who did not answer."""

    agent: str
    code: str = ""
    by: str = ""


class AgentResumed(Event, frozen=True):
    agent: str
    by: str = ""


class WrapUpStarted(Event, frozen=True):
    agent: str
    call: str
    until: float


class WrapUpEnded(Event, frozen=True):
    agent: str
    call: str = ""
