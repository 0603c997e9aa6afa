"""A router that looks at everybody each time: plain, and what the indexed one is measured against."""

from cti_server.core.agents import available
from cti_server.core.decision import Match
from cti_server.core.places import entry_of
from cti_server.core.state import Agent, State
from cti_server.core.touched import Touched


class ScanRouter:
    """The longest idle agent for the caller with the highest priority, weight and wait."""

    def learn(self, state: State, touched: Touched, at: float) -> None:
        """There is no index to keep."""

    def rebuild(self, state: State, at: float) -> None:
        """There is no index to make."""

    def decide(self, state: State, at: float) -> Match | None:
        lines = [
            ((-entry.priority, -queue.config.weight, entry.place, entry.id), entry)
            for queue in state.queues.values()
            for ident in queue.waiting
            if (entry := entry_of(state, ident)) is not None
        ]
        for _, entry in sorted(lines, key=lambda line: line[0]):
            free = [a for a in state.agents.values() if available(a) and entry.queue in a.config.queues]
            if free:
                best = min(free, key=lambda a: (a.config.id in entry.tried, a.idle_since, a.config.id))
                return Match(item=entry.id, agent=best.config.id, endpoint=_phone(best), strategy="longest_idle")
        return None


def _phone(agent: Agent) -> str:
    return agent.chosen or agent.config.endpoint
