"""What the law gives a person: all that is kept of them, handed out as a file; and that it is erased."""

from http import HTTPStatus

from aiohttp import web

from cti_server.customers import handout, queries
from cti_server.customers.erasure import InCall
from cti_server.customers.merge import NotMergeable
from cti_server.customers.pages import ident_of
from cti_server.customers.privacy import erase, hand_out
from cti_server.customers.records import Conflict
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.render import render
from cti_server.web.routes import Route, form, page
from cti_server.web.session import settings_of

_MOST_ID = 2**31


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
    return await hand_out(request, ident_of(request))


async def _erase(request: web.Request) -> web.Response:
    """The record's number must be written once more: nobody erases by a slip."""
    sent = {name: str(value) for name, value in (await request.post()).items()}
    ident, version = ident_of(request), sent.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 11 and int(version) < _MOST_ID):
        raise web.HTTPBadRequest()
    if sent.get("number", "").strip().lstrip("#") != str(ident):
        return await _show(request, "number", HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        await erase(request, ident, int(version))
    except InCall:
        return await _show(request, "in_call", HTTPStatus.CONFLICT)
    except Conflict:
        return await _show(request, "conflict", HTTPStatus.CONFLICT)
    except NotMergeable:
        raise web.HTTPNotFound() from None
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/customers/{ident}"})


ROUTES: tuple[Route, ...] = (
    page("/customers/{id}/privacy", _privacy, Permission.MANAGE_CUSTOMERS),
    form("/customers/{id}/handout", _hand_out, Permission.MANAGE_CUSTOMERS),
    form("/customers/{id}/erase", _erase, Permission.MANAGE_CUSTOMERS),
)
