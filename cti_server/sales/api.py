"""`/api/v1/products`, `opportunities`, `orders`: listed, read, made and changed as on the pages, by the same rules."""

import datetime
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.journal.clean import text
from cti_server.sales import opportunities, orders, pipeline, products
from cti_server.sales.accounts import Taken, shares_for
from cti_server.sales.answers import (
    Amount,
    Ident,
    Note,
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
from cti_server.sales.forms import owner_of
from cti_server.sales.months import day_in
from cti_server.sales.opportunities import Plan
from cti_server.sales.products import Named
from cti_server.sales.queries import Changed, Me, doer
from cti_server.sales.rules import MOST_LINES, MOST_QUANTITY, Refused
from cti_server.sales.value import bought
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of
from cti_server.web.routes import Route, api

Stage = Literal["new", "qualified", "proposal", "negotiation"]
Status = Literal["open", "won", "lost"]


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """`amount`: today's price in the smallest unit of `currency`; null without one."""

    id: int
    sku: str
    name_en: str
    name_zh: str
    category: str
    unit: str
    active: bool
    amount: int | None
    currency: str
    version: int


class ProductBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`amount`: the price from now on; left out, it stays. `version`: of the product that was seen, to change it."""

    sku: Annotated[str, Meta(min_length=1, max_length=60)]
    name_en: Word = ""
    name_zh: Word = ""
    category: Annotated[str, Meta(max_length=60)] = ""
    unit: Annotated[str, Meta(max_length=60)] = ""
    active: bool = True
    amount: Amount | None = None
    version: Version | None = None


class Opportunity(msgspec.Struct, frozen=True, kw_only=True):
    """`probability` in per cent; `expected`: a day; `shares`: per cent by seller. `call`: the one it came of."""

    id: int
    customer: int
    customer_name: str
    title: str
    stage: str
    status: str
    reason: str
    amount: int
    currency: str
    probability: int
    expected: str
    owner: str
    note: str
    call: str
    campaign: str
    dnis: str
    created: float
    changed: float
    closed: float | None
    version: int
    shares: dict[str, int] = {}


class NewOpportunity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`probability` null: what the stage suggests. `owner` null: who asks. `share_percent`: the owner's share, when the
    customer is somebody else's and the account shall be shared openly.
    """

    customer: Ident
    title: Annotated[str, Meta(min_length=1, max_length=200)]
    expected: datetime.date
    amount: Amount = 0
    stage: Stage = "new"
    probability: Annotated[int, Meta(ge=0, le=100)] | None = None
    owner: Word | None = None
    note: Note = ""
    call: Word = ""
    share_percent: Annotated[int, Meta(ge=1, le=99)] | None = None


class ChangedOpportunity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is null stays as it is. `status` won or lost closes it, with `reason`; open opens it again."""

    version: Version
    title: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    expected: datetime.date | None = None
    amount: Amount | None = None
    stage: Stage | None = None
    probability: Annotated[int, Meta(ge=0, le=100)] | None = None
    owner: Word | None = None
    note: Note | None = None
    share_percent: Annotated[int, Meta(ge=1, le=99)] | None = None
    status: Status | None = None
    reason: Annotated[str, Meta(max_length=500)] = ""


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


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: what to send as `after` for the following page; empty on the last one."""

    items: list[Product]
    next: str


class OpportunityPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: what to send as `after` for the following page; empty on the last one."""

    items: list[Opportunity]
    next: str


class OrderPage(msgspec.Struct, frozen=True, kw_only=True):
    """Without their lines. `next`: what to send as `after` for the following page; empty on the last one."""

    items: list[Order]
    next: str


class ProductsQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    category: Word = ""
    active: Literal["yes", "no"] | None = None


class OpportunitiesQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`owner`: whose; `-` for nobody's."""

    status: Status | None = None
    stage: Stage | None = None
    owner: Word = ""
    campaign: Word = ""
    dnis: Word = ""
    customer: Ident | None = None


class OrdersQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`owner`: whose; `-` for nobody's."""

    state: Literal["unpaid", "part_paid", "paid", "done", "cancelled"] | None = None
    owner: Word = ""
    campaign: Word = ""
    dnis: Word = ""
    customer: Ident | None = None


@told
async def _products(request: web.Request) -> web.Response:
    a = Asked(request, {})
    rows, following = await rows_of(request, a, products.listing(a.now, a.currency), ProductsQuery)
    return answer(ProductPage(items=[shaped(row, Product, currency=a.currency) for row in rows], next=following))


@told
async def _product(request: web.Request) -> web.Response:
    return await _one_product(Asked(request, {}), ident_of(request))


async def _one_product(a: Asked, ident: int) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        row = await products.get(connection, ident, a.now, a.currency)
    return answer(shaped(row, Product, currency=a.currency))


@told
async def _save_product(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, ProductBody)
    ident = ident_of(request) if "id" in request.match_info else 0
    if ident and body.version is None:
        raise BadRequest("version: say which version you have seen")
    named = Named(**{name: getattr(body, name) for name in Named.__struct_fields__})
    async with request.app[ENGINE].begin() as connection:
        ident = await products.save(connection, a.me, named, a.now, ident, body.version or 0)
        if body.amount is not None:
            was = await products.get(connection, ident, a.now, a.currency)
            if was["amount"] != body.amount:
                await products.set_price(connection, a.me, ident, body.amount, a.currency, a.now, a.now, None)
    return await _one_product(a, ident)


@told
async def _opportunities(request: web.Request) -> web.Response:
    a = Asked(request, {})
    rows, following = await rows_of(request, a, pipeline.listing(a.me), OpportunitiesQuery)
    return answer(OpportunityPage(items=[shaped(row, Opportunity) for row in rows], next=following))


@told
async def _opportunity(request: web.Request) -> web.Response:
    a = Asked(request, {})
    return await _one_opportunity(a, ident_of(request), a.me)


async def _one_opportunity(a: Asked, ident: int, me: Me) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        row = await opportunities.get(connection, me, ident)
        shares = await opportunities.shares(connection, ident)
    return answer(shaped(row, Opportunity, shares=shares))


@told
async def _new_opportunity(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, NewOpportunity)
    plan = Plan(
        title=body.title,
        amount=body.amount,
        currency=a.currency,
        expected=day_in(body.expected.isoformat()),
        stage=body.stage,
        probability=body.probability,
        owner=await owner_of(a, body.owner),
        note=body.note,
    )
    async with request.app[ENGINE].begin() as connection:
        origin = await origin_of(connection, a, body.call)
        done = await opportunities.open_one(
            connection, a.me, body.customer, plan, origin, a.now, percent=body.share_percent, sharing=a.sharing
        )
    return answer_taken(request, done) if isinstance(done, Taken) else await _one_opportunity(a, done, doer(a.me))


@told
async def _change_opportunity(request: web.Request) -> web.Response:
    a, body, ident = Asked(request, {}), await body_of(request, ChangedOpportunity), ident_of(request)
    async with request.app[ENGINE].connect() as connection:
        row = await opportunities.get(connection, a.me, ident)
    given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not None}
    values: dict[str, Any] = {name: given.get(name, row[name]) for name in ("title", "amount", "stage", "note")}
    moved = body.stage is not None and body.stage != row["stage"]
    values["probability"] = given.get("probability", None if moved else row["probability"])
    values["expected"] = day_in(body.expected.isoformat()) if body.expected else row["expected"]
    values["owner"] = row["owner"] if body.owner is None else await owner_of(a, body.owner, row["owner"])
    plan, version, done = Plan(**values, currency=row["currency"]), body.version, None
    async with request.app[ENGINE].begin() as connection:
        if body.status == "open":
            await opportunities.close(connection, a.me, ident, version, "open", "", a.now)
            version += 1
        if any(values[name] != row[name] for name in values):
            percent = body.share_percent
            done = await opportunities.save(
                connection, a.me, ident, version, plan, a.now, percent=percent, sharing=a.sharing
            )
            # A rule may have changed it, too, within this transaction.
            version = (await opportunities.get(connection, doer(a.me), ident))["version"]
        if done is None and body.status in ("won", "lost"):
            await opportunities.close(connection, doer(a.me), ident, version, body.status, body.reason, a.now)
        elif version == body.version and row["version"] != version:
            raise Changed(row)
    return answer_taken(request, done) if done is not None else await _one_opportunity(a, ident, doer(a.me))


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
    api("/products", _products, _SEE, "Products with today's prices", ProductPage, ProductsQuery),
    api("/products", _save_product, _MANAGE, "A new product", Product, body=ProductBody),
    api("/products/{id}", _product, _SEE, "One product", Product),
    api("/products/{id}", _save_product, _MANAGE, "Change a product", Product, body=ProductBody, method="PUT"),
    api("/opportunities", _opportunities, _SEE, "Opportunities", OpportunityPage, OpportunitiesQuery),
    api("/opportunities", _new_opportunity, _EDIT, "A new opportunity", Opportunity, body=NewOpportunity),
    api("/opportunities/{id}", _opportunity, _SEE, "One opportunity", Opportunity),
    api(
        "/opportunities/{id}",
        _change_opportunity,
        _EDIT,
        "Change, close or open again an opportunity",
        Opportunity,
        body=ChangedOpportunity,
        method="PUT",
    ),
    api("/orders", _orders, _SEE, "Orders", OrderPage, OrdersQuery),
    api("/orders", _new_order, _EDIT, "Place an order at today's prices", Order, body=NewOrder),
    api("/orders/{id}", _order, _SEE, "One order with its lines", Order),
    api("/orders/{id}", _change_order, _EDIT, "Deliver or cancel an order", Order, body=ChangedOrder, method="PUT"),
)
