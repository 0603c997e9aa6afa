"""The scores of one record, with what the tables know of it."""

from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.match import ACTIVE
from cti_server.customers.records import Customer
from cti_server.customers.rules_scores import Score, score
from cti_server.customers.tables import customer, customer_phone


async def score_of(connection: AsyncConnection, one: Customer, now: float) -> Score:
    """`now`: epoch seconds."""
    numbers = [phone.number for phone in one.phones]
    same = customer_phone.c.number.in_(numbers) & (customer.c.id != one.id) & (customer.c.kind == one.kind)
    query = select(func.count(customer.c.id.distinct())).select_from(customer)
    query = query.join(customer_phone, customer_phone.c.customer == customer.c.id).where(same, ACTIVE)
    others = (await connection.execute(query)).scalar_one() if numbers else 0
    return score(one, now=now, this_year=datetime.fromtimestamp(now, UTC).year, others_with_number=others)
