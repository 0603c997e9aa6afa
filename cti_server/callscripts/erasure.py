"""A person who is erased: what they answered goes, that it was asked stays; and what is handed out."""

from collections.abc import Iterator

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.callscripts.tables import script_answer
from cti_server.customers.erasure import ERASE_HOOKS
from cti_server.customers.handout import ROW_HOOKS, Rows
from cti_server.customers.person import Subject

_CHUNK = 500


async def erase(connection: AsyncConnection, subject: Subject) -> None:
    """The question may name the caller too."""
    for calls in _chunks(subject.calls):
        theirs = update(script_answer).where(script_answer.c.call.in_(calls))
        await connection.execute(theirs.values(question="", answer=""))


async def rows_of(connection: AsyncConnection, subject: Subject) -> Rows:
    """What was answered in their calls."""
    found: Rows = {"script_answer": []}
    for calls in _chunks(subject.calls):
        query = select(script_answer).where(script_answer.c.call.in_(calls)).order_by(script_answer.c.at)
        found["script_answer"] += [dict(row) for row in (await connection.execute(query)).mappings()]
    return found


def _chunks(calls: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(calls), _CHUNK):
        yield calls[start : start + _CHUNK]


ERASE_HOOKS.append(erase)
ROW_HOOKS.append(rows_of)
