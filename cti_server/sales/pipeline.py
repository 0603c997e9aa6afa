"""The pipeline: opportunities as a list, and as a board by stage."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.tables import customer
from cti_server.sales.opportunities import with_name
from cti_server.sales.queries import Me, Row, every, one, seen, whole
from cti_server.sales.rules import STAGES, STATUSES
from cti_server.sales.tables import opportunity
from cti_server.web.lists import Listing, exact, text_filter


def listing(me: Me) -> Listing:
    mine = {"owner": lambda value: opportunity.c.owner == ("" if value == "-" else value)}
    return Listing(
        query=with_name().where(seen(me, opportunity)),
        key=opportunity.c.id,
        sorts={
            name: opportunity.c[name] for name in ("changed", "expected", "amount", "created", "title", "probability")
        },
        filters={
            "text": text_filter(opportunity.c.title, customer.c.name),
            "status": exact(opportunity.c.status, STATUSES),
            "stage": exact(opportunity.c.stage, tuple(STAGES)),
            "campaign": exact(opportunity.c.campaign),
            "dnis": exact(opportunity.c.dnis),
            "customer": lambda value: opportunity.c.customer == whole(value),
            **mine,
        },
    )


async def board(connection: AsyncConnection, me: Me, owner: str = "", most: int = 30) -> dict[str, Row]:
    """By stage: `count`, `total`, `weighted` of all that are open, and the `rows` that are expected first."""
    wanted = [opportunity.c.status == "open", seen(me, opportunity)]
    if owner:
        wanted.append(opportunity.c.owner == ("" if owner == "-" else owner))
    found: dict[str, Row] = {}
    for stage in STAGES:
        here = [*wanted, opportunity.c.stage == stage]
        sums = select(
            func.count().label("count"),
            func.coalesce(func.sum(opportunity.c.amount), 0).label("total"),
            func.coalesce(func.sum(opportunity.c.amount * opportunity.c.probability), 0).label("weighted"),
        ).where(*here)
        row = await one(connection, sums) or {}
        cards = with_name().where(*here).order_by(opportunity.c.expected, opportunity.c.id).limit(most)
        found[stage] = {"rows": await every(connection, cards)} | {name: int(value) for name, value in row.items()}
    return found
