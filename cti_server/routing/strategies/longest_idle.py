"""Longest idle: whoever has been free for the longest time gets the call."""

from cti_server.routing.facts import AgentFacts


def score(facts: AgentFacts, at: float) -> float:
    """Seconds that the agent has been idle at `at`."""
    return at - facts.idle_since
