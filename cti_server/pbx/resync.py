"""Pure: the answers of CoreShowChannels, BridgeList and DeviceStateList made into one `PbxResynced`."""

from collections.abc import Iterable

from cti_server.core.events import LiveChannel, PbxResynced
from cti_server.pbx.framing import Message

_UP = "6"
_NO_DEVICES = ("Queue:", "Custom:")
"""Pseudo-devices of the queues and of the dialplan; no phone stands behind them."""


def resynced(
    channels: Iterable[Message], bridges: Iterable[Message], devices: Iterable[Message], at: float
) -> PbxResynced:
    """`at`: UTC epoch seconds of the moment when the last answer came. A line without an id is left out."""
    return PbxResynced(
        at=at,
        channels=tuple(_channel(m) for m in channels if m.get("Uniqueid")),
        bridges={m.get("BridgeUniqueid"): m.get("BridgeType") for m in bridges if m.get("BridgeUniqueid")},
        devices={
            m.get("Device"): m.get("State")
            for m in devices
            if m.get("Device") and not m.get("Device").startswith(_NO_DEVICES)
        },
    )


def _channel(message: Message) -> LiveChannel:
    return LiveChannel(
        channel=message.get("Uniqueid"),
        linked=message.get("Linkedid"),
        name=message.get("Channel"),
        up=message.get("ChannelState") == _UP,
        number=_known(message.get("CallerIDNum")),
        caller_name=_known(message.get("CallerIDName")),
        exten=message.get("Exten"),
        context=message.get("Context"),
        application=message.get("Application"),
        bridge=message.get("BridgeId"),
        duration_s=_seconds(message.get("Duration")),
    )


def _known(text: str) -> str:
    """Asterisk writes `<unknown>` for a caller id that is not there."""
    return "" if text == "<unknown>" else text


def _seconds(text: str) -> float:
    """`HH:MM:SS` as seconds; 0 for anything else."""
    parts = text.split(":")
    if len(parts) != 3 or not all(p.isdecimal() for p in parts):
        return 0.0
    hours, minutes, seconds = (int(p) for p in parts)
    return hours * 3600.0 + minutes * 60.0 + seconds
