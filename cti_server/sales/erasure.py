"""A person who is erased: what was written of them beside leads, opportunities, quotes, orders and returns.

Goods, amounts and dates stay: books must be kept, and figures too.
"""

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.erasure import ERASE_HOOKS
from cti_server.customers.handout import ROW_HOOKS, Rows
from cti_server.customers.person import Subject
from cti_server.sales.paper_tables import payment, quote, return_order, sales_order
from cti_server.sales.tables import lead, opportunity


async def erase(connection: AsyncConnection, subject: Subject) -> None:
    name = f"erased-{subject.ids[0]}"
    await connection.execute(update(lead).where(_theirs(subject)).values(name=name, number="", interest=""))
    await connection.execute(update(lead).where(_numbered(subject)).values(number=""))
    orders = select(sales_order.c.id).where(sales_order.c.customer.in_(subject.ids))
    await connection.execute(update(payment).where(payment.c.order.in_(orders)).values(note=""))
    for table, values in (
        (opportunity, {"title": name, "note": "", "reason": ""}),
        (quote, {"note": ""}),
        (sales_order, {"note": ""}),
        (return_order, {"reason": ""}),
    ):
        await connection.execute(update(table).where(table.c.customer.in_(subject.ids)).values(values))


async def rows_of(connection: AsyncConnection, subject: Subject) -> Rows:
    """Leads that are theirs by a number."""
    rows = await connection.execute(select(lead).where(_theirs(subject)).order_by(lead.c.id))
    return {"lead": [dict(row) for row in rows.mappings()]}


def _theirs(subject: Subject) -> ColumnElement[bool]:
    """Of their records, or of nobody with one of their numbers."""
    return or_(lead.c.customer.in_(subject.ids), lead.c.customer.is_(None) & _numbered(subject))


def _numbered(subject: Subject) -> ColumnElement[bool]:
    bare = func.replace(func.replace(lead.c.number, " ", ""), "-", "")
    return lead.c.number.in_(subject.numbers) | bare.in_(subject.numbers)


ERASE_HOOKS.append(erase)
ROW_HOOKS.append(rows_of)
