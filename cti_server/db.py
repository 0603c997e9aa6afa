"""The database: one async engine, SQLite (WAL) by default or PostgreSQL by URL, and the tables' common base."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def open_engine(url: str) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///FILE` or `postgresql+psycopg://...`.

    SQLite gets WAL, a busy timeout and foreign keys on each connection; its folder is made when missing.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url)

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection, _record):  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "busy_timeout=5000", "foreign_keys=ON", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def insert_into(connection: AsyncConnection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the words of the database at hand."""
    return _insert(connection.dialect.name, table)


async def upsert(
    connection: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]], *, keep: str = ""
) -> None:
    """Insert whole rows, or replace by primary key those that are there. `keep`: a column that is left alone."""
    if rows:
        await connection.execute(_upsert(connection.dialect.name, table, keep), list(rows))


@cache
def _upsert(dialect: str, table: Table, keep: str) -> Any:
    statement = _insert(dialect, table)
    keys = {column.name for column in table.primary_key.columns}
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys and c.name != keep}
    return statement.on_conflict_do_update(index_elements=sorted(keys), set_=changed)


def _insert(dialect: str, table: Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def limit(engine: AsyncEngine, seconds: float) -> asyncio.Timeout:
    """How long work with the database may take; for SQLite no limit from here.

    A statement that is cancelled under aiosqlite goes on in its thread, and can leave its connection behind with the
    write lock. SQLite waits for a lock itself (`busy_timeout`) and then says so.
    """
    return asyncio.timeout(None if engine.dialect.name == "sqlite" else seconds)
