"""Pure: what one agent's desk shows, and when a screen pop is due.

A pop is due when a leg at the agent's phone begins to ring: an offer, a transfer, a colleague, a pickup group. It is
derived from State alone, so a browser that reconnects while it rings gets the same card again.
"""

import msgspec

from cti_server.core.agents import phones_of, status
from cti_server.core.ids import AgentId, CallId, ChannelId, QueueId, plain
from cti_server.core.state import Agent, Call, Leg, State
from cti_server.core.talk import mode_of
from cti_server.core.touched import Touched


class Step(msgspec.Struct, frozen=True):
    """One step of the IVR path, in words that the caller's choice left behind."""

    node: str
    label: str
    result: str


class Card(msgspec.Struct, frozen=True):
    """One call at the agent's phone. `phase`: ringing, dialling, talking or on_hold, and `since` when.

    `queued`: since when the customer waits or waited, None when it was in no queue; `reached`: when that wait ended.
    """

    call: CallId
    leg: ChannelId
    phase: str
    since: float
    direction: str
    number: str
    name: str
    dnis: str
    campaign: str
    language: str
    queue: QueueId
    queue_name: str
    queued: float | None
    reached: float | None
    path: tuple[Step, ...]
    inputs: dict[str, str]
    digits: str


class Desk(msgspec.Struct, frozen=True):
    """All that an agent's own page shows. `ready_after`: end of the wrap-up."""

    agent: AgentId
    name: str
    status: str
    intent: str
    code: str
    since: float
    extension: str
    wrapup_until: float | None
    cards: tuple[Card, ...]


def desk(state: State, agent: Agent) -> Desk:
    config = agent.config
    return Desk(
        agent=config.id,
        name=config.name or config.id,
        status=status(agent),
        intent=agent.intent,
        code=agent.pause_code,
        since=agent.since,
        extension=config.extension,
        wrapup_until=agent.wrapup_until,
        cards=tuple(_card(state, call, leg) for call, leg in _legs(state, agent)),
    )


def ringing(shown: Desk) -> tuple[Card, ...]:
    return tuple(card for card in shown.cards if card.phase == "ringing")


def pops(before: Desk | None, after: Desk) -> tuple[Card, ...]:
    """The cards that began to ring between two views of one desk."""
    known = {card.leg for card in ringing(before)} if before else set()
    return tuple(card for card in ringing(after) if card.leg not in known)


def concerned(state: State, touched: Touched) -> set[AgentId]:
    """The agents whose desk a Step may have changed."""
    on_calls = {g.agent for c in touched.calls.values() for g in c.legs if g.agent}
    return {a for a in {*touched.agents, *on_calls} if a in state.agents}


def _legs(state: State, agent: Agent) -> list[tuple[Call, Leg]]:
    """The live legs at this agent's own phones, at whichever site, and at no other ones."""
    found: list[tuple[Call, Leg]] = []
    for channel in agent.channels:
        live = state.channels.get(channel)
        call = state.calls.get(live.call) if live and plain(live.endpoint) in phones_of(agent) else None
        if call is not None:
            found += [(call, g) for g in call.legs if g.id == channel and g.ended is None]
    return found


def _card(state: State, call: Call, leg: Leg) -> Card:
    mode = mode_of(leg)
    entry = call.entries[-1] if call.entries else None
    queue = state.queues.get(entry.queue) if entry else None
    first = call.legs[0] if call.legs else leg
    internal = call.direction == "internal"
    number, name = call.ani, call.caller_name
    if call.direction == "outbound" or (internal and first.id == leg.id):
        number, name = call.dnis, ""
    return Card(
        call=call.id,
        leg=leg.id,
        phase=_phase(leg, mode),
        since=leg.spans[-1].start if leg.spans else leg.started,
        direction=call.direction,
        number=number,
        name=name,
        dnis=call.dnis,
        campaign=call.campaign,
        language=call.language,
        queue=entry.queue if entry else "",
        queue_name=(queue.config.name or entry.queue) if queue and entry else "",
        queued=entry.queued if entry else None,
        reached=entry.ended if entry else None,
        path=tuple(Step(s.node, s.label, s.result) for s in call.ivr if s.node != "end" or s.result != "queue"),
        inputs=dict(call.data),
        digits=call.digits,
    )


def _phase(leg: Leg, mode: str) -> str:
    """`ring` lasts from the dial to the answer; an own call that nobody has answered yet has no mode."""
    if mode == "ring":
        return "ringing"
    if mode == "hold":
        return "on_hold"
    return "talking" if mode == "talk" or leg.answered is not None else "dialling"
