"""Who waits: an entry of a queue or a promised callback, as routing sees them. Made from State by pure functions."""

from math import inf

import msgspec

from cti_server.core.events import QueueConfig
from cti_server.core.ids import AgentId, QueueId
from cti_server.core.places import entry_of
from cti_server.core.sites import channel_site
from cti_server.core.state import State
from cti_server.routing.facts import Need, demand, language_of, own_agents, skills_said, value_of
from cti_server.routing.urgency import head_start
from cti_server.routing.widening import circle

Key = tuple[bool, str]
"""(is it a callback, its id)."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """`place`: since when they wait; `head_start`: the parts of their urgency that waiting does not make.

    `own`: the agents of their own with the part of each. `wanted`: a callback's agent, who alone will do. `held_for`:
    the own agent that they wait for until `held_until`. `due`: when something about this changes by time alone.
    `not_before`: nobody is looked for until then.
    """

    key: Key
    queue: QueueId
    place: float
    need: Need
    head_start: dict[str, float]
    rank: tuple[float, Key]
    due: float
    tried: frozenset[AgentId]
    own: tuple[tuple[str, AgentId], ...] = ()
    wanted: AgentId = ""
    held_for: AgentId = ""
    held_until: float = 0.0
    not_before: float = 0.0
    customer_first: bool = False

    @property
    def callback(self) -> bool:
        return self.key[0]

    @property
    def near(self) -> set[AgentId]:
        """The agents on whom it depends in which line the caller stands."""
        return {agent for _, agent in self.own} | {agent for agent in (self.wanted, self.held_for) if agent}

    def bonus(self, agent: AgentId) -> tuple[str, ...]:
        """The parts by which this agent is the caller's own."""
        return tuple(part for part, owner in self.own if owner == agent)


def still_waits(state: State, key: Key) -> bool:
    """They wait to be given to somebody."""
    if key[0]:
        promise = state.callbacks.get(key[1])
        return promise is not None and promise.status == "waiting"
    entry = entry_of(state, key[1])
    return entry is not None and entry.status == "waiting" and not entry.sent_to and not entry.away


def caller_of(state: State, key: Key, at: float) -> Caller | None:
    """What there is to know of them at `at`; None when they do not wait to be given to anybody."""
    if not still_waits(state, key):
        return None
    return _promised(state, key, at) if key[0] else _entered(state, key, at)


def _entered(state: State, key: Key, at: float) -> Caller | None:
    entry = entry_of(state, key[1])
    queue = state.queues.get(entry.queue) if entry else None
    if entry is None or queue is None:
        return None
    call, config, place = state.calls[entry.call], queue.config, entry.place
    required, ring, step_s = circle(config, at - place, skills_said(call.data.get("skills", "")))
    value = value_of(call)
    start = head_start(config, entry.priority, value, False)
    held = bool(entry.held_for) and entry.held_until > at and entry.held_for not in entry.tried
    return Caller(
        key=key,
        queue=entry.queue,
        place=place,
        need=Need(
            required=demand(required),
            ring=ring,
            preferred=demand(config.preferred),
            language=language_of(call),
            site=call.data.get("site") or (channel_site(state, entry.channel) if state.branches else ""),
            value=value,
        ),
        head_start=start,
        rank=(place - sum(start.values()), key),
        due=min(place + step_s, entry.held_until if held else inf),
        tried=frozenset(entry.tried),
        own=own_agents(state, config, call.data, call.ani),
        held_for=entry.held_for,
        held_until=entry.held_until if held else 0.0,
    )


def _promised(state: State, key: Key, at: float) -> Caller | None:
    """Nobody is called back while the queue is closed."""
    promise = state.callbacks.get(key[1])
    queue = state.queues.get(promise.queue) if promise else None
    if promise is None or queue is None:
        return None
    config: QueueConfig = queue.config
    required, ring, step_s = circle(config, at - promise.queued, {})
    wanted = state.agents.get(promise.wanted)
    start = head_start(config, promise.priority, 0, True)
    not_before = promise.not_before if queue.open else inf
    return Caller(
        key=key,
        queue=promise.queue,
        place=promise.queued,
        need=Need(required=demand(required), ring=ring, preferred=demand(config.preferred)),
        head_start=start,
        rank=(promise.queued - sum(start.values()), key),
        due=not_before if not_before > at else promise.queued + step_s,
        tried=frozenset(promise.tried),
        own=own_agents(state, config, {}, promise.number),
        wanted=promise.wanted if wanted is not None and not wanted.gone else "",
        not_before=not_before,
        customer_first=config.callback_first == "customer",
    )
