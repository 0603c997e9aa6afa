"""`/api/v1/leads` and `quotes`: as on the pages, by the same rules."""

import datetime
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.journal.clean import text
from cti_server.sales import leads, products, quotes
from cti_server.sales.accounts import taken
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
from cti_server.sales.becoming import lead_step, quote_step
from cti_server.sales.forms import owner_of
from cti_server.sales.months import day_after, day_in
from cti_server.sales.opportunities import get as opportunity_of
from cti_server.sales.order_api import NewLine
from cti_server.sales.rules import MOST_LINES, Refused
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of
from cti_server.web.routes import Route, api

_EXPECTED_DAYS = 30


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """`customer`: null while nobody knows who it is. `opportunity`: that it became, told when it is converted."""

    id: int
    customer: int | None
    customer_name: str
    name: str
    number: str
    interest: str
    status: str
    owner: str
    call: str
    campaign: str
    dnis: str
    created: float
    changed: float
    version: int
    opportunity: int | None = None


class NewLead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At least a customer, a name or a number is needed. `owner`: left out, it is who asks."""

    customer: Ident | None = None
    name: Word = ""
    number: Word = ""
    interest: Annotated[str, Meta(max_length=5000)] = ""
    owner: Word | None = None
    call: Word = ""


class LeadStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`customer`: who it turned out to be; `expected`: the day, when it is converted to an opportunity."""

    version: Version
    status: Literal["new", "contacted", "converted", "dropped"]
    customer: Ident | None = None
    expected: datetime.date | None = None


