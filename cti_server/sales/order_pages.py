"""Quotes, orders, payments and returns: their pages and forms. Prices come from the list, never from a form."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.rules.fired import fired
from cti_server.sales import opportunities, orders, products, quotes, returns
from cti_server.sales.accounts import Taken, shares_for, taken
from cti_server.sales.asking import MOST_BODY, Asked, form_of, go, ident_of, query_asked, reason, said_of, told
from cti_server.sales.becoming import quote_step
from cti_server.sales.forms import origin_of, percent_of
from cti_server.sales.months import day_after, day_in
from cti_server.sales.pages import new_page
from cti_server.sales.queries import Changed, Origin, Row
from cti_server.sales.rules import METHODS, MOST_LINES, Refused, following, order_total
from cti_server.sales.subjects import ORDER
from cti_server.sales.value import bought
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.render import words_of
from cti_server.web.routes import Route, form, page

ROWS = 6
VALID_DAYS = 14


@told
async def _new(request: web.Request) -> web.StreamResponse:
    """`/sales/quotes/new`, `/sales/orders/new`: for an opportunity, a customer or a call; or a quote's next version."""
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        return await _lines_page(connection, a, _kind(request), dict(a.fields))


def _kind(request: web.Request) -> str:
    return "quote" if request.path.startswith("/sales/quotes") else "order"


async def _lines_page(
    connection: AsyncConnection,
    a: Asked,
    kind: str,
    typed: dict[str, str],
    said: str = "",
    status: int = 200,
    other: Taken | None = None,
) -> web.Response:
    fields = dict(a.fields)
    opportunity = await _opportunity(connection, a)
    replaced = None
    lines = _typed_lines(typed)
    if kind == "quote" and (ident := a.whole("replaces", 0)):
        replaced = await quotes.get(connection, a.me, ident)
        if not lines:
            known = await quotes.lines(connection, ident)
            lines = [(line["sku"], str(line["quantity"])) for line in known]
        fields["customer"] = str(replaced["customer"])
    if opportunity is not None:
        fields["customer"] = str(opportunity["customer"])
    lines += [("", "")] * max(2, ROWS - len(lines))
    return await new_page(
        connection,
        Asked(a.request, fields),
        "lines.html",
        typed,
        said,
        tab=f"{kind}s",
        status=status,
        kind=kind,
        lines=lines[:MOST_LINES],
        opportunity=opportunity,
        replaced=replaced,
        taken=other,
        valid_until=day_after(a.today, VALID_DAYS),
    )


async def _opportunity(connection: AsyncConnection, a: Asked) -> Row | None:
    ident = a.whole("opportunity", 0)
    return await opportunities.get(connection, a.me, ident) if ident else None


def _typed_lines(typed: dict[str, str]) -> list[tuple[str, str]]:
    numbers = [n for n in range(1, MOST_LINES + 1) if typed.get(f"sku{n}", "").strip()]
    return [(typed[f"sku{n}"].strip()[:60], typed.get(f"quantity{n}", "").strip()[:9]) for n in numbers]


def _wanted(a: Asked) -> list[tuple[str, int]]:
    numbers = [n for n in range(1, MOST_LINES + 1) if a.text(f"sku{n}")]
    return [(a.text(f"sku{n}"), a.whole(f"quantity{n}", 1)) for n in numbers]


@told
async def _make(request: web.Request) -> web.StreamResponse:
    a, kind = await form_of(request), _kind(request)
    engine = request.app[ENGINE]
    other = None
    try:
        origin = await origin_of(a)
        make = _make_quote if kind == "quote" else _make_order
        async with engine.begin() as connection:
            made = await make(connection, a, origin)
    except Refused as refused:
        said, status = reason(words_of(request), refused), 400
    except Changed as changed:
        said, status = said_of(words_of(request), changed.now), 409
    else:
        if not isinstance(made, Taken):
            return await _to_order(a, made) if kind == "order" else go(f"/sales/quotes/{made}")
        other, said, status = made, "", 409
    async with engine.connect() as connection:
        return await _lines_page(connection, a, kind, dict(a.fields), said, status, other)


async def _make_quote(connection: AsyncConnection, a: Asked, origin: Origin) -> int | Taken:
    """Somebody else's customer gets a quote for an opportunity that is shared; there the shares are agreed upon."""
    opportunity = await _opportunity(connection, a)
    replaces = None
    if ident := a.whole("replaces", 0):
        replaces = await quotes.get(connection, a.me, ident) | {"version": a.whole("version")}
    lines = await products.lines_of(connection, _wanted(a), a.now, a.currency)
    until = day_in(a.text("valid_until"))
    if until < a.today:
        raise Refused("day_past")
    customer = _customer(a, opportunity or replaces)
    if opportunity is None and replaces is None and (other := await taken(connection, customer, a.me.who)):
        return other
    return await quotes.make(
        connection,
        a.me,
        customer,
        lines,
        a.now,
        valid_until=until,
        currency=a.currency,
        owner=(opportunity or replaces or {"owner": a.me.who})["owner"] or a.me.who,
        opportunity=opportunity["id"] if opportunity else replaces["opportunity"] if replaces else None,
        note=a.text("note"),
        call=origin.call,
        replaces=replaces,
    )


