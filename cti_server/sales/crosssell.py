"""What is bought together, kept in a table that is made anew each night; what to offer somebody, and what they said.

The definitions of support, confidence and lift are in `pairs.py`.
"""

import msgspec
from sqlalchemy import and_, delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import timeline
from cti_server.sales.pairs import LEAST_LIFT, LEAST_TOGETHER, MOST_FOR_EACH, measures
from cti_server.sales.paper_tables import order_line, sales_order
from cti_server.sales.products import priced
from cti_server.sales.queries import Me, Row, add, customer_of, every, one
from cti_server.sales.rules import ANSWERS, Refused
from cti_server.sales.tables import product, product_pair, sales_offer

AGAIN_S = 90 * 86_400.0
"""Who declined is not offered the same for so long."""
_CHUNK = 500


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """`product`: what to offer; `because`: what they have. `amount`: today's price."""

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


async def recompute(connection: AsyncConnection, at: float) -> int:
    """Make the table anew from the orders that were not cancelled. Gives how many pairs are kept."""
    bought = (
        select(sales_order.c.customer, order_line.c.product)
        .join(order_line, order_line.c.order == sales_order.c.id)
        .where(sales_order.c.status != "cancelled", order_line.c.returned < order_line.c.quantity)
        .distinct()
        .cte("bought")
    )
    baskets = (await connection.execute(select(func.count(bought.c.customer.distinct())))).scalar_one()
    alone = {
        row["product"]: row["n"]
        for row in await every(connection, select(bought.c.product, func.count().label("n")).group_by(bought.c.product))
    }
    first, second = bought.alias("a"), bought.alias("b")
    both = and_(first.c.customer == second.c.customer, first.c.product != second.c.product)
    query = (
        select(first.c.product, second.c.product.label("other"), func.count().label("together"))
        .join(second, both)
        .group_by(first.c.product, second.c.product)
        .having(func.count() >= LEAST_TOGETHER)
    )
    found: dict[int, list[Row]] = {}
    for row in await every(connection, query):
        of_product, of_other = alone[row["product"]], alone[row["other"]]
        strong = measures(row["together"], of_product, of_other, baskets)
        if strong.lift > LEAST_LIFT:
            counts = {"of_product": of_product, "of_other": of_other, "baskets": baskets, "computed": at}
            found.setdefault(row["product"], []).append(row | counts | msgspec.structs.asdict(strong))
    kept = [row for rows in found.values() for row in sorted(rows, key=_strength)[:MOST_FOR_EACH]]
    await connection.execute(delete(product_pair))
    for start in range(0, len(kept), _CHUNK):
        await connection.execute(insert(product_pair), kept[start : start + _CHUNK])
    return len(kept)


def _strength(row: Row) -> tuple[float, float, int]:
    return (-row["lift"], -row["support"], row["other"])


async def computed(connection: AsyncConnection) -> float | None:
    """When the table was made; None when it is empty."""
    found: float | None = (await connection.execute(select(func.max(product_pair.c.computed)))).scalar_one()
    return found


async def top(connection: AsyncConnection, limit: int = 100) -> list[Row]:
    """The strongest pairs, each shown once, in the direction in which it is the surer."""
    one_way = product_pair.c.product < product_pair.c.other
    back = product_pair.alias("back")
    alone = ~exists().where(back.c.product == product_pair.c.other, back.c.other == product_pair.c.product)
    other = product.alias("other")
    query = (
        select(
            product_pair,
            product.c.sku,
            product.c.name_en,
            product.c.name_zh,
            other.c.sku.label("other_sku"),
            other.c.name_en.label("other_en"),
            other.c.name_zh.label("other_zh"),
        )
        .join(product, product.c.id == product_pair.c.product)
        .join(other, other.c.id == product_pair.c.other)
        .where(one_way | alone)
        .order_by(product_pair.c.lift.desc(), product_pair.c.support.desc(), product_pair.c.product)
    )
    return await every(connection, query.limit(limit))


