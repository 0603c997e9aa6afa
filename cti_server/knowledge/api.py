"""`/api/v1/knowledge`: the articles as JSON."""

from http import HTTPStatus
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.knowledge import queries
from cti_server.knowledge.queries import MOST_ANSWER, MOST_LABEL, MOST_QUESTION, Article, Conflict, Wrong
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of, id_of, problem, query_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of

_Label = Annotated[str, Meta(max_length=MOST_LABEL)]
_MOST_ID = 2**31


class KnowledgeQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`q`: what is asked, in words; empty: what helped most often. `category`: of the ticket that it is about."""

    q: Annotated[str, Meta(max_length=2000)] = ""
    language: Literal["en", "zh"] | None = None
    category: _Label = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20


class ArticleToSave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version`: the one that was seen, to change an article; not for a new one."""

    question: Annotated[str, Meta(min_length=1, max_length=MOST_QUESTION)]
    answer: Annotated[str, Meta(min_length=1, max_length=MOST_ANSWER)]
    language: Literal["en", "zh"]
    category: _Label = ""
    tags: _Label = ""
    active: bool = True
    version: Annotated[int, Meta(ge=0, le=2**31)] = 0


class ArticleList(msgspec.Struct, frozen=True, kw_only=True):
    """The best first."""

    items: list[Article]


async def _search(request: web.Request) -> web.Response:
    wanted = query_of(request, KnowledgeQuery)
    found = await queries.search(
        request.app[ENGINE], wanted.q, language=wanted.language or "", category=wanted.category, limit=wanted.limit
    )
    return answer(ArticleList(items=found))


async def _one(request: web.Request) -> web.Response:
    found = await queries.one(request.app[ENGINE], _ident(request))
    if found is None or not (found.active or person_of(request).may(Permission.MANAGE_KNOWLEDGE)):
        raise web.HTTPNotFound()
    return answer(found)


async def _add(request: web.Request) -> web.Response:
    given = msgspec.structs.asdict(await body_of(request, ArticleToSave))
    try:
        return answer(await queries.add(request.app[ENGINE], given, clock.now(), person_of(request).login))
    except Wrong as wrong:
        raise BadRequest(f"the article cannot be saved: {wrong}") from None


async def _save(request: web.Request) -> web.Response:
    body = await body_of(request, ArticleToSave)
    given, login = msgspec.structs.asdict(body), person_of(request).login
    try:
        saved = await queries.save(request.app[ENGINE], _ident(request), body.version, given, clock.now(), login)
    except Wrong as wrong:
        raise BadRequest(f"the article cannot be saved: {wrong}") from None
    except Conflict as conflict:
        return problem(HTTPStatus.CONFLICT, f"somebody else saved version {conflict.now.version} meanwhile")
    if saved is None:
        raise web.HTTPNotFound()
    return answer(saved)


def _ident(request: web.Request) -> int:
    said = id_of(request)
    ident = int(said) if said.isascii() and said.isdigit() and len(said) < 12 else 0
    if not 0 < ident < _MOST_ID:
        raise web.HTTPNotFound()
    return ident


_SEE, _MANAGE = Permission.SEE_KNOWLEDGE, Permission.MANAGE_KNOWLEDGE
ROUTES: tuple[Route, ...] = (
    api("/knowledge", _search, _SEE, "Articles that answer a question", ArticleList, KnowledgeQuery),
    api("/knowledge", _add, _MANAGE, "Write an article", Article, body=ArticleToSave),
    api("/knowledge/{id}", _one, _SEE, "One article", Article),
    api("/knowledge/{id}", _save, _MANAGE, "Change an article", Article, body=ArticleToSave, method="PUT"),
)
