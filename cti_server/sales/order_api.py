"""`/api/v1/orders`: placed, read, delivered or cancelled as on the pages, by the same rules."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.journal.clean import text
from cti_server.sales import opportunities, orders, products
from cti_server.sales.accounts import Taken, shares_for
from cti_server.sales.answers import (
    Ident,
    Paged,
    Version,
    Word,
    answer_taken,
    origin_of,
    rows_of,
    shaped,
    told,
)
from cti_server.sales.asking import Asked, ident_of
from cti_server.sales.queries import Me, doer
from cti_server.sales.rules import MOST_LINES, MOST_QUANTITY, Refused
from cti_server.sales.value import bought
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of
from cti_server.web.routes import Route, api


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    sku: str
    name_en: str
    name_zh: str
    category: str
    quantity: int
    unit_price: int
    total: int
    returned: int


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """`state`: unpaid, part_paid, paid, done (paid and delivered) or cancelled. Sums in the smallest unit."""

    id: int
    customer: int
    customer_name: str
    opportunity: int | None
    quote: int | None
    status: str
    state: str
    currency: str
    total: int
    paid: int
    refunded: int
    owner: str
    note: str
    call: str
    campaign: str
    dnis: str
    created: float
    changed: float
    version: int
    lines: list[OrderLine] = []


class NewLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sku: Annotated[str, Meta(min_length=1, max_length=60)]
    quantity: Annotated[int, Meta(ge=1, le=MOST_QUANTITY)] = 1


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At today's prices. `opportunity`: an open one of this customer, which is won by it. `share_percent`: the share of
    who asks, when there is none, the customer is somebody else's and the account shall be shared openly.
    """

    customer: Ident
    lines: Annotated[list[NewLine], Meta(min_length=1, max_length=MOST_LINES)]
    opportunity: Ident | None = None
    note: Annotated[str, Meta(max_length=5000)] = ""
    call: Word = ""
    share_percent: Annotated[int, Meta(ge=1, le=99)] | None = None


class ChangedOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: Version
    status: Literal["delivered", "cancelled"]


class OrderPage(msgspec.Struct, frozen=True, kw_only=True):
    """Without their lines. `next`: what to send as `after` for the following page; empty on the last one."""

    items: list[Order]
    next: str


class OrdersQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`owner`: whose; `-` for nobody's."""

    state: Literal["unpaid", "part_paid", "paid", "done", "cancelled"] | None = None
    owner: Word = ""
    campaign: Word = ""
    dnis: Word = ""
    customer: Ident | None = None


@told
async def _orders(request: web.Request) -> web.Response:
    a = Asked(request, {})
    rows, following = await rows_of(request, a, orders.listing(a.me), OrdersQuery)
    return answer(OrderPage(items=[shaped(row, Order) for row in rows], next=following))


@told
async def _order(request: web.Request) -> web.Response:
    a = Asked(request, {})
    return await _one_order(a, ident_of(request), a.me)


async def _one_order(a: Asked, ident: int, me: Me) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        row = await orders.get(connection, me, ident)
        lines = await orders.lines(connection, ident)
    return answer(shaped(row, Order, lines=[shaped(line, OrderLine) for line in lines]))


@told
async def _new_order(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, NewOrder)
    async with request.app[ENGINE].begin() as connection:
        opportunity = None
        if body.opportunity is not None:
            opportunity = await opportunities.get(connection, a.me, body.opportunity)
            if opportunity["customer"] != body.customer:
                raise Refused("no_customer")
        wanted = [(text(line.sku), line.quantity) for line in body.lines]
        lines = await products.lines_of(connection, wanted, a.now, a.currency)
        shares: dict[str, int] | Taken | None = None
        if opportunity is None:
            percent = body.share_percent
            shares = await shares_for(connection, body.customer, a.me.who, a.now, percent=percent, sharing=a.sharing)
        ident = (
            0
            if isinstance(shares, Taken)
            else await orders.place(
                connection,
                a.me,
                body.customer,
                lines,
                a.now,
                currency=a.currency,
                owner=a.me.who,
                origin=await origin_of(connection, a, body.call),
                opportunity=opportunity,
                shares=shares,
                note=body.note,
            )
        )
        if ident:
            await bought(connection, ident)
    return answer_taken(request, shares) if isinstance(shares, Taken) else await _one_order(a, ident, doer(a.me))


@told
async def _change_order(request: web.Request) -> web.Response:
    a, body, ident = Asked(request, {}), await body_of(request, ChangedOrder), ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        await orders.step(connection, a.me, ident, body.version, body.status, a.now)
        await bought(connection, ident)
    return await _one_order(a, ident, doer(a.me))


_SEE, _EDIT, _MANAGE = Permission.SEE_SALES, Permission.EDIT_SALES, Permission.MANAGE_SALES
ROUTES: tuple[Route, ...] = (
    api("/orders", _orders, _SEE, "Orders", OrderPage, OrdersQuery),
    api("/orders", _new_order, _EDIT, "Place an order at today's prices", Order, body=NewOrder),
    api("/orders/{id}", _order, _SEE, "One order with its lines", Order),
    api("/orders/{id}", _change_order, _EDIT, "Deliver or cancel an order", Order, body=ChangedOrder, method="PUT"),
)
