"""What happened in a call, as the lines of a story in order of time. Pure; the words are `story.*` of the catalogue."""

from collections.abc import Iterable

import msgspec

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.core.state import Call, Leg
from cti_server.journal.path import Word, path


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line: `at`, then the text of `key`, then `who` and all that follows, each when it is there.

    `who`: an agent's id, a queue's, an endpoint, or a number. `target`: where to, as in `QueueConfig`. `word` is looked
    up in `group`. `path`: words of the IVR. `tail`: the key of a text about `until` (epoch seconds), `seconds` and
    `count`. `note` is shown as it is. `call`: the id of another call that this one has to do with.
    """

    at: float
    key: str
    who: str = ""
    target: str = ""
    path: tuple[Word, ...] = ()
    group: str = ""
    word: str = ""
    tail: str = ""
    until: float = 0.0
    seconds: float = 0.0
    count: int = 0
    note: str = ""
    call: str = ""


def story(call: Call, events: Iterable[Event] = ()) -> list[Line]:
    """`events`: those of the journal about this call, for what the record of the call does not keep."""
    lines = [
        Line(
            at=call.started,
            key=f"started_{call.direction}",
            who=call.ani if call.direction != "outbound" else call.dnis,
        )
    ]
    lines += [Line(at=step.at, key="ivr", path=words) for step, words in path(call)]
    for entry in call.entries:
        lines.append(Line(at=entry.queued, key="queued", who=entry.queue))
        if entry.ended is not None:
            lines.append(Line(at=entry.ended, key="left_queue", who=entry.queue, group="outcome", word=entry.outcome))
    for offer in call.offers:
        lines.append(Line(at=offer.made, key="offered", who=offer.agent))
        if offer.ended is not None and offer.outcome != "answered":
            lines.append(Line(at=offer.ended, key="offer_failed", who=offer.agent, group="offer", word=offer.outcome))
    for leg in call.legs:
        lines += _leg(call, leg)
    agents = {leg.endpoint: leg.agent for leg in call.legs if leg.agent}
    for t in call.transfers:
        note = t.to if t.to == t.exten else f"{t.exten} {t.to}".strip()
        lines.append(Line(at=t.at, key=f"transfer_{t.kind}", who=agents.get(t.by, t.by), note=note))
    for watch in call.monitors:
        lines.append(Line(at=watch.start, key="monitored", who=watch.by, note=watch.mode))
    for conference in call.conferences:
        lines.append(Line(at=conference.start, key="conference", who=conference.id))
    for parking in call.parks:
        lines.append(Line(at=parking.at, key="parked", who=parking.by, note=parking.space))
        if parking.ended is not None:
            lines.append(
                Line(at=parking.ended, key="unparked", who=parking.retrieved_by, group="park", word=parking.outcome)
            )
    queued = {entry.id: entry.queued for entry in call.entries}
    answered = {entry.id for entry in call.entries if entry.outcome == "answered"}
    lines += [line for event in events if (line := _told(event, call, queued, answered)) is not None]
    if call.ended is not None:
        lines.append(Line(at=call.ended, key="ended", group="hangup_by", word=call.hangup_by))
    return sorted(lines, key=lambda line: line.at)


def _leg(call: Call, leg: Leg) -> list[Line]:
    if leg.id == call.caller or leg.role == "supervisor":
        return []
    who = leg.agent or leg.endpoint
    lines: list[Line] = []
    if leg.answered is not None and leg.spans and leg.spans[0].mode == "ring":
        lines.append(Line(at=leg.answered, key="answered", who=who))
    lines += [Line(at=span.start, key="held", who=who) for span in leg.spans if span.mode == "hold"]
    return lines


def _told(event: Event, call: Call, queued: dict[str, float], answered: set[str]) -> Line | None:
    """What the center, the caller or a person decided. `queued`: when each stay began; `answered`: which were."""
    at = event.at
    match event:
        case ev.CallerHeld():
            return Line(at=at, key="caller_held", who=event.agent, tail=f"kept_{event.part}", until=event.until)
        case ev.CallerSent() if event.entry in answered and event.to.startswith("queue:"):
            return None  # an agent had been found meanwhile: nothing came of it
        case ev.CallerSent():
            waited = at - queued.get(event.entry, at)
            return Line(
                at=at, key="caller_sent", target=event.to, tail=f"sent_{event.why}", seconds=waited, note=event.by
            )
        case ev.CallerStayed():
            return Line(at=at, key="caller_stayed")
        case ev.CallerChoosing():
            return Line(at=at, key="caller_choosing")
        case ev.CallerLeft():
            return Line(at=at, key="caller_left", target=event.to)
        case ev.VoicemailLeft():
            return Line(at=at, key="voicemail_left", tail="lasting", seconds=event.duration_s)
        case ev.CallbackAsked():
            return Line(at=at, key="callback_asked", who=event.number)
        case ev.CallbackPlanned():
            return Line(
                at=at,
                key="callback_planned",
                who=event.number,
                tail="not_before" if event.not_before > at else "",
                until=event.not_before,
                note=event.by,
                call=event.call if event.call != call.id else "",
            )
        case ev.CallbackTried():
            return Line(
                at=at,
                key="callback_tried_agent" if event.first == "agent" else "callback_tried",
                who=event.agent,
                tail="attempt",
                count=event.attempt,
                call=event.channel if event.channel not in {leg.id for leg in call.legs} else "",
            )
        case ev.CallbackMissed():
            return Line(
                at=at,
                key="callback_missed",
                group="callback_missed",
                word=event.why,
                tail="again_at" if event.not_before > at else "",
                until=event.not_before,
            )
        case ev.CallbackEnded():
            return Line(at=at, key="callback_ended", group="callback_outcome", word=event.outcome, note=event.by)
        case _:
            return None
