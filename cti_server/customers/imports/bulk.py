"""Many rows into a table, as each database takes them fastest: COPY on PostgreSQL, one statement often on SQLite."""

import asyncio
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection as Psycopg
from psycopg import sql
from sqlalchemy import Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.clean import clean

_AT_ONCE = 500
"""Rows between two turns of the loop, which has calls to see to."""


async def add(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """All with the same keys, in the transaction of `connection`. Changes the rows so that they can be stored."""
    for start in range(0, len(rows), _AT_ONCE):
        chunk = [clean(row) for row in rows[start : start + _AT_ONCE]]
        if connection.dialect.name == "postgresql":
            await _copy(connection, table, chunk)
        else:
            await connection.execute(insert(table), chunk)
        await asyncio.sleep(0)


async def add_with_ids(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> list[int]:
    """The same for a table whose key is a serial `id`; gives the ids, in order."""
    if not rows:
        return []
    if connection.dialect.name == "postgresql":
        following = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
        idents = list(await connection.scalars(select(following).select_from(func.generate_series(1, len(rows)))))
    else:
        # One who writes has the whole of SQLite to himself: no id can come between.
        highest = await connection.scalar(select(func.max(table.c.id))) or 0
        idents = list(range(highest + 1, highest + 1 + len(rows)))
    await add(connection, table, [{"id": ident} | row for ident, row in zip(idents, rows, strict=True)])
    return idents


async def _copy(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Psycopg)
    columns = list(rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    async with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row([row[name] for name in columns])
