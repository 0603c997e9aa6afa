"""Orders and payments. An order that is paid in full earns commission; one that is placed closes its opportunity."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import timeline
from cti_server.customers.tables import customer
from cti_server.sales import earnings, opportunities
from cti_server.sales.paper_tables import order_line, order_share, payment, sales_order
from cti_server.sales.queries import (
    Me,
    Origin,
    Row,
    add,
    change,
    customer_of,
    every,
    limited,
    one,
    reached,
    seen,
    shared,
    whole,
)
from cti_server.sales.ruled import order_did
from cti_server.sales.rules import METHODS, MOST_AMOUNT, ORDER_STATUSES, Refused, check_step, line_total, order_total
from cti_server.sales.states import STATES, state
from cti_server.sales.tables import product
from cti_server.web.lists import Listing, exact, text_filter

MOST_NOTE, MOST_WORD = 5000, 200


async def place(
    connection: AsyncConnection,
    me: Me,
    customer_id: int,
    lines: list[Row],
    at: float,
    *,
    currency: str,
    owner: str,
    origin: Origin,
    opportunity: Row | None = None,
    quote: int | None = None,
    shares: Mapping[str, int] | None = None,
    note: str = "",
) -> int:
    """Place an order at the prices of its lines. Raises Refused and Changed.

    `opportunity`: an open one, as this person saw it, is won by it and passes on its sellers, call and campaign.
    `shares`: of an order without one, see `accounts.shares_for`; None: all is the owner's.
    """
    total = order_total([(line["quantity"], line["unit_price"]) for line in lines])
    note = limited({"note": note}, note=MOST_NOTE)["note"]
    known = await customer_of(connection, customer_id)
    if known is None:
        raise Refused("no_customer")
    if shares is None:
        shares = {owner: 100} if owner else {}
    if opportunity is not None:
        shares = await opportunities.shares(connection, opportunity["id"]) or shares
        owner = opportunity["owner"] or owner
        if not origin.call:
            origin = Origin(**{name: opportunity[name] for name in ("call", "campaign", "dnis")})
        if opportunity["status"] == "open":
            seen_version = opportunity["version"]
            await opportunities.close(connection, me, opportunity["id"], seen_version, "won", "", at, amount=total)
        elif opportunity["status"] == "lost":
            raise Refused("closed")
    ident = await add(
        connection,
        sales_order,
        customer=known["id"],
        opportunity=opportunity["id"] if opportunity else None,
        quote=quote,
        status="placed",
        currency=currency,
        total=total,
        paid=0,
        paid_at=None,
        refunded=0,
        owner=owner,
        note=note,
        call=origin.call,
        campaign=origin.campaign,
        dnis=origin.dnis,
        created=at,
        created_by=me.login,
        changed=at,
        changed_by=me.login,
        version=1,
    )
    for position, line in enumerate(lines, 1):
        values = {name: line[name] for name in ("product", "category", "quantity", "unit_price")}
        cost = line_total(line["quantity"], line["unit_price"])
        await connection.execute(
            insert(order_line).values(**values, order=ident, position=position, total=cost, returned=0)
        )
    for who, percent in shares.items():
        await connection.execute(insert(order_share).values(order=ident, who=who, percent=percent))
    await note_order(connection, known["id"], ident, "placed", me, at, total=total, currency=currency, call=origin.call)
    if opportunity is None and len(shares) > 1:
        await note_order(connection, known["id"], ident, "shared", me, at, shares=dict(shares))
    if total == 0:
        await change(connection, sales_order, ident, 1, me.login, at, paid_at=at)
    await order_did(connection, me, "placed", ident, at)
    return ident


async def step(connection: AsyncConnection, me: Me, ident: int, version: int, status: str, at: float) -> None:
    """Delivered or cancelled. What was paid for is not cancelled: it comes back as a return."""
    row = await get(connection, me, ident)
    check_step("order", row["status"], status)
    if status == "cancelled" and row["paid"] > 0:
        raise Refused("paid_already")
    await change(connection, sales_order, ident, version, me.login, at, status=status)
    await note_order(connection, row["customer"], ident, status, me, at)
    await order_did(connection, me, status, ident, at)


async def pay(
    connection: AsyncConnection,
    me: Me,
    ident: int,
    version: int,
    amount: int,
    method: str,
    said: str,
    at: float,
    month: str,
) -> None:
    """Write down a payment; no more than is owed. The one that makes it full earns commission, in `month`."""
    row = await get(connection, me, ident)
    said = limited({"note": said}, note=MOST_WORD)["note"]
    if row["status"] == "cancelled":
        raise Refused("closed")
    if method not in METHODS:
        raise Refused("step")
    if not 0 < amount <= min(MOST_AMOUNT, row["total"] - row["paid"]):
        raise Refused("payment")
    paid = row["paid"] + amount
    full = paid == row["total"]
    values: dict[str, Any] = {"paid": paid} | ({"paid_at": at} if full else {})
    await change(connection, sales_order, ident, version, me.login, at, **values)
    await add(connection, payment, order=ident, at=at, amount=amount, method=method, note=said, by=me.login)
    about = {"kind": "payment", "ref": str(ident), "what": "received", "by": me.login}
    money = {"amount": amount, "currency": row["currency"]}
    await timeline.note(connection, row["customer"], at=at, **about, url=f"/sales/orders/{ident}", **money)
    if full:
        await earnings.earn(connection, row, at, month)
        await order_did(connection, me, "paid", ident, at)


async def get(connection: AsyncConnection, me: Me, ident: int) -> Row:
    """With the customer's name. Raises LookupError."""
    row = await one(connection, _query().where(sales_order.c.id == ident, reached(me, sales_order)))
    if row is None:
        raise LookupError(ident)
    return row


