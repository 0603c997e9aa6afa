"""`/api/v1/returns` and payments and returns of orders: as on the pages, by the same rules."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.sales import orders, returns
from cti_server.sales.answers import (
    Amount,
    Ident,
    Paged,
    Version,
    Word,
    rows_of,
    shaped,
    told,
)
from cti_server.sales.asking import Asked, ident_of
from cti_server.sales.queries import Me, doer
from cti_server.sales.rules import MOST_AMOUNT, MOST_LINES, MOST_QUANTITY
from cti_server.sales.value import bought
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of
from cti_server.web.routes import Route, api

Method = Literal["cash", "card", "transfer", "wechat", "alipay", "credit"]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    at: float
    amount: int
    method: str
    note: str
    by: str


class Payments(msgspec.Struct, frozen=True, kw_only=True):
    """`owed`: what is still to be paid. `version`: of the order."""

    items: list[Payment]
    owed: int
    version: int


class NewPayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version`: of the order. No more than is owed."""

    version: Version
    amount: Annotated[int, Meta(ge=1, le=MOST_AMOUNT)]
    method: Method
    note: Word = ""


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """`amount`: what is given back when it is refunded."""

    id: int
    order: int
    customer: int
    customer_name: str
    status: str
    reason: str
    ticket: str
    amount: Amount
    currency: str
    call: str
    created: float
    changed: float
    version: int


class ReturnedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`line`: the id of the order's line."""

    line: Ident
    quantity: Annotated[int, Meta(ge=1, le=MOST_QUANTITY)]


class NewReturn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version`: of the order. `ticket`: the number of one, or empty."""

    version: Version
    lines: Annotated[list[ReturnedLine], Meta(min_length=1, max_length=MOST_LINES)]
    reason: Annotated[str, Meta(max_length=500)] = ""
    ticket: Annotated[str, Meta(max_length=40)] = ""
    call: Annotated[str, Meta(max_length=150)] = ""


class ReturnStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Version
    status: Literal["received", "refunded", "refused"]


class ReturnPage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Return]
    next: str


class ReturnsQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Literal["asked", "received", "refunded", "refused"] | None = None


@told
async def _payments(request: web.Request) -> web.Response:
    return await _all_payments(Asked(request, {}), ident_of(request))


async def _all_payments(a: Asked, ident: int) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        row = await orders.get(connection, a.me, ident)
        paid = [shaped(one, Payment) for one in await orders.payments(connection, ident)]
    return answer(Payments(items=paid, owed=row["total"] - row["paid"], version=row["version"]))


@told
async def _pay(request: web.Request) -> web.Response:
    a, body, ident = Asked(request, {}), await body_of(request, NewPayment), ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        given = (body.version, body.amount, body.method, body.note)
        await orders.pay(connection, a.me, ident, *given, a.now, a.month)
    return await _all_payments(a, ident)


@told
async def _returns(request: web.Request) -> web.Response:
    a = Asked(request, {})
    rows, following = await rows_of(request, a, returns.listing(a.me), ReturnsQuery)
    return answer(ReturnPage(items=[shaped(row, Return) for row in rows], next=following))


@told
async def _return(request: web.Request) -> web.Response:
    a = Asked(request, {})
    return await _one_return(a, ident_of(request), a.me)


async def _one_return(a: Asked, ident: int, me: Me) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        return answer(shaped(await returns.get(connection, me, ident), Return))


@told
async def _new_return(request: web.Request) -> web.Response:
    a, body, order = Asked(request, {}), await body_of(request, NewReturn), ident_of(request)
    quantities: dict[int, int] = {}
    for line in body.lines:
        quantities[line.line] = quantities.get(line.line, 0) + line.quantity
    async with request.app[ENGINE].begin() as connection:
        about = {"reason": body.reason, "ticket": body.ticket, "call": body.call}
        ident = await returns.ask(connection, a.me, order, body.version, quantities, a.now, **about)
    return await _one_return(a, ident, doer(a.me))


@told
async def _return_step(request: web.Request) -> web.Response:
    a, body, ident = Asked(request, {}), await body_of(request, ReturnStep), ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        row = await returns.get(connection, a.me, ident)
        await returns.step(connection, a.me, ident, body.version, body.status, a.now, a.month)
        await bought(connection, row["order"])
    return await _one_return(a, ident, doer(a.me))


_SEE, _EDIT, _MANAGE = Permission.SEE_SALES, Permission.EDIT_SALES, Permission.MANAGE_SALES
ROUTES: tuple[Route, ...] = (
    api("/orders/{id}/payments", _payments, _SEE, "What was paid", Payments),
    api("/orders/{id}/payments", _pay, _EDIT, "Write down a payment", Payments, body=NewPayment),
    api("/orders/{id}/returns", _new_return, _EDIT, "Goods that come back", Return, body=NewReturn),
    api("/returns", _returns, _SEE, "Returns", ReturnPage, ReturnsQuery),
    api("/returns/{id}", _return, _SEE, "One return", Return),
    api("/returns/{id}", _return_step, _EDIT, "Received, refunded or refused", Return, body=ReturnStep, method="PUT"),
)
