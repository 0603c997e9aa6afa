"""Events: things that happened. Frozen, past tense, each with `at` in UTC epoch seconds.

Three sources. The PBX (translated from AMI), our own edges (IVR, agents' intents, configuration, outages), and the
center's own decisions (offers), which are Events too so that a journal replays without deciding anything again.

`channel` is always an Asterisk Uniqueid, `name` a channel name (`PJSIP/agent1-0000001e`), `endpoint` a channel name
without its serial (`PJSIP/agent1`). Numbers are as dialled. On the wire an Event is a JSON object tagged by `type`,
the class name in snake case.
"""

import re
from typing import Literal

import msgspec


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=_snake):
    """The base of every event. `at`: UTC epoch seconds."""

    at: float


# ---------------------------------------------------------------- channels, from AMI


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
    """The far end of this channel hung up (AMI HangupRequest), as against our own dialplan ending it."""

    channel: str
    cause: int = 0


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
    """Hold: the phone of this channel put the other side on hold."""

    channel: str


class ChannelUnheld(Event, frozen=True):
    channel: str


# ---------------------------------------------------------------- bridges and what is done with them


class BridgeEntered(Event, frozen=True):
    """`bridge_type`: basic, base, parking, holding. `linked`: the Linkedid after Asterisk merged the two sides."""

    bridge: str
    channel: str
    name: str = ""
    linked: str = ""
    bridge_type: str = ""
    technology: str = ""


class BridgeLeft(Event, frozen=True):
    bridge: str
    channel: str


class BridgeMerged(Event, frozen=True):
    """BridgeMerge: everyone in `source` goes on in `into`."""

    into: str
    source: str


class BridgeEnded(Event, frozen=True):
    bridge: str


class LocalLinked(Event, frozen=True):
    """LocalBridge: the two halves of a Local channel are joined; a person reaches another through them."""

    one: str
    two: str


class BlindTransferred(Event, frozen=True):
    """`by`: the channel that transferred; `transferee`: the one sent on; `exten`: where to."""

    by: str
    transferee: str
    exten: str
    context: str = ""
    ok: bool = True


class AttendedTransferred(Event, frozen=True):
    """`by`/`by_second`: the transferer's first and second channel (the same one with a feature code).

    `transferee`: who was held; `target`: who was consulted. Each may be empty where Asterisk does not say.
    """

    by: str
    by_second: str
    transferee: str = ""
    target: str = ""
    dest_type: str = ""
    ok: bool = True


class ConferenceJoined(Event, frozen=True):
    conference: str
    channel: str
    name: str = ""


class ConferenceLeft(Event, frozen=True):
    conference: str
    channel: str


class ConferenceEnded(Event, frozen=True):
    conference: str


class CallParked(Event, frozen=True):
    """`by`: the channel that parked it, as far as Asterisk says."""

    channel: str
    space: str
    lot: str = ""
    by_name: str = ""
    timeout_s: float = 0.0


class CallUnparked(Event, frozen=True):
    """`outcome`: retrieved, timed_out, gave_up (the parked party hung up), swapped."""

    channel: str
    space: str
    outcome: Literal["retrieved", "timed_out", "gave_up", "swapped"]
    lot: str = ""
    by: str = ""


class CallPickedUp(Event, frozen=True):
    """Pickup: `by` took the call that rang at `target`."""

    by: str
    target: str


class SpyStarted(Event, frozen=True):
    """ChanSpyStart. AMI does not tell listen, whisper and barge apart: the server remembers what it asked for."""

    by: str
    target: str
    by_name: str = ""
    target_name: str = ""


class SpyStopped(Event, frozen=True):
    by: str


class RecordingStarted(Event, frozen=True):
    channel: str


class RecordingFileSet(Event, frozen=True):
    """Where a recording goes: our dialplan's `CtiRecording`, or MixMonitor's own variable in a full trace.

    `caller_path` / `agent_path`: the two one-party files of a segment; `path`: a mixed file. `channel`: the agent's
    leg for our own segments.
    """

    channel: str
    path: str = ""
    caller_path: str = ""
    agent_path: str = ""
    agent: str = ""


class RecordingMuted(Event, frozen=True):
    channel: str
    muted: bool
    direction: str = ""


class RecordingStopped(Event, frozen=True):
    """MixMonitorStop. Asterisk sends none when the channel hangs up."""

    channel: str


# ---------------------------------------------------------------- Asterisk's own queue (the fallback)


class PbxQueueJoined(Event, frozen=True):
    channel: str
    queue: str
    position: int = 0


class PbxQueueLeft(Event, frozen=True):
    channel: str
    queue: str


class PbxQueueAbandoned(Event, frozen=True):
    """QueueCallerAbandon: also sent when the queue's own timeout ran out."""

    channel: str
    queue: str


class PbxQueueConnected(Event, frozen=True):
    channel: str
    queue: str
    agent_channel: str
    member: str = ""


# ---------------------------------------------------------------- devices and the link to the PBX


class DeviceChanged(Event, frozen=True):
    """DeviceStateChange. `device`: `PJSIP/agent1`; `state`: NOT_INUSE, INUSE, RINGING, BUSY, UNAVAILABLE ..."""

    device: str
    state: str


class ContactChanged(Event, frozen=True):
    """ContactStatus: `reachable` is what the PBX says of the phone's registration."""

    endpoint: str
    status: str
    reachable: bool


class PbxConnected(Event, frozen=True):
    site: str = "main"
    version: str = ""


class PbxDisconnected(Event, frozen=True):
    site: str = "main"
    reason: str = ""


class LiveChannel(msgspec.Struct, frozen=True, kw_only=True):
    """One line of CoreShowChannels."""

    channel: str
    linked: str
    name: str
    up: bool = False
    number: str = ""
    caller_name: str = ""
    exten: str = ""
    context: str = ""
    application: str = ""
    bridge: str = ""
    duration_s: float = 0.0


class PbxResynced(Event, frozen=True):
    """What is live on the PBX at this moment: the truth after a gap. `bridges`: id -> type, as in `BridgeEntered`."""

    channels: tuple[LiveChannel, ...]
    devices: dict[str, str] = {}
    bridges: dict[str, str] = {}
    site: str = "main"


class ServerStarted(Event, frozen=True):
    """`since`: `at` of the last event before, 0 for an empty journal. `clean`: the last run ended by SIGTERM."""

    node: str
    version: str
    since: float = 0.0
    clean: bool = True


class ServerStopped(Event, frozen=True):
    node: str


class GapOpened(Event, frozen=True):
    """Nobody here was listening from `at` to `until`; what Asterisk's own record (CEL) tells of it follows as Events.

    `calls`: the calls that it tells of, by id or Linkedid, each once. `PbxResynced` ends the telling.
    """

    until: float
    calls: tuple[str, ...] = ()


# ---------------------------------------------------------------- from our dialplan and our IVR


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


class CallSurveyed(Event, frozen=True):
    """The agent is gone and the caller goes on to the survey."""

    channel: str
    agent: str = ""


class VoicemailLeft(Event, frozen=True):
    channel: str
    box: str
    path: str
    duration_s: float = 0.0


# ---------------------------------------------------------------- the site and its people


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


# ---------------------------------------------------------------- the center's decisions


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


class Tick(Event, frozen=True):
    """Time passed. The only way the core learns the time."""


EVENT_TYPES: tuple[type[Event], ...] = tuple(sorted(Event.__subclasses__(), key=lambda c: c.__name__))
