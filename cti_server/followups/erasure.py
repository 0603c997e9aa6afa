"""A person who is erased: their messages as sound, notes about them, and numbers of missed callers put aside."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server import clock
from cti_server.customers.erasure import ERASE_HOOKS, SWEEPS
from cti_server.customers.handout import FILE_HOOKS, ROW_HOOKS, Files, Rows
from cti_server.customers.person import Subject
from cti_server.db import insert_into
from cti_server.followups import queries
from cti_server.followups.rules import Scope
from cti_server.followups.sound import sound_of
from cti_server.followups.tables import callback_note, dismissed_suggestion, voicemail_task
from cti_server.journal.tables import leg, voicemail
from cti_server.settings import Settings

ERASED = "erased"
"""In the place of who noted something: the message's sound is to be deleted, and is when `noted` says when."""
_CHUNK = 500

log = structlog.get_logger()


async def erase(connection: AsyncConnection, subject: Subject) -> None:
    """Mark the messages; the note goes, and that it was done stays."""
    dismissed = update(dismissed_suggestion).where(dismissed_suggestion.c.number.in_(subject.numbers))
    await connection.execute(dismissed.values(number=""))
    for noted in _noted(subject):
        await connection.execute(update(callback_note).where(noted).values(number="", note=""))
    for ident in await _messages(connection, subject):
        fresh = {"voicemail": ident, "done": None, "done_by": "", "note": "", "noted": None, "noted_by": ERASED}
        saved = insert_into(connection, voicemail_task).values(fresh)
        gone = {"note": "", "noted": None, "noted_by": ERASED}
        await connection.execute(saved.on_conflict_do_update(index_elements=["voicemail"], set_=gone))


async def sweep(engine: AsyncEngine, settings: Settings) -> None:
    """Delete the sound of marked messages. A folder that is not there may come back: it is tried again."""
    marked = voicemail_task.c.noted_by == ERASED, voicemail_task.c.noted.is_(None)
    async with engine.connect() as db:
        idents = list(await db.scalars(select(voicemail_task.c.voicemail).where(*marked)))
    for ident in idents:
        message = await queries.one_voicemail(engine, ident, Scope())
        try:
            gone = message is None or await asyncio.to_thread(_delete, settings.recordings(), message)
        except OSError as error:
            log.error("an erased message could not be deleted; it is tried again", id=ident, error=str(error))
            continue
        if gone:
            async with engine.begin() as db:
                this = update(voicemail_task).where(*marked, voicemail_task.c.voicemail == ident)
                await db.execute(this.values(noted=clock.now()))
            log.info("a message was erased", voicemail=ident)


async def handed_out(connection: AsyncConnection, subject: Subject, settings: Settings) -> Files:
    """The sound of their messages."""
    found: Files = []
    for ident in await _messages(connection, subject):
        message = await queries.voicemail_of(connection, ident)
        path = await asyncio.to_thread(sound_of, settings.recordings(), message) if message else None
        if path is not None:
            found.append((f"messages/{re.sub(r'[^A-Za-z0-9._-]', '_', ident)}.wav", path))
    return found


async def rows_of(connection: AsyncConnection, subject: Subject) -> Rows:
    found: Rows = {"voicemail_task": [], "callback_note": []}
    for noted in _noted(subject):
        rows = await connection.execute(select(callback_note).where(noted))
        found["callback_note"] += [dict(row) for row in rows.mappings()]
    for ident in await _messages(connection, subject):
        rows = await connection.execute(select(voicemail_task).where(voicemail_task.c.voicemail == ident))
        found["voicemail_task"] += [dict(row) for row in rows.mappings()]
    return found


def _noted(subject: Subject) -> Iterator[ColumnElement[bool]]:
    """What was noted of callbacks to their numbers, or promised in their calls."""
    yield callback_note.c.number.in_(subject.numbers)
    for start in range(0, len(subject.calls), _CHUNK):
        yield callback_note.c.call.in_(subject.calls[start : start + _CHUNK]) & (callback_note.c.number != "")


async def _messages(connection: AsyncConnection, subject: Subject) -> list[str]:
    """The ids of the messages that they left."""
    idents: list[str] = []
    for start in range(0, len(subject.calls), _CHUNK):
        legs = select(leg.c.id).where(leg.c.call.in_(subject.calls[start : start + _CHUNK]))
        idents += await connection.scalars(select(voicemail.c.id).where(voicemail.c.channel.in_(legs)))
    return idents


def _delete(folders: Sequence[Path], message: queries.Message) -> bool:
    """Whether it is certain that it is gone."""
    path = sound_of(folders, message)
    if path is not None:
        path.unlink(missing_ok=True)
    return path is not None or any(folder.is_dir() for folder in folders)


ERASE_HOOKS.append(erase)
FILE_HOOKS.append(handed_out)
ROW_HOOKS.append(rows_of)
SWEEPS.append(sweep)