class QuoteLine(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    position: int
    sku: str
    name_en: str
    name_zh: str
    quantity: int
    unit_price: int
    total: int


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """`series`: the id of its first version. `valid_until`: the last day on which its prices hold."""

    id: int
    series: int
    revision: int
    customer: int
    customer_name: str
    opportunity: int | None
    status: str
    valid_until: str
    currency: str
    total: int
    note: str
    owner: str
    call: str
    created: float
    changed: float
    version: int
    lines: list[QuoteLine] = []
    order: int | None = None


class NewQuote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At today's prices. `replaces` with its `version`: the quote of which this is the next version."""

    customer: Ident
    lines: Annotated[list[NewLine], Meta(min_length=1, max_length=MOST_LINES)]
    valid_until: datetime.date
    opportunity: Ident | None = None
    note: Annotated[str, Meta(max_length=5000)] = ""
    call: Word = ""
    replaces: Ident | None = None
    version: Version | None = None


class QuoteStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An accepted quote becomes an order, which the answer names."""

    version: Version
    status: Literal["sent", "accepted", "declined"]


class LeadPage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Lead]
    next: str


class QuotePage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Quote]
    next: str


class LeadsQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`owner`: whose; `-` for nobody's."""

    status: Literal["new", "contacted", "converted", "dropped"] | None = None
    owner: Word = ""
    campaign: Word = ""
    customer: Ident | None = None


class QuotesQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`owner`: whose; `-` for nobody's."""

    status: Literal["draft", "sent", "accepted", "declined", "replaced"] | None = None
    owner: Word = ""
    customer: Ident | None = None


@told
async def _leads(request: web.Request) -> web.Response:
    a = Asked(request, {})
    rows, following = await rows_of(request, a, leads.listing(a.me), LeadsQuery)
    return answer(LeadPage(items=[shaped(row, Lead) for row in rows], next=following))


@told
async def _lead(request: web.Request) -> web.Response:
    return await _one_lead(Asked(request, {}), ident_of(request))


async def _one_lead(a: Asked, ident: int, made: int = 0) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        return answer(shaped(await leads.get(connection, a.me, ident), Lead, opportunity=made or None))


@told
async def _new_lead(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, NewLead)
    owner = await owner_of(a, body.owner)
    async with request.app[ENGINE].begin() as connection:
        origin = await origin_of(connection, a, body.call)
        given = {"name": text(body.name), "number": text(body.number), "interest": text(body.interest)}
        ident = await leads.add_lead(connection, a.me, origin, a.now, customer_id=body.customer, owner=owner, **given)
    return await _one_lead(a, ident)


@told
async def _lead_step(request: web.Request) -> web.Response:
    a, body, ident = Asked(request, {}), await body_of(request, LeadStep), ident_of(request)
    expected = day_in(body.expected.isoformat()) if body.expected else day_after(a.today, _EXPECTED_DAYS)
    async with request.app[ENGINE].begin() as connection:
        made = await lead_step(
            connection,
            a.me,
            ident,
            body.version,
            body.status,
            a.now,
            customer=body.customer,
            expected=expected,
            currency=a.currency,
        )
    return await _one_lead(a, ident, made)


@told
async def _quotes(request: web.Request) -> web.Response:
    a = Asked(request, {})
    rows, following = await rows_of(request, a, quotes.listing(a.me), QuotesQuery)
    return answer(QuotePage(items=[shaped(row, Quote) for row in rows], next=following))


@told
async def _quote(request: web.Request) -> web.Response:
    return await _one_quote(Asked(request, {}), ident_of(request))


async def _one_quote(a: Asked, ident: int, order: int = 0) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        row = await quotes.get(connection, a.me, ident)
        lines = [shaped(line, QuoteLine) for line in await quotes.lines(connection, ident)]
    return answer(shaped(row, Quote, lines=lines, order=order or None))


@told
async def _new_quote(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, NewQuote)
    until, other = day_in(body.valid_until.isoformat()), None
    if until < a.today:
        raise Refused("day_past")
    ident = 0
    async with request.app[ENGINE].begin() as connection:
        opportunity = await opportunity_of(connection, a.me, body.opportunity) if body.opportunity else None
        replaces = await quotes.get(connection, a.me, body.replaces) if body.replaces else None
        if replaces is not None:
            replaces["version"] = body.version or 0
        about = opportunity or replaces
        if about is not None and about["customer"] != body.customer:
            raise Refused("no_customer")
        wanted = [(text(line.sku), line.quantity) for line in body.lines]
        lines = await products.lines_of(connection, wanted, a.now, a.currency)
        if about is None:
            other = await taken(connection, body.customer, a.me.who)
        if other is None:
            origin = await origin_of(connection, a, body.call)
            ident = await quotes.make(
                connection,
                a.me,
                body.customer,
                lines,
                a.now,
                valid_until=until,
                currency=a.currency,
                owner=(about or {"owner": ""})["owner"] or a.me.who,
                opportunity=opportunity["id"] if opportunity else replaces["opportunity"] if replaces else None,
                note=body.note,
                call=origin.call,
                replaces=replaces,
            )
    return answer_taken(request, other) if other is not None else await _one_quote(a, ident)


@told
async def _quote_step(request: web.Request) -> web.Response:
    a, body, ident = Asked(request, {}), await body_of(request, QuoteStep), ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        order = await quote_step(connection, a.me, ident, body.version, body.status, a.now, a.today, a.plan)
    return await _one_quote(a, ident, order)


_SEE, _EDIT, _MANAGE = Permission.SEE_SALES, Permission.EDIT_SALES, Permission.MANAGE_SALES
ROUTES: tuple[Route, ...] = (
    api("/leads", _leads, _SEE, "Leads", LeadPage, LeadsQuery),
    api("/leads", _new_lead, _EDIT, "A new lead", Lead, body=NewLead),
    api("/leads/{id}", _lead, _SEE, "One lead", Lead),
    api("/leads/{id}", _lead_step, _EDIT, "A step of a lead", Lead, body=LeadStep, method="PUT"),
    api("/quotes", _quotes, _SEE, "Quotes", QuotePage, QuotesQuery),
    api("/quotes", _new_quote, _EDIT, "A new quote, or a new version of one", Quote, body=NewQuote),
    api("/quotes/{id}", _quote, _SEE, "One quote with its lines", Quote),
    api("/quotes/{id}", _quote_step, _EDIT, "Sent, accepted or declined", Quote, body=QuoteStep, method="PUT"),
)
