"""Opportunities that should have been closed by now: told once for each day that was expected."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers import timeline
from cti_server.sales.queries import Me, one
from cti_server.sales.ruled import opportunity_did
from cti_server.sales.tables import opportunity

SYSTEM = Me(who="", login="system", everything=True)
_PAGE = 200


async def tell_overdue(engine: AsyncEngine, today: str, at: float) -> int:
    """A line on the timeline of each, and the rules are asked, each in a transaction of its own. Gives how many.

    `today`: the site's day. What two nodes find at once is told once.
    """
    c = opportunity.c
    late = (c.status == "open", c.expected < today, c.overdue_told != c.expected)
    told = 0
    while True:
        async with engine.connect() as connection:
            found = list(await connection.scalars(select(c.id).where(*late).order_by(c.id).limit(_PAGE)))
        for ident in found:
            async with engine.begin() as connection:
                mine = update(opportunity).where(c.id == ident, *late).values(overdue_told=c.expected)
                if (await connection.execute(mine)).rowcount:
                    await _tell(connection, ident, at)
                    told += 1
        if len(found) < _PAGE:
            return told


async def _tell(connection: AsyncConnection, ident: int, at: float) -> None:
    row = await one(connection, select(opportunity).where(opportunity.c.id == ident))
    assert row is not None
    about = {"kind": "opportunity", "ref": str(ident), "what": "overdue", "said": row["title"], "by": SYSTEM.login}
    url = f"/sales/opportunities/{ident}"
    await timeline.note(connection, row["customer"], at=at, **about, url=url, expected=row["expected"])
    await opportunity_did(connection, SYSTEM, "overdue", ident, at)
