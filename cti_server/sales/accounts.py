"""Whose customer it is: two people on one account are refused, or share it openly. Each such decision is kept."""

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.tables import customer
from cti_server.sales.queries import customer_of, one
from cti_server.sales.rules import Refused, shares_of
from cti_server.sales.tables import account_claim, opportunity, opportunity_share


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else sells to this customer: the owner of the record, or of an open opportunity (`title`)."""

    who: str
    title: str = ""


async def taken(connection: AsyncConnection, customer_id: int, who: str, ours: int | None = None) -> Taken | None:
    """Who else sells to this customer. `ours`: an opportunity that does not count. Nobody takes from nobody.

    Who asks for the same customer at the same moment waits for the end of this transaction.
    """
    if not who:
        return None
    await connection.execute(update(customer).where(customer.c.id == customer_id).values(changed=customer.c.changed))
    mine = select(opportunity_share.c.opportunity).where(opportunity_share.c.who == who)
    theirs = (
        select(opportunity.c.owner, opportunity.c.title)
        .where(opportunity.c.customer == customer_id, opportunity.c.status == "open")
        .where(opportunity.c.owner.not_in(["", who]), opportunity.c.id.not_in(mine), opportunity.c.id != (ours or 0))
        .order_by(opportunity.c.created, opportunity.c.id)
    )
    owner = await one(connection, select(customer.c.owner).where(customer.c.id == customer_id))
    if owner and owner["owner"] not in ("", who):
        return Taken(who=owner["owner"])
    first = await one(connection, theirs.limit(1))
    return Taken(who=first["owner"], title=first["title"]) if first else None


async def shares_for(
    connection: AsyncConnection, customer_id: int, who: str, at: float, *, percent: int | None, sharing: bool
) -> dict[str, int] | Taken:
    """How what this person sells without an opportunity is shared, or who has the account already; both are logged.

    `percent`: this person's share of somebody else's account; None: nothing shall be shared. `sharing`: whether the
    site allows it. Raises Refused.
    """
    known = await customer_of(connection, customer_id)
    if known is None:
        raise Refused("no_customer")
    other = await taken(connection, known["id"], who)
    if other is None:
        return {who: 100} if who else {}
    if percent is None or not sharing:
        await claim(connection, known["id"], at, who, other.who, "refused", 0, None)
        return other
    shares = shares_of(other.who, who, percent)
    await claim(connection, known["id"], at, who, other.who, "shared", percent, None)
    return shares


async def claim(
    connection: AsyncConnection,
    customer_id: int,
    at: float,
    who: str,
    other: str,
    decision: str,
    percent: int,
    ident: int | None,
) -> None:
    """Keep what was decided. `ident`: of the opportunity, when there is one."""
    row = {"customer": customer_id, "at": at, "who": who, "other": other, "decision": decision, "percent": percent}
    await connection.execute(insert(account_claim).values(**row, opportunity=ident))
