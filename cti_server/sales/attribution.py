"""From which number and campaign the money came: DNIS and campaign, call, opportunity, revenue.

Everything is counted where it began. Calls: inbound, begun in the period. Opportunities: opened in the period, with
how many of them are won by now. Orders: placed in the period, not cancelled; revenue is their total less what was
refunded. An order of an opportunity has the campaign and the number of the opportunity's call, any other those of its
own.
"""

import msgspec
from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.tables import call
from cti_server.sales.paper_tables import sales_order
from cti_server.sales.queries import every
from cti_server.sales.tables import opportunity


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign and number. Both empty: nobody knows, or there was no call."""

    campaign: str
    dnis: str
    calls: int = 0
    opportunities: int = 0
    won: int = 0
    orders: int = 0
    revenue: int = 0


async def sources(connection: AsyncConnection, since: float, until: float) -> list[Source]:
    """The highest revenue first. All of the site: for those who manage sales."""
    found: dict[tuple[str, str], Source] = {}

    async def count(
        table_since: ColumnElement[float], *columns: ColumnElement[int], where: list[ColumnElement[bool]]
    ) -> None:
        table = table_since.table
        query = select(table.c.campaign, table.c.dnis, *columns).where(
            table_since >= since, table_since < until, *where
        )
        for row in await every(connection, query.group_by(table.c.campaign, table.c.dnis)):
            key = row.pop("campaign"), row.pop("dnis")
            old = found.get(key) or Source(campaign=key[0], dnis=key[1])
            found[key] = msgspec.structs.replace(old, **{name: int(value or 0) for name, value in row.items()})

    await count(call.c.started, func.count().label("calls"), where=[call.c.direction == "inbound"])
    won = func.sum(case((opportunity.c.status == "won", 1), else_=0)).label("won")
    await count(opportunity.c.created, func.count().label("opportunities"), won, where=[])
    revenue = func.sum(sales_order.c.total - sales_order.c.refunded).label("revenue")
    placed = [sales_order.c.status != "cancelled"]
    await count(sales_order.c.created, func.count().label("orders"), revenue, where=placed)
    return sorted(found.values(), key=lambda s: (-s.revenue, -s.won, -s.opportunities, -s.calls, s.campaign, s.dnis))
