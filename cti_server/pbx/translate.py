"""AMI messages into Events. Pure: no clock, no I/O, no memory of earlier messages.

One function per AMI event, found in a table; `cti_events.py` holds the ones that our own dialplan sends. The core, not
this module, knows what belongs together. Field names are those of Asterisk's `core show help manager event`.
"""

from collections.abc import Callable, Iterable

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.core.ids import DESK_ROOM, endpoint_of
from cti_server.pbx.cti_events import translate_user_event
from cti_server.pbx.fields import Untranslatable, clean, number_or, required, whole_or
from cti_server.pbx.framing import Message

__all__ = ["SILENT", "Untranslatable", "message_time", "translate"]

SILENT = frozenset(
    """
    VarSet Newexten RTCPSent RTCPReceived AGIExecStart AGIExecEnd TestEvent NewAccountCode NewConnectedLine Cdr
    CEL SoftHangupRequest DTMFBegin BridgeCreate BridgeInfoChannel BridgeVideoSourceUpdate ConfbridgeStart
    ConfbridgeMute ConfbridgeUnmute ConfbridgeTalking LocalOptimizationBegin LocalOptimizationEnd DialExtension
    ExtensionStatus QueueMemberStatus QueueMemberAdded QueueMemberRemoved QueueMemberPause QueueMemberPenalty
    QueueMemberRinginuse AgentCalled AgentComplete AgentDump AgentRingNoAnswer ChallengeSent SuccessfulAuth
    InvalidPassword ChallengeResponseFailed RequestBadFormat InvalidAccountID PeerStatus Registry FullyBooted
    Reload Shutdown MusicOnHold MixMonitor PresenceStateChange HangupHandlerPush HangupHandlerRun HangupHandlerPop
    Load Unload MessageWaiting SessionTimeout Status CoreShowChannel CoreShowChannelsComplete
    DeviceStateListComplete Flash Wink BridgeListItem BridgeListComplete BridgeInfoComplete QueueParams
    QueueMember QueueEntry QueueStatusComplete OriginateFailure DAHDIChannel ChannelTalkingStart
    ChannelTalkingStop DeviceStateListItem
    """.split()
)
"""Events that are understood and change nothing here."""


def translate(message: Message, at: float) -> list[Event]:
    """The Events that one AMI message means; an empty list when it means none.

    `at` (UTC epoch seconds) is used when the message carries no Timestamp of its own. Raises `Untranslatable` for an
    event of a known kind that lacks what it must have, and for an event that is not known at all.
    """
    name = message.event
    if not name:
        return []
    at = message_time(message, at)
    if translator := _TABLE.get(name):
        return list(translator(message, at))
    if name == "VarSet":
        return list(_variable(message, at))
    if name in SILENT:
        return []
    raise Untranslatable(f"the event {clean(name)[:60]!r} is not known")


def message_time(message: Message, default: float) -> float:
    """The message's own time (manager.conf `timestampevents=yes`), or `default`."""
    return number_or(message.get("Timestamp"), default)


def _new_channel(m: Message, at: float) -> Iterable[Event]:
    channel = required(m, "Uniqueid")
    yield ev.ChannelCreated(
        at=at,
        channel=channel,
        linked=m.get("Linkedid") or channel,
        name=required(m, "Channel"),
        number=clean(m.get("CallerIDNum")),
        caller_name=clean(m.get("CallerIDName")),
        exten=m.get("Exten"),
        context=m.get("Context"),
        incoming=m.get("ChannelState") == "4",
    )


def _new_state(m: Message, at: float) -> Iterable[Event]:
    state = m.get("ChannelState")
    if state == "5":
        yield ev.ChannelRinging(at=at, channel=required(m, "Uniqueid"))
    elif state == "6":
        yield ev.ChannelAnswered(at=at, channel=required(m, "Uniqueid"))


def _caller_id(m: Message, at: float) -> Iterable[Event]:
    yield ev.CallerIdChanged(
        at=at,
        channel=required(m, "Uniqueid"),
        number=clean(m.get("CallerIDNum")),
        caller_name=clean(m.get("CallerIDName")),
    )


def _hangup(m: Message, at: float) -> Iterable[Event]:
    yield ev.ChannelEnded(
        at=at,
        channel=required(m, "Uniqueid"),
        cause=whole_or(m.get("Cause"), 0),
        cause_text=clean(m.get("Cause-txt")),
        name=m.get("Channel"),
    )


def _dial_begin(m: Message, at: float) -> Iterable[Event]:
    yield ev.DialStarted(
        at=at,
        channel=m.get("Uniqueid"),
        dest=required(m, "DestUniqueid"),
        dest_name=required(m, "DestChannel"),
        dial_string=m.get("DialString"),
        dialled=m.get("Exten"),
    )


