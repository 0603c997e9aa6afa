"""Asterisk's own record of channels (CEL as JSON lines), read for what a gap hid. Pure.

The file is `cel_custom`'s, format json, with `eventtime(double)`; its lines are nearly in the order of time. A
channel's Linkedid changes when calls are joined, so lines belong together that share a channel or a Linkedid; the
call is named after the oldest. A user event's own name stands in `eventtype`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from cti_server.core.events import CallRecovered, PastLeg
from cti_server.core.ids import endpoint_of, is_local

Stretch = tuple[float, float]
_WAITS = ("CTI_HOLD", "CTI_FALLBACK")
_QUEUE = re.compile(r"\bqueue=([A-Za-z0-9_.-]{1,64})")


class CelLine(msgspec.Struct, frozen=True):
    """One line, as far as it is used. `eventextra` is JSON in a string."""

    eventtype: str
    eventtime: float
    channame: str
    uniqueid: str
    linkedid: str
    num: str = ""
    name: str = ""
    exten: str = ""
    appname: str = ""
    appdata: str = ""
    eventextra: str = ""


_decoder = msgspec.json.Decoder(CelLine)


def parse(lines: Iterable[bytes]) -> Iterator[CelLine]:
    """The lines that can be read; others (cut off, of another form) are passed over."""
    for line in lines:
        try:
            yield _decoder.decode(line)
        except msgspec.MsgspecError:
            continue


class _Past(msgspec.Struct):
    """One channel's story."""

    channel: str
    name: str
    started: float
    number: str = ""
    caller_name: str = ""
    exten: str = ""
    answered: float | None = None
    ended: float | None = None
    cause: int = 0
    source: str = ""
    bridges: list[tuple[str, float, float | None]] = []


def ended_calls(
    lines: Iterable[CelLine],
    *,
    at: float,
    trunks: Sequence[str],
    agent_at: Callable[[str], str] = lambda endpoint: "",
) -> list[CallRecovered]:
    """The calls in these lines that are wholly there, from the first channel to the last, in order of their beginning.

    `at`: what the events say of when they were found. `trunks`: patterns of the endpoints that lead outside.
    `agent_at`: the agent's id of an endpoint.
    """
    calls = (_call(group, at, trunks, agent_at) for group in _together(sorted(lines, key=lambda line: line.eventtime)))
    return sorted((call for call in calls if call is not None), key=lambda call: (call.started, call.call))


