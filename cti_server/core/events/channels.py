"""What happens to channels, as AMI tells it: creation, dialling, answer, keys, hold, hang-up."""

from cti_server.core.events.base import Event


class ChannelCreated(Event, frozen=True):
    """Newchannel. `incoming`: it came from outside (AMI state Ring); otherwise we are dialling it."""

    channel: str
    linked: str
    name: str
    number: str = ""
    caller_name: str = ""
    exten: str = ""
    context: str = ""
    incoming: bool = False


class ChannelRinging(Event, frozen=True):
    """Newstate 5: the far end rings."""

    channel: str


class ChannelAnswered(Event, frozen=True):
    """Newstate 6: the channel is up. For an inbound caller this is the IVR, not a person."""

    channel: str


class ChannelRenamed(Event, frozen=True):
    """Rename: the same Uniqueid goes on under another name (after a masquerade)."""

    channel: str
    name: str


class CallerIdChanged(Event, frozen=True):
    channel: str
    number: str
    caller_name: str = ""


class HangupRequested(Event, frozen=True):
    """The far end of this channel hung up (AMI HangupRequest), as against our own dialplan ending it.

    `asked`: by a button of the desk, which the PBX has not obeyed yet.
    """

    channel: str
    cause: int = 0
    asked: bool = False


class ChannelEnded(Event, frozen=True):
    """Hangup. `cause`: Q.850 as Asterisk gives it; 0 when the channel died without one."""

    channel: str
    cause: int = 0
    cause_text: str = ""
    name: str = ""


class DialStarted(Event, frozen=True):
    """DialBegin. `channel` is empty when AMI originated the leg. `dialled`: the exten of the dialling channel."""

    dest: str
    dest_name: str
    channel: str = ""
    dial_string: str = ""
    dialled: str = ""


class DialRinging(Event, frozen=True):
    dest: str
    channel: str = ""


class DialEnded(Event, frozen=True):
    """DialEnd. `status`: ANSWER, BUSY, NOANSWER, CANCEL, CONGESTION, CHANUNAVAIL, ABORT ..."""

    dest: str
    status: str
    channel: str = ""


class OriginateEnded(Event, frozen=True):
    """OriginateResponse. Its order against DialEnded varies."""

    channel: str
    ok: bool
    reason: str = ""
    action_id: str = ""


class DigitReceived(Event, frozen=True):
    """DTMFEnd, direction Received: the far end of the channel pressed a key."""

    channel: str
    digit: str


class MusicStarted(Event, frozen=True):
    channel: str
    music_class: str = ""


class MusicStopped(Event, frozen=True):
    channel: str


class ChannelHeld(Event, frozen=True):
    """Hold: the phone of this channel put the other side on hold.

    `held`: who is held, when that one is not in a bridge with it any more (UserEvent CtiHeld: by a button of the desk).
    """

    channel: str
    held: str = ""


class ChannelUnheld(Event, frozen=True):
    channel: str


class CallPlaced(Event, frozen=True):
    """Click to call: the agent's phone is rung on `channel`, and `number` is dialled when it is answered."""

    channel: str
    agent: str
    number: str
    by: str = ""


class ChannelMuted(Event, frozen=True):
    """What the phone of this channel sends is not heard any more, or again. By the desk: AMI tells of no such thing."""

    channel: str
    muted: bool
    by: str = ""
