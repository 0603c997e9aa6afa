"""What our dialplan and our IVR tell of a caller: arrival, IVR path, the hold, callback, voicemail."""

from cti_server.core.events.base import Event


class CallArrived(Event, frozen=True):
    """A call reached one of our numbers and the IVR edge has it. Idempotent with ChannelCreated."""

    channel: str
    name: str
    ani: str
    dnis: str
    linked: str = ""
    caller_name: str = ""
    campaign: str = ""
    language: str = ""
    script: str = ""


class IvrStepped(Event, frozen=True):
    """One step of the IVR path: `node` (menu, digits, say ...), `label` for people, `result` what came of it."""

    channel: str
    node: str
    label: str = ""
    result: str = ""


class IvrEnded(Event, frozen=True):
    """`outcome`: queue, transfer, hangup, voicemail, caller_gone, error, lost (the server died, the socket broke)."""

    channel: str
    outcome: str
    detail: str = ""


class CallDataSet(Event, frozen=True):
    """An input or attribute that travels with the call (account number typed, language chosen)."""

    channel: str
    key: str
    value: str


class CallQueued(Event, frozen=True):
    """The dialplan holds the caller for `queue` (UserEvent CtiHold). Sent again, with `why`, after a failed offer.

    `arrived`: when the call reached us by the dialplan's clock, 0 if unknown. `agent`/`offer`: the offer that failed.
    """

    channel: str
    queue: str
    arrived: float = 0.0
    priority: int = 0
    why: str = ""
    agent: str = ""
    offer: str = ""
    name: str = ""


class OfferAccepted(Event, frozen=True):
    """The agent's phone answered and accepted (UserEvent CtiAnswered), before the bridge."""

    channel: str
    agent: str
    offer: str = ""
    agent_channel: str = ""


class CallFellBack(Event, frozen=True):
    """The dialplan found our heartbeat stale and put the caller in Asterisk's own queue.

    `queue`: ours, in which the caller waits all the same; empty when none was chosen yet.
    """

    channel: str
    arrived: float = 0.0
    name: str = ""
    queue: str = ""


class CallerChoosing(Event, frozen=True):
    """The caller pressed the key for a callback and is being asked (UserEvent CtiChoosing): not to be offered now.

    `CallQueued` follows when the caller goes on waiting, `CallbackAsked` when not.
    """

    channel: str


class CallerLeft(Event, frozen=True):
    """The caller has gone on from the hold (UserEvent CtiLeft). `to`: the target, as in `QueueConfig`."""

    channel: str
    to: str


class CallSurveyed(Event, frozen=True):
    """The agent is gone and the caller goes on to the survey."""

    channel: str
    agent: str = ""


class VoicemailLeft(Event, frozen=True):
    channel: str
    box: str
    path: str
    duration_s: float = 0.0


class CallerErased(Event, frozen=True):
    """A person's data was erased: `number`, as dialled, is known as `pseudonym` from now on."""

    number: str
    pseudonym: str
