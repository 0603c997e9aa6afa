"""A person who is erased: what was written of them beside leads, opportunities, quotes, orders and returns.

Goods, amounts and dates stay: books must be kept, and figures too.
"""

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.erasure import ERASE_HOOKS
from cti_server.customers.person import Subject
from cti_server.sales.tables import lead, opportunity, payment, quote, return_order, sales_order


async def erase(connection: AsyncConnection, subject: Subject) -> None:
    name = f"erased-{subject.ids[0]}"
    known = or_(lead.c.customer.in_(subject.ids), lead.c.number.in_(subject.numbers))
    await connection.execute(update(lead).where(known).values(name=name, number="", interest=""))
    orders = select(sales_order.c.id).where(sales_order.c.customer.in_(subject.ids))
    await connection.execute(update(payment).where(payment.c.order.in_(orders)).values(note=""))
    for table, values in (
        (opportunity, {"title": name, "note": "", "reason": ""}),
        (quote, {"note": ""}),
        (sales_order, {"note": ""}),
        (return_order, {"reason": ""}),
    ):
        await connection.execute(update(table).where(table.c.customer.in_(subject.ids)).values(values))


ERASE_HOOKS.append(erase)
