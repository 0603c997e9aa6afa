"""JSON in and out of the API: validated queries, encoded answers, and problems as RFC 9457 says."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar

import msgspec
from aiohttp import web

from cti_server.web.wire import encode

T = TypeVar("T")
_MAX_ID = 150


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`detail` says in a sentence what was wrong with this request."""

    status: int
    title: str
    detail: str = ""
    type: str = "about:blank"


class BadRequest(Exception):
    """The request cannot be understood; the text says why and is shown to whoever sent it."""


def problem(status: int, detail: str = "") -> web.Response:
    body = Problem(status=status, title=HTTPStatus(status).phrase, detail=detail)
    return web.Response(
        status=status,
        body=encode(body),
        content_type="application/problem+json",
        headers={"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None,
    )


def answer(body: Any) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")


_Answers: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]


def as_json(handler: _Answers) -> _Answers:
    """For JSON between a page of ours and its server: what is refused is told as a problem, as on the API."""

    @wraps(handler)
    async def wrapped(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except BadRequest as error:
            return problem(HTTPStatus.BAD_REQUEST, str(error))
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST:
                raise
            return problem(error.status)

    return wrapped


def query_of(request: web.Request, shape: type[T]) -> T:
    """The query string as `shape`. Raises BadRequest on an unknown, repeated or ill-formed parameter.

    Empty values count as not given, so that a form may send all of its fields. NUL is refused: PostgreSQL has none.
    """
    values: dict[str, str] = {}
    for key, value in request.query.items():
        if key in values:
            raise BadRequest(f"{key}: given twice")
        if "\x00" in value or not value.isprintable():
            raise BadRequest(f"{key}: contains control characters")
        values[key] = value
    try:
        return msgspec.convert({k: v for k, v in values.items() if v != ""}, shape, strict=False)
    except (msgspec.ValidationError, OverflowError) as error:
        raise BadRequest(str(error)) from None


async def body_of(request: web.Request, shape: type[T]) -> T:
    """The JSON that was sent, as `shape`. Raises BadRequest."""
    try:
        return msgspec.json.decode(await request.read(), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(str(error)) from None


def id_of(request: web.Request, name: str = "id") -> str:
    """An id from the path. Raises 404 for one that no id of ours can look like."""
    value = request.match_info[name]
    if not value.isprintable() or len(value) > _MAX_ID:
        raise web.HTTPNotFound()
    return value
