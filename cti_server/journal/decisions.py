"""Why this agent got this caller: each decision of the router as the journal has it, with every part of it in words.

The numbers are the event's own. A part or a reason that has no text is shown by its name, so that a new one needs
nothing here.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from cti_server.core import events as ev
from cti_server.core.events import Candidate, Event
from cti_server.core.state import Call
from cti_server.journal.wording import Wording
from cti_server.routing.strategies import STRATEGIES
from cti_server.web.i18n import Words

_MINUS = "\N{MINUS SIGN}"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One named part. `value`: points of a score, or of urgency the seconds of waiting that it is worth.

    `words`: what the part is; `amount`: the value as people read it.
    """

    name: str
    value: float
    words: str
    amount: str


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """An agent who was looked at. `reason`: why passed over, empty for the one who was chosen; `words` says it all."""

    agent: str
    name: str
    score: float
    parts: list[Part]
    reason: str
    words: str


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """How many more agents were passed over for one reason."""

    reason: str
    count: int
    words: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `id`: of the offer, or of the callback that was tried. `agent` empty: the customer is rung first.

    `urgency`: why this caller came before all others, in seconds of waiting. `outcome`: what became of the offer,
    empty while it is open. `words`: the whole of it as sentences.
    """

    kind: Literal["offer", "callback"]
    id: str
    at: float
    queue: str
    queue_name: str
    strategy: str
    strategy_words: str
    agent: str
    name: str
    score: float
    parts: list[Part]
    endpoint: str
    accept: bool
    urgency: list[Part]
    others: list[Looked]
    passed: list[Passed]
    outcome: str
    outcome_words: str
    words: str


def decisions(call: Call, events: Iterable[Event], wording: Wording) -> list[Decision]:
    """All decisions about one call, in order of time. `events`: those of the journal about it."""
    outcomes = {offer.id: offer.outcome for offer in call.offers}
    found: list[Decision] = []
    for event in events:
        if isinstance(event, ev.OfferMade):
            found.append(
                _decision(event, "offer", event.offer, event.queue, outcomes.get(event.offer, ""), call, wording)
            )
        elif isinstance(event, ev.CallbackTried):
            queue = call.entries[-1].queue if call.entries else ""
            found.append(_decision(event, "callback", event.callback, queue, "", call, wording))
    return found


def _decision(
    event: ev.OfferMade | ev.CallbackTried,
    kind: Literal["offer", "callback"],
    ident: str,
    queue: str,
    outcome: str,
    call: Call,
    wording: Wording,
) -> Decision:
    looked = [_looked(candidate, event.strategy, call, wording) for candidate in event.considered]
    chosen = next((one for one in looked if one.agent == event.agent), None)
    decision = Decision(
        kind=kind,
        id=ident,
        at=event.at,
        queue=queue,
        queue_name=wording.queue(queue),
        strategy=event.strategy,
        strategy_words=wording.words.one_of("strategy", event.strategy),
        agent=event.agent,
        name=wording.agent(event.agent),
        score=chosen.score if chosen else 0.0,
        parts=chosen.parts if chosen else [],
        endpoint=event.endpoint,
        accept=event.accept,
        urgency=_urgency(event.urgency, wording),
        others=[one for one in looked if one is not chosen],
        passed=[
            Passed(
                reason=reason,
                count=count,
                words=wording.words.text("decision.passed", count=count, reason=_reason(reason, wording)),
            )
            for reason, count in sorted(event.passed.items(), key=lambda item: (-item[1], item[0]))
        ],
        outcome=outcome,
        outcome_words=wording.words.one_of("offer", outcome) if outcome else "",
        words="",
    )
    return msgspec.structs.replace(decision, words=_sentences(decision, wording))


def _looked(candidate: Candidate, strategy: str, call: Call, wording: Wording) -> Looked:
    return Looked(
        agent=candidate.agent,
        name=wording.agent(candidate.agent),
        score=candidate.score,
        parts=_parts(candidate.parts, strategy, call, wording),
        reason=candidate.reason,
        words=_why_not(candidate, wording),
    )


def _parts(parts: Mapping[str, float], strategy: str, call: Call, wording: Wording) -> list[Part]:
    weights = STRATEGIES.get(strategy, {})
    language = wording.words.one_of("desk.lang", call.data.get("language", "") or call.language)
    return [
        Part(
            name=name,
            value=value,
            words=_part(name, value / weights[name] if weights.get(name) else None, language, wording.words),
            amount=_signed(value, points(value)),
        )
        for name, value in parts.items()
    ]


def _part(name: str, units: float | None, language: str, words: Words) -> str:
    """`units`: what the part measures, the points without the strategy's weight; None when that weight is not known.

    Seconds of idle time, summed proficiency, minus the share of the day that was busy, minus the calls answered today,
    offers since the own last one, minus the rings further out than the first: as in `routing/score.py`.
    """
    if units is None or not words.has(f"measured.{name}"):
        return words.text(f"part.{name}", language=language) if words.has(f"part.{name}") else name
    amount = {
        "idle": words.span(units),
        "fairness": points(-100 * units),
        "ring": points(1 - units),
    }.get(name, points(units))
    return words.text(f"measured.{name}", amount=amount)


def _urgency(parts: Mapping[str, float], wording: Wording) -> list[Part]:
    words = wording.words
    return [
        Part(
            name=name,
            value=value,
            words=words.one_of("urgency", name),
            amount=_signed(value, words.span(abs(value))),
        )
        for name, value in parts.items()
    ]


def _reason(reason: str, wording: Wording) -> str:
    """An agent state word or a reason of the router's; `skill:NAME` names what is missing."""
    kind, _, name = reason.partition(":")
    if kind == "skill" and name:
        return wording.words.text("reason.skill", skill=name)
    return wording.words.one_of("reason", reason)


def points(value: float) -> str:
    """A score or a part of one: at most one decimal, and no sign."""
    return f"{abs(value):,.1f}".removesuffix(".0")


def _signed(value: float, amount: str) -> str:
    return f"{_MINUS if value < 0 else '+'}{amount}"


def _sentences(decision: Decision, wording: Wording) -> str:
    """All of it, as one reads it aloud."""
    text, listed = wording.words.text, wording.words.listed
    said = []
    if decision.agent:
        said.append(text("decision.chosen", agent=decision.name, strategy=decision.strategy_words))
    else:
        said.append(text("decision.customer_first"))
    if decision.parts:
        parts = listed(f"{part.words} {part.amount}" for part in decision.parts)
        said.append(text("decision.score", points=points(decision.score), parts=parts))
    if decision.urgency:
        parts = listed(f"{part.words} {part.amount}" for part in decision.urgency)
        said.append(text("decision.urgency", parts=parts))
    others = [f"{one.name}: {one.words}" for one in decision.others] + [one.words for one in decision.passed]
    if others:
        said.append(text("decision.others", others=listed(others)))
    return wording.words.sentences(said)


def _why_not(candidate: Candidate, wording: Wording) -> str:
    """Why somebody else was not chosen: the score where there is one, and the reason."""
    reason = _reason(candidate.reason, wording) if candidate.reason else ""
    if not (candidate.parts or candidate.score):
        return reason
    score = wording.words.text("decision.points", points=points(candidate.score))
    return wording.words.listed((score, reason)) if candidate.reason not in ("", "score") else score