def _together(lines: Sequence[CelLine]) -> list[list[CelLine]]:
    """Lines that share a channel or a Linkedid, also by way of others."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = name = leader[leader[name]]
        return name

    for line in lines:
        leader[find("c" + line.uniqueid)] = find("l" + line.linkedid)
    groups: dict[str, list[CelLine]] = {}
    for line in lines:
        groups.setdefault(find("c" + line.uniqueid), []).append(line)
    return list(groups.values())


def _call(
    lines: list[CelLine], at: float, trunks: Sequence[str], agent_at: Callable[[str], str]
) -> CallRecovered | None:
    channels = _channels(lines)
    if channels is None:
        return None
    persons = [c for c in channels if not is_local(c.name)]
    if not persons or any(c.ended is None for c in channels):
        return None
    outside = [c for c in persons if any(fnmatchcase(endpoint_of(c.name), pattern) for pattern in trunks)]
    direction: Literal["inbound", "outbound", "internal"] = "internal"
    if outside:
        direction = "inbound" if persons[0] is outside[0] else "outbound"
    caller = outside[0] if outside else None
    legs = [_leg(c, c is caller, channels, agent_at) for c in persons]
    answered = min((start for leg in legs if leg.role == "agent" for start, _ in leg.talk), default=None)
    ended = max(leg.ended for leg in legs)
    queue, queued = _wait(lines, caller)
    first, known = persons[0], caller or persons[0]
    return CallRecovered(
        at=at,
        call=min((line.linkedid for line in lines), key=_age),
        direction=direction,
        started=first.started,
        ended=ended,
        ani=first.number,
        caller_name=first.caller_name,
        dnis=first.exten if first.exten != "s" else "",
        answered=answered,
        hangup_cause=known.cause,
        hangup_by=_who(known, caller, persons),
        queue=queue,
        queued=queued,
        entry_ended=(answered if answered is not None and answered >= queued else ended) if queued else 0.0,
        legs=tuple(legs),
    )


def _channels(lines: list[CelLine]) -> list[_Past] | None:
    """The channels in order of their beginning; None when the beginning of one is missing."""
    found: dict[str, _Past] = {}
    for line in lines:
        if line.eventtype == "CHAN_START":
            found[line.uniqueid] = _Past(
                channel=line.uniqueid,
                name=line.channame,
                started=line.eventtime,
                number=line.num,
                caller_name=line.name,
                exten=line.exten,
            )
        if (past := found.get(line.uniqueid)) is None:
            return None
        match line.eventtype:
            case "ANSWER" if past.answered is None:
                past.answered = line.eventtime
            case "BRIDGE_ENTER":
                past.bridges.append((_extra(line).get("bridge_id", ""), line.eventtime, None))
            case "BRIDGE_EXIT" if past.bridges and past.bridges[-1][2] is None:
                past.bridges[-1] = (*past.bridges[-1][:2], line.eventtime)
            case "HANGUP":
                extra = _extra(line)
                past.ended, past.source = line.eventtime, extra.get("hangupsource", "")
                past.cause = int(extra["hangupcause"]) if extra.get("hangupcause", "").isdecimal() else 0
            case _:
                pass
    return list(found.values())


def _extra(line: CelLine) -> dict[str, str]:
    try:
        return {k: str(v) for k, v in msgspec.json.decode(line.eventextra or "{}", type=dict[str, str | int]).items()}
    except msgspec.MsgspecError:
        return {}


def _leg(past: _Past, is_caller: bool, channels: list[_Past], agent_at: Callable[[str], str]) -> PastLeg:
    endpoint = endpoint_of(past.name)
    ended = past.ended or past.started
    return PastLeg(
        channel=past.channel,
        endpoint=endpoint,
        role="caller" if is_caller else "agent",
        started=past.started,
        ended=ended,
        number=past.number,
        agent="" if is_caller else agent_at(endpoint),
        answered=past.answered,
        cause=past.cause,
        ended_by="far" if past.source == past.name else "pbx",
        talk=tuple(_talk(past, channels, ended)),
    )


def _talk(past: _Past, channels: list[_Past], ended: float) -> list[Stretch]:
    """When this channel was in a bridge with another: the stretches, joined where they touch."""
    met: list[Stretch] = []
    for bridge, start, end in past.bridges:
        for other in channels:
            for its_bridge, its_start, its_end in other.bridges if other is not past else ():
                if its_bridge == bridge and bridge:
                    begin, stop = max(start, its_start), min(end or ended, its_end or other.ended or ended)
                    met += [(begin, stop)] if begin < stop else []
    joined: list[Stretch] = []
    for begin, stop in sorted(met):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((begin, stop))
    return joined


def _wait(lines: list[CelLine], caller: _Past | None) -> tuple[str, float]:
    """The queue, as far as the dialplan says which, and when the wait began; 0 when there was none."""
    queue, queued = "", 0.0
    for line in lines:
        if caller is None or line.uniqueid != caller.channel:
            continue
        if line.eventtype in _WAITS or (line.eventtype == "APP_START" and line.appname == "Queue"):
            queued = queued or line.eventtime
        if line.eventtype in _WAITS and (named := _QUEUE.search(_extra(line).get("extra", ""))):
            queue = named[1]
    return queue, queued


def _who(known: _Past, caller: _Past | None, persons: list[_Past]) -> str:
    if caller is not None and known.source == caller.name:
        return "caller"
    return "agent" if any(known.source == p.name for p in persons if p is not caller) else "pbx"


def _age(linkedid: str) -> tuple[float, str]:
    """Order of ids such as `node-1795348986.0`: by their time, not letter by letter."""
    stamp, _, serial = linkedid.rpartition("-")[2].partition(".")
    return (float(stamp) if stamp.isdecimal() else 0.0, f"{serial:0>12}")
