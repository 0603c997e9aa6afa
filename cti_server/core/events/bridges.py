"""Bridges, and what is done with a call in them: transfer, conference, parking, pickup, monitoring, recording."""

from typing import Literal

from cti_server.core.events.base import Event


class BridgeEntered(Event, frozen=True):
    """`bridge_type`: basic, base, parking, waiting (BridgeWait), desk (its conference). `linked`: after a merge."""

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


class SitesLinked(Event, frozen=True):
    """UserEvent CtiSite: `channel` is the far end, at another site's Asterisk, of the trunk leg `peer`."""

    channel: str
    peer: str


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
