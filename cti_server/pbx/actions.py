"""The AMI actions that this server may send, and the checks that every one of them passes on its way out.

Deny by default: an action, or a header of an action, that `ALLOWED` does not name is refused, and so is a value that
does not look as its header must. The patterns close what AMI leaves open: a CR/LF in a value starts a second action;
`Setvar` takes dialplan functions (`SHELL(...)`) for a variable; `Hangup` takes a regular expression that starts with a
slash for a channel; `Originate` runs any application. Calls are only ever sent to the project's own contexts.
"""

import re

import msgspec

MAX_VALUE = 900
"""Characters of a value. Asterisk discards a line over 1024 bytes; the UTF-8 length is checked on the line itself."""
MAX_LINE = 1000
MAX_HEADERS = 60
"""Asterisk takes 128 headers of one action and ignores the rest."""


class Action(msgspec.Struct, frozen=True):
    """One AMI action: its name and its headers in order. `Variable` may repeat."""

    name: str
    headers: tuple[tuple[str, str], ...] = ()


class ActionRefused(ValueError):
    """The action may not be sent; nothing was written to the PBX."""


def _p(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_TEXT = _p(r".*")
_NUMBER = _p(r"[0-9]{1,10}")
_BOOL = _p(r"true|false|yes|no|0|1")
_NAME = _p(r"[A-Za-z0-9_.-]{1,80}")
_CONTEXT = _p(r"cti-[a-z-]{1,60}")
_EXTEN = _p(r"[A-Za-z0-9_*#+.-]{1,80}")
_CHANNEL = _p(r"[A-Za-z0-9_.-][A-Za-z0-9_.@:;,+*#/=&-]{0,160}")
"""A channel's name or Uniqueid, or a device to dial. Never a leading slash: `Hangup` takes that for a pattern."""
_ENDPOINT = _p(r"[A-Za-z0-9_]{1,20}/[A-Za-z0-9_.@:;+*#/-]{1,160}")
_OUR_VARIABLE = _p(r"CTI_[A-Z0-9_]{1,60}|MUTEAUDIO\(in\)")
_READABLE = _p(r"CTI_[A-Z0-9_]{1,60}|IFMODULE\([a-z0-9_]{1,60}\.so\)")
_ASSIGNMENT = _p(r"_{0,2}CTI_[A-Z0-9_]{1,60}=[^,\"\\]*")
"""Asterisk splits the value at commas into several assignments."""

ALLOWED: dict[str, dict[str, re.Pattern[str]]] = {
    "Challenge": {"AuthType": _p("MD5")},
    "Login": {"AuthType": _p("MD5"), "Username": _TEXT, "Key": _p("[0-9a-f]{32}"), "Events": _p("on|off")},
    "Logoff": {},
    "Ping": {},
    "CoreSettings": {},
    "CoreStatus": {},
    "CoreShowChannels": {},
    "BridgeList": {},
    "BridgeInfo": {"BridgeUniqueid": _NAME},
    "DeviceStateList": {},
    "ListCommands": {},
    "ModuleCheck": {"Module": _NAME},
    "ShowDialPlan": {"Context": _CONTEXT, "Extension": _EXTEN},
    "Getvar": {"Channel": _CHANNEL, "Variable": _READABLE},
    "Setvar": {"Channel": _CHANNEL, "Variable": _OUR_VARIABLE, "Value": _TEXT},
    "PlayDTMF": {"Channel": _CHANNEL, "Digit": _p("[0-9A-D*#]"), "Duration": _NUMBER, "Receive": _BOOL},
    "Redirect": {
        "Channel": _CHANNEL,
        "Context": _CONTEXT,
        "Exten": _EXTEN,
        "Priority": _NUMBER,
        "ExtraChannel": _CHANNEL,
        "ExtraContext": _CONTEXT,
        "ExtraExten": _EXTEN,
        "ExtraPriority": _NUMBER,
    },
    "Hangup": {"Channel": _CHANNEL, "Cause": _NUMBER},
    "MixMonitorMute": {
        "Channel": _CHANNEL,
        "Direction": _p("read|write|both"),
        "State": _p("[01]"),
        "MixMonitorID": _p("0x[0-9a-f]{1,16}"),
    },
    "Originate": {
        "Channel": _ENDPOINT,
        "Context": _CONTEXT,
        "Exten": _EXTEN,
        "Priority": _NUMBER,
        "Timeout": _NUMBER,
        "CallerID": _TEXT,
        "Variable": _ASSIGNMENT,
        "Async": _BOOL,
        "ChannelId": _NAME,
        "OtherChannelId": _NAME,
    },
    "QueueStatus": {"Queue": _NAME, "Member": _ENDPOINT},
    "QueueAdd": {
        "Queue": _NAME,
        "Interface": _ENDPOINT,
        "Penalty": _NUMBER,
        "Paused": _BOOL,
        "MemberName": _TEXT,
        "StateInterface": _ENDPOINT,
    },
    "QueueRemove": {"Queue": _NAME, "Interface": _ENDPOINT},
    "QueuePause": {"Queue": _NAME, "Interface": _ENDPOINT, "Paused": _BOOL, "Reason": _TEXT},
}

LISTS: dict[str, tuple[str, ...]] = {
    "CoreShowChannels": ("CoreShowChannel",),
    "QueueStatus": ("QueueParams", "QueueMember", "QueueEntry"),
    "DeviceStateList": ("DeviceStateChange",),
    "BridgeList": ("BridgeListItem",),
    "BridgeInfo": ("BridgeInfoChannel",),
    "ShowDialPlan": ("ListDialplan",),
}
"""Actions whose answer is a list: the events that are its items. The event `<action>Complete` ends it."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
REPEATABLE = frozenset({"Variable"})


def check(action: Action) -> None:
    """Raises `ActionRefused` unless the action, its headers and their values are all allowed."""
    allowed = ALLOWED.get(action.name)
    if allowed is None:
        raise ActionRefused(f"the action {action.name!r} is not on the list")
    if len(action.headers) > MAX_HEADERS:
        raise ActionRefused(f"{action.name}: {len(action.headers)} headers are more than {MAX_HEADERS}")
    seen: set[str] = set()
    for header, value in action.headers:
        if header not in allowed:
            raise ActionRefused(f"{action.name}: the header {header!r} is not on the list")
        if header in seen and header not in REPEATABLE:
            raise ActionRefused(f"{action.name}: the header {header} is there twice")
        seen.add(header)
        _check_value(action.name, header, value, allowed[header])


def _check_value(action: str, header: str, value: str, pattern: re.Pattern[str]) -> None:
    where = f"{action}: the value of {header}"
    if _CONTROL.search(value):
        raise ActionRefused(f"{where} has a control character")
    try:
        size = len(header) + 2 + len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise ActionRefused(f"{where} is not text that UTF-8 can carry") from None
    if len(value) > MAX_VALUE or size > MAX_LINE:
        raise ActionRefused(f"{where} is too long ({size} bytes)")
    if not pattern.fullmatch(value):
        raise ActionRefused(f"{where} does not look as it must")
