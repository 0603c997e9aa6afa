"""A call as a record that people and programs read: made out of a `Call`, open or ended, by pure arithmetic.

A party is an endpoint with all its legs. At any moment a party is in one mode only, and hold goes before talk before
ring, so a consultation during a hold is not counted twice.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

import msgspec

from cti_server.core.state import Call, Leg, Role, Span

_BEFORE = ("hold", "talk", "ring", "park")


class Party(msgspec.Struct, frozen=True):
    """Seconds per endpoint. `hold_s`: the caller was held, or the agent held somebody."""

    endpoint: str
    role: Role
    ring_s: float
    talk_s: float
    hold_s: float


class TransferRecord(msgspec.Struct, frozen=True):
    at: float
    kind: Literal["blind", "attended"]
    by: str
    to: str


class MonitorRecord(msgspec.Struct, frozen=True):
    by: str
    target: str
    start: float
    end: float | None
    mode: str


class ConferenceRecord(msgspec.Struct, frozen=True):
    conference: str
    members: list[str]
    start: float
    end: float | None


class ParkRecord(msgspec.Struct, frozen=True):
    at: float
    parked: str
    by: str
    space: str
    outcome: str
    retrieved_by: str
    ended: float | None


class RecordingRecord(msgspec.Struct, frozen=True):
    """`endpoint`: whose channel carries it. Paths are as Asterisk names them. `muted_s`: silence on purpose."""

    endpoint: str
    start: float
    end: float | None
    path: str
    caller_path: str
    agent_path: str
    muted_s: float


class CallRecord(msgspec.Struct, frozen=True, tag_field="type", tag="call"):
    """`answered`: first moment a person, not the IVR, talks with the caller. Times are UTC epoch seconds."""

    call_id: str
    direction: str
    ani: str
    dnis: str
    started: float
    answered: float | None
    ended: float | None
    hangup_cause: int
    hangup_by: str
    parties: list[Party]
    transfers: list[TransferRecord]
    monitors: list[MonitorRecord]
    conferences: list[ConferenceRecord]
    parks: list[ParkRecord]
    recordings: list[RecordingRecord]
    caller_name: str = ""
    digits: str = ""


def record(call: Call, now: float | None = None) -> CallRecord:
    """The record of `call`. `now` closes what is still open; None takes the last moment that the call knows."""
    until = now if now is not None else call.ended if call.ended is not None else _latest(call)
    endpoints = {leg.id: leg.endpoint for leg in call.legs}
    return CallRecord(
        call_id=call.id,
        direction=call.direction,
        ani=call.ani,
        dnis=call.dnis,
        started=call.started,
        answered=call.answered,
        ended=call.ended,
        hangup_cause=call.hangup_cause,
        hangup_by=call.hangup_by,
        parties=parties(call, until),
        transfers=[TransferRecord(t.at, t.kind, t.by, t.to) for t in call.transfers],
        monitors=[MonitorRecord(m.by, m.target, m.start, m.end, m.mode) for m in call.monitors],
        conferences=[ConferenceRecord(c.id, list(c.members), c.start, c.end) for c in call.conferences],
        parks=[ParkRecord(p.at, p.parked, p.by, p.space, p.outcome, p.retrieved_by, p.ended) for p in call.parks],
        recordings=[
            RecordingRecord(
                endpoints.get(r.leg, ""),
                r.start,
                r.end,
                r.path,
                r.caller_path,
                r.agent_path,
                seconds(r.muted, "muted", until),
            )
            for r in call.recordings
        ],
        caller_name=call.caller_name,
        digits=call.digits,
    )


def parties(call: Call, until: float) -> list[Party]:
    """One entry per endpoint, in the order in which they came."""
    grouped: dict[str, list[Leg]] = {}
    for leg in call.legs:
        grouped.setdefault(leg.endpoint, []).append(leg)
    found = []
    for endpoint, legs in grouped.items():
        spans = [span for leg in legs for span in leg.spans]
        total = exclusive(spans, until)
        role: Role = legs[0].role
        found.append(Party(endpoint, role, _ms(total["ring"]), _ms(total["talk"]), _ms(total["hold"])))
    return found


def seconds(spans: Iterable[Span], mode: str, until: float) -> float:
    """The length of all spans of one mode; one that is still open counts up to `until`."""
    return _ms(sum(max(0.0, _end(s, until) - s.start) for s in spans if s.mode == mode))


def exclusive(spans: list[Span], until: float) -> dict[str, float]:
    """Seconds per mode where overlapping spans count once, hold before talk before ring before park."""
    borders = sorted({t for s in spans for t in (s.start, _end(s, until))})
    total = dict.fromkeys(_BEFORE, 0.0)
    for left, right in pairwise(borders):
        modes = {s.mode for s in spans if s.start <= left and _end(s, until) >= right}
        mode = next((m for m in _BEFORE if m in modes), None)
        if mode is not None:
            total[mode] += right - left
    return total


def _end(span: Span, until: float) -> float:
    return max(span.start, until if span.end is None else span.end)


def _latest(call: Call) -> float:
    times = [call.started, *(leg.started for leg in call.legs)]
    times += [t for leg in call.legs for span in leg.spans for t in (span.start, span.end) if t is not None]
    return max(times)


def _ms(value: float) -> float:
    return round(value, 3)
