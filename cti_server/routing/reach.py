"""How an agent is rung for a queue: at a phone on the desk, or at a mobile; and why an agent cannot be rung."""

from typing import NamedTuple

from cti_server.core.agents import MOBILE, available, status
from cti_server.core.overflow import reached_by_mobile
from cti_server.core.state import Agent, Queue, State


class Reach(NamedTuple):
    """`accept`: who answers must press 1, because a mobile's voicemail answers too."""

    endpoint: str
    accept: bool


def reach(state: State, agent: Agent, queue: Queue) -> Reach | None:
    """How the agent can be rung for this queue at this moment, or None.

    A queue that is switched to mobile reaches those who have a number even when they are logged out, and those who have
    none at their phones. Whoever is paused, busy or resting is left alone.
    """
    mobile = mobile_endpoint(state, agent)
    if mobile and reached_by_mobile(queue):
        at_ease = agent.engagement == "idle" and not agent.rest_until and agent.intent != "paused"
        return Reach(mobile, True) if at_ease else None
    if not available(agent):
        return None
    if agent.chosen == MOBILE:
        return Reach(mobile, True) if mobile else None
    return Reach(agent.chosen or agent.config.endpoint, False)


def mobile_endpoint(state: State, agent: Agent) -> str:
    """The agent's mobile number over the site's trunk; empty when there is no number or no trunk."""
    digits = "".join(c for c in agent.config.mobile if c in "0123456789")
    return f"PJSIP/{digits}@{state.mobile_trunk}" if digits and state.mobile_trunk else ""


def why_not(agent: Agent) -> str:
    """The reason why `reach` gave None: the agent's state, or `unreachable` for a chosen mobile that cannot be rung."""
    word = status(agent)
    if word == "logged_out" and agent.rest_until:
        return "resting"
    return "unreachable" if word == "available" else word


def expected(agent: Agent) -> bool:
    """Busy now and back soon: worth waiting for."""
    return agent.intent == "ready" and agent.engagement != "idle"
