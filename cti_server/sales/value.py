"""What sales tells customers of orders: after each one, in its transaction, and all of them for the nightly figures."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import clock
from cti_server.customers.value import SOURCES, after_order
from cti_server.customers.value.rules import Purchase
from cti_server.sales.paper_tables import sales_order


async def bought(connection: AsyncConnection, order: int) -> None:
    """An order was placed, changed, cancelled or given back: its customer's figures are made anew."""
    of_order = select(sales_order.c.customer).where(sales_order.c.id == order)
    who = (await connection.execute(of_order)).scalar_one()
    await after_order(connection, who, clock.now())


async def purchases(connection: AsyncConnection, customer: int | None) -> dict[int, list[Purchase]]:
    """By customer, of one or of all: orders that were not cancelled, less what was given back. Oldest first."""
    left = (sales_order.c.total - sales_order.c.refunded).label("amount")
    query = select(sales_order.c.customer, sales_order.c.created, left).where(sales_order.c.status != "cancelled")
    if customer is not None:
        query = query.where(sales_order.c.customer == customer)
    found: dict[int, list[Purchase]] = {}
    for who, at, amount in await connection.execute(query.order_by(sales_order.c.created, sales_order.c.id)):
        found.setdefault(who, []).append((at, int(amount)))
    return found


SOURCES.append(purchases)
