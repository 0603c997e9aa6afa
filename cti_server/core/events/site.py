"""What the site's people want, and what the site's clock says."""

from cti_server.core.events.base import Event


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


class AgentDeviceChosen(Event, frozen=True):
    """From now on the agent is rung at `endpoint`, one of the agent's own, or at `mobile`."""

    agent: str
    endpoint: str
    by: str = ""


class AgentUnstuck(Event, frozen=True):
    """A person frees an agent whose state is wrong: offer, wrap-up, rest and reservation are dropped.

    This event in the journal is the audit: `by` did it, for `reason`.
    """

    agent: str
    by: str
    reason: str = ""


class PageOpened(Event, frozen=True):
    """A page is the agent's phone from now on. `page`: what it calls itself; another one is gone, or has lost it."""

    agent: str
    page: str


class PageLeft(Event, frozen=True):
    """The page that was the agent's phone, `endpoint`, has gone: by its own word, or nothing was heard of it."""

    agent: str
    endpoint: str


class WrapUpStarted(Event, frozen=True):
    agent: str
    call: str
    until: float


class WrapUpExtended(Event, frozen=True):
    """Once in a wrap-up; by the queue's `wrapup_extend_s`. A second one changes nothing."""

    agent: str
    by: str = ""


class WrapUpEnded(Event, frozen=True):
    agent: str
    call: str = ""


class QueueHours(Event, frozen=True):
    """The queue's calendar opens or closes it. Who waits already goes on waiting."""

    queue: str
    open: bool


class QueueReach(Event, frozen=True):
    """`mobile`: the queue's agents are reached at their mobile numbers, at any hour and whether logged in or not."""

    queue: str
    mobile: bool
    by: str = ""


class DayBegan(Event, frozen=True):
    """Midnight in the site's zone: what is counted by day begins at nothing."""
