"""What the fields of the subjects of sales are for one row. Sums are in units of the currency, such as 12.5 yuan."""

from typing import Any

from babel.numbers import get_currency_precision
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.tables import customer
from cti_server.rules.subject import Value
from cti_server.sales.paper_tables import order_line, return_order
from cti_server.sales.queries import Row, every, one
from cti_server.sales.tables import product

_LONG = 10_000
_SAME = ("currency", "owner", "campaign", "dnis", "created")


async def of_opportunity(db: AsyncConnection, row: Row, at: float, by: str) -> dict[str, Value]:
    values = {name: row[name] for name in ("title", "stage", "status", "reason", "probability", "expected")}
    return values | {"amount": money(row["amount"], row["currency"])} | await _common(db, row, at, by)


async def of_order(db: AsyncConnection, row: Row, at: float, by: str, returned: int | None) -> dict[str, Value]:
    """`row` with its `state`; `returned`: the id of what comes back, when it is about that."""
    currency = row["currency"]
    goods = select(product.c.sku, order_line.c.category).join(product, product.c.id == order_line.c.product)
    lines = await every(db, goods.where(order_line.c.order == row["id"]).order_by(order_line.c.position))
    values: dict[str, Any] = {"state": row["state"], "status": row["status"]}
    values |= {name: money(row[name], currency) for name in ("total", "paid", "refunded")}
    values |= {"owed": money(row["total"] - row["paid"], currency), "from_opportunity": row["opportunity"] is not None}
    values |= {"skus": [line["sku"] for line in lines], "categories": sorted({line["category"] for line in lines})}
    back = await one(db, select(return_order).where(return_order.c.id == returned)) if returned else None
    values |= {"return.status": back["status"] if back else "", "return.reason": back["reason"] if back else ""}
    values["return.amount"] = money(back["amount"], currency) if back else 0.0
    return values | await _common(db, row, at, by)


def money(amount: int, currency: str) -> float:
    return amount / float(10 ** get_currency_precision(currency))


async def _common(db: AsyncConnection, row: Row, at: float, by: str) -> dict[str, Value]:
    values: dict[str, Any] = {name: row[name] for name in _SAME}
    values |= {"number": str(row["id"]), "note": row["note"][:_LONG], "from_call": bool(row["call"])}
    values |= {"now": at, "days_old": (at - row["created"]) / 86_400, "by": by}
    known = await one(db, select(customer).where(customer.c.id == row["customer"]))
    for name, empty in (("name", ""), ("tier", 0), ("owner", ""), ("language", ""), ("stage", "")):
        values[f"customer.{name}"] = known[name] if known else empty
    return values
