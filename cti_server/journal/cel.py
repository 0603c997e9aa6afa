"""Asterisk's own record of channels (CEL as JSON lines), told again as the Events that AMI would have sent. Pure.

The file is `cel_custom`'s, format json, with `eventtime(double)`; its lines are nearly in the order of time. A
channel's Linkedid changes when calls are joined, so lines belong to one story that share a channel or a Linkedid. A
user event's own name stands in `eventtype`. The core makes calls, talk and stays out of these Events as always.

Seen on Asterisk 22.10.1: after a transfer or an optimised Local channel BRIDGE_ENTER and _EXIT name the bridge that was
left, and only the entry's `peer` tells the true one. HANGUP comes after the exit from the bridge.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

import msgspec

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.core.ids import is_local
from cti_server.pbx.fields import clean, number_or

_WORD = {
    "peer": re.compile(r"\bpeer=([A-Za-z0-9_.-]{1,100})"),
    "queue": re.compile(r"\bqueue=([A-Za-z0-9_.-]{1,64})"),
    "number": re.compile(r"\bnumber=(\+?[0-9]{3,20})(?: |$)"),
    "caller": re.compile(r"\bcaller=([A-Za-z0-9_.-]{1,80})"),
    "to": re.compile(r"\bto=([A-Za-z0-9_.:+-]{1,80})"),
    "box": re.compile(r"\bbox=([A-Za-z0-9_-]{1,64})"),
    "seconds": re.compile(r"\bseconds=([0-9.]{1,12})"),
    "file": re.compile(r"\bfile=(/.{1,300})$"),
}
"""What our own dialplan writes into its user events."""
_SAME_HANGUP_S = 0.25
_UNPARKED: dict[str, Literal["retrieved", "timed_out", "gave_up", "swapped"]] = {
    "ParkedCallUnparked": "retrieved",
    "ParkedCallTimeOut": "timed_out",
    "ParkedCallGiveUp": "gave_up",
    "ParkedCallSwap": "swapped",
}


class CelLine(msgspec.Struct, frozen=True):
    """One line, as far as it is used. `eventextra` is JSON in a string; `peer` names channels, with commas between."""

    eventtype: str
    eventtime: float
    channame: str
    uniqueid: str
    linkedid: str
    num: str = ""
    name: str = ""
    exten: str = ""
    context: str = ""
    appname: str = ""
    eventextra: str = ""
    peer: str = ""


_decoder = msgspec.json.Decoder(CelLine)


def parse(lines: Iterable[bytes]) -> Iterator[CelLine]:
    """The lines that can be read; others (cut off, of another form) are passed over."""
    for line in lines:
        try:
            yield _decoder.decode(line.decode("utf-8", "replace"))
        except msgspec.MsgspecError:
            continue


def stories(lines: Iterable[CelLine]) -> list[list[CelLine]]:
    """Lines that share a channel or a Linkedid, also by way of others; each story in order of time."""
    ordered = sorted(lines, key=lambda line: line.eventtime)
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = name = leader[leader[name]]
        return name

    for line in ordered:
        leader[find("c" + line.uniqueid)] = find("l" + line.linkedid)
    groups: dict[str, list[CelLine]] = {}
    for line in ordered:
        groups.setdefault(find("c" + line.uniqueid), []).append(line)
    return list(groups.values())


def events_of_gap(
    story: Sequence[CelLine],
    since: float,
    live: AbstractSet[str] = frozenset(),
    past: AbstractSet[str] = frozenset(),
) -> list[Event]:
    """What the State missed of one story after `since` (epoch seconds), in order of time.

    Of the channels in `live`, which the State knows: what came after `since`, and their end, whenever it was. Of those
    in `past`, ended legs of its calls: nothing. Others are told whole, if they lived after `since` or nobody in
    the story is known; one whose beginning is missing is left out.
    """
    channels = {line.uniqueid for line in story}
    begun = {line.uniqueid for line in story if line.eventtype == "CHAN_START"}
    late = {line.uniqueid for line in story if line.eventtime > since}
    whole = begun - live - past
    if channels & (live | past):
        whole &= late
    teller = _Teller(story)
    for line in story:
        tell = line.uniqueid in whole or (
            line.uniqueid in live and (line.eventtime > since or line.eventtype == "HANGUP")
        )
        teller.line(line, tell)
    return teller.events


class _Teller:
    """Goes through a story line by line and remembers who is where."""

    def __init__(self, story: Sequence[CelLine]) -> None:
        self.events: list[Event] = []
        self._story = story
        self._where: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def line(self, line: CelLine, tell: bool) -> None:
        """Take in the next line; `tell`: it becomes Events."""
        at, channel = line.eventtime, line.uniqueid
        self._ids[line.channame] = channel
        found: list[Event] = []
        match line.eventtype:
            case "CHAN_START":
                found = self._begins(line)
            case "ANSWER":
                found = [ev.ChannelAnswered(at=at, channel=channel)]
            case "BRIDGE_ENTER":
                found = self._enters(line)
            case "BRIDGE_EXIT":
                bridge = self._where.pop(channel, _extra(line).get("bridge_id", ""))
                found = [ev.BridgeLeft(at=at, bridge=bridge, channel=channel)] if bridge else []
            case "HANGUP":
                extra = _extra(line)
                if tell and extra.get("hangupsource") == line.channame:
                    self._asks_to_hang_up(line)
                cause = extra.get("hangupcause", "")
                found = [ev.ChannelEnded(at=at, channel=channel, cause=int(cause) if cause.isdecimal() else 0)]
            case _:
                found = self._feature(line, _extra(line))
        if tell:
            self.events += found

    def _begins(self, line: CelLine) -> list[Event]:
        """The first channel of a Linkedid came in, unless we originated it; every later one was dialled."""
        at, channel, first = line.eventtime, line.uniqueid, line.uniqueid == line.linkedid
        found: list[Event] = [
            ev.ChannelCreated(
                at=at,
                channel=channel,
                linked=line.linkedid,
                name=line.channame,
                number=clean(line.num),
                caller_name=clean(line.name),
                exten=line.exten,
                context=line.context,
                incoming=first and not self._originated(line),
            )
        ]
        if is_local(line.channame):
            other = self._ids.get(line.channame[:-1] + "1", "")
            return [*found, ev.LocalLinked(at=at, one=other, two=channel)] if other not in ("", channel) else found
        if not first:
            dialled = self._dialled(line.linkedid, at)
            found.append(
                ev.DialStarted(
                    at=at, dest=channel, dest_name=line.channame, channel=line.linkedid, dialled=clean(dialled)
                )
            )
        return found

    def _originated(self, line: CelLine) -> bool:
        """Its extension is `s`, and AMI's or a call file's own dialler runs on it."""
        return line.exten == "s" and any(
            one.appname == "AppDial2" for one in self._story if one.uniqueid == line.uniqueid
        )

    def _dialled(self, channel: str, at: float) -> str:
        """The number that `channel` has dialled at this moment, as its next line tells."""
        extens = [one.exten for one in self._story if one.uniqueid == channel and one.eventtime >= at and one.exten]
        begun = [one.exten for one in self._story if one.uniqueid == channel and one.eventtype == "CHAN_START"]
        return next((exten for exten in [*extens[:1], *begun] if exten != "s"), "")

    def _enters(self, line: CelLine) -> list[Event]:
        extra = _extra(line)
        met = (self._where.get(self._ids.get(name, ""), "") for name in line.peer.split(","))
        bridge = next((one for one in met if one), extra.get("bridge_id", ""))
        if not bridge:
            return []
        self._where[line.uniqueid] = bridge
        return [
            ev.BridgeEntered(
                at=line.eventtime,
                bridge=bridge,
                channel=line.uniqueid,
                name=line.channame,
                linked=line.linkedid,
                technology=extra.get("bridge_technology", ""),
            )
        ]

    def _asks_to_hang_up(self, line: CelLine) -> None:
        """The request comes before what it caused: before the first one leaves the bridge that it was in."""
        recent = [e for e in self.events if isinstance(e, ev.BridgeLeft) and e.at >= line.eventtime - _SAME_HANGUP_S]
        bridge = next((e.bridge for e in reversed(recent) if e.channel == line.uniqueid), "")
        first = next((e for e in recent if e.bridge == bridge), None)
        at = first.at if first else line.eventtime
        place = self.events.index(first) if first else len(self.events)
        self.events.insert(place, ev.HangupRequested(at=at, channel=line.uniqueid))

    def _feature(self, line: CelLine, extra: dict[str, str]) -> list[Event]:
        at, channel = line.eventtime, line.uniqueid
        match line.eventtype:
            case "CTI_SITE":
                peer = _word(extra, "peer")
                return [ev.SitesLinked(at=at, channel=channel, peer=peer)] if peer else []
            case "CTI_HOLD":
                return [ev.CallQueued(at=at, channel=channel, queue=_word(extra, "queue"), name=line.channame)]
            case "CTI_HELD" if by := _word(extra, "by"):
                return [ev.ChannelHeld(at=at, channel=by, held=channel)]
            case "CTI_TRANSFERRED" if (by := _word(extra, "by")) and (target := _word(extra, "target")):
                return [ev.AttendedTransferred(at=at, by=by, by_second=by, transferee=channel, target=target)]
            case "CTI_TRANSFERRED" if by := _word(extra, "by"):
                return [ev.BlindTransferred(at=at, by=by, transferee=channel, exten=_word(extra, "exten"))]
            case "CTI_FALLBACK":
                return [ev.CallFellBack(at=at, channel=channel, queue=_word(extra, "queue"), name=line.channame)]
            case "CTI_CALLBACK" if number := _word(extra, "number"):
                return [ev.CallbackAsked(at=at, channel=channel, number=number, queue=_word(extra, "queue"))]
            case "CTI_LEFT" if (caller := _word(extra, "caller")) and (to := _word(extra, "to")):
                return [ev.CallerLeft(at=at, channel=caller, to=to)]
            case "CTI_VOICEMAIL" if (box := _word(extra, "box")) and (path := _word(extra, "file")):
                seconds = number_or(_word(extra, "seconds"), 0.0)
                return [ev.VoicemailLeft(at=at, channel=channel, box=box, path=path, duration_s=seconds)]
            case "BLINDTRANSFER":
                return [
                    ev.BlindTransferred(
                        at=at,
                        by=channel,
                        transferee=extra.get("transferee_channel_uniqueid", ""),
                        exten=extra.get("extension", ""),
                        context=extra.get("context", ""),
                    )
                ]
            case "ATTENDEDTRANSFER":
                return [
                    ev.AttendedTransferred(
                        at=at,
                        by=channel,
                        by_second=extra.get("channel2_uniqueid", ""),
                        transferee=extra.get("transferee_channel_uniqueid", ""),
                        target=extra.get("transfer_target_channel_uniqueid", ""),
                    )
                ]
            case "PICKUP":
                return [ev.CallPickedUp(at=at, by=extra.get("pickup_channel_uniqueid", ""), target=channel)]
            case "PARK_START":
                lot, parker = extra.get("parking_lot", ""), extra.get("parker_dial_string", "")
                return [ev.CallParked(at=at, channel=channel, space="", lot=lot, by_name=parker)]
            case "PARK_END" if outcome := _UNPARKED.get(extra.get("reason", "")):
                by = self._ids.get(extra.get("retriever", ""), "")
                return [ev.CallUnparked(at=at, channel=channel, space="", outcome=outcome, by=by)]
            case _:
                return []


def _extra(line: CelLine) -> dict[str, str]:
    """The extra's plain values as text, without Asterisk's word for nothing."""
    try:
        found = msgspec.json.decode(line.eventextra or "{}")
    except msgspec.MsgspecError:
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {str(k): str(v) for k, v in pairs if isinstance(v, str | int) and v != "N/A"}


def _word(extra: dict[str, str], name: str) -> str:
    found = _WORD[name].search(extra.get("extra", ""))
    return found[1] if found else ""
