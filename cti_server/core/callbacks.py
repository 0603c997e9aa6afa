"""Applying what becomes of promised callbacks: asked for, planned, tried, missed, ended."""

from cti_server.core import events as ev
from cti_server.core.agents import refresh_agent
from cti_server.core.calls import call_of
from cti_server.core.places import open_entry
from cti_server.core.state import Callback, State
from cti_server.core.touched import Touched
from cti_server.core.waiting import end_entry


def asked(state: State, event: ev.CallbackAsked, touched: Touched) -> None:
    """The stay in the queue ends here; the center makes the promise out of it."""
    call = call_of(state, event.channel)
    if call is None:
        return
    if (entry := open_entry(call)) is not None:
        end_entry(state, touched, call, entry, "call_back", event.at)
    touched.call(call)


def promised(state: State, queue: str, number: str) -> Callback | None:
    """The open promise to this number in this queue: there is never a second one."""
    return next((c for c in state.callbacks.values() if (c.queue, c.number) == (queue, number)), None)


def planned(state: State, event: ev.CallbackPlanned, touched: Touched) -> None:
    """A second promise for the same number and queue only betters the place of the first."""
    known = promised(state, event.queue, event.number)
    if known is not None:
        if known.id != event.callback:
            known.queued = min(known.queued, event.queued)
            known.priority = max(known.priority, event.priority)
            known.not_before = min(known.not_before, event.not_before)
        touched.callbacks.add(known.id)
        return
    state.callbacks[event.callback] = Callback(
        id=event.callback,
        queue=event.queue,
        number=event.number,
        queued=event.queued,
        planned=event.at,
        name=event.name,
        priority=event.priority,
        not_before=event.not_before,
        wanted=event.agent,
        call=event.call,
        by=event.by,
    )
    touched.callbacks.add(event.callback)
    touched.queues.add(event.queue)


def tried(state: State, event: ev.CallbackTried, touched: Touched) -> None:
    promise = state.callbacks.get(event.callback)
    if promise is None:
        return
    promise.status = "calling"
    promise.channel, promise.agent, promise.attempts = event.channel, event.agent, event.attempt
    promise.called = event.at
    state.calling[event.channel] = promise.id
    state.serial += 1
    if (agent := state.agents.get(event.agent)) is not None:
        agent.callback = promise.id
        agent.turn = state.serial
        refresh_agent(state, agent, event.at)
        touched.agents.add(event.agent)
    touched.callbacks.add(promise.id)
    touched.queues.add(promise.queue)


def missed(state: State, event: ev.CallbackMissed, touched: Touched) -> None:
    """Nobody was reached. An agent who did not take it is one who did not take a call."""
    promise = state.callbacks.get(event.callback)
    if promise is None:
        return
    if event.why == "agent":
        promise.attempts = max(0, promise.attempts - 1)
        promise.tried.append(promise.agent)
        if (agent := state.agents.get(promise.agent)) is not None:
            queue = state.queues.get(promise.queue)
            agent.missed += 1
            agent.idle_since = event.at
            agent.rest_until = event.at + queue.config.rest_s if queue and queue.config.rest_s > 0 else 0.0
    promise.status = "waiting"
    promise.not_before = event.not_before
    _let_go(state, promise, event.at, touched)
    touched.callbacks.add(promise.id)
    touched.queues.add(promise.queue)


def ended(state: State, event: ev.CallbackEnded, touched: Touched) -> None:
    promise = state.callbacks.pop(event.callback, None)
    if promise is None:
        return
    if event.outcome == "answered" and (agent := state.agents.get(promise.agent)) is not None:
        agent.missed = 0
    _let_go(state, promise, event.at, touched)
    touched.callbacks.add(promise.id)
    touched.queues.add(promise.queue)


def _let_go(state: State, promise: Callback, at: float, touched: Touched) -> None:
    """The agent is not reserved any more, and the channel is one like any other."""
    agent = state.agents.get(promise.agent)
    if agent is not None and agent.callback == promise.id:
        agent.callback = ""
        refresh_agent(state, agent, at)
        touched.agents.add(promise.agent)
    state.calling.pop(promise.channel, None)
    promise.agent = ""
