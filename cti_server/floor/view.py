"""Pure: State -> JSON-able views, and patches for what a Step touched.

A view of one call, agent or queue is always replaced whole, so patches are idempotent and their order within a Step
does not matter. All times are moments in UTC epoch seconds.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from cti_server.core.agents import MOBILE, phones_of, status
from cti_server.core.expect import AWAY, wait_at
from cti_server.core.ids import AgentId, CallId, QueueId, SiteId
from cti_server.core.overflow import reached_by_mobile
from cti_server.core.places import open_entry, waiting_since
from cti_server.core.sites import connected
from cti_server.core.state import Agent, Call, Leg, Queue, State
from cti_server.core.talk import mode_of
from cti_server.core.touched import Touched
from cti_server.floor.rules import waiting_entry

V = TypeVar("V")


class CallView(msgspec.Struct, frozen=True):
    """`phase`: ivr, waiting, fallback, ringing, talking, on_hold, parked or dialling, and `since` when it is so.

    `number`: the customer's; `agents`: who rings or talks. Both name and number are as the caller's side sent them.
    `waits`: may be sent elsewhere now; `held_for`: the own agent that the caller is kept for; `sent_to`: the target
    that it is being sent to.
    """

    id: CallId
    direction: str
    number: str
    name: str
    dnis: str
    campaign: str
    phase: str
    since: float
    started: float
    queue: QueueId
    agents: tuple[AgentId, ...]
    waits: bool
    held_for: AgentId
    sent_to: str


class AgentView(msgspec.Struct, frozen=True):
    """`status`: see `core.agents.status`; `number`, `caller_name`: of the customer that the agent is engaged with.

    `phones`: what may be rung, the usual one first, with `mobile` when there is a number; `phone`: what is rung now.
    `until`: when the wrap-up or the rest ends. `overdue`: longer in this state than its greatest age.
    """

    id: AgentId
    name: str
    extension: str
    team: str
    queues: tuple[QueueId, ...]
    phones: tuple[str, ...]
    phone: str
    intent: str
    status: str
    code: str
    since: float
    until: float | None
    overdue: bool
    call: CallId
    number: str
    caller_name: str


class QueueView(msgspec.Struct, frozen=True):
    """`waiting` counts everyone who has not reached a person, also while a phone rings. `oldest`: since when.

    `open`: by its calendar; `mobile`: switched to mobile numbers by hand; `by_mobile`: reached so for either reason.
    `callbacks`: open promises. `box`: for voicemail. `expected_s`: what a caller who comes now has to expect.
    `agents`: how many in each state.
    """

    id: QueueId
    name: str
    waiting: int
    oldest: float | None
    expected_s: float | None
    callbacks: int
    open: bool
    mobile: bool
    by_mobile: bool
    box: str
    logged_in: int
    available: int
    agents: dict[str, int]
    sl_threshold_s: float


class Floor(msgspec.Struct):
    """Everything that the floor shows. `at`: the moment of the State. `away`: branches whose link is lost."""

    at: float
    pbx: bool
    away: tuple[SiteId, ...]
    calls: dict[CallId, CallView]
    agents: dict[AgentId, AgentView]
    queues: dict[QueueId, QueueView]


class Patch(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changed. None in a dict: it is gone."""

    at: float
    pbx: bool
    away: tuple[SiteId, ...]
    calls: dict[CallId, CallView | None] = {}
    agents: dict[AgentId, AgentView | None] = {}
    queues: dict[QueueId, QueueView | None] = {}


def floor(state: State) -> Floor:
    """A fresh snapshot."""
    return Floor(
        at=state.at,
        pbx=connected(state),
        away=_away(state),
        calls={ident: call_view(call) for ident, call in state.calls.items() if call.legs},
        agents={ident: agent_view(state, agent) for ident, agent in state.agents.items()},
        queues=queue_views(state, state.queues),
    )


def _away(state: State) -> tuple[SiteId, ...]:
    return tuple(site for site in state.branches if not connected(state, site))


def patch(state: State, touched: Touched) -> Patch:
    """What a Step that touched these changed, with what others show of them: a call's caller, a queue's agents."""
    calls = {*touched.calls, *touched.merged}
    agents = {*touched.agents, *(a for c in touched.calls.values() for a in _engaged(state, c))}
    queues = {*touched.queues, *(q for a in agents if a in state.agents for q in state.agents[a].config.queues)}
    queues |= {state.callbacks[i].queue for i in touched.callbacks if i in state.callbacks}
    shown = queue_views(state, queues)
    return Patch(
        at=state.at,
        pbx=connected(state),
        away=_away(state),
        calls={i: call_view(c) if (c := state.calls.get(i)) is not None and c.legs else None for i in calls},
        agents={i: agent_view(state, state.agents[i]) if i in state.agents else None for i in agents},
        queues={i: shown.get(i) for i in queues},
    )


def changed(known: Floor, new: Patch) -> Patch | None:
    """`new` without what `known` has already, which is brought up to date; None when nothing is left."""
    kept = Patch(
        at=new.at,
        pbx=new.pbx,
        away=new.away,
        calls=_differences(known.calls, new.calls),
        agents=_differences(known.agents, new.agents),
        queues=_differences(known.queues, new.queues),
    )
    links = (kept.pbx, kept.away) != (known.pbx, known.away)
    news = bool(kept.calls or kept.agents or kept.queues or links)
    known.at, known.pbx, known.away = new.at, new.pbx, new.away
    return kept if news else None


