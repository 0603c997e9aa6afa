"""What is allowed and yet hardly meant. Each finding is a sentence: the server starts, and people are told."""

from collections import defaultdict
from collections.abc import Iterator

from cti_server.settings.all import Settings
from cti_server.settings.calling import Agent, Queue, Skills

_PAIRS = (("on_full", "max_length"), ("on_max_wait", "max_wait_s"))


def warnings(settings: Settings) -> list[str]:
    """What callers, agents or administrators would wonder at, in plain words. Nothing here stops the server."""
    found: list[str] = []
    for queue in settings.queue:
        people = [agent for agent in settings.agent if queue.id in agent.queues]
        found += _people(queue, people)
        found += _without_effect(queue)
    found += _boxes(settings)
    found += _mobiles(settings)
    named = {queue.calendar for queue in settings.queue}
    found += [f"no queue names the calendar {c.id!r}" for c in settings.calendars if c.id not in named]
    return found


def _people(queue: Queue, people: list[Agent]) -> Iterator[str]:
    where = f"queue {queue.id!r}"
    leads_on = queue.staffed != "always" and queue.on_empty
    if not people:
        if not leads_on:
            yield f"{where}: no agent serves it, so its callers wait for nobody; name it in the queues of an agent"
        return
    if not any(_has(agent, queue.required) for agent in people):
        lacking = [f"{s} {n}" for s, n in queue.required.items() if not any(_has(a, {s: n}) for a in people)]
        what = f"has {' or '.join(lacking)}" if lacking else "has all the skills that it requires at once"
        then = next((s.after_s for s in queue.widen if s.required is not None and _anyone(people, s.required)), None)
        ends = "never offered to anybody" if then is None else f"offered to nobody before {then:g} seconds"
        yield f"{where}: no agent of it {what}, so its callers are {ends}"
    reach = max((step.ring for step in queue.widen), default=1)
    for agent in people:
        ring = agent.rings.get(queue.id, 1)
        if ring > reach > 1:
            yield (
                f"{where}: agent {agent.id!r} stands in ring {ring}, and widen goes to ring {reach} only, so this "
                "agent never gets a call of it"
            )
    if queue.mobile_when_closed and not any(agent.mobile for agent in people):
        yield f"{where}: mobile_when_closed is on, but none of its agents has a mobile number"


def _without_effect(queue: Queue) -> Iterator[str]:
    where = f"queue {queue.id!r}"
    for target, limit in _PAIRS:
        if getattr(queue, target) and not getattr(queue, limit):
            yield f"{where}: {target} has no effect while {limit} is 0"
        elif getattr(queue, limit) and not getattr(queue, target):
            yield f"{where}: {limit} has no effect while {target} is empty: the caller stays"
    if queue.on_empty and queue.staffed == "always":
        yield f"{where}: on_empty has no effect while staffed is 'always'; set it to 'logged_in' or 'ready'"
    elif queue.staffed != "always" and not queue.on_empty:
        yield f"{where}: staffed has no effect while on_empty is empty: the caller stays"
    if queue.on_closed and queue.mobile_when_closed:
        yield f"{where}: on_closed has no effect while mobile_when_closed is on"
    if not queue.announce_every_s and (queue.announce or queue.announce_position or queue.announce_wait):
        yield f"{where}: nothing is announced while announce_every_s is 0"


def _boxes(settings: Settings) -> Iterator[str]:
    """Boxes that get one name because a dot in an id becomes a dash. Queues that name one box mean it."""
    owners: dict[str, list[str]] = defaultdict(list)
    for queue in settings.queue:
        if not queue.box:
            owners[queue.id.replace(".", "-")].append(f"queue {queue.id!r}")
    for agent in settings.agent:
        owners[f"agent-{agent.id.replace('.', '-')}"].append(f"agent {agent.id!r}")
    for box, who in owners.items():
        if len(who) > 1:
            yield f"{' and '.join(who)} share the voicemail box {box!r}"


def _mobiles(settings: Settings) -> Iterator[str]:
    owners: dict[str, list[str]] = defaultdict(list)
    for agent in settings.agent:
        if agent.mobile:
            owners[agent.mobile].append(repr(agent.id))
    for number, who in owners.items():
        if len(who) > 1:
            yield f"the agents {' and '.join(who)} have one mobile number, {number}: it may ring for two calls at once"


def _anyone(people: list[Agent], required: Skills) -> bool:
    return any(_has(agent, required) for agent in people)


def _has(agent: Agent, required: Skills) -> bool:
    return all(agent.skills.get(skill, 0) >= level for skill, level in required.items())
