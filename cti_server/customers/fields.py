"""The site's own fields of a customer: kept in `customer_field`, their values in `customer.extra`."""

import json

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.rules import Field
from cti_server.customers.tables import customer_field
from cti_server.db import insert_into
from cti_server.journal.clean import clean

MOST_FIELDS = 100


async def all_fields(connection: AsyncConnection) -> list[Field]:
    """In the order in which people put them."""
    rows = await connection.execute(select(customer_field).order_by(customer_field.c.position, customer_field.c.id))
    return [
        Field(**{n: row[n] for n in Field.__struct_fields__} | {"choices": json.loads(row["choices"])})
        for row in rows.mappings()
    ]


async def save_field(connection: AsyncConnection, field: Field) -> bool:
    """Make it, or change one of the same id. The type of a field that exists stays: its values are of that type.

    False when there are `MOST_FIELDS` already.
    """
    known = {each.id: each for each in await all_fields(connection)}
    if field.id not in known and len(known) >= MOST_FIELDS:
        return False
    row = {n: getattr(field, n) for n in Field.__struct_fields__}
    row |= {"choices": json.dumps(field.choices, ensure_ascii=False)}
    if field.id in known:
        row["type"] = known[field.id].type
    saved = insert_into(connection, customer_field).values(clean(row))
    await connection.execute(saved.on_conflict_do_update(index_elements=[customer_field.c.id], set_=row))
    return True


async def remove_field(connection: AsyncConnection, ident: str) -> None:
    """No longer asked for. Values that records have stay in them, and are shown again with a field of the same id."""
    await connection.execute(delete(customer_field).where(customer_field.c.id == ident))


async def next_position(connection: AsyncConnection) -> int:
    last = (await connection.execute(select(func.max(customer_field.c.position)))).scalar_one()
    return 0 if last is None else last + 1
