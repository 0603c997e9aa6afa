"""The strategies, one file each: how many points a unit of each part is worth. A queue names one.

To add one, copy a file and name it below. A strategy weighs the parts of `routing/score.py` and cannot do more, so
every strategy can be decided by index and explained by part.
"""

from collections.abc import Mapping

from cti_server.routing.score import Weights
from cti_server.routing.strategies import (
    least_calls,
    longest_idle,
    most_skilled,
    priority_rings,
    round_robin,
    value_based,
)

OWN: Weights = {"ticket_owner": 40_000_000.0, "owner": 20_000_000.0, "last_agent": 10_000_000.0}
"""In every strategy: a caller's own agent, when free, comes before everybody else. The nearer one outweighs the others
together, and all of it outweighs a hundred days of idle time."""

ALWAYS: Weights = {"language": 20_000.0, "site": 5_000.0, **OWN}
"""In every strategy: somebody who speaks the caller's language first, then somebody of the same branch."""

STRATEGIES: Mapping[str, Weights] = {
    "longest_idle": {**ALWAYS, **longest_idle.WEIGHTS},
    "most_skilled": {**ALWAYS, **most_skilled.WEIGHTS},
    "least_calls": {**ALWAYS, **least_calls.WEIGHTS},
    "round_robin": {**ALWAYS, **round_robin.WEIGHTS},
    "priority_rings": {**ALWAYS, **priority_rings.WEIGHTS},
    "value_based": {**ALWAYS, **value_based.WEIGHTS},
}
DEFAULT = "longest_idle"


def strategy_names() -> tuple[str, ...]:
    """The names that a queue's `strategy` may have."""
    return tuple(STRATEGIES)
