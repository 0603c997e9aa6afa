"""What should have been recorded of a call, and what is wrong with what was found. Pure.

A segment belongs to one leg of an agent: after a transfer a new leg has a new recorder, since a recorder that outlives
the swap may go silent on one side. A call that no agent answered has no segment.
"""

from typing import Literal

import msgspec

from cti_server.core.state import Call, Leg, RecordingSegment
from cti_server.recording.levels import Level

Flag = Literal[
    "missing",
    "missing_agent",
    "missing_caller",
    "silent_agent",
    "silent_caller",
    "short",
    "truncated",
    "broken",
]
FLAGS: tuple[Flag, ...] = (
    "missing",
    "missing_agent",
    "missing_caller",
    "silent_agent",
    "silent_caller",
    "short",
    "truncated",
    "broken",
)

_SLACK_S = 1.0
"""The recorder starts with the answer and the talk with the bridge: they differ by less than this."""
_SLACK_SHARE = 0.02
_SOUND_S = 0.3
"""Less sound than this is a click, not a voice."""
_APART_S = 1.0


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """What one recorder on one agent's leg should have written. Times in epoch seconds, lengths in seconds.

    `part`: 1, or 2 and on when the recorder of the leg was started again. `muted`: (from, to) after `started`.
    The paths are as the PBX told them, empty when it did not.
    """

    call: str
    leg: str
    part: int
    agent: str
    endpoint: str
    started: float
    ended: float
    talk_s: float
    hold_s: float
    muted: tuple[tuple[float, float], ...] = ()
    agent_path: str = ""
    caller_path: str = ""


def segments(call: Call, record_all: bool = True) -> list[Segment]:
    """The segments of those legs of `call` that have ended, in order of their start.

    A leg that talked without a recorder is known to lack one only when the call is over, and only if `record_all`; it
    does not lack one when others' recorders heard all of its talk, as on both ends of an internal call.
    """
    found: list[Segment] = []
    for leg in call.legs:
        if leg.role != "agent" or leg.ended is None:
            continue
        ours = (r for r in call.recordings if r.leg == leg.id and (r.agent_path or r.caller_path or not r.path))
        recorded = list(ours)
        found += [_segment(call, leg, n, r, leg.ended) for n, r in enumerate(recorded, 1)]
        if recorded or not record_all or call.ended is None or _length(leg, ("talk",)) == 0:
            continue
        if not _heard_by_others(call, leg):
            bare = RecordingSegment(leg=leg.id, start=leg.answered or leg.started, end=leg.ended)
            found.append(_segment(call, leg, 1, bare, leg.ended))
    return sorted(found, key=lambda s: (s.started, s.leg, s.part))


def _segment(call: Call, leg: Leg, part: int, r: RecordingSegment, ended: float) -> Segment:
    # on an agent's outgoing call the recorder is set up while it rings and writes from the answer on
    start = max(r.start, leg.answered or 0.0)
    end = max(start, min(r.end if r.end is not None else ended, ended))
    muted = tuple((round(max(m.start, start) - start, 3), round((m.end or end) - start, 3)) for m in r.muted)
    return Segment(
        call=call.id,
        leg=leg.id,
        part=part,
        agent=leg.agent,
        endpoint=leg.endpoint,
        started=start,
        ended=end,
        talk_s=_length(leg, ("talk",), start, end),
        hold_s=_length(leg, ("hold",), start, end),
        muted=muted,
        agent_path=r.agent_path,
        caller_path=r.caller_path,
    )


def _length(leg: Leg, modes: tuple[str, ...], after: float = 0.0, before: float = float("inf")) -> float:
    """Seconds of the leg's spans of `modes` between two moments."""
    last = leg.ended if leg.ended is not None else before
    parts = ((max(s.start, after), min(s.end if s.end is not None else last, before)) for s in leg.spans)
    return round(sum(e - b for (b, e), s in zip(parts, leg.spans, strict=True) if s.mode in modes and e > b), 3)


def _heard_by_others(call: Call, leg: Leg) -> bool:
    ends = {other.id: other.ended for other in call.legs if other.role == "agent" and other.id != leg.id}
    heard = sorted(
        (r.start, r.end or ends[r.leg] or call.ended or 0.0) for r in call.recordings if r.leg in ends and r.start
    )
    for span in leg.spans:
        if span.mode != "talk":
            continue
        at, end = span.start, span.end or leg.ended or 0.0
        for begin, until in heard:
            if begin <= at + _SLACK_S:
                at = max(at, until)
        if at < end - _SLACK_S:
            return False
    return True


def muted_s(segment: Segment) -> float:
    """Seconds of the segment in which the recorder was muted."""
    return sum(max(0.0, end - begin) for begin, end in segment.muted)


def flags(
    segment: Segment, found_s: float, agent: Level | None, caller: Level | None, *, closed: bool, apart_s: float
) -> list[Flag]:
    """What is wrong with a segment of `found_s` seconds. A side that is None was not there; `closed`: headers final.

    Held time may be missing from the file without a flag: a phone that holds may send nothing to record.
    """
    wrong: list[Flag] = []
    if agent is None:
        wrong.append("missing_agent")
    if caller is None:
        wrong.append("missing_caller")
    if found_s - muted_s(segment) > _SLACK_S and segment.talk_s > _SLACK_S:
        if agent is not None and agent.sounding_s < _SOUND_S:
            wrong.append("silent_agent")
        if caller is not None and caller.sounding_s < _SOUND_S:
            wrong.append("silent_caller")
    if found_s + _SLACK_S < segment.talk_s * (1 - _SLACK_SHARE):
        wrong.append("short")
    if not closed or apart_s > _APART_S:
        wrong.append("truncated")
    return wrong
