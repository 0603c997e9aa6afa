"""What happened in a call, as the lines of a story in order of time. Pure; the words are `story.*` of the catalogue."""

import msgspec

from cti_server.core.state import Call, Leg


class Line(msgspec.Struct, frozen=True):
    """`key`: of the text; `word` is looked up in `group`; `who` and `note` are shown as they are."""

    at: float
    key: str
    who: str = ""
    note: str = ""
    group: str = ""
    word: str = ""


def story(call: Call) -> list[Line]:
    """`who` is an agent's id, an endpoint, or a number."""
    lines = [Line(call.started, f"started_{call.direction}", call.ani if call.direction != "outbound" else call.dnis)]
    lines += [
        Line(s.at, "ivr", s.label or s.node, s.result, "node", "" if s.label else s.node)
        for s in call.ivr
        if s.node != "end" or s.result != "queue"  # the line of the queue says it
    ]
    for entry in call.entries:
        lines.append(Line(entry.queued, "queued", entry.queue))
        if entry.ended is not None:
            lines.append(Line(entry.ended, "left_queue", entry.queue, "", "outcome", entry.outcome))
    for offer in call.offers:
        lines.append(Line(offer.made, "offered", offer.agent))
        if offer.ended is not None and offer.outcome != "answered":
            lines.append(Line(offer.ended, "offer_failed", offer.agent, "", "offer", offer.outcome))
    for leg in call.legs:
        lines += _leg(call, leg)
    agents = {leg.endpoint: leg.agent for leg in call.legs if leg.agent}
    lines += [
        Line(
            t.at, f"transfer_{t.kind}", agents.get(t.by, t.by), t.to if t.to == t.exten else f"{t.exten} {t.to}".strip()
        )
        for t in call.transfers
    ]
    for watch in call.monitors:
        lines.append(Line(watch.start, "monitored", watch.by, watch.mode))
    for conference in call.conferences:
        lines.append(Line(conference.start, "conference", conference.id))
    for parking in call.parks:
        lines.append(Line(parking.at, "parked", parking.by, parking.space))
        if parking.ended is not None:
            lines.append(Line(parking.ended, "unparked", parking.retrieved_by, "", "park", parking.outcome))
    if call.ended is not None:
        lines.append(Line(call.ended, "ended", "", "", "hangup_by", call.hangup_by))
    return sorted(lines, key=lambda line: line.at)


def _leg(call: Call, leg: Leg) -> list[Line]:
    if leg.id == call.caller or leg.role == "supervisor":
        return []
    who = leg.agent or leg.endpoint
    lines: list[Line] = []
    if leg.answered is not None and leg.spans and leg.spans[0].mode == "ring":
        lines.append(Line(leg.answered, "answered", who))
    lines += [Line(span.start, "held", who) for span in leg.spans if span.mode == "hold"]
    return lines
