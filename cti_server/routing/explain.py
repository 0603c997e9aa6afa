"""A decision in words that can be kept: who was looked at, with which points, and why the others were passed over."""

from collections import Counter
from collections.abc import Sequence

from cti_server.core.events import Candidate
from cti_server.core.ids import AgentId
from cti_server.core.state import State
from cti_server.routing.caller import Caller
from cti_server.routing.facts import standing_of
from cti_server.routing.pool import Pool, Ranked
from cti_server.routing.score import standing_parts
from cti_server.routing.urgency import delay

SMALL = 50
"""In a queue of so many agents each of them is named; in a larger one the best, and the others are counted."""
NAMED = 10


def named(pool: Pool) -> int:
    """How many agents with points a decision in this queue names."""
    return SMALL if len(pool.seats) <= SMALL else NAMED


def scored(state: State, pool: Pool, caller: Caller, best: Sequence[Ranked], at: float, why: str) -> list[Candidate]:
    """The chosen one first, without a reason; then the others in order, with `why`, or as tried in vain before."""
    found: list[Candidate] = []
    for item in best:
        parts = item.fit.parts | standing_parts(pool.weights, standing_of(state.agents[item.agent]), at, state.serial)
        for part in caller.bonus(item.agent):
            parts[part] = pool.weights[part]
        parts = {part: round(points, 3) for part, points in parts.items() if points}
        reason = "" if not found else "tried" if item.agent in caller.tried else why
        found.append(Candidate(agent=item.agent, score=round(sum(parts.values()), 3), reason=reason, parts=parts))
    return found


def others(pool: Pool, caller: Caller, best: Sequence[Ranked], why: str) -> tuple[list[Candidate], dict[str, int]]:
    """Who is not among the `best`: by name in a small queue, else counted, by reason. `why`: of those who would do."""
    seen = {item.agent for item in best}
    if len(pool.seats) <= SMALL:
        rest = sorted(pool.seats.keys() - seen)
        return [Candidate(agent=agent, reason=_reason(pool, caller, agent) or why) for agent in rest], {}
    counts = Counter(pool.reasons)
    for group, fit in pool.free_groups(caller.need):
        counts[fit.reason or why] += group.free
    counts.subtract(_reason(pool, caller, agent) or why for agent in seen if agent in pool.seats)
    return [], {reason: number for reason, number in sorted(counts.items()) if number}


def urgency(caller: Caller, place: int, at: float) -> dict[str, float]:
    """`place`: of the queue in the agent's own order."""
    parts = {"waited": round(at - caller.place, 3), **caller.head_start}
    return parts | ({"order": -delay(place)} if place else {})


def _reason(pool: Pool, caller: Caller, agent: AgentId) -> str:
    seat = pool.seats[agent]
    return seat.reason or pool.fit(caller.need, seat.group).reason
