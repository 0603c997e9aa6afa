"""What becomes of what: an accepted quote is an order, a lead that is converted is an opportunity."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.numbers import Plan as Numbers
from cti_server.sales import leads, opportunities, orders, quotes
from cti_server.sales.accounts import Taken
from cti_server.sales.opportunities import Plan
from cti_server.sales.queries import Me, Origin, call_of
from cti_server.sales.rules import Refused
from cti_server.sales.value import bought


async def quote_step(
    connection: AsyncConnection, me: Me, ident: int, version: int, status: str, at: float, today: str, numbers: Numbers
) -> int:
    """An accepted quote becomes an order at the prices that it promised, and wins its opportunity.

    Gives the order's id, 0 without one. Raises as `quotes.step` and `orders.place` do.
    """
    row = await quotes.step(connection, me, ident, version, status, at, today)
    if status != "accepted":
        return 0
    opportunity = None
    if row["opportunity"]:
        opportunity = await opportunities.get(connection, me, row["opportunity"])
    known = await call_of(connection, row["call"], numbers) if row["call"] else None
    order = await orders.place(
        connection,
        me,
        row["customer"],
        await quotes.lines(connection, ident),
        at,
        currency=row["currency"],
        owner=row["owner"] or me.who,
        origin=known[0] if known else Origin(),
        opportunity=opportunity,
        quote=ident,
        note=row["note"],
    )
    await bought(connection, order)
    return order


async def lead_step(
    connection: AsyncConnection,
    me: Me,
    ident: int,
    version: int,
    status: str,
    at: float,
    *,
    customer: int | None,
    expected: str,
    currency: str,
) -> int:
    """A step of a lead. Converted: it becomes an opportunity of the customer, and of whoever has the account.

    `expected`: the day, for that. Gives the opportunity's id, 0 without one.
    """
    row = await leads.get(connection, me, ident)
    who = customer or row["customer"]
    if status == "converted" and not who:
        raise Refused("no_customer")
    await leads.step(connection, me, ident, version, status, at, who)
    if status != "converted":
        return 0
    title = row["interest"].splitlines()[0][:100] if row["interest"] else row["name"]
    plan = Plan(title=title, amount=0, currency=currency, expected=expected, owner=row["owner"])
    origin = Origin(**{name: row[name] for name in ("call", "campaign", "dnis")})
    done = await opportunities.open_one(connection, me, who, plan, origin, at, lead=ident)
    if isinstance(done, Taken):
        plan = msgspec.structs.replace(plan, owner=done.who)
        done = await opportunities.open_one(connection, me, who, plan, origin, at, lead=ident)
    if isinstance(done, Taken):
        raise Refused("step")
    return done
