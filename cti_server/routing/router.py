"""The router: finds the most urgent decision that can be made, and says why it is that one."""

from cti_server.core.decision import Keep, Match
from cti_server.core.ids import AgentId, QueueId
from cti_server.core.state import Agent, State
from cti_server.core.touched import Touched
from cti_server.routing import explain
from cti_server.routing.caller import Caller, Key, still_waits
from cti_server.routing.facts import standing_of
from cti_server.routing.index import Index
from cti_server.routing.lines import Line
from cti_server.routing.pool import Pool, Ranked
from cti_server.routing.reach import expected, reach
from cti_server.routing.score import Fit, standing_points, unfit
from cti_server.routing.urgency import delay

DISTRUST_S = 1.0
"""A decision after which nothing changed was wrong: caller and agent are looked at again so much later."""


class Router:
    """See the protocol in `core/decision.py`. `odd`: how often something was asked for that there is not."""

    def __init__(self) -> None:
        self.odd: dict[str, int] = {}
        self._index = Index(self.odd)
        self._given: tuple[Key, AgentId] | None = None

    def rebuild(self, state: State, at: float) -> None:
        self._index, self._given = Index(self.odd), None
        self._index.fill(state, at)

    def learn(self, state: State, touched: Touched, at: float) -> None:
        self._index.learn(state, touched, at)

    def decide(self, state: State, at: float) -> Match | Keep | None:
        self._distrust(at)
        self._index.seen.clear()
        self._index.pass_time(state, at)
        if (keep := self._keep(state, at)) is not None:
            return keep
        while (line := self._most_urgent(state)) is not None:
            if (match := self._match(state, line, at)) is not None:
                self._given = ((match.callback, match.item), match.agent)
                self._index.seen.clear()
                return match
        return None

    def _distrust(self, at: float) -> None:
        if self._given is not None and self._index.seen.isdisjoint(self._given):
            key, agent = self._given
            self._index.forget(key, until=at + DISTRUST_S)
            if agent:
                self._index.suspend(agent, until=at + DISTRUST_S)
        self._given = None

    def _keep(self, state: State, at: float) -> Keep | None:
        """Somebody whose own agent is busy, and back soon: keep them for that agent."""
        while (caller := self._index.next_sticky()) is not None:
            pool = self._index.pools[caller.queue]
            until = caller.place + pool.config.stick_s
            near = [(part, agent) for part, agent in caller.own if may_have(pool, caller, agent)]
            if until <= at or any(not pool.seats[agent].reason for _, agent in near):
                continue
            for part, agent in near:
                if expected(state.agents[agent]):
                    return Keep(entry=caller.key[1], agent=agent, until=until, part=part)
        return None

    def _most_urgent(self, state: State) -> Line | None:
        """The live line whose first caller comes before all others, for the agent who likes that queue best."""
        best: tuple[tuple[float, Key], Line] | None = None
        for line in list(self._index.live):
            place = self._nearest(state, line)
            if place is None:
                line.stuck = not line.asks.agent
                del self._index.live[line]
                continue
            since, key = line.head().rank
            rank = (since + delay(place), key)
            if best is None or rank < best[0]:
                best = rank, line
        return best[1] if best else None

    def _nearest(self, state: State, line: Line) -> int | None:
        """The lowest place that the queue has in the order of a free agent who would do; None when there is nobody."""
        if line.asks.agent:
            agent = state.agents.get(line.asks.agent)
            here = agent is not None and reach(state, agent, state.queues[line.queue]) is not None
            return order(agent, line.queue) if agent is not None and here else None
        groups = self._index.pools[line.queue].free_groups(line.need)
        able = [group for group, fit in groups if not fit.reason]
        # Each customer who is being rung is already counted on by one of the free agents.
        if line.asks.customer_first and sum(group.free for group in able) <= self._index.ringing[line.queue]:
            return None
        return min((group.profile.place for group in able), default=None)

    def _match(self, state: State, line: Line, at: float) -> Match | None:
        """Give the first of the line to the best; None when what was believed of either has turned out wrong."""
        caller = line.head()
        if not still_waits(state, caller.key):
            self._index.forget(caller.key)
            return None
        pool, queue, only = self._index.pools[caller.queue], state.queues[caller.queue], line.asks.agent
        best = [alone(state, pool, caller, only)] if only else the_best(pool, caller, explain.named(pool))
        agent = state.agents.get(best[0].agent)
        how = reach(state, agent, queue) if agent is not None else None
        if agent is None or how is None:
            self._index.agent(state, best[0].agent, at)
            return None
        why = "held" if only else "score"
        rest, passed = explain.others(pool, caller, best, why)
        reserve = bool(only) or not caller.customer_first
        return Match(
            item=caller.key[1],
            callback=caller.callback,
            agent=agent.config.id if reserve else "",
            endpoint=how.endpoint if reserve else "",
            accept=how.accept and reserve,
            strategy=pool.strategy,
            considered=(*explain.scored(state, pool, caller, best, at, why), *rest),
            passed=passed,
            urgency=explain.urgency(caller, order(agent, caller.queue), at),
        )


def the_best(pool: Pool, caller: Caller, most: int) -> list[Ranked]:
    """The `most` best free agents for this caller: those who did not have the caller in vain before all others."""
    found: list[Ranked] = []
    own = dict.fromkeys(agent for _, agent in caller.own)
    for agent in own:
        if pool.free(agent) and may_have(pool, caller, agent, again=True):
            seat = pool.seats[agent]
            fit = pool.fit(caller.need, seat.group)
            bonus = sum(pool.weights[part] for part in caller.bonus(agent))
            found.append(Ranked(seat.points + fit.points + bonus, agent, fit))
    fresh = any(item.agent not in caller.tried for item in found)
    for item in pool.ranked(caller.need):
        if fresh and len(found) >= most:
            break
        if item.agent not in own:
            found.append(item)
            fresh = fresh or item.agent not in caller.tried
    found.sort(key=lambda item: (item.agent in caller.tried, -item.points, item.agent))
    return found[:most]


def alone(state: State, pool: Pool, caller: Caller, agent: AgentId) -> Ranked:
    """The only agent who comes into question, member of the queue or not."""
    seat = pool.seats.get(agent)
    fit = pool.fit(caller.need, seat.group) if seat is not None else Fit(0.0, {})
    return Ranked(fit.points + standing_points(pool.weights, standing_of(state.agents[agent])), agent, fit)


def may_have(pool: Pool, caller: Caller, agent: AgentId, again: bool = False) -> bool:
    """The agent serves this queue and would do. `again`: also when the caller was offered in vain before."""
    seat = pool.seats.get(agent)
    if seat is None or (agent in caller.tried and not again):
        return False
    return not unfit(seat.group.profile, caller.need)


def order(agent: Agent, queue: QueueId) -> int:
    """The place of the queue in the agent's own order."""
    queues = agent.config.queues
    return queues.index(queue) if queue in queues else len(queues)