def _dial_state(m: Message, at: float) -> Iterable[Event]:
    if m.get("DialStatus") == "RINGING":
        yield ev.DialRinging(at=at, channel=m.get("Uniqueid"), dest=required(m, "DestUniqueid"))


def _dial_end(m: Message, at: float) -> Iterable[Event]:
    yield ev.DialEnded(
        at=at, channel=m.get("Uniqueid"), dest=required(m, "DestUniqueid"), status=clean(m.get("DialStatus"))
    )


def _originate_response(m: Message, at: float) -> Iterable[Event]:
    if m.get("Uniqueid") not in ("", "<null>"):
        yield ev.OriginateEnded(
            at=at,
            channel=m.get("Uniqueid"),
            ok=m.get("Response") == "Success",
            reason=clean(m.get("Reason")),
            action_id=m.get("ActionID"),
        )


def _digit(m: Message, at: float) -> Iterable[Event]:
    """SIP INFO digits come without a DTMFBegin, so only the end counts."""
    if m.get("Direction") == "Received" and m.get("Digit"):
        yield ev.DigitReceived(at=at, channel=required(m, "Uniqueid"), digit=m.get("Digit"))


def _bridge_enter(m: Message, at: float) -> Iterable[Event]:
    """One of BridgeWait's is for waiting, and no parking lot; the desk's conferences are told by their names."""
    creator, kind = m.get("BridgeCreator"), clean(m.get("BridgeType"))
    if creator == "BridgeWait":
        kind = "waiting"
    elif creator == "ConfBridge" and m.get("BridgeName").startswith(DESK_ROOM):
        kind = "desk"
    yield ev.BridgeEntered(
        at=at,
        bridge=required(m, "BridgeUniqueid"),
        channel=required(m, "Uniqueid"),
        name=m.get("Channel"),
        linked=m.get("Linkedid"),
        bridge_type=kind,
        technology=clean(m.get("BridgeTechnology")),
    )


def _bridge_leave(m: Message, at: float) -> Iterable[Event]:
    yield ev.BridgeLeft(at=at, bridge=required(m, "BridgeUniqueid"), channel=required(m, "Uniqueid"))


def _blind_transfer(m: Message, at: float) -> Iterable[Event]:
    yield ev.BlindTransferred(
        at=at,
        by=required(m, "TransfererUniqueid"),
        transferee=m.get("TransfereeUniqueid"),
        exten=m.get("Extension"),
        context=m.get("Context"),
        ok=m.get("Result") == "Success",
    )


def _attended_transfer(m: Message, at: float) -> Iterable[Event]:
    yield ev.AttendedTransferred(
        at=at,
        by=required(m, "OrigTransfererUniqueid"),
        by_second=m.get("SecondTransfererUniqueid"),
        transferee=m.get("TransfereeUniqueid"),
        target=m.get("TransferTargetUniqueid"),
        dest_type=clean(m.get("DestType")),
        ok=m.get("Result") == "Success",
    )


def _parked(m: Message, at: float) -> Iterable[Event]:
    yield ev.CallParked(
        at=at,
        channel=required(m, "ParkeeUniqueid"),
        space=m.get("ParkingSpace"),
        lot=clean(m.get("Parkinglot")),
        by_name=m.get("ParkerDialString"),
        timeout_s=number_or(m.get("ParkingTimeout"), 0.0),
    )


def _unparked(outcome: str) -> Callable[[Message, float], Iterable[Event]]:
    def translate_one(m: Message, at: float) -> Iterable[Event]:
        yield ev.CallUnparked(
            at=at,
            channel=required(m, "ParkeeUniqueid"),
            space=m.get("ParkingSpace"),
            outcome=outcome,  # type: ignore[arg-type]
            lot=clean(m.get("Parkinglot")),
            by=m.get("RetrieverUniqueid"),
        )

    return translate_one


def _spy_started(m: Message, at: float) -> Iterable[Event]:
    yield ev.SpyStarted(
        at=at,
        by=required(m, "SpyerUniqueid"),
        target=required(m, "SpyeeUniqueid"),
        by_name=endpoint_of(m.get("SpyerChannel")),
        target_name=endpoint_of(m.get("SpyeeChannel")),
    )


def _variable(m: Message, at: float) -> Iterable[Event]:
    """MixMonitor tells its file only by this variable, which a server's own connection leaves out."""
    if m.get("Variable") == "MIXMONITOR_FILENAME" and m.get("Value") and m.get("Uniqueid"):
        yield ev.RecordingFileSet(at=at, channel=m.get("Uniqueid"), path=m.get("Value"))


def _on_channel(kind: type[Event]) -> Callable[[Message, float], Iterable[Event]]:
    """For events that say no more than: this happened to that channel."""

    def translate_one(m: Message, at: float) -> Iterable[Event]:
        yield kind(at=at, channel=required(m, "Uniqueid"))  # type: ignore[call-arg]

    return translate_one


