"""Goods that come back. A return names the order's lines and how many of each; a refund takes commission back."""

from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import timeline
from cti_server.customers.tables import customer
from cti_server.sales import earnings, orders
from cti_server.sales.paper_tables import order_line, return_line, return_order, sales_order
from cti_server.sales.queries import Me, Row, add, change, every, limited, one, seen
from cti_server.sales.ruled import order_did
from cti_server.sales.rules import RETURN_STATUSES, Refused, check_step
from cti_server.sales.tables import product
from cti_server.web.lists import Listing, exact, text_filter

MOST_REASON, MOST_TICKET = 500, 40


async def ask(
    connection: AsyncConnection,
    me: Me,
    order: int,
    version: int,
    quantities: dict[int, int],
    at: float,
    *,
    reason: str,
    ticket: str = "",
    call: str = "",
) -> int:
    """`quantities`: by the order's line; `version`: of the order as it was seen. No more than was bought and not asked
    for yet. Raises Refused, Changed, LookupError.
    """
    row = await orders.get(connection, me, order)
    texts = limited({"reason": reason, "ticket": ticket}, reason=MOST_REASON, ticket=MOST_TICKET)
    wanted = {line: number for line, number in quantities.items() if number}
    if not wanted:
        raise Refused("no_lines")
    if row["status"] == "cancelled":
        raise Refused("closed")
    await change(connection, sales_order, order, version, me.login, at)
    left = await returnable(connection, order)
    if any(not 0 < number <= left.get(line, 0) for line, number in wanted.items()):
        raise Refused("returned_already")
    prices = {line["id"]: line["unit_price"] for line in await orders.lines(connection, order)}
    amount = sum(prices[line] * number for line, number in wanted.items())
    stamps = {"created": at, "created_by": me.login, "changed": at, "changed_by": me.login, "version": 1}
    ident = await add(
        connection,
        return_order,
        order=order,
        customer=row["customer"],
        status="asked",
        amount=amount,
        call=call,
        **texts,
        **stamps,
    )
    for line, number in wanted.items():
        values = {"order_line": line, "quantity": number, "amount": prices[line] * number}
        await connection.execute(insert(return_line).values(return_order=ident, **values))
    await _note(connection, row, ident, "asked", me, at, amount, texts["reason"])
    await order_did(connection, me, "returned", order, at, returned=ident)
    return ident


async def returnable(connection: AsyncConnection, order: int) -> dict[int, int]:
    """How many of each line can still come back."""
    query = (
        select(return_line.c.order_line, func.sum(return_line.c.quantity).label("quantity"))
        .join(return_order, return_order.c.id == return_line.c.return_order)
        .where(return_order.c.order == order, return_order.c.status != "refused")
        .group_by(return_line.c.order_line)
    )
    asked = {row["order_line"]: int(row["quantity"]) for row in await every(connection, query)}
    return {line["id"]: line["quantity"] - asked.get(line["id"], 0) for line in await orders.lines(connection, order)}


async def step(
    connection: AsyncConnection, me: Me, ident: int, version: int, status: str, at: float, month: str
) -> None:
    """Received, refunded or refused. No more is given back than was paid."""
    row = await get(connection, me, ident)
    check_step("return", row["status"], status)
    await change(connection, return_order, ident, version, me.login, at, status=status)
    order = await orders.get(connection, me, row["order"])
    if status == "refunded":
        if order["refunded"] + row["amount"] > order["paid"]:
            raise Refused("refund")
        back = order["refunded"] + row["amount"]
        await change(connection, sales_order, order["id"], order["version"], me.login, at, refunded=back)
        before = {line["id"]: line for line in await orders.lines(connection, order["id"])}
        refunds: dict[int, tuple[int, int]] = {}
        for line in await lines(connection, ident):
            was, known = before[line["order_line"]]["returned"], before[line["order_line"]]
            now = was + line["quantity"]
            refunds[known["id"]] = was * known["unit_price"], now * known["unit_price"]
            await connection.execute(update(order_line).where(order_line.c.id == known["id"]).values(returned=now))
        await earnings.take_back(connection, order, refunds, ident, at, month)
    await _note(connection, order, ident, status, me, at, row["amount"], row["reason"])
    await order_did(connection, me, "returned", order["id"], at, returned=ident)


async def get(connection: AsyncConnection, me: Me, ident: int) -> Row:
    """With the customer's name. Raises LookupError."""
    row = await one(connection, _query(me).where(return_order.c.id == ident))
    if row is None:
        raise LookupError(ident)
    return row


async def lines(connection: AsyncConnection, ident: int) -> list[Row]:
    query = (
        select(return_line, product.c.sku, product.c.name_en, product.c.name_zh)
        .join(order_line, order_line.c.id == return_line.c.order_line)
        .join(product, product.c.id == order_line.c.product)
        .where(return_line.c.return_order == ident)
    )
    return await every(connection, query.order_by(return_line.c.order_line))


async def of_order(connection: AsyncConnection, order: int) -> list[Row]:
    return await every(
        connection, select(return_order).where(return_order.c.order == order).order_by(return_order.c.id)
    )


def listing(me: Me) -> Listing:
    return Listing(
        query=_query(me),
        key=return_order.c.id,
        sorts={"created": return_order.c.created, "amount": return_order.c.amount},
        filters={
            "text": text_filter(customer.c.name, return_order.c.ticket),
            "status": exact(return_order.c.status, RETURN_STATUSES),
        },
    )


def _query(me: Me) -> Select[Any]:
    """Who may see the order may see what comes back of it."""
    return (
        select(return_order, customer.c.name.label("customer_name"), sales_order.c.currency)
        .join(customer, customer.c.id == return_order.c.customer)
        .join(sales_order, sales_order.c.id == return_order.c.order)
        .where(seen(me, sales_order))
    )


async def _note(
    connection: AsyncConnection, order: Row, ident: int, what: str, me: Me, at: float, amount: int, said: str
) -> None:
    about = {"kind": "return", "ref": str(ident), "what": what, "by": me.login, "said": said}
    money = {"amount": amount, "currency": order["currency"], "url": f"/sales/orders/{order['id']}"}
    await timeline.note(connection, order["customer"], at=at, **about, **money)
