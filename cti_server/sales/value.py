"""After an order: how often and for how much its customer has bought, in the same transaction as the order."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.tables import customer
from cti_server.journal.clean import small
from cti_server.sales import orders
from cti_server.sales.tables import sales_order


async def bought(connection: AsyncConnection, order: int) -> None:
    """Orders that were not cancelled, less what was given back. Computed columns: the record's version stays."""
    of_order = select(sales_order.c.customer).where(sales_order.c.id == order)
    who = (await connection.execute(of_order)).scalar_one()
    known = await orders.purchases(connection, who)
    figures = {"orders": len(known), "spent": small(sum(amount for _, amount in known))}
    await connection.execute(update(customer).where(customer.c.id == who).values(figures))
