"""The live page, and `/`, which leads everyone to where they work."""

from aiohttp import web

from cti_server.floor.feed import FLOOR, ROOM
from cti_server.web import live
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, file, page
from cti_server.web.session import person_of

_HOMES = (
    (Permission.SEE_FLOOR, "/live"),
    (Permission.USE_DESK, "/desk"),
    (Permission.READ_CALLS, "/calls"),
)


async def _home(request: web.Request) -> web.Response:
    person = person_of(request)
    target = next((path for permission, path in _HOMES if person.may(permission)), None)
    if target is None:
        raise web.HTTPForbidden()
    return web.Response(status=303, headers={"Location": target})


async def _live_page(request: web.Request) -> web.Response:
    texts = words_of(request).group("phase", "status", "direction", "floor", "pause")
    return render(request, "floor/live.html", texts=texts)


async def _socket(request: web.Request) -> web.StreamResponse:
    return await live.serve(request, ROOM, request.app[FLOOR].snapshot)


ROUTES: tuple[Route, ...] = (
    page("/", _home, Permission.SIGNED_IN),
    page("/live", _live_page, Permission.SEE_FLOOR),
    file("/live/socket", _socket, Permission.SEE_FLOOR),
)
