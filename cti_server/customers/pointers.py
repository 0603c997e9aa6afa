"""Every column of every context that points at a customer by a foreign key, found in the schema itself.

So that merging, exporting and erasing reach tickets, orders and whatever comes later without knowing of them. Only
tables that are loaded are seen: the server loads all.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.tables import (
    customer,
    customer_consent,
    customer_email,
    customer_merge,
    customer_phone,
    customer_tag,
    timeline,
)
from cti_server.customers.value.tables import customer_value
from cti_server.db import metadata

OWN = (customer, customer_phone, customer_email, customer_tag, customer_consent, customer_merge, timeline)
"""Tables of this context that are dealt with one by one."""
COMPUTED = (customer_value,)
"""Made again from other rows; never moved."""
_CHUNK = 500


def pointers() -> Iterator[Column[Any]]:
    """The columns outside of `OWN` and `COMPUTED`, by name."""
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        if table in OWN or table in COMPUTED:
            continue
        for column in table.columns:
            if any(key.column is customer.c.id for key in column.foreign_keys):
                yield column


async def rows_of(connection: AsyncConnection, ident: int) -> dict[str, list[dict[str, Any]]]:
    """All rows that point at a customer, by the name of their table."""
    found: dict[str, list[dict[str, Any]]] = {}
    for column in pointers():
        query = select(column.table).where(column == ident).order_by(*_key(column))
        if rows := [dict(row) for row in (await connection.execute(query)).mappings()]:
            found.setdefault(column.table.name, []).extend(rows)
    return found


async def below(connection: AsyncConnection, found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """All rows that point at any of `found` (rows by table), once each: lines of orders, comments on tickets."""
    more: dict[str, list[dict[str, Any]]] = {}
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        if table in OWN or table.name in found:
            continue
        by_key: dict[tuple[Any, ...], dict[str, Any]] = {}
        keys = list(table.primary_key.columns)
        for column in table.columns:
            for key in column.foreign_keys:
                idents = [row[key.column.name] for row in found.get(key.column.table.name, ())]
                for start in range(0, len(idents), _CHUNK):
                    query = select(table).where(column.in_(idents[start : start + _CHUNK])).order_by(*keys)
                    for row in (await connection.execute(query)).mappings():
                        by_key[tuple(row[key.name] for key in keys)] = dict(row)
        if by_key:
            more[table.name] = list(by_key.values())
    return more


async def move(connection: AsyncConnection, gone: int, kept: int) -> dict[str, list[list[Any]]]:
    """Point all that points at `gone` at `kept`; gives the keys of the rows, by `table.column`.

    A row of which `kept` has the like, where there may be one only, stays where it is.
    """
    moved: dict[str, list[list[Any]]] = {}
    for column in pointers():
        keys = _key(column)
        for row in (await connection.execute(select(*keys).where(column == gone).order_by(*keys))).all():
            this = update(column.table).where(*(key == value for key, value in zip(keys, row, strict=True)))
            try:
                async with connection.begin_nested():
                    await connection.execute(this.values({column.name: kept}))
            except IntegrityError:
                continue
            moved.setdefault(f"{column.table.name}.{column.name}", []).append(list(row))
    return moved


async def move_back(connection: AsyncConnection, moved: dict[str, list[list[Any]]], gone: int, kept: int) -> None:
    """What `move` moved and nobody has moved since."""
    for column in pointers():
        keys = _key(column)
        for row in moved.get(f"{column.table.name}.{column.name}", ()):
            this = update(column.table).where(*(key == value for key, value in zip(keys, row, strict=True)))
            await connection.execute(this.where(column == kept).values({column.name: gone}))


async def forget_computed(connection: AsyncConnection, ident: int) -> None:
    for table in COMPUTED:
        await connection.execute(delete(table).where(table.c.customer == ident))


def _key(column: Column[Any]) -> list[Column[Any]]:
    table = column.table
    assert isinstance(table, Table)
    return list(table.primary_key.columns)