async def _make_order(connection: AsyncConnection, a: Asked, origin: Origin) -> int | Taken:
    opportunity = await _opportunity(connection, a)
    if opportunity is not None:
        opportunity["version"] = a.whole("version", opportunity["version"])
    lines = await products.lines_of(connection, _wanted(a), a.now, a.currency)
    order_total([(line["quantity"], line["unit_price"]) for line in lines])
    customer, shares = _customer(a, opportunity), None
    if opportunity is None:
        found = await shares_for(connection, customer, a.me.who, a.now, percent=percent_of(a), sharing=a.sharing)
        if isinstance(found, Taken):
            return found
        shares = found
    ident = await orders.place(
        connection,
        a.me,
        customer,
        lines,
        a.now,
        currency=a.currency,
        owner=a.me.who,
        origin=origin,
        opportunity=opportunity,
        shares=shares,
        note=a.text("note"),
    )
    await bought(connection, ident)
    return ident


def _customer(a: Asked, known: Row | None) -> int:
    found = known["customer"] if known else a.whole("customer", 0)
    if not found:
        raise Refused("no_customer")
    return int(found)


@told
async def _quote(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        row = await quotes.get(connection, a.me, ident_of(request))
        lines = await quotes.lines(connection, row["id"])
        versions = await quotes.versions(connection, row["series"])
    steps = following("quote", row["status"])
    return await a.page("quote.html", tab="quotes", row=row, lines=lines, versions=versions, steps=steps)


@told
async def _quote_step(request: web.Request) -> web.StreamResponse:
    """An accepted quote becomes an order at the prices that it promised, and wins its opportunity."""
    a, ident = await form_of(request), ident_of(request)
    status = a.text("status")
    async with request.app[ENGINE].begin() as connection:
        order = await quote_step(connection, a.me, ident, a.whole("version"), status, a.now, a.today, a.plan)
    return await _to_order(a, order) if order else go(f"/sales/quotes/{ident}")


@told
async def _order(request: web.Request) -> web.StreamResponse:
    a, ident = query_asked(request), ident_of(request)
    async with request.app[ENGINE].connect() as connection:
        row = await orders.get(connection, a.me, ident)
        given = await returns.of_order(connection, ident)
        return await a.page(
            "order.html",
            tab="orders",
            row=row,
            lines=await orders.lines(connection, ident),
            payments=await orders.payments(connection, ident),
            shares=await orders.shares(connection, ident),
            returns=given,
            returnable=await returns.returnable(connection, ident),
            steps=following("order", row["status"]),
            return_steps={one["id"]: following("return", one["status"]) for one in given},
            methods=METHODS,
            owed=row["total"] - row["paid"],
            fired=await fired(request, connection, ORDER, ident),
        )


@told
async def _order_step(request: web.Request) -> web.StreamResponse:
    a, ident = await form_of(request), ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        await orders.step(connection, a.me, ident, a.whole("version"), a.text("status"), a.now)
        await bought(connection, ident)
    return await _to_order(a, ident)


@told
async def _pay(request: web.Request) -> web.StreamResponse:
    a, ident = await form_of(request), ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        version, amount = a.whole("version"), a.amount("amount")
        await orders.pay(connection, a.me, ident, version, amount, a.text("method"), a.text("note"), a.now, a.month)
    return await _to_order(a, ident)


@told
async def _return(request: web.Request) -> web.StreamResponse:
    a, ident = await form_of(request), ident_of(request)
    quantities = {
        int(name.removeprefix("line")): a.whole(name, 0)
        for name in a.fields
        if name.startswith("line") and name[4:].isascii() and name[4:].isdigit() and len(name) < 13
    }
    async with request.app[ENGINE].begin() as connection:
        version, text = a.whole("version"), a.text
        given = {"reason": text("reason"), "ticket": text("ticket"), "call": text("call")[:150]}
        await returns.ask(connection, a.me, ident, version, quantities, a.now, **given)
    return await _to_order(a, ident, "#returns")


@told
async def _return_step(request: web.Request) -> web.StreamResponse:
    a, ident = await form_of(request), ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        row = await returns.get(connection, a.me, ident)
        await returns.step(connection, a.me, ident, a.whole("version"), a.text("status"), a.now, a.month)
        await bought(connection, row["order"])
    return await _to_order(a, row["order"], "#returns")


async def _to_order(a: Asked, ident: int, part: str = "") -> web.Response:
    """To its page; a rule may have given it to somebody else at that moment."""
    try:
        async with a.request.app[ENGINE].connect() as connection:
            await orders.get(connection, a.me, ident)
    except LookupError:
        return go("/sales/orders")
    return go(f"/sales/orders/{ident}{part}")


ROUTES: tuple[Route, ...] = (
    page("/sales/quotes/new", _new, Permission.EDIT_SALES),
    form("/sales/quotes/new", _make, Permission.EDIT_SALES, MOST_BODY),
    page("/sales/quotes/{id}", _quote, Permission.SEE_SALES),
    form("/sales/quotes/{id}", _quote_step, Permission.EDIT_SALES),
    page("/sales/orders/new", _new, Permission.EDIT_SALES),
    form("/sales/orders/new", _make, Permission.EDIT_SALES, MOST_BODY),
    page("/sales/orders/{id}", _order, Permission.SEE_SALES),
    form("/sales/orders/{id}", _order_step, Permission.EDIT_SALES),
    form("/sales/orders/{id}/payments", _pay, Permission.EDIT_SALES),
    form("/sales/orders/{id}/returns", _return, Permission.EDIT_SALES),
    form("/sales/returns/{id}", _return_step, Permission.EDIT_SALES),
)
