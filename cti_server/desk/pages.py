"""`/desk`, its WebSocket, and the buttons of one's own state.

A button publishes an Event and answers at once; the page changes when the Event has been applied and comes back.
"""

from http import HTTPStatus

from aiohttp import web

from cti_server import clock
from cti_server.core.agents import MOBILE, phones_of
from cti_server.core.events import (
    AgentDeviceChosen,
    AgentLoggedIn,
    AgentLoggedOut,
    AgentPaused,
    AgentResumed,
    Event,
    WrapUpEnded,
    WrapUpExtended,
)
from cti_server.desk.feed import DESKS, room
from cti_server.web import live
from cti_server.web.keys import ENGINE, PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import problem
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, file, form, page
from cti_server.web.session import person_of, settings_of
from cti_server.wrapup.ending import lack_of

_TEXTS = (
    "phase",
    "status",
    "desk",
    "pause",
    "direction",
    "outcome",
    "offer",
    "node",
    "prompt",
    "step",
    "data",
    "floor.link",
    "customers.kind",
)


def _own_agent(request: web.Request) -> str:
    """The agent whose phone is this person's. Raises 403 for a person without one."""
    ident = person_of(request).agent
    if not ident or ident not in request.app[STATE]().agents:
        raise web.HTTPForbidden()
    return ident


async def _desk_page(request: web.Request) -> web.Response:
    agent = request.app[STATE]().agents.get(person_of(request).agent)
    texts = words_of(request).group(*_TEXTS)
    codes = [pause.id for pause in settings_of(request).pause]
    person = person_of(request)
    rights = [right.value for right in Permission if person.may(right)]
    configured = next((each for each in settings_of(request).agent if each.id == person.agent), None)
    return render(
        request,
        "desk/desk.html",
        agent=agent,
        texts=texts,
        codes=codes,
        rights=rights,
        browser_phone=configured.browser_phone if configured else "",
    )


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
        "extend_wrap_up": WrapUpExtended(at=at, agent=agent, by=by),
    }
    wanted, code, phone = (str(fields.get(name, "")) for name in ("do", "code", "phone"))
    owner = request.app[STATE]().agents[agent]
    if wanted == "device" and phone in (*phones_of(owner), *((MOBILE,) if owner.config.mobile else ())):
        events["device"] = AgentDeviceChosen(at=at, agent=agent, endpoint=phone, by=by)
    if wanted == "pause" and any(pause.id == code for pause in settings_of(request).pause):
        events["pause"] = AgentPaused(at=at, agent=agent, code=code, by=by)
    if wanted not in events:
        raise web.HTTPBadRequest()
    if wanted == "end_wrap_up":
        lack = await lack_of(request.app[ENGINE], request.app[STATE](), settings_of(request), agent)
        if lack:
            return problem(HTTPStatus.CONFLICT, words_of(request).text(f"wrapup.refused.{lack}"))
    request.app[PUBLISH](events[wanted])
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/desk"})


ROUTES: tuple[Route, ...] = (
    page("/desk", _desk_page, Permission.USE_DESK),
    file("/desk/socket", _socket, Permission.USE_DESK),
    form("/desk/intent", _intent, Permission.USE_DESK),
)
