"""Agents and queues as JSON, as they are now; and freeing an agent."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from cti_server import clock
from cti_server.core.events import AgentUnstuck
from cti_server.floor.rules import LONGEST_REASON, NotUnderstood, agent_order
from cti_server.floor.view import AgentView, QueueView, agent_view, queue_views
from cti_server.web.keys import PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of, id_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of


class Agents(Struct, frozen=True):
    at: float
    agents: list[AgentView]


class Queues(Struct, frozen=True):
    at: float
    queues: list[QueueView]


async def _agents(request: web.Request) -> web.Response:
    state = request.app[STATE]()
    return answer(Agents(state.at, [agent_view(state, a) for _, a in sorted(state.agents.items())]))


async def _queues(request: web.Request) -> web.Response:
    state = request.app[STATE]()
    return answer(Queues(state.at, list(queue_views(state, sorted(state.queues)).values())))


class Unstick(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reason`: why a person frees this agent, in one line; it stays in the journal."""

    reason: Annotated[str, Meta(min_length=1, max_length=LONGEST_REASON)]


async def _unstick(request: web.Request) -> web.Response:
    asked, state, ident = await body_of(request, Unstick), request.app[STATE](), id_of(request)
    try:
        event = agent_order(state, ident, "unstick", at=clock.now(), by=person_of(request).login, detail=asked.reason)
    except KeyError:
        raise web.HTTPNotFound() from None
    except NotUnderstood as error:
        raise BadRequest(str(error)) from None
    request.app[PUBLISH](event)
    return answer(event)


ROUTES: tuple[Route, ...] = (
    api("/agents", _agents, Permission.SEE_FLOOR, "All agents with their state", Agents),
    api(
        "/agents/{id}/unstick",
        _unstick,
        Permission.DIRECT_FLOOR,
        "Free an agent whose state is wrong; answers the event that was published",
        AgentUnstuck,
        body=Unstick,
    ),
    api("/queues", _queues, Permission.SEE_FLOOR, "All queues with who waits", Queues),
)
