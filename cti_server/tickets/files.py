"""Attachments: kept below `server.data_dir`/attachments under random names, and served so that no browser runs them.

A file whose bytes are not what its name says is refused, and so is a program.
"""

import asyncio
import hashlib
import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.clean import text
from cti_server.paths import file_inside
from cti_server.tickets import changes, sniff
from cti_server.tickets.hand import Tables
from cti_server.tickets.model import File
from cti_server.tickets.rules import Refused
from cti_server.tickets.tables import ticket_file

FOLDER = "attachments"
MOST_BYTES = 20 * 1024 * 1024
MOST_OF_A_TICKET = 200
_MOST_NAME = 150


async def attach(
    db: AsyncConnection,
    data_dir: Path,
    ident: int,
    name: str,
    said: str,
    data: bytes,
    *,
    by: str,
    at: float,
    of: Tables,
    comment: int | None = None,
) -> File:
    """Keep a file with a ticket. `said`: the media type that was claimed. Raises Refused with what is wrong with it."""
    name = file_name(name)
    check(name, said, data)
    media = sniff.type_of(data)
    count = select(func.count()).where(ticket_file.c.ticket == ident)
    if (await db.execute(count)).scalar_one() >= MOST_OF_A_TICKET:
        raise Refused("many_files", most=MOST_OF_A_TICKET)
    stored = await asyncio.to_thread(_keep, data_dir / FOLDER, data)
    values: dict[str, Any] = {"ticket": ident, "comment": comment, "name": name, "type": media, "size": len(data)}
    values |= {"stored": stored, "at": at, "by": by}
    try:
        made = insert(ticket_file).values(**values, sha256=hashlib.sha256(data).hexdigest()).returning(ticket_file.c.id)
        number = (await db.execute(made)).scalar_one()
        await changes.note(db, ident, "file", name, by=by, at=at, of=of)
    except BaseException:
        (data_dir / FOLDER / stored).unlink(missing_ok=True)
        raise
    return File(id=number, **values)


def check(name: str, said: str, data: bytes) -> None:
    """Raises Refused for a file that is empty, too large, a program, or something else than it says."""
    if not data:
        raise Refused("file_empty", name=name)
    if len(data) > MOST_BYTES:
        raise Refused("file_large", name=name, most=MOST_BYTES // 1024 // 1024)
    media = sniff.type_of(data)
    if sniff.sort_of(media) == "program":
        raise Refused("file_program", name=name)
    if sniff.lies(name, said, media):
        raise Refused("file_lies", name=name, says=sniff.claimed_sort(name, said)[0], real=sniff.sort_of(media))


def file_name(given: str) -> str:
    """The last part of a name that came from elsewhere, without what has no place in one."""
    last = text(given).replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign if sign.isprintable() else " " for sign in last).strip(" .")
    if len(shown) > _MOST_NAME:
        stem, dot, ending = shown.rpartition(".")
        shown = f"{stem[: _MOST_NAME - 20]}{dot}{ending[:19]}" if dot else shown[:_MOST_NAME]
    return shown or "file"


def found(data_dir: Path, file: File) -> Path | None:
    return file_inside(data_dir / FOLDER, Path(file.stored))


def _keep(folder: Path, data: bytes) -> str:
    name = secrets.token_hex(20)
    stored = f"{name[:2]}/{name}"
    path = folder / stored
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return stored
