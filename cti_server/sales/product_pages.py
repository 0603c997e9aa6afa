"""What those who manage sales keep: products and prices, quotas by person and month, the rules of commission."""

from decimal import Decimal, InvalidOperation

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.sales import earnings, products
from cti_server.sales.asking import Asked, form_of, go, ident_of, query_asked, reason, said_of, told
from cti_server.sales.forecast import month_after
from cti_server.sales.months import begin_of, bounds, day_in, month_in
from cti_server.sales.products import Named
from cti_server.sales.queries import Changed
from cti_server.sales.rules import Refused
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.render import words_of
from cti_server.web.routes import Route, form, page


@told
async def _new(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        return await _product_page(connection, a, 0)


@told
async def _product(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        return await _product_page(connection, a, ident_of(request))


async def _product_page(
    connection: AsyncConnection,
    a: Asked,
    ident: int,
    typed: dict[str, str] | None = None,
    said: str = "",
    status: int = 200,
) -> web.Response:
    row = await products.get(connection, ident, a.now, a.currency) if ident else None
    return await a.page(
        "product.html",
        status,
        tab="products",
        row=row,
        prices=await products.prices(connection, ident) if ident else [],
        categories=await products.categories(connection),
        typed=typed or {},
        said=said,
    )


@told
async def _save(request: web.Request) -> web.StreamResponse:
    a = await form_of(request)
    ident = ident_of(request) if "id" in request.match_info else 0
    named = Named(
        **{name: a.text(name) for name in ("sku", "name_en", "name_zh", "category", "unit")},
        active=a.text("active", "yes") == "yes",
    )
    try:
        async with request.app[ENGINE].begin() as connection:
            made = await products.save(connection, a.me, named, a.now, ident, a.whole("version", 0))
            if not ident and a.text("amount"):
                amount = a.amount("amount")
                await products.set_price(connection, a.me, made, amount, a.currency, a.now, a.now, None)
    except Refused as refused:
        said, status = reason(words_of(request), refused), 400
    except Changed as changed:
        said, status = said_of(words_of(request), changed.now), 409
    else:
        return go(f"/sales/products/{made}")
    async with request.app[ENGINE].connect() as connection:
        return await _product_page(connection, a, ident, dict(a.fields), said, status)


@told
async def _price(request: web.Request) -> web.StreamResponse:
    """`since` empty: from now on. `until`: the first day on which the price before holds again."""
    a, ident = await form_of(request), ident_of(request)
    since = begin_of(day_in(a.text("since")), a.zone) if a.text("since") else a.now
    until = begin_of(day_in(a.text("until")), a.zone) if a.text("until") else None
    async with request.app[ENGINE].begin() as connection:
        if a.text("since") == a.today:
            since = a.now
        await products.set_price(connection, a.me, ident, a.amount("amount"), a.currency, a.now, since, until)
    return go(f"/sales/products/{ident}")


@told
async def _quotas(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    month = month_in(a.text("month")) if a.text("month") else a.month
    names = await a.names()
    async with request.app[ENGINE].connect() as connection:
        rows = await earnings.months(connection, list(names), month, *bounds(month, a.zone))
        rules = await earnings.rules(connection, a.now)
        known = await products.categories(connection)
    return await a.page(
        "quotas.html",
        names=names,
        month=month,
        before=month_after(month, -1),
        after=month_after(month),
        rows=rows,
        rules=rules,
        categories=known,
    )


@told
async def _set_quota(request: web.Request) -> web.StreamResponse:
    a = await form_of(request)
    month, who = month_in(a.text("month")), a.text("who")
    if who not in await a.names():
        raise LookupError(who)
    async with request.app[ENGINE].begin() as connection:
        amount, version = a.amount("amount"), a.whole("version", 0)
        await earnings.set_quota(connection, a.me, who, month, amount, a.currency, version, a.now)
    return go("/sales/quotas", month=month)


@told
async def _rule(request: web.Request) -> web.StreamResponse:
    """Begin a rule, or end one."""
    a = await form_of(request)
    async with request.app[ENGINE].begin() as connection:
        if a.text("end"):
            await earnings.end_rule(connection, a.whole("end"), a.now)
        else:
            sold_from = a.amount("sold_from") if a.text("sold_from") else 0
            await earnings.begin_rule(connection, a.me, a.text("category"), sold_from, _rate(a.text("rate")), a.now)
    return go("/sales/quotas")


def _rate(text: str) -> int:
    """Per cent as people write them, in hundredths. Raises Refused."""
    try:
        value = Decimal(text.removesuffix("%").strip() or "x") * 100
    except InvalidOperation:
        raise Refused("rate") from None
    if not value.is_finite() or value != value.to_integral_value() or abs(value) > 10_000:
        raise Refused("rate")
    return int(value)


ROUTES: tuple[Route, ...] = (
    page("/sales/products/new", _new, Permission.MANAGE_SALES),
    form("/sales/products/new", _save, Permission.MANAGE_SALES),
    page("/sales/products/{id}", _product, Permission.SEE_SALES),
    form("/sales/products/{id}", _save, Permission.MANAGE_SALES),
    form("/sales/products/{id}/price", _price, Permission.MANAGE_SALES),
    page("/sales/quotas", _quotas, Permission.MANAGE_SALES),
    form("/sales/quotas", _set_quota, Permission.MANAGE_SALES),
    form("/sales/commission-rules", _rule, Permission.MANAGE_SALES),
)