_TABLE: dict[str, Callable[[Message, float], Iterable[Event]]] = {
    "Newchannel": _new_channel,
    "Newstate": _new_state,
    "NewCallerid": _caller_id,
    "Rename": lambda m, at: [ev.ChannelRenamed(at=at, channel=required(m, "Uniqueid"), name=required(m, "Newname"))],
    "HangupRequest": lambda m, at: [
        ev.HangupRequested(at=at, channel=required(m, "Uniqueid"), cause=whole_or(m.get("Cause"), 0))
    ],
    "Hangup": _hangup,
    "DialBegin": _dial_begin,
    "DialState": _dial_state,
    "DialEnd": _dial_end,
    "OriginateResponse": _originate_response,
    "DTMFEnd": _digit,
    "MusicOnHoldStart": lambda m, at: [
        ev.MusicStarted(at=at, channel=required(m, "Uniqueid"), music_class=clean(m.get("Class")))
    ],
    "MusicOnHoldStop": _on_channel(ev.MusicStopped),
    "Hold": _on_channel(ev.ChannelHeld),
    "Unhold": _on_channel(ev.ChannelUnheld),
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "BridgeMerge": lambda m, at: [
        ev.BridgeMerged(at=at, into=required(m, "ToBridgeUniqueid"), source=required(m, "FromBridgeUniqueid"))
    ],
    "BridgeDestroy": lambda m, at: [ev.BridgeEnded(at=at, bridge=required(m, "BridgeUniqueid"))],
    "LocalBridge": lambda m, at: [
        ev.LocalLinked(at=at, one=required(m, "LocalOneUniqueid"), two=required(m, "LocalTwoUniqueid"))
    ],
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "ConfbridgeJoin": lambda m, at: [
        ev.ConferenceJoined(
            at=at, conference=required(m, "Conference"), channel=required(m, "Uniqueid"), name=m.get("Channel")
        )
    ],
    "ConfbridgeLeave": lambda m, at: [
        ev.ConferenceLeft(at=at, conference=required(m, "Conference"), channel=required(m, "Uniqueid"))
    ],
    "ConfbridgeEnd": lambda m, at: [ev.ConferenceEnded(at=at, conference=required(m, "Conference"))],
    "ParkedCall": _parked,
    "UnParkedCall": _unparked("retrieved"),
    "ParkedCallTimeOut": _unparked("timed_out"),
    "ParkedCallGiveUp": _unparked("gave_up"),
    "ParkedCallSwap": _unparked("swapped"),
    "Pickup": lambda m, at: [ev.CallPickedUp(at=at, by=required(m, "Uniqueid"), target=required(m, "TargetUniqueid"))],
    "ChanSpyStart": _spy_started,
    "ChanSpyStop": lambda m, at: [ev.SpyStopped(at=at, by=required(m, "SpyerUniqueid"))],
    "MixMonitorStart": _on_channel(ev.RecordingStarted),
    "MixMonitorStop": _on_channel(ev.RecordingStopped),
    "MixMonitorMute": lambda m, at: [
        ev.RecordingMuted(
            at=at,
            channel=required(m, "Uniqueid"),
            muted=m.get("State") == "1",
            direction=clean(m.get("Direction")),
        )
    ],
    "QueueCallerJoin": lambda m, at: [
        ev.PbxQueueJoined(
            at=at,
            channel=required(m, "Uniqueid"),
            queue=required(m, "Queue"),
            position=whole_or(m.get("Position"), 0),
        )
    ],
    "QueueCallerLeave": lambda m, at: [
        ev.PbxQueueLeft(at=at, channel=required(m, "Uniqueid"), queue=required(m, "Queue"))
    ],
    "QueueCallerAbandon": lambda m, at: [
        ev.PbxQueueAbandoned(at=at, channel=required(m, "Uniqueid"), queue=required(m, "Queue"))
    ],
    "AgentConnect": lambda m, at: [
        ev.PbxQueueConnected(
            at=at,
            channel=required(m, "Uniqueid"),
            queue=required(m, "Queue"),
            agent_channel=required(m, "DestUniqueid"),
            member=clean(m.get("MemberName")),
        )
    ],
    "DeviceStateChange": lambda m, at: [
        ev.DeviceChanged(at=at, device=required(m, "Device"), state=clean(m.get("State")))
    ],
    "ContactStatus": lambda m, at: [
        ev.ContactChanged(
            at=at,
            endpoint=f"PJSIP/{required(m, 'EndpointName')}",
            status=clean(m.get("ContactStatus")),
            reachable=m.get("ContactStatus") in ("Reachable", "NonQualified", "Created", "Updated"),
        )
    ],
    "UserEvent": translate_user_event,
}
