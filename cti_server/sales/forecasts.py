"""The forecast from the rows: what was won by month, what is open now, and what was open when a month began.

The forecast of a past month is made anew from the states that opportunities had when it began: nothing has to be saved
in time, and what people change afterwards does not reach it.
"""

from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.sales.forecast import TREND_MONTHS, Error, Open, error, month_after, months_from, trend, weighted
from cti_server.sales.months import bounds, month_of
from cti_server.sales.queries import Me, Row, every, one
from cti_server.sales.rules import rounded
from cti_server.sales.tables import opportunity, opportunity_past

BACK, AHEAD = 12, 3


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """One month from now on. `won`: what is won by now, in the first of them. `trend` None: too few months to tell."""

    month: str
    won: int
    weighted: int
    trend: int | None


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A month that is over: what was won, and what both said when it began."""

    month: str
    won: int
    weighted: int
    trend: int | None


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    coming: list[Coming]
    past: list[Past]
    weighted_error: Error
    trend_error: Error


async def forecast(connection: AsyncConnection, me: Me, now: float, zone: ZoneInfo, owner: str = "") -> Forecast:
    """`owner`: of one person; without MANAGE_SALES it is the own one. The months in which nothing was won yet at the
    beginning of the records do not count.
    """
    owner = owner if me.everything else me.who
    this = month_of(now, zone)
    first = month_after(this, -BACK - TREND_MONTHS)
    months = months_from(first, BACK + TREND_MONTHS + 1)
    won = await _won(connection, months, zone, owner)
    begun = next((n for n, month in enumerate(months) if won[month]), len(months) - 1)
    months = months[begun:]
    history = [won[month] for month in months]
    past = []
    for n, month in enumerate(months[:-1]):
        if n >= len(months) - 1 - BACK:
            begin = bounds(month, zone)[0]
            said = trend(history[:n])
            seen = await _open_at(connection, begin, month, owner)
            past.append(Past(month=month, won=won[month], weighted=seen, trend=said))
    ahead = weighted(await _open_now(connection, owner), this)
    coming = [
        Coming(
            month=month,
            won=won.get(month, 0),
            weighted=ahead.get(month, 0),
            trend=trend(history[:-1], n + 1),
        )
        for n, month in enumerate(months_from(this, AHEAD + 1))
    ]
    return Forecast(
        coming=coming,
        past=past,
        weighted_error=error((one_month.won, one_month.weighted) for one_month in past),
        trend_error=error((one_month.won, one_month.trend) for one_month in past if one_month.trend is not None),
    )


async def _won(connection: AsyncConnection, months: list[str], zone: ZoneInfo, owner: str) -> dict[str, int]:
    edges = {month: bounds(month, zone) for month in months}
    closed = opportunity.c.closed
    sums = [
        func.coalesce(func.sum(case((and_(closed >= begin, closed < end), opportunity.c.amount), else_=0)), 0).label(m)
        for m, (begin, end) in edges.items()
    ]
    wanted = [opportunity.c.status == "won", closed >= edges[months[0]][0]]
    if owner:
        wanted.append(opportunity.c.owner == owner)
    row: Row = await one(connection, select(*sums).where(*wanted)) or {}
    return {month: int(row[month]) for month in months}


async def _open_now(connection: AsyncConnection, owner: str) -> list[Open]:
    """Summed by month and probability: as many rows as there are of these."""
    month = func.substr(opportunity.c.expected, 1, 7).label("month")
    query = select(month, opportunity.c.probability, func.sum(opportunity.c.amount).label("amount"))
    query = query.where(opportunity.c.status == "open").group_by(month, opportunity.c.probability)
    if owner:
        query = query.where(opportunity.c.owner == owner)
    rows = await every(connection, query)
    return [Open(amount=int(row["amount"]), probability=row["probability"], month=row["month"]) for row in rows]


async def _open_at(connection: AsyncConnection, at: float, month: str, owner: str) -> int:
    """The weighted pipeline of `month` as it stood at `at`, its first moment."""
    held = opportunity_past.c.since <= at, or_(opportunity_past.c.until.is_(None), opportunity_past.c.until > at)
    query = select(func.coalesce(func.sum(opportunity_past.c.amount * opportunity_past.c.probability), 0)).where(
        *held, opportunity_past.c.status == "open", func.substr(opportunity_past.c.expected, 1, 7) <= month
    )
    if owner:
        mine = select(opportunity.c.id).where(opportunity.c.owner == owner)
        query = query.where(opportunity_past.c.opportunity.in_(mine))
    return rounded(int((await connection.execute(query)).scalar_one()), 100)
