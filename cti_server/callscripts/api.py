"""`/api/v1/scripts`: call scripts and what was answered. Scripts are written on their page only."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.callscripts import queries
from cti_server.callscripts.queries import Answer, Script
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, query_of
from cti_server.web.routes import Route, api


class ScriptList(msgspec.Struct, frozen=True, kw_only=True):
    """By name."""

    items: list[Script]


class ScriptAnswersQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    call: Annotated[str, Meta(min_length=1, max_length=150)]


class ScriptAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """In the order in which they were given."""

    items: list[Answer]


async def _scripts(request: web.Request) -> web.Response:
    return answer(ScriptList(items=await queries.scripts(request.app[ENGINE])))


async def _answers(request: web.Request) -> web.Response:
    wanted = query_of(request, ScriptAnswersQuery)
    return answer(ScriptAnswers(items=await queries.answers(request.app[ENGINE], wanted.call)))


ROUTES: tuple[Route, ...] = (
    api("/scripts", _scripts, Permission.MANAGE_KNOWLEDGE, "Call scripts", ScriptList),
    api(
        "/script-answers",
        _answers,
        Permission.READ_CALLS,
        "What was asked and answered in a call",
        ScriptAnswers,
        ScriptAnswersQuery,
    ),
)
