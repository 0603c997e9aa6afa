"""A person who is erased: their messages as sound, notes about them, and numbers of missed callers put aside."""

import asyncio

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.erasure import ERASE_HOOKS, SWEEPS
from cti_server.customers.person import Subject
from cti_server.db import insert_into
from cti_server.followups import queries
from cti_server.followups.rules import Scope
from cti_server.followups.sound import sound_of
from cti_server.followups.tables import dismissed_suggestion, voicemail_task
from cti_server.journal.tables import leg, voicemail
from cti_server.settings import Settings

ERASED = "erased"
"""In the place of who noted something: the message's sound is to be deleted, or is."""
_CHUNK = 500

log = structlog.get_logger()


async def erase(connection: AsyncConnection, subject: Subject) -> None:
    """Mark the messages; the note goes, and that it was done stays."""
    dismissed = update(dismissed_suggestion).where(dismissed_suggestion.c.number.in_(subject.numbers))
    await connection.execute(dismissed.values(number=""))
    idents: list[str] = []
    for start in range(0, len(subject.calls), _CHUNK):
        legs = select(leg.c.id).where(leg.c.call.in_(subject.calls[start : start + _CHUNK]))
        idents += await connection.scalars(select(voicemail.c.id).where(voicemail.c.channel.in_(legs)))
    for ident in idents:
        fresh = {"voicemail": ident, "done": None, "done_by": "", "note": "", "noted": None, "noted_by": ERASED}
        saved = insert_into(connection, voicemail_task).values(fresh)
        gone = {"note": "", "noted": None, "noted_by": ERASED}
        await connection.execute(saved.on_conflict_do_update(index_elements=["voicemail"], set_=gone))


async def sweep(engine: AsyncEngine, settings: Settings) -> None:
    """Delete the sound of marked messages."""
    async with engine.connect() as db:
        marked = list(await db.scalars(select(voicemail_task.c.voicemail).where(voicemail_task.c.noted_by == ERASED)))
    for ident in marked:
        message = await queries.one_voicemail(engine, ident, Scope())
        if message is None:
            continue
        path = await asyncio.to_thread(sound_of, settings.recordings(), message)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            log.info("a message was erased", voicemail=ident)


ERASE_HOOKS.append(erase)
SWEEPS.append(sweep)
