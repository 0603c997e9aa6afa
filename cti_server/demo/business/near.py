"""An engine for a command that has nothing else to do: SQLite without a thread between.

Each statement of `aiosqlite` is handed to a thread and back, some five times; with the sixty thousand statements of the
demo's tickets and deals that is most of the time. Whoever serves calls must not do this: the loop stands still while
SQLite works. It leans on how `aiosqlite` hands its work over (`_tx`, `_thread`), which a test tries.
"""

import sqlite3
from collections.abc import Callable
from threading import Thread
from typing import Any

import aiosqlite
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from cti_server.db import open_engine

_PRAGMAS = ("journal_mode=WAL", "busy_timeout=5000", "foreign_keys=ON", "synchronous=NORMAL")


class _AtOnce:
    """In place of the queue to the thread: what is put there is done."""

    def put_nowait(self, work: tuple[Any, Callable[[], Any]]) -> None:
        future, function = work
        try:
            result = function()
        except BaseException as error:
            if future is None:
                raise
            future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class _Connection(aiosqlite.Connection):
    def __init__(self, path: str) -> None:
        super().__init__(lambda: sqlite3.connect(path), 64)
        self._tx: Any = _AtOnce()
        self._thread = Thread(target=lambda: None)


def near_engine(url: str) -> AsyncEngine:
    """As `db.open_engine`, for a file of SQLite that exists; the same as it for PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return open_engine(url)
    path = parsed.database or ":memory:"

    async def connect() -> aiosqlite.Connection:
        return await _Connection(path)

    engine = create_async_engine(url, async_creator=connect)

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection, _record):  # type: ignore[no-untyped-def]
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
