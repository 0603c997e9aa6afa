"""Products, and their prices through time: one price at any moment, on every channel. What was a price stays known."""

from typing import Any

import msgspec
from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.clean import clean
from cti_server.sales.queries import Me, Row, add, change, every, limited, one
from cti_server.sales.rules import MOST_AMOUNT, Refused
from cti_server.sales.tables import price, product
from cti_server.web.lists import Listing, exact, text_filter

MOST_SKU, MOST_NAME, MOST_WORD = 60, 200, 60


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What a product is called. `category` decides the commission; `unit`: piece, box, hour ..."""

    sku: str
    name_en: str
    name_zh: str
    category: str
    unit: str
    active: bool = True


async def save(connection: AsyncConnection, me: Me, named: Named, at: float, ident: int = 0, version: int = 0) -> int:
    """A new product, or (`ident`) a changed one. Raises Refused, Changed, LookupError."""
    values: dict[str, Any] = limited(
        {name: getattr(named, name) for name in ("sku", "name_en", "name_zh", "category", "unit")},
        sku=MOST_SKU,
        name_en=MOST_NAME,
        name_zh=MOST_NAME,
        category=MOST_WORD,
        unit=MOST_WORD,
    )
    values["name_en"] = values["name_en"] or values["name_zh"]
    values["name_zh"] = values["name_zh"] or values["name_en"]
    if not values["sku"] or not values["name_en"]:
        raise Refused("no_name")
    values = clean(values)
    same = await one(connection, select(product.c.id).where(product.c.sku == values["sku"], product.c.id != ident))
    if same is not None:
        raise Refused("same_sku", sku=values["sku"])
    values["active"] = named.active
    if ident:
        await change(connection, product, ident, version, me.login, at, **values)
        return ident
    return await add(connection, product, **values, changed=at, changed_by=me.login, version=1)


async def set_price(
    connection: AsyncConnection,
    me: Me,
    ident: int,
    amount: int,
    currency: str,
    at: float,
    since: float,
    until: float | None,
) -> None:
    """From `since` on, or only `until` then: the price that held before holds again after it.

    Raises Refused for a time that has begun already, and when a price that was set for later would be in the way.
    """
    if not 0 <= amount <= MOST_AMOUNT:
        raise Refused("amount")
    if since < at or (until is not None and until <= since):
        raise Refused("price_time")
    if await one(connection, select(product.c.id).where(product.c.id == ident)) is None:
        raise LookupError(ident)
    mine = price.c.product == ident
    later = [mine, price.c.since >= since]
    if until is not None:
        later.append(price.c.since < until)
    if await one(connection, select(price.c.id).where(*later)) is not None:
        raise Refused("price_planned")
    valid = await one(connection, select(price).where(mine, _holds(since)))
    stamp = {"product": ident, "at": at, "by": me.login}
    if valid is not None:
        await connection.execute(update(price).where(price.c.id == valid["id"]).values(until=since))
        rest = valid["until"]
        if until is not None and (rest is None or rest > until):
            again = {"amount": valid["amount"], "currency": valid["currency"], "since": until, "until": rest}
            await add(connection, price, **stamp, **again)
    await add(connection, price, **stamp, amount=amount, currency=currency, since=since, until=until)


async def get(connection: AsyncConnection, ident: int, at: float, currency: str) -> Row:
    """With its `amount` now, None when it has no price. Raises LookupError."""
    row = await one(connection, priced(at, currency).where(product.c.id == ident))
    if row is None:
        raise LookupError(ident)
    return row


async def prices(connection: AsyncConnection, ident: int) -> list[Row]:
    """All that were and will be, the latest first."""
    return await every(connection, select(price).where(price.c.product == ident).order_by(price.c.since.desc()))


async def categories(connection: AsyncConnection) -> list[str]:
    query = select(product.c.category).where(product.c.category != "").distinct().order_by(product.c.category)
    return list(await connection.scalars(query))


async def on_sale(connection: AsyncConnection, at: float, currency: str, limit: int = 500) -> list[Row]:
    """What can be sold now: active, with a price in this currency. By SKU."""
    query = priced(at, currency).where(product.c.active, price.c.amount.is_not(None)).order_by(product.c.sku)
    return await every(connection, query.limit(limit))


async def lines_of(connection: AsyncConnection, wanted: list[tuple[str, int]], at: float, currency: str) -> list[Row]:
    """SKUs and quantities as lines with today's prices. Raises Refused for what is not sold."""
    found: list[Row] = []
    for sku, quantity in wanted:
        row = await one(connection, priced(at, currency).where(product.c.sku == sku))
        if row is None:
            raise Refused("no_product", sku=sku)
        if not row["active"] or row["amount"] is None:
            raise Refused("no_price", sku=sku)
        line = {"product": row["id"], "category": row["category"], "quantity": quantity, "unit_price": row["amount"]}
        found.append(line)
    return found


def priced(at: float, currency: str) -> Select[Any]:
    """Products with the `amount` that holds at `at`, null where there is none."""
    now = and_(price.c.product == product.c.id, _holds(at), price.c.currency == currency)
    return select(product, price.c.amount).outerjoin(price, now)


def listing(at: float, currency: str) -> Listing:
    return Listing(
        query=priced(at, currency),
        key=product.c.id,
        sorts={
            "sku": product.c.sku,
            "name_en": product.c.name_en,
            "name_zh": product.c.name_zh,
            "category": product.c.category,
        },
        filters={
            "text": text_filter(product.c.sku, product.c.name_en, product.c.name_zh),
            "category": exact(product.c.category),
            "active": lambda value: product.c.active.is_(value == "yes") if value in ("yes", "no") else None,
        },
        descending=False,
    )


def _holds(at: float) -> Any:
    return and_(price.c.since <= at, or_(price.c.until.is_(None), price.c.until > at))