def _differences(known: dict[str, V], new: dict[str, V | None]) -> dict[str, V | None]:
    found: dict[str, V | None] = {}
    for ident, view in new.items():
        if known.get(ident) != view:
            found[ident] = view
            if view is None:
                del known[ident]
            else:
                known[ident] = view
    return found


def call_view(call: Call) -> CallView:
    phase, since = _phase(call)
    entry = open_entry(call) or (call.entries[-1] if call.entries else None)
    return CallView(
        id=call.id,
        direction=call.direction,
        number=customer_number(call),
        name=call.caller_name if call.direction == "inbound" else "",
        dnis=call.dnis,
        campaign=call.campaign,
        phase=phase,
        since=since,
        started=call.started,
        queue=entry.queue if entry else "",
        agents=tuple(dict.fromkeys(g.agent for g in call.legs if g.agent and mode_of(g))),
        waits=waiting_entry(call) is not None,
        held_for=entry.held_for if entry and not entry.outcome else "",
        sent_to=entry.sent_to if entry and not entry.outcome else "",
    )


def customer_number(call: Call) -> str:
    """The number of the one who is not ours: the caller's, or the one that was dialled out."""
    return call.dnis if call.direction == "outbound" else call.ani


def _phase(call: Call) -> tuple[str, float]:
    caller = next((g for g in call.legs if g.id == call.caller), None)
    mode = mode_of(caller) if caller else ""
    if caller and mode == "park":
        return "parked", caller.spans[-1].start
    if caller and mode == "hold":
        return "on_hold", caller.spans[-1].start
    if talking := [g for g in call.legs if mode_of(g) in ("talk", "hold") and g.role != "supervisor"]:
        return "talking", min(_since(g) for g in talking)
    entry = open_entry(call)
    ringing = [g for g in call.legs if mode_of(g) == "ring"]
    if entry is not None:
        if entry.status == "fallback":
            return "fallback", entry.queued
        return ("ringing" if ringing else "waiting"), entry.queued
    if ringing:
        return "ringing", min(_since(g) for g in ringing)
    return ("ivr" if call.direction == "inbound" else "dialling"), call.started


def _since(leg: Leg) -> float:
    """When this talk began: a hold in between does not start it anew, a wait for the next agent does."""
    start = leg.spans[-1].start
    for span in reversed(leg.spans):
        if span.mode not in (("ring",) if leg.spans[-1].mode == "ring" else ("talk", "hold")):
            break
        if span.end is not None and span.end < start:
            break
        start = span.start
    return start


def agent_view(state: State, agent: Agent) -> AgentView:
    call = state.calls.get(agent.call) if agent.engagement != "wrap_up" else None
    config = agent.config
    return AgentView(
        id=config.id,
        name=config.name or config.id,
        extension=config.extension,
        team=config.team,
        queues=config.queues,
        phones=(*phones_of(agent), *((MOBILE,) if config.mobile else ())),
        phone=agent.chosen or config.endpoint,
        intent=agent.intent,
        status=status(agent),
        code=agent.pause_code,
        since=agent.since,
        until=agent.wrapup_until or agent.rest_until or None,
        overdue=agent.overdue,
        call=agent.call,
        number=customer_number(call) if call else "",
        caller_name=call.caller_name if call and call.direction == "inbound" else "",
    )


def queue_views(state: State, wanted: Iterable[QueueId]) -> dict[QueueId, QueueView]:
    """The wanted queues that there are. Callers, callbacks and agents are looked through once for all of them."""
    queues = {i: state.queues[i] for i in wanted if i in state.queues}
    if not queues:
        return {}
    since = waiting_since(state, queues)
    promised = Counter(promise.queue for promise in state.callbacks.values())
    states: dict[QueueId, Counter[str]] = {ident: Counter() for ident in queues}
    for agent in state.agents.values():
        word = status(agent)
        for ident in agent.config.queues:
            if ident in states:
                states[ident][word] += 1
    return {i: _queue_view(q, since[i], promised[i], states[i]) for i, q in queues.items()}


def _queue_view(queue: Queue, since: list[float], callbacks: int, states: Counter[str]) -> QueueView:
    """`since`: when each of those who wait came. `states`: of the queue's agents."""
    config = queue.config
    expected_s = wait_at(len(since) + 1, queue.handle_s, sum(n for word, n in states.items() if word not in AWAY))
    return QueueView(
        id=config.id,
        name=config.name or config.id,
        waiting=len(since),
        oldest=min(since, default=None),
        expected_s=None if expected_s is None else round(expected_s),
        callbacks=callbacks,
        open=queue.open,
        mobile=queue.mobile,
        by_mobile=reached_by_mobile(queue),
        box=config.box,
        logged_in=states.total() - states["logged_out"],
        available=states["available"],
        agents={word: count for word, count in sorted(states.items()) if count},
        sl_threshold_s=config.sl_threshold_s,
    )


def _engaged(state: State, call: Call) -> list[AgentId]:
    """The agents whose view shows something of this call."""
    named = {g.agent for g in call.legs if g.agent} | {o.agent for o in call.offers}
    return [a for a in named if a in state.agents and state.agents[a].call == call.id]