async def suggested(
    connection: AsyncConnection, customer_id: int, at: float, currency: str, limit: int = 3
) -> list[Suggestion]:
    """What this customer has not bought, can buy, and has not declined of late. The strongest first."""
    own = (
        select(order_line.c.product)
        .join(sales_order, sales_order.c.id == order_line.c.order)
        .where(sales_order.c.customer == customer_id, sales_order.c.status != "cancelled")
    )
    said_no = select(sales_offer.c.product).where(
        sales_offer.c.customer == customer_id, sales_offer.c.answer == "declined", sales_offer.c.at > at - AGAIN_S
    )
    for_sale, had = priced(at, currency).subquery(), product.alias("had")
    query = (
        select(
            product_pair,
            for_sale.c.sku,
            for_sale.c.name_en,
            for_sale.c.name_zh,
            for_sale.c.amount,
            had.c.name_en.label("because_en"),
            had.c.name_zh.label("because_zh"),
        )
        .join(for_sale, for_sale.c.id == product_pair.c.other)
        .join(had, had.c.id == product_pair.c.product)
        .where(product_pair.c.product.in_(own), product_pair.c.other.not_in(own), product_pair.c.other.not_in(said_no))
        .where(for_sale.c.active, for_sale.c.amount.is_not(None))
        .order_by(product_pair.c.lift.desc(), product_pair.c.support.desc(), product_pair.c.other)
    )
    best: dict[int, Suggestion] = {}
    for row in await every(connection, query):
        values = {name: row[name] for name in Suggestion.__struct_fields__ if name in row and name != "product"}
        best.setdefault(row["other"], Suggestion(product=row["other"], because=row["product"], **values))
    return list(best.values())[:limit]


async def answered(
    connection: AsyncConnection, me: Me, customer_id: int, product_id: int, answer: str, at: float, call: str = ""
) -> None:
    """Write down an offer that was made, and what the customer said, with what the pair was worth then."""
    if answer not in ANSWERS:
        raise Refused("step")
    known = await customer_of(connection, customer_id)
    goods = await one(connection, select(product).where(product.c.id == product_id))
    if known is None or goods is None:
        raise LookupError(customer_id)
    own = (
        select(order_line.c.product)
        .join(sales_order, sales_order.c.id == order_line.c.order)
        .where(sales_order.c.customer == known["id"], sales_order.c.status != "cancelled")
    )
    pairs = select(product_pair).where(product_pair.c.other == product_id, product_pair.c.product.in_(own))
    pair = await one(connection, pairs.order_by(product_pair.c.lift.desc()).limit(1))
    worth = {"because": pair["product"] if pair else None, "support": 0.0, "lift": 0.0}
    if pair:
        worth |= {"support": pair["support"], "lift": pair["lift"]}
    row = {"customer": known["id"], "product": product_id, "answer": answer, "at": at, "who": me.who, "call": call}
    ident = await add(connection, sales_offer, **row, **worth)
    about = {"kind": "offer", "ref": str(ident), "what": answer, "by": me.login, "said": goods["name_zh"]}
    names = {"name_en": goods["name_en"], "name_zh": goods["name_zh"], "call": call}
    await timeline.note(connection, known["id"], at=at, **about, **names)


async def answers(connection: AsyncConnection, since: float, limit: int = 100) -> list[Row]:
    """By product: how often it was offered, and what was said."""
    counts = [func.count().filter(sales_offer.c.answer == answer).label(answer) for answer in ANSWERS]
    query = (
        select(product.c.id, product.c.sku, product.c.name_en, product.c.name_zh, func.count().label("offers"), *counts)
        .join(product, product.c.id == sales_offer.c.product)
        .where(sales_offer.c.at >= since)
        .group_by(product.c.id, product.c.sku, product.c.name_en, product.c.name_zh)
        .order_by(func.count().desc(), product.c.sku)
    )
    return await every(connection, query.limit(limit))
