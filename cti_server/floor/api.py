"""Agents and queues as JSON, as they are now."""

from aiohttp import web
from msgspec import Struct

from cti_server.floor.view import AgentView, QueueView, agent_view, queue_views
from cti_server.web.keys import STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer
from cti_server.web.routes import Route, api


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


ROUTES: tuple[Route, ...] = (
    api("/agents", _agents, Permission.SEE_FLOOR, "All agents with their state", Agents),
    api("/queues", _queues, Permission.SEE_FLOOR, "All queues with who waits", Queues),
)
