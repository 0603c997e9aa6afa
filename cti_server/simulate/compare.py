"""What the command does: reads the day, runs each column, and puts the figures side by side."""

import asyncio
import datetime
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from cti_server import settings
from cti_server.clock import monotonic
from cti_server.db import open_engine
from cti_server.journal.intervals import day as day_of
from cti_server.routing.router import Router
from cti_server.settings import SettingsError
from cti_server.simulate.day import Day, read
from cti_server.simulate.outcome import Outcome, happened, simulated
from cti_server.simulate.table import table
from cti_server.simulate.variant import Change, Plan, agents_change, plan, queue_change
from cti_server.simulate.world import World

_PERIOD = re.compile(r"(\d{4}-\d\d-\d\d)(?:\.\.(\d{4}-\d\d-\d\d))?")
_DATABASE = re.compile(r"sqlite\+aiosqlite:///|postgresql\+psycopg://")
_LONGEST_DAYS = 31
_FAULTS = 3


def compare(
    period: str,
    strategies: tuple[str, ...],
    queue_sets: tuple[str, ...],
    staff: tuple[str, ...],
    seed: int,
    database: str | None,
    config: Path | None,
) -> list[str]:
    """The lines to print. Raises `SettingsError` in words, and what the database raises."""
    present = settings.load(config)
    url = database or present.database.url
    if not _DATABASE.match(url):
        raise SettingsError(f"{url!r} is not a database: sqlite+aiosqlite:///FILE or postgresql+psycopg://...")
    zone = ZoneInfo(present.site.time_zone)
    since, until = days(period, zone)
    queues = tuple(queue_change(text) for text in queue_sets)
    agents = tuple(agents_change(text) for text in staff)
    changes = {name: Change(name, queues, agents) for name in strategies}
    if not changes and (queues or agents):
        changes["changed"] = Change("", queues, agents)
    day = asyncio.run(_read(url, zone, since, until))
    plans = {name: plan(present, day, change) for name, change in {"present": Change(), **changes}.items()}
    return report(day, plans, zone, seed)


def days(text: str, zone: ZoneInfo) -> tuple[float, float]:
    """The first moment of `2026-11-20`, or of `2026-11-16..2026-11-20`, and the last. Raises `SettingsError`."""
    found = _PERIOD.fullmatch(text)
    try:
        first = datetime.date.fromisoformat(found[1]) if found else None
        last = datetime.date.fromisoformat(found[2]) if found and found[2] else first
    except ValueError:
        first = last = None
    if first is None or last is None or not 0 <= (last - first).days < _LONGEST_DAYS:
        raise SettingsError(f"{text!r} is not a day such as 2026-11-20, nor days such as 2026-11-16..2026-11-20")
    return day_of(first, zone)[0], day_of(last, zone)[1]


async def _read(url: str, zone: ZoneInfo, since: float, until: float) -> Day:
    engine = open_engine(url)
    try:
        return await read(engine, zone, since, until)
    finally:
        await engine.dispose()


def report(day: Day, plans: dict[str, Plan], zone: ZoneInfo, seed: int) -> list[str]:
    """`plans`: by column, `present` among them."""
    if not day.arrivals:
        return ["Nobody waited in a queue in that time: there is nothing to simulate."]
    ran = [run(name, day, made, zone, seed) for name, made in plans.items()]
    outcomes = [happened(day, ran[0].serving), *ran]
    lines = list(table(outcomes))
    lines += [f"note: {note}" for note in plans["present"].notes]
    lines += [f"fault in {outcome.name}: {fault}" for outcome in ran for fault in outcome.faults[:_FAULTS]]
    seconds, events = sum(o.took_s for o in ran), sum(o.events for o in ran)
    calls = len(day.arrivals) * len(ran)
    lines.append(
        f"{len(day.arrivals)} callers, seed {seed}; {len(ran)} runs in {seconds:.1f} s: "
        f"{calls / seconds:.0f} calls and {events / seconds:.0f} events a second"
    )
    return lines


def run(name: str, day: Day, made: Plan, zone: ZoneInfo, seed: int) -> Outcome:
    """One column."""
    began = monotonic()
    world = World(day, made, Router(), zone, seed)
    outcome = simulated(name, day, world.run(), _serving(made))
    outcome.took_s, outcome.events, outcome.faults = monotonic() - began, world.events, world.faults
    return outcome


def _serving(made: Plan) -> dict[str, frozenset[str]]:
    queues = {queue.id for queue in made.site.queues}
    return {queue: frozenset(a.id for a in made.site.agents if queue in a.queues) for queue in queues}