async def lines(connection: AsyncConnection, ident: int) -> list[Row]:
    query = (
        select(order_line, product.c.sku, product.c.name_en, product.c.name_zh)
        .join(product, product.c.id == order_line.c.product)
        .where(order_line.c.order == ident)
    )
    return await every(connection, query.order_by(order_line.c.position))


async def payments(connection: AsyncConnection, ident: int) -> list[Row]:
    return await every(connection, select(payment).where(payment.c.order == ident).order_by(payment.c.at, payment.c.id))


async def shares(connection: AsyncConnection, ident: int) -> dict[str, int]:
    query = select(order_share).where(order_share.c.order == ident)
    return shared(await every(connection, query.order_by(order_share.c.percent.desc(), order_share.c.who)))


async def of_opportunity(connection: AsyncConnection, ident: int) -> list[Row]:
    query = select(sales_order, state().label("state")).where(sales_order.c.opportunity == ident)
    return await every(connection, query.order_by(sales_order.c.id))


def listing(me: Me) -> Listing:
    return Listing(
        query=_query().where(seen(me, sales_order)),
        key=sales_order.c.id,
        sorts={name: sales_order.c[name] for name in ("created", "total", "changed")},
        filters={
            "text": text_filter(customer.c.name),
            "state": exact(state(), STATES),
            "status": exact(sales_order.c.status, ORDER_STATUSES),
            "owner": lambda value: sales_order.c.owner == ("" if value == "-" else value),
            "campaign": exact(sales_order.c.campaign),
            "dnis": exact(sales_order.c.dnis),
            "customer": lambda value: sales_order.c.customer == whole(value),
        },
    )


async def purchases(connection: AsyncConnection, customer_id: int) -> list[tuple[float, int]]:
    """When and for how much this customer bought: what was not cancelled, less what was given back. Oldest first."""
    left = (sales_order.c.total - sales_order.c.refunded).label("amount")
    query = select(sales_order.c.created, left).where(
        sales_order.c.customer == customer_id, sales_order.c.status != "cancelled"
    )
    return [(row["created"], int(row["amount"])) for row in await every(connection, query.order_by("created"))]


async def totals(connection: AsyncConnection, me: Me) -> Row:
    """How many orders are not paid, and what is owed."""
    owed = func.coalesce(func.sum(sales_order.c.total - sales_order.c.paid), 0).label("owed")
    query = select(func.count().label("count"), owed).where(
        sales_order.c.paid_at.is_(None), sales_order.c.status != "cancelled", seen(me, sales_order)
    )
    row = await one(connection, query) or {}
    return {name: int(value) for name, value in row.items()}


def _query() -> Select[Any]:
    return select(sales_order, state().label("state"), customer.c.name.label("customer_name")).join(
        customer, customer.c.id == sales_order.c.customer
    )


async def note_order(
    connection: AsyncConnection, customer_id: int, ident: int, what: str, me: Me, at: float, **data: Any
) -> None:
    about = {"kind": "order", "ref": str(ident), "what": what, "by": me.login}
    await timeline.note(connection, customer_id, at=at, **about, url=f"/sales/orders/{ident}", **data)
