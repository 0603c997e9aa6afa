"""Commands: things we want done. Frozen, imperative; carried out by `pbx/perform.py` and by nobody else.

A Command changes no state. What comes of it arrives as Events.
"""

import msgspec


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """The base of every command. On the wire a JSON object tagged by `type`, the class name."""


class OfferCall(Command, frozen=True):
    """Ring `endpoint` for the caller that waits on `channel` (the poke). Performing it twice rings once.

    `expires`: epoch seconds by our own heartbeat from which on the dialplan takes no notice of it, so that a PBX that
    hung for a while does not ring an agent who has been given to somebody else meanwhile.
    """

    offer: str
    channel: str
    channel_name: str
    agent: str
    endpoint: str
    ring_s: int
    expires: int
    record: bool = True
    accept: bool = False
    """Who answers must press 1: so it is with mobile numbers, whose voicemail answers too."""


class RingAgain(Command, frozen=True):
    """Ring the agent of an offer once more, whose page was loaded again while it rang. `ring_s`: what is left."""

    offer: str
    channel_name: str
    agent: str
    endpoint: str
    ring_s: int
    expires: int
    record: bool = True
    accept: bool = False


class RingBack(Command, frozen=True):
    """Who is held on `channel` rings the phone of the agent whose page is back. `holder`: the old leg, which ends.

    The phone answers by itself. Whatever comes of it, who is held is held, or talks.
    """

    channel: str
    channel_name: str
    holder: str
    holder_name: str
    agent: str
    endpoint: str
    ring_s: int


class SendCaller(Command, frozen=True):
    """Send the caller who waits on `channel` on to `to`, a target as in `QueueConfig`. `expires` as in `OfferCall`."""

    channel: str
    channel_name: str
    to: str
    expires: int


class Announce(Command, frozen=True):
    """Let the waiting caller hear `prompts` instead of the music; place and music are kept.

    A prompt is a name of ours, or `position:N` (the place in the line), or `wait:N` (minutes to wait).
    """

    channel: str
    channel_name: str
    prompts: tuple[str, ...]
    expires: int
    language: str = ""


class CallBack(Command, frozen=True):
    """Call a customer back. With `first` agent `endpoint` is rung, then `number`; with customer the number, then queue.

    `channel`: the Uniqueid that the first leg will have. `queued`: the place that the customer has kept.
    """

    callback: str
    channel: str
    first: str
    number: str
    queue: str
    queued: float
    agent: str = ""
    endpoint: str = ""
    ring_s: int = 20
    accept: bool = False


class HangUp(Command, frozen=True):
    channel_name: str
    cause: int = 16


class ReturnToHold(Command, frozen=True):
    """Send a caller through the hold's door (again). `queue` empty: the one that the caller's channel names."""

    channel: str
    channel_name: str
    queue: str


class RefreshHeartbeat(Command, frozen=True):
    epoch: int


class RefuseCallers(Command, frozen=True):
    """The dialplan refuses calls from these numbers, whether we live or not; with `mark` 0 it takes them again.

    `numbers`: digits as they arrive, a `P` before them for a +. `mark`: epoch seconds; all that was marked up to
    `before` is taken again, for it may be of another server.
    """

    numbers: tuple[str, ...]
    mark: int
    before: int = 0


class SetFallbackMembers(Command, frozen=True):
    """Make Asterisk's own fallback queue hold exactly these `(agent, endpoint, paused)`."""

    members: tuple[tuple[str, str, bool], ...]


class DialOut(Command, frozen=True):
    """Click to call: ring the agent, then dial `number`. `channel`: the Uniqueid that the agent's leg will have.

    The agent's phone shows `number`; whoever is dialled is shown `shown`, or the site's own number on a trunk.
    `accept`: who answers must press 1, as in `OfferCall`.
    """

    channel: str
    endpoint: str
    number: str
    shown: str = ""
    accept: bool = False


class Hold(Command, frozen=True):
    """Take a talk apart: `channel` waits in silence, `held` hears music. Performing it twice holds once.

    A phone's own hold is another way; this one is good for every device, and outlives us.
    """

    channel: str
    channel_name: str
    held: str
    held_name: str


class Resume(Command, frozen=True):
    """`held` talks again with `channel`, who held. One that comes too late does nothing.

    `fetch`: the agent is in a consultation, and leaves it.
    """

    channel: str
    channel_name: str
    held: str
    held_name: str
    fetch: bool = False


class Consult(Command, frozen=True):
    """`channel` dials `exten` while `held` hears music. `apart`: that one is held already."""

    channel: str
    channel_name: str
    held: str
    held_name: str
    exten: str
    apart: bool = False


class EndConsult(Command, frozen=True):
    """`channel` leaves whoever is consulted; who is held stays so."""

    channel: str
    channel_name: str


class HandOver(Command, frozen=True):
    """Who is held talks with `target`, who was consulted; `channel` is free of both. An attended transfer."""

    channel: str
    channel_name: str
    held: str
    held_name: str
    target: str


class SendOn(Command, frozen=True):
    """The other party of a talk, `held` or not, goes to `exten`, and `channel` is free. A blind transfer."""

    channel: str
    channel_name: str
    held: str
    held_name: str
    exten: str


class Confer(Command, frozen=True):
    """All of them talk in one room, a number. It ends for the `guests` when the last of the others has left.

    `pair`: two who talk with each other; they are moved at once, or the one would hang up the other.
    """

    room: str
    channel_name: str
    pair: str
    guests: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class MuteAudio(Command, frozen=True):
    """What the phone at this channel sends is not heard. AMI tells of it by its answer alone."""

    channel: str
    channel_name: str
    muted: bool


class PressKeys(Command, frozen=True):
    """The party at the far end of this channel hears these keys."""

    channel_name: str
    digits: str


class Monitor(Command, frozen=True):
    """Ring the supervisor and let them hear the agent's channel. Switch later with `SwitchMonitor`."""

    channel: str
    endpoint: str
    target: str


class SwitchMonitor(Command, frozen=True):
    """`mode`: listen, whisper or barge."""

    channel_name: str
    mode: str


class MuteRecording(Command, frozen=True):
    channel_name: str
    recording: str
    muted: bool


class Resync(Command, frozen=True):
    """Ask the PBX what is live; the answer comes as `PbxResynced`."""


COMMAND_TYPES: tuple[type[Command], ...] = tuple(sorted(Command.__subclasses__(), key=lambda c: c.__name__))
