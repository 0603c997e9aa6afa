"""The router as one would write it without an index: each decision looks at everybody who waits and everybody free.

It has the same rules (they are pure functions of the router's) and gives the same decisions. It is what the production
router is measured against, and what it is compared with in the tests.
"""

from collections.abc import Iterator
from heapq import nlargest

from cti_server.core.decision import Keep, Match
from cti_server.core.events import Candidate
from cti_server.core.state import Agent, State
from cti_server.core.touched import Touched
from cti_server.routing.caller import Caller, caller_of
from cti_server.routing.facts import Profile, profile_of, standing_of
from cti_server.routing.reach import Reach, expected, reach, why_not
from cti_server.routing.score import fit, standing_parts, unfit
from cti_server.routing.strategies import DEFAULT, STRATEGIES
from cti_server.routing.urgency import delay

NAMED = 10

Free = dict[str, dict[str, Reach]]
"""By queue: the agents who can be rung for it, and how."""


class ScanRouter:
    def learn(self, state: State, touched: Touched, at: float) -> None:
        """There is no index to keep."""

    def rebuild(self, state: State, at: float) -> None:
        """There is no index to make."""

    def decide(self, state: State, at: float) -> Match | Keep | None:
        callers = list(waiting(state, at))
        for caller in sorted(callers, key=lambda c: c.rank):
            if (keep := keep_for_own(state, caller, at)) is not None:
                return keep
        free = everybody_free(state)
        best: tuple[tuple[float, object], Caller, dict[str, Reach]] | None = None
        for caller in callers:
            if mates := who_would_do(state, caller, free):
                nearest = min(place_of(state.agents[agent], caller.queue) for agent in mates)
                rank = (caller.rank[0] + delay(nearest), caller.key)
                if best is None or rank < best[0]:
                    best = rank, caller, mates
        return matched(state, best[1], best[2], at) if best is not None else None


def waiting(state: State, at: float) -> Iterator[Caller]:
    keys = [(False, entry) for entry in state.entries] + [(True, promise) for promise in state.callbacks]
    for key in keys:
        caller = caller_of(state, key, at)
        if caller is not None and caller.not_before <= at:
            yield caller


def everybody_free(state: State) -> Free:
    free: Free = {name: {} for name in state.queues}
    for ident, agent in state.agents.items():
        for name in agent.config.queues:
            if name in free and (how := reach(state, agent, state.queues[name])) is not None:
                free[name][ident] = how
    return free


def who_would_do(state: State, caller: Caller, free: Free) -> dict[str, Reach]:
    """The free agents to whom the caller may be given now."""
    if caller.wanted:
        how = reach(state, state.agents[caller.wanted], state.queues[caller.queue])
        return {caller.wanted: how} if how is not None else {}
    there = free[caller.queue]
    if caller.held_until and member_who_would_do(state, caller, caller.held_for):
        if caller.held_for in there:
            return {caller.held_for: there[caller.held_for]}
        if expected(state.agents[caller.held_for]):
            return {}
    mates = {agent: how for agent, how in there.items() if member_who_would_do(state, caller, agent)}
    if caller.customer_first:
        rung = [
            p for p in state.callbacks.values() if p.queue == caller.queue and p.status == "calling" and not p.agent
        ]
        return mates if len(mates) > len(rung) else {}
    return mates


def keep_for_own(state: State, caller: Caller, at: float) -> Keep | None:
    config = state.queues[caller.queue].config
    if caller.callback or caller.held_for or caller.place + config.stick_s <= at:
        return None
    own = [
        (part, agent)
        for part, agent in caller.own
        if agent not in caller.tried and member_who_would_do(state, caller, agent)
    ]
    if any(reach(state, state.agents[agent], state.queues[caller.queue]) is not None for _, agent in own):
        return None
    for part, agent in own:
        if expected(state.agents[agent]):
            return Keep(entry=caller.key[1], agent=agent, until=caller.place + config.stick_s, part=part)
    return None


def matched(state: State, caller: Caller, mates: dict[str, Reach], at: float) -> Match:
    config = state.queues[caller.queue].config
    strategy = config.strategy if config.strategy in STRATEGIES else DEFAULT
    scored = [(agent not in caller.tried, *points(state, caller, state.agents[agent], at)) for agent in mates]
    agents = list(mates)
    order = nlargest(NAMED, range(len(agents)), key=lambda i: (scored[i][0], scored[i][1], _backwards(agents[i])))
    considered = [Candidate(agent=agents[i], score=round(scored[i][1], 3), parts=scored[i][2]) for i in order]
    passed: dict[str, int] = {}
    for ident, agent in state.agents.items():
        if ident not in mates and caller.queue in agent.config.queues:
            reason = unfit(profile(agent, caller.queue), caller.need) or why_not(agent)
            passed[reason] = passed.get(reason, 0) + 1
    chosen = agents[order[0]]
    reserve = bool(caller.wanted) or not caller.customer_first
    return Match(
        item=caller.key[1],
        callback=caller.callback,
        agent=chosen if reserve else "",
        endpoint=mates[chosen].endpoint if reserve else "",
        accept=mates[chosen].accept and reserve,
        strategy=strategy,
        considered=tuple(considered),
        passed=passed,
        urgency={"waited": at - caller.place, **caller.head_start},
    )


def points(state: State, caller: Caller, agent: Agent, at: float) -> tuple[float, dict[str, float]]:
    config = state.queues[caller.queue].config
    weights = STRATEGIES.get(config.strategy, STRATEGIES[DEFAULT])
    parts = dict(fit(weights, profile(agent, caller.queue), caller.need).parts)
    parts |= standing_parts(weights, standing_of(agent), at, state.serial)
    parts |= {part: weights[part] for part in caller.bonus(agent.config.id)}
    return sum(parts.values()), parts


def profile(agent: Agent, queue: str) -> Profile:
    if queue not in agent.config.queues:
        return Profile(site=agent.config.site)
    return profile_of(agent, queue, set(agent.config.skills))


def member_who_would_do(state: State, caller: Caller, ident: str) -> bool:
    agent = state.agents.get(ident)
    if agent is None or caller.queue not in agent.config.queues:
        return False
    return not unfit(profile(agent, caller.queue), caller.need)


def place_of(agent: Agent, queue: str) -> int:
    queues = agent.config.queues
    return queues.index(queue) if queue in queues else len(queues)


def _backwards(text: str) -> tuple[int, ...]:
    """So that of equal agents the one with the lower id is the greatest."""
    return (*(-ord(c) for c in text), 1)
