"""A person's recordings: handed out with all else about them, or erased: the row stays, without path, seal and words.

Rows are marked in the transaction of the erasure, and files deleted when it is committed. What could not be deleted
then is deleted in the next night: a marked row keeps its path until its file is gone.
"""

import asyncio
from itertools import product
from pathlib import Path

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.erasure import ERASE_HOOKS, SWEEPS
from cti_server.customers.handout import FILE_HOOKS, ROW_HOOKS, Files, Rows
from cti_server.customers.person import Subject
from cti_server.paths import PathError, file_inside, inside
from cti_server.recording import files
from cti_server.recording.files import Side
from cti_server.recording.tables import recording
from cti_server.settings import Settings

_CHUNK = 500
_SIDES: tuple[Side, Side] = ("agent", "caller")

log = structlog.get_logger()


async def erase(connection: AsyncConnection, subject: Subject) -> None:
    """Mark them: from now on nobody can hear them."""
    for start in range(0, len(subject.calls), _CHUNK):
        chunk = subject.calls[start : start + _CHUNK]
        theirs = update(recording).where(recording.c.call.in_(chunk), recording.c.status != "erased")
        await connection.execute(theirs.values(status="erased", flags="", note="", sha256=""))


async def sweep(engine: AsyncEngine, settings: Settings) -> None:
    """Delete the files of marked rows: the sealed one with what is beside it, and the PBX's originals."""
    c = recording.c
    columns = (c.id, c.leg, c.started, c.path, c.agent_file, c.caller_file)
    left = (c.path != "") | (c.agent_file != "") | (c.caller_file != "") | c.sealed.is_not(None)
    async with engine.connect() as db:
        rows = (await db.execute(select(*columns).where(c.status == "erased", left))).all()
    for row in rows:
        try:
            told: dict[Side, str] = {"agent": row.agent_file, "caller": row.caller_file}
            await asyncio.to_thread(_delete, settings, row.path, told, row.leg, row.started)
        except (OSError, PathError) as error:
            log.error("an erased recording could not be deleted; it is tried again", id=row.id, error=str(error))
            continue
        gone = {"path": "", "agent_file": "", "caller_file": "", "size": None, "sealed": None}
        async with engine.begin() as db:
            await db.execute(update(recording).where(c.id == row.id).values(gone))
        log.info("a recording was erased", id=row.id)


async def handed_out(connection: AsyncConnection, subject: Subject, settings: Settings) -> Files:
    """The sealed recordings of their calls."""
    found: Files = []
    for start in range(0, len(subject.calls), _CHUNK):
        theirs = recording.c.call.in_(subject.calls[start : start + _CHUNK]) & (recording.c.status == "sealed")
        for ident, path in await connection.execute(select(recording.c.id, recording.c.path).where(theirs)):
            sealed = file_inside(settings.recording.sealed_dir, Path(path))
            if sealed is not None:
                found.append((f"recordings/{ident}{sealed.suffix}", sealed))
    return found


async def rows_of(connection: AsyncConnection, subject: Subject) -> Rows:
    found: Rows = {"recording": []}
    for start in range(0, len(subject.calls), _CHUNK):
        theirs = recording.c.call.in_(subject.calls[start : start + _CHUNK]) & (recording.c.status != "erased")
        query = select(recording).where(theirs).order_by(recording.c.id)
        found["recording"] += [dict(row) for row in (await connection.execute(query)).mappings()]
    return found


def _delete(settings: Settings, path: str, told: dict[Side, str], leg: str, started: float) -> None:
    if path:
        sealed = inside(settings.recording.sealed_dir, Path(path))
        for each in (sealed, files.hash_file(sealed), files.peaks_file(sealed)):
            each.unlink(missing_ok=True)
    for folder, side in product(settings.recordings(), _SIDES):
        if original := files.original(folder, told[side], leg, side, started):
            original.unlink(missing_ok=True)


ERASE_HOOKS.append(erase)
FILE_HOOKS.append(handed_out)
ROW_HOOKS.append(rows_of)
SWEEPS.append(sweep)
