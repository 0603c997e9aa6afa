"""What the law gives a person: all that is kept of them, handed out as a file; and that it is erased."""

import asyncio
from http import HTTPStatus

import structlog
from aiohttp import web

from cti_server import clock
from cti_server.customers import erasure, handout, queries
from cti_server.customers.erasure import InCall
from cti_server.customers.merge import NotMergeable
from cti_server.customers.pages import ident_of
from cti_server.customers.person import subject_of
from cti_server.customers.records import Conflict
from cti_server.customers.timeline import note
from cti_server.web.keys import ENGINE, PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import render
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of, settings_of

_PIECE = 256 * 1024
_LOOKS, _LOOK_S = 40, 0.05
_MOST_ID = 2**31

log = structlog.get_logger()


async def _privacy(request: web.Request) -> web.Response:
    return await _show(request)


async def _show(request: web.Request, wrong: str = "", status: int = HTTPStatus.OK) -> web.Response:
    """What there is of the person, in numbers, before anything is done."""
    settings = settings_of(request)
    async with request.app[ENGINE].connect() as db:
        one = await queries.get(db, ident_of(request))
        if one is None or not one.active:
            raise web.HTTPNotFound()
        rows, files = await handout.gather(db, one.id, queries.plan_of(settings), settings)
    counts = {name: len(rows.get(name, ())) for name in ("timeline", "call", "ticket", "sales_order", "voicemail")}
    counts["recordings"] = sum(name.startswith("recordings/") for name, _ in files)
    return render(request, "customers/privacy.html", one=one, counts=counts, wrong=wrong, status=status)


async def _hand_out(request: web.Request) -> web.StreamResponse:
    ident, settings, by = ident_of(request), settings_of(request), person_of(request).login
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


async def _erase(request: web.Request) -> web.Response:
    """The record's number must be written once more: nobody erases by a slip."""
    sent = {name: str(value) for name, value in (await request.post()).items()}
    ident, version, settings = ident_of(request), sent.get("version", ""), settings_of(request)
    if not (version.isascii() and version.isdigit() and len(version) < 11 and int(version) < _MOST_ID):
        raise web.HTTPBadRequest()
    if sent.get("number", "").strip().lstrip("#") != str(ident):
        return await _show(request, "number", HTTPStatus.UNPROCESSABLE_ENTITY)
    engine, plan, by = request.app[ENGINE], queries.plan_of(settings), person_of(request).login
    async with engine.connect() as db:
        one = await queries.get(db, ident)
        if one is None or not one.active:
            raise web.HTTPNotFound()
        if one.version != int(version):
            return await _show(request, "conflict", HTTPStatus.CONFLICT)
        subject = await subject_of(db, ident, plan)
    try:
        at = clock.now()
        told = erasure.events(request.app[STATE](), subject, at)
        for event in told:
            request.app[PUBLISH](event)
        await _heard(request, {event.number for event in told}, at)
        async with engine.begin() as db:
            subject = await erasure.erase(db, ident, int(version), plan, at=clock.now(), by=by)
            erasure.check_idle(request.app[STATE](), subject)
    except InCall:
        return await _show(request, "in_call", HTTPStatus.CONFLICT)
    except Conflict:
        return await _show(request, "conflict", HTTPStatus.CONFLICT)
    except NotMergeable:
        raise web.HTTPNotFound() from None
    log.info("a person was erased", customer=ident, person=by)
    await erasure.sweep(engine, settings)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/customers/{ident}"})


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


ROUTES: tuple[Route, ...] = (
    page("/customers/{id}/privacy", _privacy, Permission.MANAGE_CUSTOMERS),
    form("/customers/{id}/handout", _hand_out, Permission.MANAGE_CUSTOMERS),
    form("/customers/{id}/erase", _erase, Permission.MANAGE_CUSTOMERS),
)
