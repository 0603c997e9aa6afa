"""Why this caller and no other: seconds of waiting, and a head start in seconds by named parts.

A head start does not change while somebody waits and waiting time grows equally for all, so the order of two callers
never changes, and each line is one heap.
"""

from cti_server.core.events import QueueConfig

PRIORITY_S = 86_400.0
"""A day: a call's priority comes before everything else."""
WEIGHT_S = 3_600.0
"""An hour for one of a queue's weight."""
VALUE_S = 60.0
"""A minute for each tier of the customer's value."""
CALLBACK_S = 30.0
"""Who is called back keeps the place, and no more: it takes so long until the customer's phone has been picked up."""
ORDER_S = 60.0
"""A minute for each place by which an agent prefers one queue over another."""


def head_start(config: QueueConfig, priority: int, value: int, callback: bool) -> dict[str, float]:
    parts = {
        "priority": PRIORITY_S * priority,
        "weight": WEIGHT_S * config.weight,
        "value": VALUE_S * value,
        "callback": CALLBACK_S * callback,
    }
    return {part: seconds for part, seconds in parts.items() if seconds}


def delay(place: int) -> float:
    """What a caller of the queue at this place of the agent's order (0: the most wanted) is put back by, in seconds."""
    return ORDER_S * place
