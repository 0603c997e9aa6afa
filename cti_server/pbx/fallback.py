"""Asterisk's own fallback queue: what makes its members the ones that it should have. Pure."""

from collections.abc import Iterable

from cti_server.pbx.actions import Action
from cti_server.pbx.ami import Response
from cti_server.pbx.checked import safe
from cti_server.pbx.framing import Message
from cti_server.pbx.steps import action

FALLBACK_QUEUE = "cti-fallback"

Member = tuple[str, str, bool]
"""Agent, endpoint, paused."""


def fallback_changes(wanted: Iterable[Member], present: Response) -> tuple[Action, ...]:
    """What makes the members in the answer of QueueStatus the wanted ones.

    A member with another name is taken out and put in again; one that is only paused differently is told so. A member
    from the site's own queues.conf (static) cannot be taken out over AMI and stays. Raises `ActionRefused`.
    """
    want = {endpoint: (agent, paused) for agent, endpoint, paused in wanted}
    have: dict[str, Message] = {
        item.get("Location"): item
        for item in present.items
        if item.event == "QueueMember" and item.get("Queue") == FALLBACK_QUEUE
    }
    stay = {
        endpoint
        for endpoint, item in have.items()
        if item.get("Membership") == "static" or (endpoint in want and want[endpoint][0] == item.get("Name"))
    }
    actions = [action("QueueRemove", Queue=FALLBACK_QUEUE, Interface=e) for e in have if e not in stay]
    for endpoint, (agent, paused) in want.items():
        flag = "true" if paused else "false"
        if endpoint not in stay:
            actions.append(
                action(
                    "QueueAdd",
                    Queue=FALLBACK_QUEUE,
                    Interface=safe(endpoint),
                    Penalty="0",
                    Paused=flag,
                    MemberName=safe(agent),
                    StateInterface=safe(endpoint),
                )
            )
        elif (have[endpoint].get("Paused") == "1") != paused:
            actions.append(action("QueuePause", Queue=FALLBACK_QUEUE, Interface=endpoint, Paused=flag))
    return tuple(actions)
