"""What the API's modules of sales share: pages of lists, shapes, and how a refusal is told."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.clean import text
from cti_server.sales.accounts import Taken
from cti_server.sales.asking import Asked, reason, said_of
from cti_server.sales.queries import Changed, Origin, Row, call_of
from cti_server.sales.rules import MOST_AMOUNT, Refused
from cti_server.web.keys import ENGINE
from cti_server.web.lists import MOST, Listing, asked, fetch
from cti_server.web.problems import BadRequest, problem, query_of
from cti_server.web.render import words_of
from cti_server.web.routes import Handler

Amount = Annotated[int, Meta(ge=0, le=MOST_AMOUNT)]
Word = Annotated[str, Meta(max_length=200)]
Note = Annotated[str, Meta(max_length=20_000)]
MonthName = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}$")]
Version = Annotated[int, Meta(ge=1, le=2_000_000_000)]
Ident = Annotated[int, Meta(ge=1, le=999_999_999)]
T = TypeVar("T", bound=msgspec.Struct)


class Paged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Word = ""
    sort: Word = ""
    after: Annotated[str, Meta(max_length=1000)] = ""
    limit: Annotated[int, Meta(ge=1, le=MOST)] = 50


def told(handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
    @wraps(handler)
    async def telling(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except LookupError:
            raise web.HTTPNotFound() from None
        except Refused as refused:
            raise BadRequest(reason(words_of(request), refused)) from None
        except Changed as changed:
            return problem(HTTPStatus.CONFLICT, said_of(words_of(request), changed.now))

    return telling


async def rows_of(request: web.Request, a: Asked, listing: Listing, query: type[Paged]) -> tuple[list[Row], str]:
    given = msgspec.to_builtins(query_of(request, query))
    wanted = asked(listing, {name: str(value) for name, value in given.items() if value is not None})
    async with a.request.app[ENGINE].connect() as connection:
        found = await fetch(connection, listing, wanted)
    return found.rows, found.next


def shaped(row: Row, shape: type[T], **more: Any) -> T:
    return msgspec.convert({f: row[f] for f in shape.__struct_fields__ if f in row} | more, shape)


def answer_taken(request: web.Request, taken: Taken) -> web.Response:
    key = "sales.taken_open" if taken.title else "sales.taken_owner"
    return problem(HTTPStatus.CONFLICT, words_of(request).text(key, name=taken.who, title=taken.title))


async def origin_of(connection: AsyncConnection, a: Asked, call: str) -> Origin:
    known = await call_of(connection, text(call), a.plan) if call else None
    return known[0] if known else Origin()
