"""Pure: what one agent's desk shows, and when a screen pop is due.

A pop is due when a leg at the agent's phone begins to ring: an offer, a transfer, a colleague, a pickup group. It is
derived from State alone, so a browser that reconnects while it rings gets the same card again.
"""

from collections.abc import Iterable, Mapping

import msgspec

from cti_server.core.agents import MOBILE, phones_of, status
from cti_server.core.calls import agent_at, leg_of
from cti_server.core.ids import AgentId, CallId, ChannelId, QueueId
from cti_server.core.places import waiting_since
from cti_server.core.sites import UNREACHABLE, phone_at
from cti_server.core.state import Agent, Call, Leg, Queue, State
from cti_server.core.touched import Touched
from cti_server.desk.situation import Act, Consult, phase_of, situation
from cti_server.journal.path import Word, data_words, path
from cti_server.settings.calling import browser_endpoint


class Asked(msgspec.Struct, frozen=True):
    """Who is asked while the customer is held: an agent, a queue, or a number. `phase`: dialling, ringing, talking."""

    name: str
    number: str
    phase: str
    since: float


class Card(msgspec.Struct, frozen=True):
    """One call at the agent's phone. `phase`: ringing, dialling, talking or on_hold, and `since` when.

    `queued`: since when the customer waits or waited, None when it was in no queue; `reached`: when that wait ended.
    `path`, `inputs`: the IVR path and what travels with the call, as words to look up. `callback`: the agent's phone
    rings first, and the customer, who asked to be called back, is called when it is answered. `own`: likewise, for a
    call that the agent places from the desk. `transferred_by`: who sent it here, or asks.

    `can`: the buttons that make sense now (`situation.Act`). `members`: the others in a conference.
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
    path: tuple[tuple[Word, ...], ...]
    inputs: tuple[tuple[Word, ...], ...]
    digits: str
    callback: bool
    own: bool = False
    transferred_by: str = ""
    can: tuple[Act, ...] = ()
    consult: Asked | None = None
    members: tuple[str, ...] = ()
    recording_paused: bool = False
    muted: bool = False


class Device(msgspec.Struct, frozen=True):
    """One of the agent's phones. `id`: its endpoint, or `mobile`, and then `number`. `browser`: the desk's own.

    `reachable`: the PBX says that it is registered; `state`: the PBX's own word for its state, empty while unknown.
    """

    id: str
    number: str
    reachable: bool
    chosen: bool
    browser: bool = False
    state: str = ""


class Line(msgspec.Struct, frozen=True):
    """Who waits in one of the agent's queues. `oldest`: since when."""

    id: QueueId
    name: str
    open: bool
    waiting: int
    oldest: float | None
    sl_threshold_s: float


class Desk(msgspec.Struct, frozen=True):
    """All that an agent's own page shows, but for the lines of the queues.

    `wrapup_until`: the end of the wrap-up; `extend_s`: by how much it may be made longer, 0 when it may not (any more).
    `rest_until`: the end of the rest after a call that was not taken. `last_call`: the last one answered from a queue.
    """

    agent: AgentId
    name: str
    status: str
    intent: str
    code: str
    since: float
    extension: str
    wrapup_until: float | None
    extend_s: float
    rest_until: float | None
    last_call: CallId
    devices: tuple[Device, ...]
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
        extend_s=0.0 if agent.wrapup_until is None or agent.wrapup_extended else agent.wrapup_extend_s,
        rest_until=agent.rest_until or None,
        last_call=agent.last_call,
        devices=_devices(agent),
        cards=tuple(_card(state, call, leg) for call, leg in _legs(state, agent)),
    )


def lines(state: State, wanted: Iterable[QueueId]) -> dict[QueueId, Line]:
    """The lines of these queues, those that there are."""
    queues = {ident: state.queues[ident] for ident in wanted if ident in state.queues}
    since = waiting_since(state, queues)
    return {
        ident: Line(
            id=ident,
            name=queue.config.name or ident,
            open=queue.open,
            waiting=len(since[ident]),
            oldest=min(since[ident], default=None),
            sl_threshold_s=queue.config.sl_threshold_s,
        )
        for ident, queue in queues.items()
    }


def legs(state: State, agent: Agent) -> tuple[tuple[ChannelId, str], ...]:
    """What is at this agent's phones, and in which phase."""
    return tuple((leg.id, phase_of(leg)) for _, leg in _legs(state, agent))


def ringing(shown: Desk) -> tuple[Card, ...]:
    return tuple(card for card in shown.cards if card.phase == "ringing")


def pops(before: Desk | None, after: Desk) -> tuple[Card, ...]:
    """The cards that began to ring between two views of one desk. Who places a call knows of it."""
    known = {card.leg for card in ringing(before)} if before else set()
    return tuple(card for card in ringing(after) if card.leg not in known and not card.own)


def concerned(state: State, touched: Touched) -> set[AgentId]:
    """The agents whose desk a Step may have changed."""
    on_calls = {g.agent for c in touched.calls.values() for g in c.legs if g.agent}
    promised = {state.callbacks[ident].agent for ident in touched.callbacks if ident in state.callbacks}
    return {a for a in {*touched.agents, *on_calls, *promised} if a in state.agents}


