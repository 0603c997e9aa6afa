"""The score of an agent for a caller: a sum of named parts, each a pure function times the strategy's weight for it.

Two kinds of parts, and that is what makes a decision quick. *Fit* depends on the agent's profile and the caller's need
only, so all agents of one profile share it. *Standing* depends on the agent only and does not change while the agent
is idle: what grows (idle time, offers since the last turn) grows equally for everybody, so it changes no order. Hence
the best of a profile is the same for every caller, and each profile needs one heap.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cti_server.routing.facts import Need, Profile, Standing

Weights = Mapping[str, float]
"""Points for one unit of each part; a part that is not named counts nothing."""
Parts = dict[str, float]


def skill(profile: Profile, need: Need) -> float:
    """Proficiency, 0 to 10 each, summed over what the caller needs and what the queue prefers at the level it names."""
    has = dict(profile.skills)
    wanted = dict(need.preferred) | dict(need.required)
    return float(sum(has[name] for name, least in wanted.items() if has.get(name, 0) >= least))


def language(profile: Profile, need: Need) -> float:
    """1 when the agent speaks the caller's language."""
    return float(need.language != "" and need.language in profile.languages)


def site(profile: Profile, need: Need) -> float:
    """1 when the agent belongs to the branch at which the call came in."""
    return float(need.site != "" and need.site == profile.site)


def ring(profile: Profile, need: Need) -> float:
    """Minus the number of rings between the agent and the innermost one."""
    return float(1 - profile.ring)


def value(profile: Profile, need: Need) -> float:
    """The customer's tier (0 to 5) times the agent's mean proficiency in what is needed and preferred (0 to 10)."""
    wanted = len({name for name, _ in need.preferred + need.required})
    return need.value * skill(profile, need) / wanted if wanted else 0.0


FIT: Mapping[str, Callable[[Profile, Need], float]] = {
    "skill": skill,
    "language": language,
    "site": site,
    "ring": ring,
    "value": value,
}

STANDING: Mapping[str, Callable[[Standing, float, int], float]] = {
    "idle": lambda standing, at, serial: at - standing.idle_since,
    "fairness": lambda standing, at, serial: -standing.occupancy,
    "calls": lambda standing, at, serial: -float(standing.answered),
    "turn": lambda standing, at, serial: float(serial - standing.turn),
}
"""idle: seconds without a call; fairness: minus the occupancy today, 0 to 1; calls: minus those answered today; turn:
offers of the whole site since the agent's own last one. Each a function of (standing, now, serial of the last offer).
"""


class Fit(NamedTuple):
    """How well a profile fits a need. `reason`: why it does not at all, else empty."""

    points: float
    parts: Parts
    reason: str = ""


def fit(weights: Weights, profile: Profile, need: Need) -> Fit:
    if reason := unfit(profile, need):
        return Fit(0.0, {}, reason)
    parts = {part: weights[part] * rule(profile, need) for part, rule in FIT.items() if part in weights}
    return Fit(sum(parts.values()), {part: points for part, points in parts.items() if points}, "")


def unfit(profile: Profile, need: Need) -> str:
    """Why agents of this profile may not have such a caller: `skill:NAME` or `ring`; empty when they may."""
    if need.required:
        has = dict(profile.skills)
        for name, least in need.required:
            if has.get(name, 0) < least:
                return f"skill:{name}"
    return "ring" if profile.ring > need.ring else ""


def standing_parts(weights: Weights, standing: Standing, at: float, serial: int) -> Parts:
    return {part: weights[part] * rule(standing, at, serial) for part, rule in STANDING.items() if part in weights}


def standing_points(weights: Weights, standing: Standing) -> float:
    """The sum of the parts as of a fixed moment: it orders the agents of a profile as the sum at any moment does."""
    return sum(standing_parts(weights, standing, 0.0, 0).values())
