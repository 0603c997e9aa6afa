"""What of a command's values may reach the PBX. Pure; everything else is refused here.

No comma, no `$`, no bracket: nothing that the dialplan would evaluate or split.
"""

import re

from cti_server.pbx.actions import ActionRefused

_SAFE = re.compile(r"[A-Za-z0-9_.:/-]+")
_ENDPOINT = re.compile(r"[A-Za-z]{1,20}/(\+?[0-9]{3,20}@|[A-Za-z0-9_.-]{1,64}@(?=cti-site-))?[A-Za-z0-9_.-]{1,64}")
"""A phone, `PJSIP/agent1`; a number over a trunk, `PJSIP/+8613800138000@trunk`; a phone at another site."""
_DIALLED = re.compile(r"[0-9*#+]{1,32}")
_ROOM = re.compile(r"[0-9]{1,60}")
_ARRIVING = re.compile(r"P?[0-9]{2,40}")
_CHANNEL = re.compile(r"[A-Za-z0-9_.@:;/-]+")


def safe(value: str) -> str:
    if not _SAFE.fullmatch(value):
        raise ActionRefused(f"{value!r} may not go into the dialplan")
    return value


def arriving(number: str) -> str:
    if not _ARRIVING.fullmatch(number):
        raise ActionRefused(f"{number!r} is not a number that a call can come from")
    return number


def room(value: str) -> str:
    if not _ROOM.fullmatch(value):
        raise ActionRefused(f"{value!r} is not the number of a room")
    return value


def endpoint(value: str) -> str:
    if not _ENDPOINT.fullmatch(value):
        raise ActionRefused(f"{value!r} is not an endpoint that can be rung")
    return value


def spied(channel_name: str) -> str:
    """ChanSpy splits its arguments at commas and its channel list at `&`."""
    if not _CHANNEL.fullmatch(channel_name):
        raise ActionRefused(f"{channel_name!r} is not the name of a channel that can be monitored")
    return channel_name


def dialled(number: str) -> str:
    if not _DIALLED.fullmatch(number):
        raise ActionRefused(f"{number!r} is not a number that can be dialled")
    return number
