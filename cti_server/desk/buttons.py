"""`POST /desk/call`: the buttons on a call. JSON in and out; 202 at once, and the desk changes when the Event comes."""

import secrets
from http import HTTPStatus

import structlog
from aiohttp import web
from msgspec import Struct

from cti_server import clock
from cti_server.desk.acts import Press, Refused, pressed
from cti_server.desk.numbers import own_numbers
from cti_server.web.keys import PERFORM, PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, body_of, problem
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of, settings_of
from cti_server.web.wire import encode

log = structlog.get_logger()


class PressTaken(Struct, frozen=True):
    """The PBX is being asked. `leg`: the one that will ring, for a call that is being placed; else the one named."""

    do: str
    leg: str


async def _press(request: web.Request) -> web.Response:
    person, state, settings = person_of(request), request.app[STATE](), settings_of(request)
    try:
        press = await body_of(request, Press)
        deeds = pressed(
            state,
            person.agent,
            press,
            at=clock.now(),
            by=person.login,
            numbers=own_numbers(settings),
            outside=bool(settings.pbx.out_trunk),
            fresh=f"desk-{secrets.token_hex(12)}",
        )
    except BadRequest as error:
        return problem(HTTPStatus.BAD_REQUEST, str(error))
    except Refused as refusal:
        said = words_of(request).text(f"desk.refused.{refusal.word}", **refusal.values)
        return problem(HTTPStatus.CONFLICT, said)
    for event in deeds.events:
        request.app[PUBLISH](event)
    for command in deeds.commands:
        await request.app[PERFORM](command)
    log.info("desk button", agent=person.agent, do=press.do, call_channel=deeds.leg)
    return web.Response(
        status=HTTPStatus.ACCEPTED, body=encode(PressTaken(press.do, deeds.leg)), content_type="application/json"
    )


ROUTES: tuple[Route, ...] = (
    Route(method="POST", path="/desk/call", handler=_press, permission=Permission.USE_DESK),
    api(
        "/desk/call",
        _press,
        Permission.USE_DESK,
        "Press a button on a call at one's own phone; 202: the PBX is being asked, 409: it makes no sense now",
        PressTaken,
        body=Press,
    ),
)
