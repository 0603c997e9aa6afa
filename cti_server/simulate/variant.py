"""The same day under other settings: another strategy, other queue settings, more or fewer agents. Pure.

The settings are today's, so that "present" is what the site would do if that day came again. Agents who were there and
are gone from the settings are taken from that day's configuration.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cti_server.core.events import AgentConfig, SiteConfigured
from cti_server.settings import Settings, SettingsError
from cti_server.settings.check import cross_check, queue_with
from cti_server.simulate.day import Day, Elsewhere, Intent, Ring
from cti_server.term import site_configured

TRUNK = "Simulated/trunk"
_QUEUE_SET = re.compile(r"([A-Za-z0-9_.-]+)\.([a-z_]+)=(.*)")
_AGENTS = re.compile(r"([A-Za-z0-9_.-]+?)([+-][0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class Change:
    """`queues`: (queue, setting, value as text); `agents`: (queue, how many more or fewer)."""

    strategy: str = ""
    queues: tuple[tuple[str, str, str], ...] = ()
    agents: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Plan:
    """One column: the configuration, and what people would do in it whatever the router does."""

    settings: Settings
    site: SiteConfigured
    intents: list[Intent]
    elsewhere: list[Elsewhere]
    rings: dict[str, list[Ring]]
    notes: list[str]


def queue_change(text: str) -> tuple[str, str, str]:
    """`sales.wrapup_s=10`. Raises `SettingsError`."""
    if not (found := _QUEUE_SET.fullmatch(text)):
        raise SettingsError(f"{text!r} is not QUEUE.SETTING=VALUE, such as sales.wrapup_s=10")
    return found[1], found[2], found[3]


def agents_change(text: str) -> tuple[str, int]:
    """`sales+2`, `sales-1`. Raises `SettingsError`."""
    if not (found := _AGENTS.fullmatch(text)):
        raise SettingsError(f"{text!r} is not QUEUE+NUMBER or QUEUE-NUMBER, such as sales+2")
    return found[1], int(found[2])


def plan(settings: Settings, day: Day, change: Change) -> Plan:
    """The day under `settings` with `change`. Raises `SettingsError` in words for what cannot be."""
    settings = _changed(settings, change)
    site = site_configured(settings)
    known = {agent.id for agent in site.agents}
    was = {agent.id: agent for agent in day.site.agents} if day.site else {}
    here = sorted({agent for event in day.intents if (agent := getattr(event, "agent", ""))})
    gone = [was[ident] for ident in here if ident not in known and ident in was]
    site = msgspec.structs.replace(
        site,
        at=day.since,
        agents=tuple(_simulated(agent) for agent in (*site.agents, *gone)),
        trunks=(TRUNK,),
        mobile_trunk="trunk",
    )
    made = Plan(settings, site, day.intents, day.elsewhere, day.rings, [])
    if gone:
        made.notes.append(f"not in the settings any more, taken from that day: {', '.join(a.id for a in gone)}")
    for queue, count in change.agents:
        _staff(made, day, queue, count)
    return made


def _simulated(agent: AgentConfig) -> AgentConfig:
    """With a phone of the simulation's own: a phone that two agents share at different hours is two phones here."""
    return msgspec.structs.replace(agent, endpoint=f"Simulated/{agent.id}", more=())


def _changed(settings: Settings, change: Change) -> Settings:
    queues = {queue.id: queue for queue in settings.queue}
    wanted: dict[str, dict[str, str]] = {i: {"strategy": change.strategy} if change.strategy else {} for i in queues}
    for ident, name, value in change.queues:
        _known(ident, queues)
        wanted[ident][name] = value
    changed = tuple(queue_with(queue, wanted[ident]) for ident, queue in queues.items())
    settings = settings.model_copy(update={"queue": changed})
    cross_check(Path("the changed settings"), settings)
    return settings


def _known(queue: str, queues: Iterable[str]) -> None:
    if queue not in queues:
        raise SettingsError(f"there is no queue {queue!r}; there are: {', '.join(sorted(queues))}")


def _staff(made: Plan, day: Day, queue: str, count: int) -> None:
    """Copies of those who serve the queue and were logged in longest, with their hours; or without them."""
    _known(queue, [q.id for q in made.site.queues])
    hours: dict[str, int] = {}
    for row in day.agent_rows:
        hours[row["agent"]] = hours.get(row["agent"], 0) + row["logged_in_ms"]
    serving = [agent for agent in made.site.agents if queue in agent.queues]
    serving.sort(key=lambda agent: (-hours.get(agent.id, 0), agent.id))
    if not serving or (count < 0 and -count > len(serving)):
        raise SettingsError(f"the queue {queue!r} has {len(serving)} agents: {count:+d} cannot be")
    if count < 0:
        left = {agent.id for agent in serving[:-count]}
        made.site = msgspec.structs.replace(
            made.site, agents=tuple(agent for agent in made.site.agents if agent.id not in left)
        )
        made.intents = [event for event in made.intents if getattr(event, "agent", "") not in left]
        made.elsewhere = [own for own in made.elsewhere if own.agent not in left]
        return
    for number in range(count):
        _copy(made, serving[number % len(serving)], f"{queue}+{number + 1}")


def _copy(made: Plan, agent: AgentConfig, ident: str) -> None:
    """The copy is there when the agent is, and does nothing but answer callers."""
    copy = _simulated(msgspec.structs.replace(agent, id=ident, name=ident, extension="", mobile=""))
    made.site = msgspec.structs.replace(made.site, agents=(*made.site.agents, copy))
    same: Sequence[Intent] = [e for e in made.intents if getattr(e, "agent", "") == agent.id]
    extra = [msgspec.structs.replace(event, agent=ident) for event in same]
    made.intents = sorted([*made.intents, *extra], key=lambda event: event.at)
    made.rings = made.rings | {ident: made.rings.get(agent.id, [])}