def _devices(agent: Agent) -> tuple[Device, ...]:
    now = agent.chosen or agent.config.endpoint
    found = [
        Device(
            id=phone,
            number="",
            reachable=told not in UNREACHABLE and name not in agent.unregistered,
            chosen=phone == now,
            browser=phone == browser_endpoint(agent.config.id),
            state=told,
        )
        for phone in phones_of(agent)
        for name in (phone_at(agent, phone),)
        for told in (agent.phones.get(name, ""),)
    ]
    if agent.config.mobile:
        found.append(Device(id=MOBILE, number=agent.config.mobile, reachable=True, chosen=now == MOBILE))
    return tuple(found)


def _legs(state: State, agent: Agent) -> list[tuple[Call, Leg]]:
    """The live legs at this agent's own phones, and at no other one."""
    found: list[tuple[Call, Leg]] = []
    for channel in agent.channels:
        live = state.channels.get(channel)
        call = state.calls.get(live.call) if live else None
        if call is not None:
            found += [(call, g) for g in call.legs if g.id == channel and g.ended is None]
    return found


def _card(state: State, call: Call, leg: Leg) -> Card:
    entry = call.entries[-1] if call.entries else None
    queue = state.queues.get(entry.queue) if entry else None
    first = call.legs[0] if call.legs else leg
    internal = call.direction == "internal"
    number, name = call.ani, call.caller_name
    if call.direction == "outbound" or (internal and first.id == leg.id):
        number, name = call.dnis, ""
    queued, reached = (entry.queued, entry.ended) if entry else (None, None)
    if (promise := state.callbacks.get(state.calling.get(leg.id, ""))) is not None:
        number, name, queued, reached = promise.number, promise.name, promise.queued, None
        queue = state.queues.get(promise.queue)
    now = situation(state, call, leg)
    consult = now.consult if now else None
    return Card(
        call=call.id,
        leg=leg.id,
        phase=phase_of(leg),
        since=leg.spans[-1].start if leg.spans else leg.started,
        direction=call.direction,
        number=number,
        name=name,
        dnis=call.dnis,
        campaign=call.campaign,
        language=call.language,
        queue=queue.config.id if queue else "",
        queue_name=(queue.config.name or queue.config.id) if queue else "",
        queued=queued,
        reached=reached,
        path=tuple(_named(state, words) for _, words in path(call)),
        inputs=tuple(_named(state, data_words(key, value)) for key, value in call.data.items() if value),
        digits=call.digits,
        callback=promise is not None,
        own=leg.id in state.placing,
        transferred_by=_sent_by(state, call, leg),
        can=now.can if now else (),
        consult=_asked(state, consult) if consult else None,
        members=tuple(_party(state, call, one)[0] for one in now.members) if now else (),
        recording_paused=bool(now and now.paused),
        muted=now.live.muted if now else False,
    )


def ended_card(state: State, call: Call, agent: AgentId) -> Card | None:
    """The card of the last talk that this agent had in a call, as it stays while it is wrapped up. Nothing rings."""
    mine = [leg for leg in call.legs if leg.agent == agent and leg.answered is not None]
    return msgspec.structs.replace(_card(state, call, mine[-1]), phase="ended", can=()) if mine else None


def _asked(state: State, consult: Consult) -> Asked:
    name, number = "", ""
    if consult.leg is not None and (live := state.channels.get(consult.leg.id)) is not None:
        name, number = _party(state, state.calls[live.call], consult.leg)
    elif (queue := state.queues.get(consult.queue)) is not None:
        name = queue.config.name or queue.config.id
    return Asked(name, number, consult.phase, consult.since)


def _party(state: State, call: Call, leg: Leg) -> tuple[str, str]:
    """A person's name, as far as there is one, and number."""
    if (agent := state.agents.get(leg.agent)) is not None:
        return agent.config.name or agent.config.id, agent.config.extension
    if leg.id == call.caller:
        number = call.dnis if call.direction == "outbound" else call.ani
        return call.caller_name or number, number
    return leg.number, leg.number


def _sent_by(state: State, call: Call, leg: Leg) -> str:
    """The agent who sent the call to this leg, or whose leg dialled it in a consultation."""
    sent = next((t for t in reversed(call.transfers) if t.to == leg.endpoint), None)
    by = state.agents.get(agent_at(state, sent.by)) if sent else None
    live = state.channels.get(leg.id)
    dialled = leg_of(call, live.by) if live and live.by else None
    if by is None and dialled is not None and dialled.agent and call.direction != "internal":
        by = state.agents.get(dialled.agent)
    return (by.config.name or by.config.id) if by and by.config.id != leg.agent else ""


def _named(state: State, words: Iterable[Word]) -> tuple[Word, ...]:
    """Words with the names of agents and queues in place of their ids."""
    known: dict[str, Mapping[str, Agent | Queue]] = {"agents": state.agents, "queues": state.queues}
    found: list[Word] = []
    for word in words:
        if word.group in known:
            named = known[word.group].get(word.word)
            word = Word("", (named.config.name if named else "") or word.word)
        found.append(word)
    return tuple(found)
