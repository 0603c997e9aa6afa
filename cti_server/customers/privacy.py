"""What the law gives a person, for a page or a program that asks: all that is kept of them as a file; its erasure."""

import asyncio

import structlog
from aiohttp import web

from cti_server import clock
from cti_server.customers import erasure, handout, queries
from cti_server.customers.person import subject_of
from cti_server.customers.records import Conflict
from cti_server.customers.timeline import note
from cti_server.web.keys import ENGINE, PUBLISH, STATE
from cti_server.web.session import person_of, settings_of

_PIECE = 256 * 1024
_LOOKS, _LOOK_S = 40, 0.05

log = structlog.get_logger()


async def hand_out(request: web.Request, ident: int) -> web.StreamResponse:
    """Send the file, and note that it was. 404 for nobody, and for who was merged or erased."""
    settings, by = settings_of(request), person_of(request).login
    async with request.app[ENGINE].begin() as db:
        one = await queries.get(db, ident)
        if one is None or not one.active:
            raise web.HTTPNotFound()
        rows, files = await handout.gather(db, ident, queries.plan_of(settings), settings)
        await note(db, ident, at=clock.now(), kind="change", ref="", what="exported", by=by)
    packed = await asyncio.to_thread(handout.pack, rows, files)
    log.info("a person's data was handed out", customer=ident, person=by)
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": f'attachment; filename="customer-{ident}.zip"',
        "Cache-Control": "private, no-store",
    }
    response = web.StreamResponse(headers=headers)
    with packed:
        await response.prepare(request)
        while piece := await asyncio.to_thread(packed.read, _PIECE):
            await response.write(piece)
    await response.write_eof()
    return response


async def erase(request: web.Request, ident: int, version: int) -> None:
    """Erase the person of this version of the record, in every table and file.

    Raises `Conflict` for another version, `erasure.InCall`, and `NotMergeable` when somebody else was faster; 404 for
    nobody; 503 when the journal does not come to it.
    """
    engine, settings, by = request.app[ENGINE], settings_of(request), person_of(request).login
    plan = queries.plan_of(settings)
    async with engine.connect() as db:
        one = await queries.get(db, ident)
        if one is None or not one.active:
            raise web.HTTPNotFound()
        if one.version != version:
            raise Conflict(one)
        subject = await subject_of(db, ident, plan)
    at = clock.now()
    told = erasure.events(request.app[STATE](), subject, at)
    for event in told:
        request.app[PUBLISH](event)
    await _heard(request, {event.number for event in told}, at)
    async with engine.begin() as db:
        subject = await erasure.erase(db, ident, version, plan, at=clock.now(), by=by)
        erasure.check_idle(request.app[STATE](), subject)
    log.info("a person was erased", customer=ident, person=by)
    await erasure.sweep(engine, settings)


async def _heard(request: web.Request, numbers: set[str], at: float) -> None:
    """Until the State has taken it in and the journal has written it: only then is it read and changed."""
    engine = request.app[ENGINE]
    for _ in range(_LOOKS):
        known = numbers & request.app[STATE]().last_agents.keys()
        async with engine.connect() as db:
            if not known and await erasure.written(db, numbers, at):
                return
        await asyncio.sleep(_LOOK_S)
    raise web.HTTPServiceUnavailable()
