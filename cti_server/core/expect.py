"""The wait that a caller has to expect, and what it is learned from."""

from cti_server.core.agents import status
from cti_server.core.calls import talk_of
from cti_server.core.state import Call, Leg, State

WEIGHT = 0.1
"""Of the newest call in the mean of handling times: the last twenty or so calls make it."""
AWAY = frozenset({"logged_out", "paused", "unreachable"})
"""The states of agents who do not serve their queues; all others do, or will soon."""


def learn_handling(state: State, call: Call, leg: Leg) -> None:
    """An agent's leg has ended: if it answered a stay in a queue, its talk and hold time and the wrap-up count."""
    entry = next((e for e in call.entries if e.outcome == "answered" and e.agent and e.agent == leg.agent), None)
    queue = state.queues.get(entry.queue) if entry else None
    talk = talk_of(call, leg)
    if talk[-1] is not leg:
        return
    busy = [s for one in talk for s in one.spans if s.mode in ("talk", "hold") and s.end is not None]
    if queue is None or not busy:
        return
    handled = sum((s.end or s.start) - s.start for s in busy) + queue.config.wrapup_s
    queue.handle_s = handled if queue.handle_s <= 0 else queue.handle_s + WEIGHT * (handled - queue.handle_s)


def expected_wait(state: State, queue: str, position: int) -> float | None:
    """Seconds that the caller at `position` (1: the first) will wait. None when nobody is there or nothing is known."""
    here = state.queues.get(queue)
    if here is None or here.handle_s <= 0:
        return None
    serving = sum(queue in a.config.queues and status(a) not in AWAY for a in state.agents.values())
    return wait_at(position, here.handle_s, serving)


def wait_at(position: int, handle_s: float, serving: int) -> float | None:
    """Position x mean handling time / agents at work: those who are logged in, reachable and not paused.

    None when there are none, or while no call has been handled yet.
    """
    return position * handle_s / serving if serving and handle_s > 0 else None
