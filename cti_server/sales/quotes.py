"""Quotes: prices that are promised until a day. A changed quote is a new version, and the one before stays readable."""

from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import timeline
from cti_server.customers.tables import customer
from cti_server.sales.paper_tables import quote, quote_line
from cti_server.sales.queries import Me, Row, add, change, customer_of, every, limited, one, reached, seen, whole
from cti_server.sales.rules import QUOTE_STATUSES, Refused, check_step, line_total, order_total
from cti_server.sales.tables import product
from cti_server.web.lists import Listing, exact, text_filter

MOST_NOTE = 5000


async def make(
    connection: AsyncConnection,
    me: Me,
    customer_id: int,
    lines: list[Row],
    at: float,
    *,
    valid_until: str,
    currency: str,
    owner: str,
    opportunity: int | None = None,
    note: str = "",
    call: str = "",
    replaces: Row | None = None,
) -> int:
    """A new quote, or the next version of one that is neither accepted nor replaced. Raises Refused and Changed."""
    total = order_total([(line["quantity"], line["unit_price"]) for line in lines])
    note = limited({"note": note}, note=MOST_NOTE)["note"]
    known = await customer_of(connection, customer_id)
    if known is None:
        raise Refused("no_customer")
    series, revision = 0, 1
    if replaces is not None:
        if replaces["status"] in ("accepted", "replaced"):
            raise Refused("step")
        await change(connection, quote, replaces["id"], replaces["version"], me.login, at, status="replaced")
        series, revision = replaces["series"], replaces["revision"] + 1
    ident = await add(
        connection,
        quote,
        series=series,
        revision=revision,
        customer=known["id"],
        opportunity=opportunity,
        status="draft",
        valid_until=valid_until,
        currency=currency,
        total=total,
        note=note,
        owner=owner,
        call=call,
        created=at,
        created_by=me.login,
        changed=at,
        changed_by=me.login,
        version=1,
    )
    if not series:
        await connection.execute(update(quote).where(quote.c.id == ident).values(series=ident))
    for position, line in enumerate(lines, 1):
        values = {name: line[name] for name in ("product", "quantity", "unit_price")}
        cost = line_total(line["quantity"], line["unit_price"])
        await connection.execute(insert(quote_line).values(**values, quote=ident, position=position, total=cost))
    await _note(connection, known["id"], ident, "made", me, at, total=total, currency=currency)
    return ident


async def step(
    connection: AsyncConnection, me: Me, ident: int, version: int, status: str, at: float, today: str
) -> Row:
    """Sent, accepted or declined. Gives the quote as it was. Its prices hold to the last day: raises Refused later."""
    row = await get(connection, me, ident)
    check_step("quote", row["status"], status)
    if status == "accepted" and row["valid_until"] < today:
        raise Refused("expired")
    await change(connection, quote, ident, version, me.login, at, status=status)
    await _note(connection, row["customer"], ident, status, me, at, total=row["total"], currency=row["currency"])
    return row


async def get(connection: AsyncConnection, me: Me, ident: int) -> Row:
    """With the customer's name. Raises LookupError."""
    row = await one(connection, _query().where(quote.c.id == ident, reached(me, quote)))
    if row is None:
        raise LookupError(ident)
    return row


async def lines(connection: AsyncConnection, ident: int) -> list[Row]:
    query = (
        select(quote_line, product.c.sku, product.c.name_en, product.c.name_zh, product.c.category)
        .join(product, product.c.id == quote_line.c.product)
        .where(quote_line.c.quote == ident)
    )
    return await every(connection, query.order_by(quote_line.c.position))


async def versions(connection: AsyncConnection, series: int) -> list[Row]:
    return await every(connection, select(quote).where(quote.c.series == series).order_by(quote.c.revision.desc()))


async def of_opportunity(connection: AsyncConnection, ident: int) -> list[Row]:
    return await every(connection, select(quote).where(quote.c.opportunity == ident).order_by(quote.c.id.desc()))


def listing(me: Me) -> Listing:
    return Listing(
        query=_query().where(seen(me, quote)),
        key=quote.c.id,
        sorts={name: quote.c[name] for name in ("created", "total", "valid_until")},
        filters={
            "text": text_filter(customer.c.name),
            "status": exact(quote.c.status, QUOTE_STATUSES),
            "owner": lambda value: quote.c.owner == ("" if value == "-" else value),
            "customer": lambda value: quote.c.customer == whole(value),
        },
    )


def _query() -> Select[Any]:
    return select(quote, customer.c.name.label("customer_name")).join(customer, customer.c.id == quote.c.customer)


async def _note(
    connection: AsyncConnection, customer_id: int, ident: int, what: str, me: Me, at: float, **data: Any
) -> None:
    about = {"kind": "quote", "ref": str(ident), "what": what, "by": me.login}
    await timeline.note(connection, customer_id, at=at, **about, url=f"/sales/quotes/{ident}", **data)
