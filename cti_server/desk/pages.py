"""`/desk`, its WebSocket, and the buttons of one's own state.

A button publishes an Event and answers at once; the page changes when the Event has been applied and comes back.
"""

from http import HTTPStatus

from aiohttp import web

from cti_server import clock
from cti_server.core.events import AgentLoggedIn, AgentLoggedOut, AgentPaused, AgentResumed, Event, WrapUpEnded
from cti_server.desk.feed import DESKS, room
from cti_server.web import live
from cti_server.web.keys import PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, file, form, page
from cti_server.web.session import person_of, settings_of


def _own_agent(request: web.Request) -> str:
    """The agent whose phone is this person's. Raises 403 for a person without one."""
    ident = person_of(request).agent
    if not ident or ident not in request.app[STATE]().agents:
        raise web.HTTPForbidden()
    return ident


async def _desk_page(request: web.Request) -> web.Response:
    agent = request.app[STATE]().agents.get(person_of(request).agent)
    texts = words_of(request).group("phase", "status", "desk", "pause", "direction", "node", "floor.link")
    codes = [pause.id for pause in settings_of(request).pause]
    return render(request, "desk/desk.html", agent=agent, texts=texts, codes=codes)


async def _socket(request: web.Request) -> web.StreamResponse:
    agent = _own_agent(request)
    feed = request.app[DESKS]
    return await live.serve(request, room(agent), lambda: feed.snapshot(agent))


async def _intent(request: web.Request) -> web.Response:
    agent, person, fields = _own_agent(request), person_of(request), await request.post()
    at, by = clock.now(), person.login
    events: dict[str, Event] = {
        "log_in": AgentLoggedIn(at=at, agent=agent, by=by),
        "log_out": AgentLoggedOut(at=at, agent=agent, by=by),
        "resume": AgentResumed(at=at, agent=agent, by=by),
        "end_wrap_up": WrapUpEnded(at=at, agent=agent),
    }
    wanted, code = str(fields.get("do", "")), str(fields.get("code", ""))
    if wanted == "pause" and any(pause.id == code for pause in settings_of(request).pause):
        events["pause"] = AgentPaused(at=at, agent=agent, code=code, by=by)
    if wanted not in events:
        raise web.HTTPBadRequest()
    request.app[PUBLISH](events[wanted])
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/desk"})


ROUTES: tuple[Route, ...] = (
    page("/desk", _desk_page, Permission.USE_DESK),
    file("/desk/socket", _socket, Permission.USE_DESK),
    form("/desk/intent", _intent, Permission.USE_DESK),
)
