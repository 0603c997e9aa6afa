"""Who may write the journal: each leader's term has a number, and the journal takes nothing from an older one.

The number stands in a row that every commit locks, so a commit is either before the next term or refused.
"""

import secrets

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.journal import store
from cti_server.journal.tables import mark

_NAME_BITS = 52
_TERM = select(mark.c.value).where(mark.c.name == "term").with_for_update()


class Fenced(Exception):
    """Another term has begun; this one may not write any more."""


async def current_term(connection: AsyncConnection) -> int:
    """The newest term, 0 before the first; it stays the newest until the transaction ends."""
    return int(await connection.scalar(_TERM) or 0)


async def check_term(connection: AsyncConnection, term: int) -> None:
    """First in a transaction. `term` 0: a writer without one. Raises Fenced."""
    if term and (newest := await current_term(connection)) != term:
        raise Fenced(f"term {term} is over, {newest} has begun")


async def next_term(engine: AsyncEngine) -> int:
    """Begin one. A commit of the one before that is under way ends first."""
    async with engine.begin() as connection:
        increased = update(mark).where(mark.c.name == "term").values(value=mark.c.value + 1).returning(mark.c.value)
        if (number := await connection.scalar(increased)) is None:
            number = await connection.scalar(insert(mark).values(name="term", value=1).returning(mark.c.value))
    return int(number or 1)


async def journal_name(engine: AsyncEngine) -> str:
    """The journal's own name: made by chance with the first question, never changed."""
    async with engine.begin() as connection:
        value = await store.set_mark_once(connection, "journal", float(secrets.randbits(_NAME_BITS)))
    return f"{int(value):013x}"
