"""What a gap hid of calls that are still live after it: Asterisk's own record (CEL) as the Events of AMI.

Pure. The events carry their true times and go through the journal before `PbxResynced`, so that a caller who fell back
to Asterisk's queue and was answered there has the stay, the agent and the moments that really were.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.journal.cel import CelLine


def live_events(lines: Iterable[CelLine], *, since: float, live: frozenset[str]) -> list[Event]:
    """The events after `since` (epoch seconds) of the calls of which a channel in `live` (Uniqueids) is still there."""
    known = list(lines)
    wanted = {line.linkedid for line in known if line.uniqueid in live}
    found: list[Event] = []
    for line in sorted(known, key=lambda one: one.eventtime):
        if line.eventtime > since and line.linkedid in wanted:
            found += _events(line)
    return found


def _events(line: CelLine) -> list[Event]:
    at, channel = line.eventtime, line.uniqueid
    match line.eventtype:
        case "CHAN_START":
            incoming = line.uniqueid == line.linkedid
            return [
                ev.ChannelCreated(
                    at=at,
                    channel=channel,
                    linked=line.linkedid,
                    name=line.channame,
                    number=line.num,
                    caller_name=line.name,
                    exten=line.exten,
                    incoming=incoming,
                )
            ]
        case "ANSWER":
            return [ev.ChannelAnswered(at=at, channel=channel)]
        case "CTI_FALLBACK":
            return [ev.CallFellBack(at=at, channel=channel, name=line.channame)]
        case "BRIDGE_ENTER" | "BRIDGE_EXIT":
            bridge = str(_extra(line).get("bridge_id", ""))
            if not bridge:
                return []
            if line.eventtype == "BRIDGE_EXIT":
                return [ev.BridgeLeft(at=at, bridge=bridge, channel=channel)]
            return [ev.BridgeEntered(at=at, bridge=bridge, channel=channel, name=line.channame, linked=line.linkedid)]
        case "HANGUP":
            cause = _extra(line).get("hangupcause", 0)
            return [ev.ChannelEnded(at=at, channel=channel, cause=cause if isinstance(cause, int) else 0)]
        case _:
            return []


def _extra(line: CelLine) -> dict[str, Any]:
    try:
        extra = msgspec.json.decode(line.eventextra.encode()) if line.eventextra else {}
    except msgspec.MsgspecError:
        return {}
    return extra if isinstance(extra, dict) else {}
