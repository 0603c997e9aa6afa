"""A file of sound for a player (with Range, so that it can seek), and the line that says who heard it.

A player asks for a file in many pieces: one that begins at the first byte is a play of its own, a later piece counts
as a play only if the same person has none on record within the last hour.
"""

from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy import Column, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.web.keys import ENGINE
from cti_server.web.session import address_of, person_of

_SAME_PLAY_S = 3600.0

log = structlog.get_logger()


async def send_sound(
    request: web.Request, path: Path, media_type: str, name: str, subject: Column[Any], key: int | str
) -> web.FileResponse:
    """The file as `name` without its suffix, to play or (`?download=1`) to keep; written down before it is sent.

    `subject`: the column that names what was heard, of a table that also has `at`, `login`, `kind` and `address`.
    """
    download = request.query.get("download") == "1"
    if request.method == "GET":
        await _write_down(request, "download" if download else "play", subject, key)
    how = "attachment" if download else "inline"
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": f'{how}; filename="{name}{path.suffix}"',
        "Cache-Control": "private, no-store",
    }
    return web.FileResponse(path, headers=headers)


async def _write_down(request: web.Request, kind: str, subject: Column[Any], key: int | str) -> None:
    engine, login, now = request.app[ENGINE], person_of(request).login, clock.now()
    if kind == "play" and _start(request) != 0 and await _heard(engine, subject, key, login, now - _SAME_PLAY_S):
        return
    row = {subject.name: key, "at": now, "login": login, "kind": kind, "address": address_of(request)}
    async with engine.begin() as db:
        await db.execute(insert(subject.table).values(row))
    log.info("heard", what=subject.name, id=key, kind=kind, person=login, address=row["address"])


def _start(request: web.Request) -> int:
    try:
        return request.http_range.start or 0
    except ValueError:
        return 0


async def _heard(engine: AsyncEngine, subject: Column[Any], key: int | str, login: str, since: float) -> bool:
    table = subject.table
    query = select(table.c.id).where(subject == key, table.c.login == login, table.c.at > since)
    async with engine.connect() as db:
        return (await db.execute(query.limit(1))).first() is not None
