"""Where a caller goes who cannot be served here: the queue is closed, full, without people, or the wait too long.

Cycles of queues are refused when the configuration is saved; through one that is there all the same a caller goes once.
"""

from collections.abc import Iterable, Iterator

from cti_server.core import events as ev
from cti_server.core.agents import status
from cti_server.core.events import Event
from cti_server.core.places import entry_of
from cti_server.core.state import Entry, Queue, State

_NOT_READY = frozenset({"logged_out", "paused", "unreachable"})


def at_the_door(state: State, entry: Entry, at: float) -> Iterator[Event]:
    """Whether a caller who has just come may stay: closed, nobody there, full; the first that holds."""
    queue = state.queues.get(entry.queue)
    if queue is None:
        return
    config = queue.config
    if not queue.open and not reached_by_mobile(queue) and may_go(entry, config.on_closed):
        yield _sent(entry, config.on_closed, "closed", at)
    elif not staffed(state, queue) and may_go(entry, config.on_empty):
        yield _sent(entry, config.on_empty, "empty", at)
    elif 0 < config.max_length < len(queue.waiting) and may_go(entry, config.on_full):
        yield _sent(entry, config.on_full, "full", at)


def waited_too_long(state: State, entry: Entry, at: float) -> Iterator[Event]:
    """The longest wait of this stay has passed."""
    queue = state.queues.get(entry.queue)
    if queue is None or entry.status != "waiting" or not 0 < queue.config.max_wait_s <= at - entry.queued:
        return
    if may_go(entry, queue.config.on_max_wait):
        yield _sent(entry, queue.config.on_max_wait, "max_wait", at)


def nobody_left(state: State, agents: Iterable[str], at: float) -> Iterator[Event]:
    """The last one of a queue has gone: who waits there goes too, where the queue says so."""
    served = {q for a in agents if a in state.agents for q in state.agents[a].config.queues}
    for ident in sorted(served):
        queue = state.queues.get(ident)
        if queue is None or not queue.waiting or not queue.config.on_empty or staffed(state, queue):
            continue
        for waiting in list(queue.waiting):
            entry = entry_of(state, waiting)
            if entry is not None and may_go(entry, queue.config.on_empty):
                yield _sent(entry, queue.config.on_empty, "empty", at)


def staffed(state: State, queue: Queue) -> bool:
    """Whether somebody is there, by the queue's own rule. At their mobiles people are always there."""
    rule, ident = queue.config.staffed, queue.config.id
    if rule == "always":
        return True
    mobile = reached_by_mobile(queue)
    for agent in state.agents.values():
        if ident not in agent.config.queues:
            continue
        if mobile and agent.config.mobile:
            return True
        if agent.intent != "logged_out" and (rule == "logged_in" or status(agent) not in _NOT_READY):
            return True
    return False


def reached_by_mobile(queue: Queue) -> bool:
    """Its agents are rung at their mobile numbers: by a person's will, or because it is closed."""
    return queue.mobile or (not queue.open and queue.config.mobile_when_closed)


def may_go(entry: Entry, target: str) -> bool:
    """There is a target, the caller has not come back from it, and is not going round in circles."""
    kind, _, name = target.partition(":")
    return (
        bool(target) and target not in entry.came_back and not (kind == "queue" and name in (*entry.via, entry.queue))
    )


def _sent(entry: Entry, target: str, why: ev.SentWhy, at: float) -> Event:
    return ev.CallerSent(at=at, entry=entry.id, channel=entry.channel, to=target, why=why)
