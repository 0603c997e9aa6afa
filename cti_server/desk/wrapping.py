"""`/desk/wrapping`: the card of the call that the agent wraps up, for a page that was loaded after it had ended."""

from http import HTTPStatus

from aiohttp import web

from cti_server.desk.pop import ended_card
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, as_json
from cti_server.web.routes import Route, data
from cti_server.web.session import person_of
from cti_server.wrapup.talks import call_of


@as_json
async def _wrapping(request: web.Request) -> web.Response:
    """204 when nothing is wrapped up, or its call has not been recorded yet."""
    state = request.app[STATE]()
    agent = state.agents.get(person_of(request).agent)
    if agent is None or agent.wrapup_until is None or not agent.call:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    call = await call_of(request.app[ENGINE], state, agent.call)
    card = ended_card(state, call, agent.config.id) if call is not None else None
    return web.Response(status=HTTPStatus.NO_CONTENT) if card is None else answer(card)


ROUTES: tuple[Route, ...] = (data("/desk/wrapping", _wrapping, Permission.USE_DESK),)
