"""Choosing one agent for one caller, with the reasons."""

from collections.abc import Callable, Iterable

from cti_server.core.events import Candidate
from cti_server.routing.facts import AgentFacts
from cti_server.routing.strategies import longest_idle

STRATEGIES: dict[str, Callable[[AgentFacts, float], float]] = {"longest_idle": longest_idle.score}
_KEPT = 50


def choose(agents: Iterable[AgentFacts], at: float, strategy: str) -> tuple[AgentFacts | None, tuple[Candidate, ...]]:
    """The best agent that can take the caller now, or None; and everyone that was looked at (at most 50), with why.

    An agent to whom this caller was offered in vain comes after all others. Ties go to the lower id, so that the
    same facts always give the same agent.
    """
    score = STRATEGIES[strategy]
    best: tuple[tuple[bool, float], AgentFacts] | None = None
    seen: list[Candidate] = []
    for facts in sorted(agents, key=lambda a: a.id):
        if facts.status != "available":
            seen.append(Candidate(agent=facts.id, reason=facts.status))
            continue
        points = round(score(facts, at), 3)
        seen.append(Candidate(agent=facts.id, score=points, reason="tried" if facts.tried else ""))
        rank = (not facts.tried, points)
        if best is None or rank > best[0]:
            best = (rank, facts)
    return (best[1] if best else None), tuple(seen[:_KEPT])
