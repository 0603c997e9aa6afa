"""The live page with what a supervisor may order there, and `/`, which leads everyone to where they work."""

from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from cti_server import clock
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.floor.feed import FLOOR, ROOM
from cti_server.floor.rules import NotNow, NotUnderstood, agent_order, caller_order, queue_order
from cti_server.web import live
from cti_server.web.keys import PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, id_of
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, file, form, page
from cti_server.web.session import person_of, settings_of

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
    texts = words_of(request).group("phase", "status", "direction", "floor", "pause", "target")
    codes = [pause.id for pause in settings_of(request).pause]
    return render(request, "floor/live.html", texts=texts, codes=codes)


async def _socket(request: web.Request) -> web.StreamResponse:
    return await live.serve(request, ROOM, request.app[FLOOR].snapshot)


async def _order(request: web.Request, make: Callable[[State, str, dict[str, str]], Event]) -> web.Response:
    """Publish what was ordered; the page changes when the Event has been applied and comes back."""
    fields = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    try:
        event = make(request.app[STATE](), id_of(request), fields)
    except KeyError:
        raise web.HTTPNotFound() from None
    except NotUnderstood as error:
        raise BadRequest(str(error)) from None
    except NotNow:
        raise web.HTTPConflict() from None
    request.app[PUBLISH](event)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/live"})


async def _order_agent(request: web.Request) -> web.Response:
    by, codes = person_of(request).login, [pause.id for pause in settings_of(request).pause]
    return await _order(
        request,
        lambda state, ident, fields: agent_order(
            state,
            ident,
            fields.get("do", ""),
            at=clock.now(),
            by=by,
            detail=fields.get("detail", ""),
            codes=codes,
        ),
    )


async def _order_queue(request: web.Request) -> web.Response:
    by = person_of(request).login
    return await _order(
        request,
        lambda state, ident, fields: queue_order(state, ident, fields.get("do", ""), at=clock.now(), by=by),
    )


async def _order_caller(request: web.Request) -> web.Response:
    by = person_of(request).login
    return await _order(
        request,
        lambda state, ident, fields: caller_order(state, ident, fields.get("to", ""), at=clock.now(), by=by),
    )


ROUTES: tuple[Route, ...] = (
    page("/", _home, Permission.SIGNED_IN),
    page("/live", _live_page, Permission.SEE_FLOOR),
    file("/live/socket", _socket, Permission.SEE_FLOOR),
    form("/live/agents/{id}", _order_agent, Permission.DIRECT_FLOOR),
    form("/live/queues/{id}", _order_queue, Permission.DIRECT_FLOOR),
    form("/live/calls/{id}", _order_caller, Permission.DIRECT_FLOOR),
)
