"""`/api/v1/quotas`, `commission-rules`, `cross-sell`, `offers`: what is to be sold, what it earns, what to offer."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.journal.clean import text
from cti_server.sales import crosssell, earnings, products
from cti_server.sales.answers import Amount, Ident, MonthName, shaped, told
from cti_server.sales.asking import Asked, ident_of
from cti_server.sales.commission import FULL_RATE
from cti_server.sales.earnings import Month
from cti_server.sales.months import bounds, month_in
from cti_server.sales.queries import customer_of
from cti_server.sales.rules import Refused
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of, query_of
from cti_server.web.routes import Route, api

_DAYS_S = 90 * 86_400.0


class QuotasQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`month`: such as 2026-03; left out, it is this one."""

    month: MonthName | None = None


class Quotas(msgspec.Struct, frozen=True, kw_only=True):
    """The months of all, or the own one. Sums in the smallest unit. `version` 0: there is no quota yet."""

    month: str
    currency: str
    items: list[Month]


class NewQuota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`who`: as owners are named. `version`: of the quota that was seen; 0 for none."""

    who: Annotated[str, Meta(min_length=1, max_length=200)]
    month: MonthName
    amount: Amount
    version: Annotated[int, Meta(ge=0, le=2_000_000_000)]


class CommissionRule(msgspec.Struct, frozen=True, kw_only=True):
    """`category`: of products; empty: those that no other rule names. `sold_from`: what the seller has sold in the
    month before. `rate`: hundredths of a per cent.
    """

    id: int
    category: str
    sold_from: int
    rate: int
    since: float
    by: str


class CommissionRules(msgspec.Struct, frozen=True, kw_only=True):
    """Those that hold now."""

    items: list[CommissionRule]


class NewCommissionRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It holds from now on, in place of one of the same category and threshold: rules are never changed."""

    rate: Annotated[int, Meta(ge=0, le=FULL_RATE)]
    category: Annotated[str, Meta(max_length=60)] = ""
    sold_from: Amount = 0


class BoughtTogether(msgspec.Struct, frozen=True, kw_only=True):
    """Who has `product` has `other`, too. The measures: see the page of what is bought together."""

    product: int
    sku: str
    other: int
    other_sku: str
    together: int
    of_product: int
    of_other: int
    baskets: int
    support: float
    confidence: float
    lift: float
    computed: float


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """The strongest first. `computed`: when; null while there are none."""

    items: list[BoughtTogether]
    computed: float | None


class OfferAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """How often a product was offered in the last 90 days, and what was said."""

    id: int
    sku: str
    name_en: str
    name_zh: str
    offers: int
    accepted: int
    declined: int
    later: int


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    items: list[OfferAnswers]


class SuggestedQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    customer: Ident


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """`product`: what to offer, at `amount` today; `because`: what they have."""

    product: int
    sku: str
    name_en: str
    name_zh: str
    amount: int
    because: int
    because_en: str
    because_zh: str
    support: float
    confidence: float
    lift: float


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    """What to offer, the strongest first."""

    items: list[Suggested]


