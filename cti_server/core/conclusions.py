"""What follows from an Event at once, as further Events. Pure: looks at the State, changes nothing."""

from collections.abc import Iterator

from cti_server.core import events as ev
from cti_server.core.calls import call_of
from cti_server.core.events import Event
from cti_server.core.offers import offer_of
from cti_server.core.overflow import at_the_door, nobody_left
from cti_server.core.places import open_entry
from cti_server.core.state import Agent, Call, Callback, Leg, State
from cti_server.core.touched import Touched

_WHY: dict[str, ev.OfferOutcome] = {
    "NOANSWER": "no_answer",
    "BUSY": "busy",
    "CHANUNAVAIL": "unreachable",
    "CONGESTION": "unreachable",
    "DECLINED": "declined",
    "NOT_ACCEPTED": "not_accepted",
    "CANCEL": "caller_gone",
}
_ABSENT = frozenset({"no_answer", "declined", "not_accepted"})
_STAFF_CHANGES = (ev.AgentLoggedOut, ev.AgentPaused, ev.DeviceChanged, ev.AgentDeviceChosen)
_BUSY_CAUSE = 17
_UNREACHABLE_CAUSES = frozenset({1, 3, 20, 27, 28, 34, 38, 41, 42})
"""Hangup causes of Q.850: no such number, no route, subscriber absent, out of order, no circuit, network trouble."""


def conclusions(state: State, event: Event, touched: Touched) -> Iterator[Event]:
    """The Events that follow from `event`, which has been applied and touched these."""
    at = event.at
    match event:
        case ev.CallQueued():
            if event.offer and event.why and offer_of(state, event.offer) is not None:
                yield ev.OfferEnded(at=at, offer=event.offer, outcome=_WHY.get(event.why, "failed"))
            if promise := state.calling.get(event.channel, ""):
                yield ev.CallbackEnded(at=at, callback=promise, outcome="answered")
            yield from _at_the_door(state, call_of(state, event.channel), at)
        case ev.CallerSent() if event.to.startswith("queue:"):
            yield from _at_the_door(state, call_of(state, event.channel), at)
        case ev.CallerChoosing():
            call = call_of(state, event.channel)
            entry = open_entry(call) if call else None
            yield from _withdrawn(state, entry.offer if entry else "", at)
        case ev.OfferEnded(outcome=outcome) if outcome in _ABSENT:
            yield from _pause_the_absent(state, touched, at)
        case ev.CallbackAsked():
            yield from _promise(state, event, touched)
        case ev.CallbackPlanned() if event.callback not in state.callbacks:
            yield ev.CallbackEnded(at=at, callback=event.callback, outcome="merged")
        case ev.CallbackMissed():
            if event.why == "agent":
                yield from _pause_the_absent(state, touched, at)
            promise_of = state.callbacks.get(event.callback)
            if promise_of is not None and event.why != "agent" and promise_of.attempts >= _attempts(state, promise_of):
                yield ev.CallbackEnded(at=at, callback=event.callback, outcome="failed")
        case ev.AgentUnstuck():
            agent = state.agents.get(event.agent)
            yield from _withdrawn(state, agent.offer if agent else "", at)
        case _ if isinstance(event, _STAFF_CHANGES):
            yield from nobody_left(state, touched.agents, at)
        case _:
            pass
    if state.calling:
        for call in touched.calls.values():
            yield from _called_back(state, call, at)
    for ident in sorted(touched.agents):
        agent = state.agents.get(ident)
        if agent is not None and agent.engagement == "idle" and agent.wrapup_s > 0:
            yield ev.WrapUpStarted(at=at, agent=ident, call=agent.last_call, until=at + agent.wrapup_s)


def _at_the_door(state: State, call: Call | None, at: float) -> Iterator[Event]:
    entry = open_entry(call) if call else None
    if entry is not None and entry.queued == at and entry.status == "waiting":
        yield from at_the_door(state, entry, at)


def _withdrawn(state: State, offer: str | None, at: float) -> Iterator[Event]:
    if offer and offer_of(state, offer) is not None:
        yield ev.OfferEnded(at=at, offer=offer, outcome="withdrawn")


def _pause_the_absent(state: State, touched: Touched, at: float) -> Iterator[Event]:
    """RONA: who left several offers in a row unanswered is not there."""
    for ident in sorted(touched.agents):
        agent = state.agents.get(ident)
        if agent is not None and agent.intent == "ready" and 0 < _limit(state, agent) <= agent.missed:
            yield ev.AgentPaused(at=at, agent=ident, code="rona", by="center")


def _limit(state: State, agent: Agent) -> int:
    return min((state.queues[i].config.rona_limit for i in agent.config.queues if i in state.queues), default=0)


def _promise(state: State, event: ev.CallbackAsked, touched: Touched) -> Iterator[Event]:
    """The promise keeps the place of the stay that has just ended."""
    call = call_of(state, event.channel) or next(iter(touched.calls.values()), None)
    entry = next((e for e in reversed(call.entries) if e.outcome == "callback"), None) if call else None
    queue = entry.queue if entry else event.queue if event.queue in state.queues else state.default_queue
    yield ev.CallbackPlanned(
        at=event.at,
        callback=f"cb-{call.id}-{len(call.entries)}" if call else f"cb-{event.channel}",
        queue=queue,
        number=event.number,
        queued=entry.place if entry else event.at,
        name=call.caller_name if call else "",
        priority=entry.priority if entry else 0,
        call=call.id if call else "",
    )


def _attempts(state: State, promise: Callback) -> int:
    queue = state.queues.get(promise.queue)
    return queue.config.callback_attempts if queue else 1


def _called_back(state: State, call: Call, at: float) -> Iterator[Event]:
    """A call by which the center calls back: the customer talks with a person, or it has ended without that."""
    for leg in call.legs:
        promise = state.callbacks.get(state.calling.get(leg.id, ""))
        if promise is None:
            continue
        if call.answered is not None:
            yield ev.CallbackEnded(at=at, callback=promise.id, outcome="answered")
        elif call.ended is not None:
            why = _why_missed(call, leg, promise)
            queue = state.queues.get(promise.queue)
            spacing_s = queue.config.callback_spacing_s if queue and why != "agent" else 0.0
            yield ev.CallbackMissed(at=at, callback=promise.id, why=why, not_before=at + spacing_s)
        return


def _why_missed(call: Call, leg: Leg, promise: Callback) -> ev.MissedWhy:
    if promise.agent:
        customer = next((g for g in call.legs if g.role == "caller" and g.id != leg.id), None)
        if customer is None:
            return "agent"
        by_status: dict[str, ev.MissedWhy] = {"BUSY": "busy", "CHANUNAVAIL": "unreachable", "CONGESTION": "unreachable"}
        return by_status.get(customer.dial_status, "no_answer")
    if leg.cause == _BUSY_CAUSE:
        return "busy"
    return "unreachable" if leg.cause in _UNREACHABLE_CAUSES else "no_answer"
