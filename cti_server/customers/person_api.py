"""`/api/v1/customers/{id}/handout`, `erase`, and `/api/v1/customer-duplicates`."""

from http import HTTPStatus
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.customers import duplicates
from cti_server.customers.api import ident_of
from cti_server.customers.duplicates import Pair
from cti_server.customers.erasure import InCall
from cti_server.customers.merge import NotMergeable
from cti_server.customers.privacy import erase, hand_out
from cti_server.customers.records import Conflict
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of, problem
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api, file


class Erasing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`number`: the customer's id once more, so that nobody erases by a slip. `version`: as it was seen."""

    number: Annotated[int, Meta(ge=1, lt=2**31)]
    version: Annotated[int, Meta(ge=1, lt=2**31)]


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    id: int


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """The likeliest first, at most a hundred."""

    items: list[Pair]


async def _duplicates(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        return answer(Duplicates(items=await duplicates.pairs(db)))


async def _hand_out(request: web.Request) -> web.StreamResponse:
    return await hand_out(request, ident_of(request))


async def _erase(request: web.Request) -> web.Response:
    ident, given, words = ident_of(request), await body_of(request, Erasing), words_of(request)
    if given.number != ident:
        return problem(HTTPStatus.BAD_REQUEST, words.text("privacy.wrong.number", number=ident))
    try:
        await erase(request, ident, given.version)
    except InCall:
        return problem(HTTPStatus.CONFLICT, words.text("privacy.wrong.in_call"))
    except Conflict:
        return problem(HTTPStatus.CONFLICT, words.text("privacy.wrong.conflict"))
    except NotMergeable:
        raise web.HTTPNotFound() from None
    return answer(Erased(id=ident))


_MANAGE = Permission.MANAGE_CUSTOMERS
ROUTES: tuple[Route, ...] = (
    api("/customer-duplicates", _duplicates, _MANAGE, "Customers who are perhaps the same", Duplicates),
    api("/customers/{id}/erase", _erase, _MANAGE, "Erase the person", Erased, body=Erasing),
    file("/api/v1/customers/{id}/handout", _hand_out, _MANAGE),
)
