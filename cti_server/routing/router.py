"""The router: for one waiting caller, the best free agent of the queue, and why."""

from cti_server.core.agents import status
from cti_server.core.events import Candidate
from cti_server.core.state import Agent, Entry, State
from cti_server.routing.choose import choose
from cti_server.routing.facts import AgentFacts


def route(state: State, entry: Entry, at: float) -> tuple[Agent | None, tuple[Candidate, ...]]:
    """The agent who gets this caller now, or None; and everyone that was looked at, with the reason."""
    facts = [
        AgentFacts(
            id=ident,
            endpoint=agent.config.endpoint,
            status=status(agent),
            idle_since=agent.idle_since,
            tried=ident in entry.tried,
        )
        for ident, agent in state.agents.items()
        if entry.queue in agent.config.queues
    ]
    best, considered = choose(facts, at, "longest_idle")
    return (state.agents[best.id] if best else None), considered
