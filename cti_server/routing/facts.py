"""What routing knows when it decides: of agents, and of the need of somebody who waits."""

from collections.abc import Mapping
from typing import NamedTuple

from cti_server.core.events import QueueConfig, Skills
from cti_server.core.ids import AgentId
from cti_server.core.state import Agent, Call, State

Demand = tuple[tuple[str, int], ...]
"""Skills with the least proficiency that will do, sorted by name."""

EVERY_RING = 1_000_000
HIGHEST_TIER = 5


class Profile(NamedTuple):
    """What agents of one queue have in common who are equally good for any caller of it.

    `place`: of this queue in the agent's own order, 0 for the most wanted. `skills`: those that callers here ask for.
    """

    ring: int = 1
    place: int = 0
    skills: Demand = ()
    languages: tuple[str, ...] = ()
    site: str = ""


class Standing(NamedTuple):
    """What sets agents of one profile apart. None of it changes while the agent is idle."""

    idle_since: float
    occupancy: float = 0.0
    answered: int = 0
    turn: int = 0


class Need(NamedTuple):
    """What somebody who waits asks of an agent. `ring`: up to which one. `value`: the customer's tier, 0 to 5."""

    required: Demand = ()
    ring: int = EVERY_RING
    preferred: Demand = ()
    language: str = ""
    site: str = ""
    value: int = 0


def profile_of(agent: Agent, queue: str, asked: set[str]) -> Profile:
    """`asked`: the names of the skills that matter here; others would only make equal agents look different."""
    config = agent.config
    return Profile(
        ring=config.rings.get(queue, 1),
        place=config.queues.index(queue),
        skills=demand({name: level for name, level in config.skills.items() if name in asked}),
        languages=tuple(sorted(config.languages)),
        site=config.site,
    )


def standing_of(agent: Agent) -> Standing:
    """Occupancy today: busy / (busy + free) seconds of the stretches that have ended, 0 before the first one."""
    counted = agent.busy_s + agent.free_s
    return Standing(
        idle_since=agent.idle_since or agent.since,
        occupancy=agent.busy_s / counted if counted > 0 else 0.0,
        answered=agent.answered,
        turn=agent.turn,
    )


def demand(skills: Skills) -> Demand:
    return tuple(sorted(skills.items()))


def skills_said(text: str) -> Skills:
    """The skills that an IVR asked for: `billing:5,vip`. A level that is none, or none given, counts as 1."""
    found: Skills = {}
    for item in text.split(","):
        name, _, level = (part.strip() for part in item.partition(":"))
        if name:
            found[name] = min(10, max(1, _int(level)))
    return found


def value_of(call: Call) -> int:
    return min(HIGHEST_TIER, max(0, _int(call.data.get("value", ""))))


def language_of(call: Call) -> str:
    """The two letters of the language that the caller chose, or that the dialled number stands for."""
    return (call.data.get("language") or call.language)[:2].lower()


def own_agents(
    state: State, config: QueueConfig, data: Mapping[str, str], number: str
) -> tuple[tuple[str, AgentId], ...]:
    """The caller's own agents with the part that makes them so, the nearest first. `data`: what travels with the call.

    Who talked last with this number counts only in a queue that keeps callers for their own agents (`stick_s`).
    """
    named = [(part, data.get(part, "")) for part in ("ticket_owner", "owner")]
    named.append(("last_agent", state.last_agents.get(number, "") if config.stick_s > 0 else ""))
    return tuple((part, agent) for part, agent in named if agent in state.agents)


def _int(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