class NewOffer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An offer that was made, and its answer. Answers what to offer next."""

    customer: Ident
    product: Ident
    answer: Literal["accepted", "declined", "later"]
    call: Annotated[str, Meta(max_length=150)] = ""


@told
async def _quotas(request: web.Request) -> web.Response:
    a, query = Asked(request, {}), query_of(request, QuotasQuery)
    return await _month(a, month_in(query.month) if query.month else a.month)


async def _month(a: Asked, month: str) -> web.Response:
    who = list(await a.names()) if a.me.everything else [a.me.who]
    async with a.request.app[ENGINE].connect() as connection:
        rows = await earnings.months(connection, who, month, *bounds(month, a.zone))
    return answer(Quotas(month=month, currency=a.currency, items=rows))


@told
async def _set_quota(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, NewQuota)
    month = month_in(body.month)
    if body.who not in await a.names():
        raise Refused("no_owner")
    async with request.app[ENGINE].begin() as connection:
        await earnings.set_quota(connection, a.me, body.who, month, body.amount, a.currency, body.version, a.now)
    return await _month(a, month)


@told
async def _rules(request: web.Request) -> web.Response:
    return await _all_rules(Asked(request, {}))


async def _all_rules(a: Asked) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        rows = await earnings.rules(connection, a.now)
    return answer(CommissionRules(items=[shaped(row, CommissionRule) for row in rows]))


@told
async def _begin_rule(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, NewCommissionRule)
    async with request.app[ENGINE].begin() as connection:
        await earnings.begin_rule(connection, a.me, text(body.category), body.sold_from, body.rate, a.now)
    return await _all_rules(a)


@told
async def _end_rule(request: web.Request) -> web.Response:
    a, ident = Asked(request, {}), ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        if ident not in {row["id"] for row in await earnings.rules(connection, a.now)}:
            raise LookupError(ident)
        await earnings.end_rule(connection, ident, a.now)
    return await _all_rules(a)


@told
async def _pairs(request: web.Request) -> web.Response:
    return await _all_pairs(request)


async def _all_pairs(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as connection:
        rows, computed = await crosssell.top(connection), await crosssell.computed(connection)
    return answer(Pairs(items=[shaped(row, BoughtTogether) for row in rows], computed=computed))


@told
async def _recompute(request: web.Request) -> web.Response:
    a = Asked(request, {})
    async with request.app[ENGINE].begin() as connection:
        await crosssell.recompute(connection, a.now)
    return await _all_pairs(request)


@told
async def _offers(request: web.Request) -> web.Response:
    a = Asked(request, {})
    async with request.app[ENGINE].connect() as connection:
        rows = await crosssell.answers(connection, a.now - _DAYS_S)
    return answer(Offers(items=[shaped(row, OfferAnswers) for row in rows]))


@told
async def _suggested(request: web.Request) -> web.Response:
    return await _suggest(Asked(request, {}), query_of(request, SuggestedQuery).customer)


async def _suggest(a: Asked, customer: int) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        known = await customer_of(connection, customer)
        if known is None:
            raise Refused("no_customer")
        found = await crosssell.suggested(connection, known["id"], a.now, a.currency)
    return answer(Suggestions(items=[shaped(msgspec.structs.asdict(each), Suggested) for each in found]))


@told
async def _offer(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, NewOffer)
    async with request.app[ENGINE].begin() as connection:
        if await customer_of(connection, body.customer) is None:
            raise Refused("no_customer")
        try:
            await products.get(connection, body.product, a.now, a.currency)
        except LookupError:
            raise Refused("no_product", sku=body.product) from None
        await crosssell.answered(connection, a.me, body.customer, body.product, body.answer, a.now, text(body.call))
    return await _suggest(a, body.customer)


_SEE, _EDIT, _MANAGE = Permission.SEE_SALES, Permission.EDIT_SALES, Permission.MANAGE_SALES


ROUTES: tuple[Route, ...] = (
    api("/quotas", _quotas, _SEE, "What people should sell in a month, and have sold", Quotas, query=QuotasQuery),
    api("/quotas", _set_quota, _MANAGE, "Set somebody's quota", Quotas, body=NewQuota, method="PUT"),
    api("/commission-rules", _rules, _SEE, "The rules of commission that hold", CommissionRules),
    api("/commission-rules", _begin_rule, _MANAGE, "Begin a rule", CommissionRules, body=NewCommissionRule),
    api("/commission-rules/{id}", _end_rule, _MANAGE, "End a rule", CommissionRules, method="DELETE"),
    api("/cross-sell", _pairs, _SEE, "What is bought together", Pairs),
    api("/cross-sell", _recompute, _MANAGE, "Compute it anew from the orders", Pairs, method="POST"),
    api("/offers", _offers, _SEE, "What was offered, and what was said", Offers),
    api("/offers", _offer, _EDIT, "Write down an offer and its answer", Suggestions, body=NewOffer),
    api("/offers/suggested", _suggested, _SEE, "What to offer a customer", Suggestions, query=SuggestedQuery),
)
