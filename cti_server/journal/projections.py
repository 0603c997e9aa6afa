"""The rows that a Call gives, and the half-hour figures that rows give. Pure.

Cohort figures (by queue) count an entry in the half-hour of its arrival; event-time figures (by agent) put each
second and each moment where it fell. `rollup` does the same sums in SQL; `verify` holds the two against each other.
"""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from cti_server.core.calls import talk_of
from cti_server.core.state import Call, Entry, Leg
from cti_server.journal.clean import Row, clean, json_of, small
from cti_server.journal.intervals import half_hour, ms

DEFAULT_THRESHOLD_S = 20.0
OUTCOMES = ("answered", "abandoned", "short_abandoned", "flowed_out", "callback", "voicemail", "refused")
MISSED = ("no_answer", "declined")
AGENT_TIMES = {
    "available": "available_ms",
    "ringing": "ring_ms",
    "talking": "talk_ms",
    "on_hold": "hold_ms",
    "wrap_up": "wrapup_ms",
    "paused": "paused_ms",
}
"""Which column a status counts for. Each second counts once."""
NOT_LOGGED_IN = ("logged_out", "unknown")
"""`unknown`: the server was away and nobody saw what the agent did. Every other status counts as logged in."""
_REJECTED = 21
"""The cause with which the dialplan ends a call from a number that is refused."""


class CallRows(msgspec.Struct):
    call: Row
    legs: list[Row]
    entries: list[Row]
    offers: list[Row]


def call_rows(call: Call, zone: ZoneInfo, thresholds: Mapping[str, float]) -> CallRows:
    """All rows of one call. `thresholds`: T of the service level in seconds, by queue."""
    legs = [_leg_row(call, _whole(call, leg), zone) for leg in call.legs if not leg.continues]
    entries = [_entry_row(call, entry, zone, thresholds) for entry in call.entries]
    talked = [leg for leg in call.legs if leg.role == "agent" and leg.agent and leg.answered is not None]
    row: Row = {
        "id": call.id,
        "direction": call.direction,
        "started": call.started,
        "answered": call.answered,
        "ended": call.ended,
        "ani": call.ani,
        "caller_name": call.caller_name,
        "dnis": call.dnis,
        "campaign": call.campaign,
        "language": call.language,
        "script": call.script,
        "outcome": outcome(call),
        "queue": call.entries[-1].queue if call.entries else "",
        "agent": max(talked, key=lambda leg: leg.answered or 0.0).agent if talked else "",
        "wait_s": sum(e["wait_ms"] for e in entries) / 1000,
        "talk_s": sum(_length_ms(leg, "talk") for leg in call.legs if leg.role == "agent") / 1000,
        "hold_s": sum(_length_ms(leg, "hold") for leg in call.legs if leg.role == "agent") / 1000,
        "hangup_cause": small(call.hangup_cause),
        "hangup_by": call.hangup_by,
        "recovered": call.recovered,
        "body": json_of(call),
    }
    offers: list[Row] = [
        {
            "id": o.id,
            "call": call.id,
            "entry": o.entry,
            "agent": o.agent,
            "queue": o.queue,
            "interval": half_hour(o.made, zone),
            "made": o.made,
            "ringing": o.ringing,
            "accepted": o.accepted,
            "outcome": o.outcome,
        }
        for o in call.offers
    ]
    return CallRows(
        call=clean(row),
        legs=[clean(r) for r in legs],
        entries=[clean(r) for r in entries],
        offers=[clean(r) for r in offers],
    )


def outcome(call: Call) -> str:
    """One word for the list: answered, the last entry's outcome, left_ivr (ended before a queue), no_answer.

    Empty while nothing has come of it yet. A caller without an entry is refused when the dialplan takes no call from
    this number.
    """
    if call.answered is not None:
        return "answered"
    if call.entries and (word := call.entries[-1].outcome):
        return word
    if call.ended is None:
        return ""
    if call.direction == "inbound":
        return "refused" if call.hangup_cause == _REJECTED else "left_ivr"
    return "no_answer"


def _leg_row(call: Call, leg: Leg, zone: ZoneInfo) -> Row:
    return {
        "call": call.id,
        "id": leg.id,
        "endpoint": leg.endpoint,
        "role": leg.role,
        "agent": leg.agent,
        "number": leg.number,
        "interval": half_hour(leg.started if leg.answered is None else leg.answered, zone),
        "started": leg.started,
        "answered": leg.answered,
        "ended": leg.ended,
        "ring_s": _length_ms(leg, "ring") / 1000,
        "talk_s": _length_ms(leg, "talk") / 1000,
        "hold_s": _length_ms(leg, "hold") / 1000,
        "cause": small(leg.cause),
        "ended_by": leg.ended_by,
        "dial_status": leg.dial_status,
    }


def _entry_row(call: Call, entry: Entry, zone: ZoneInfo, thresholds: Mapping[str, float]) -> Row:
    """Talk and hold are those of the agent's leg that answered this entry. Wrap-up comes later: see `rollup`."""
    leg = _leg_that_answered(call, entry)
    return {
        "id": entry.id,
        "call": call.id,
        "channel": entry.channel,
        "queue": entry.queue,
        "interval": half_hour(entry.queued, zone),
        "queued": entry.queued,
        "priority": small(entry.priority),
        "outcome": entry.outcome,
        "ended": entry.ended,
        "agent": entry.agent,
        "offers": entry.offers,
        "in_fallback": entry.status == "fallback",
        "recovered": call.recovered,
        "threshold_ms": ms(thresholds.get(entry.queue, DEFAULT_THRESHOLD_S)),
        "wait_ms": max(0, ms(entry.ended) - ms(entry.queued)) if entry.ended is not None else 0,
        "talk_ms": _length_ms(leg, "talk") if leg else 0,
        "hold_ms": _length_ms(leg, "hold") if leg else 0,
        "wrapup_ms": 0,
    }


