"""A person who is erased: the words of the notes go, that there was one and its code stay; and what is handed out."""

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.erasure import ERASE_HOOKS
from cti_server.customers.handout import ROW_HOOKS, Rows
from cti_server.customers.person import Subject
from cti_server.journal.tables import leg
from cti_server.wrapup.tables import call_note

_CHUNK = 500


async def erase(connection: AsyncConnection, subject: Subject) -> None:
    """The version counts on, so that a desk that still shows the words does not bring them back."""
    for start in range(0, len(subject.calls), _CHUNK):
        theirs = update(call_note).where(_of(subject.calls[start : start + _CHUNK]))
        await connection.execute(theirs.values(note="", version=call_note.c.version + 1))


async def rows_of(connection: AsyncConnection, subject: Subject) -> Rows:
    """What was noted of their calls."""
    found: Rows = {"call_note": []}
    for start in range(0, len(subject.calls), _CHUNK):
        query = select(call_note).where(_of(subject.calls[start : start + _CHUNK])).order_by(call_note.c.leg)
        found["call_note"] += [dict(row) for row in (await connection.execute(query)).mappings()]
    return found


def _of(calls: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(call_note.c.call.in_(calls), call_note.c.leg.in_(select(leg.c.id).where(leg.c.call.in_(calls))))


ERASE_HOOKS.append(erase)
ROW_HOOKS.append(rows_of)
