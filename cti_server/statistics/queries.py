"""Async reads of the half-hours, added up by half-hour, hour, day or all, in the site's time zone."""

import datetime
from collections.abc import Callable, Iterable
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.journal.intervals import day
from cti_server.journal.tables import agent_half_hour, queue_half_hour
from cti_server.statistics.figures import Sums, agent_figures, queue_figures

Width = Literal["half_hour", "hour", "day", "all"]
Figures = dict[str, float | int | None]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """`start`, `end`: epoch seconds; `who`: a queue's or an agent's id; `figures`: see `figures.py`."""

    start: float
    end: float
    who: str
    figures: Figures


async def by_queue(
    engine: AsyncEngine,
    zone: ZoneInfo,
    since: float,
    until: float,
    width: Width = "half_hour",
    only: Iterable[str] = (),
) -> list[Line]:
    """Figures by arrival cohort of the queues, of half-hours that begin in since <= start < until."""
    return await _lines(engine, queue_half_hour, "queue", queue_figures, zone, since, until, width, list(only))


async def by_agent(
    engine: AsyncEngine,
    zone: ZoneInfo,
    since: float,
    until: float,
    width: Width = "half_hour",
    only: Iterable[str] = (),
) -> list[Line]:
    """Figures by event time of the agents. What an agent does just now counts from its end on."""
    return await _lines(engine, agent_half_hour, "agent", agent_figures, zone, since, until, width, list(only))


async def _lines(
    engine: AsyncEngine,
    table: Table,
    who: str,
    figures: Callable[[Iterable[Sums]], Figures],
    zone: ZoneInfo,
    since: float,
    until: float,
    width: Width,
    only: list[str],
) -> list[Line]:
    query = select(table).where(table.c.interval >= since, table.c.interval < until)
    if only:
        query = query.where(table.c[who].in_(only))
    async with engine.connect() as connection:
        rows = [dict(row) for row in (await connection.execute(query)).mappings()]
    groups: dict[tuple[float, float, str], list[Any]] = {}
    for row in rows:
        start, end = bounds(row["interval"], width, zone, since, until)
        groups.setdefault((start, end, row[who]), []).append(row)
    return [Line(start=key[0], end=key[1], who=key[2], figures=figures(group)) for key, group in sorted(groups.items())]


def bounds(interval: int, width: Width, zone: ZoneInfo, since: float, until: float) -> tuple[float, float]:
    """The stretch of this width that holds the half-hour. A day has 23 to 25 hours; an hour may be cut by a change."""
    if width == "half_hour":
        return interval, interval + 1800
    if width == "all":
        return since, until
    moment = datetime.datetime.fromtimestamp(interval, zone)
    if width == "day":
        return day(moment.date(), zone)
    start = interval - moment.minute // 30 * 1800
    return start, start + 3600