def _whole(call: Call, leg: Leg) -> Leg:
    """The leg with those that go on for it: an agent's page was gone for a while, and that was a hold."""
    if len(talk := talk_of(call, leg)) == 1:
        return leg
    last = talk[-1]
    spans = [talk[0].spans, *([span for span in one.spans if span.mode != "ring"] for one in talk[1:])]
    return replace(
        leg,
        spans=[span for some in spans for span in some],
        ended=last.ended,
        cause=last.cause,
        ended_by=last.ended_by,
    )


def _leg_that_answered(call: Call, entry: Entry) -> Leg | None:
    if entry.outcome != "answered":
        return None
    channel = next((o.agent_channel for o in reversed(call.offers) if o.entry == entry.id and o.agent_channel), "")
    by_channel = next((leg for leg in call.legs if leg.id == channel), None)
    if by_channel:
        return _whole(call, _first(call, by_channel))
    answered = [leg for leg in call.legs if leg.agent == entry.agent and leg.agent and leg.answered is not None]
    nearest = min(answered, key=lambda leg: abs((leg.answered or 0.0) - (entry.ended or 0.0)), default=None)
    return _whole(call, _first(call, nearest)) if nearest else None


def _first(call: Call, leg: Leg) -> Leg:
    return talk_of(call, leg)[0]


def _length_ms(leg: Leg, mode: str) -> int:
    return sum(max(0, ms(s.end) - ms(s.start)) for s in leg.spans if s.mode == mode and s.end is not None)


def with_wrapup(entries: Iterable[Row], spans: Iterable[Row]) -> list[Row]:
    """The entries with their wrap-up: what the agent spent on it goes to the last entry of that call and agent."""
    spent: dict[tuple[str, str], int] = {}
    for span in spans:
        if span["status"] == "wrap_up" and span["call"]:
            key = (span["call"], span["agent"])
            spent[key] = spent.get(key, 0) + span["ms"]
    rows = list(entries)
    last: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row["call"], row["agent"])
        if row["outcome"] == "answered" and (key not in last or _place(row) > _place(last[key])):
            last[key] = row
    chosen = {row["id"]: spent.get(key, 0) for key, row in last.items()}
    return [row | {"wrapup_ms": chosen.get(row["id"], 0)} for row in rows]


def _place(row: Row) -> tuple[float, str]:
    return row["queued"], row["id"]


def queue_half_hours(entries: Iterable[Row]) -> dict[tuple[int, str], Row]:
    """Figures by (half-hour, queue), by arrival. `offered` = the outcomes + `waiting`, always."""
    result: dict[tuple[int, str], Row] = {}
    for e in entries:
        row = result.setdefault((e["interval"], e["queue"]), _empty_queue(e["interval"], e["queue"]))
        row["offered"] += 1
        row[e["outcome"] or "waiting"] += 1
        row["recovered"] += e["recovered"]
        within = e["wait_ms"] <= e["threshold_ms"]
        if e["outcome"] == "answered":
            row["answered_within"] += within
            row["wait_ms"] += e["wait_ms"]
        if e["outcome"] == "abandoned":
            row["abandoned_within"] += within
            row["abandon_wait_ms"] += e["wait_ms"]
        row["wait_max_ms"] = max(row["wait_max_ms"], e["wait_ms"])
        for name in ("talk_ms", "hold_ms", "wrapup_ms"):
            row[name] += e[name]
    return result


def _empty_queue(interval: int, queue: str) -> Row:
    counts = ("offered", "waiting", *OUTCOMES, "answered_within", "abandoned_within", "recovered")
    sums = ("wait_ms", "wait_max_ms", "abandon_wait_ms", "talk_ms", "hold_ms", "wrapup_ms")
    return {"interval": interval, "queue": queue} | dict.fromkeys((*counts, *sums), 0)


def agent_half_hours(spans: Iterable[Row], legs: Iterable[Row], offers: Iterable[Row]) -> dict[tuple[int, str], Row]:
    """Figures by (half-hour, agent), by event time. A status that still lasts is not counted yet."""
    result: dict[tuple[int, str], Row] = {}

    def row_of(source: Row) -> Row:
        key = (source["interval"], source["agent"])
        sums = ("logged_in_ms", *AGENT_TIMES.values(), "offered", "handled", "missed")
        return result.setdefault(key, {"interval": key[0], "agent": key[1]} | dict.fromkeys(sums, 0))

    for span in spans:
        row = row_of(span)
        if span["status"] not in NOT_LOGGED_IN:
            row["logged_in_ms"] += span["ms"]
        if column := AGENT_TIMES.get(span["status"]):
            row[column] += span["ms"]
    for leg in legs:
        if leg["agent"] and leg["role"] == "agent" and leg["answered"] is not None:
            row_of(leg)["handled"] += 1
    for offer in offers:
        row = row_of(offer)
        row["offered"] += 1
        row["missed"] += offer["outcome"] in MISSED
    return result
