"""Attachments to the browser: always as a download, never as a page of ours."""

import asyncio
from urllib.parse import quote

import structlog
from aiohttp import web
from sqlalchemy import select

from cti_server.tickets import files
from cti_server.tickets.model import File
from cti_server.tickets.site import ident_of, reading
from cti_server.tickets.tables import ticket_file
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, file
from cti_server.web.session import settings_of

log = structlog.get_logger()


async def _send(request: web.Request) -> web.StreamResponse:
    ident, number = ident_of(request), ident_of(request, "file")
    wanted = select(ticket_file).where(ticket_file.c.id == number, ticket_file.c.ticket == ident)
    async with reading(request) as db:
        row = (await db.execute(wanted)).mappings().first()
    if row is None:
        raise web.HTTPNotFound()
    one = File(**{name: row[name] for name in File.__struct_fields__})
    path = await asyncio.to_thread(files.found, settings_of(request).server.data_dir, one)
    if path is None:
        log.error("an attachment is gone", ticket=ident, file=number)
        raise web.HTTPNotFound()
    headers = {
        "Content-Type": one.type,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(one.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return web.FileResponse(path, headers=headers)


ROUTES: tuple[Route, ...] = (
    file("/tickets/{id}/files/{file}", _send, Permission.SEE_TICKETS),
    file("/api/v1/tickets/{id}/files/{file}", _send, Permission.SEE_TICKETS),
)
