"""The figures of customers made anew: of all of them each night, of one after an order.

Whoever knows of orders adds a source to `SOURCES` when it is imported: customers know nothing of sales.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.tables import customer
from cti_server.customers.value import rules
from cti_server.customers.value.rules import DAY_S, Bounds, Purchase, Value
from cti_server.customers.value.tables import customer_value, value_bounds
from cti_server.db import upsert
from cti_server.journal.clean import small

Purchases: TypeAlias = Mapping[int, Sequence[Purchase]]
Source: TypeAlias = Callable[[AsyncConnection, int | None], Awaitable[Purchases]]
"""`source(connection, customer)`: when and for how much they bought, oldest first, by customer; of all with None."""
SOURCES: list[Source] = []
_BATCH = 500


async def recompute(connection: AsyncConnection, purchases: Purchases, at: float) -> None:
    """These customers, by the bounds of the last night; in the transaction of an order. An empty list: never bought.

    Computed columns only: the record's `version` stays.
    """
    known = await _bounds(connection)
    if not known:
        known = rules.bounds(purchases.values(), at)
    await _store(connection, {ident: rules.value(each, known, at) for ident, each in purchases.items()}, at)


async def after_order(connection: AsyncConnection, ident: int, at: float) -> None:
    """One customer, from all sources."""
    found = await gather(connection, ident)
    await recompute(connection, {ident: found.get(ident, [])}, at)


async def recompute_all(engine: AsyncEngine, at: float) -> int:
    """Everybody who ever bought, and who did until an order was taken back; how many. A batch is one transaction, so
    nobody waits for all of it."""
    async with engine.connect() as connection:
        purchases = dict(await gather(connection, None))
        for ident in await connection.scalars(select(customer_value.c.customer)):
            purchases.setdefault(ident, [])
        there = select(customer.c.id).where(customer.c.merged_into.is_(None))
        active = set(await connection.scalars(there))
    known, values = await asyncio.to_thread(_values, {i: p for i, p in purchases.items() if i in active}, at)
    async with engine.begin() as connection:
        for name, cuts in known.items():
            await upsert(connection, value_bounds, [{"name": name, "bounds": json.dumps(cuts), "computed": at}])
    everybody = sorted(values.items())
    for start in range(0, len(everybody), _BATCH):
        async with engine.begin() as connection:
            await _store(connection, dict(everybody[start : start + _BATCH]), at)
    return len(everybody)


async def gather(connection: AsyncConnection, ident: int | None) -> dict[int, list[Purchase]]:
    """What all sources know, oldest first."""
    found: dict[int, list[Purchase]] = {}
    for source in SOURCES:
        for one, purchases in (await source(connection, ident)).items():
            found.setdefault(one, []).extend(purchases)
    return {one: sorted(purchases) for one, purchases in found.items()}


async def figures_of(connection: AsyncConnection, ident: int) -> dict[str, Any] | None:
    """The row of `customer_value`; None for one whose figures were never made."""
    query = select(customer_value).where(customer_value.c.customer == ident)
    row = (await connection.execute(query)).mappings().first()
    return dict(row) if row else None


def _values(purchases: Purchases, at: float) -> tuple[dict[str, list[float]], dict[int, Value]]:
    known = rules.bounds(purchases.values(), at)
    return known, {ident: rules.value(each, known, at) for ident, each in purchases.items()}


async def _bounds(connection: AsyncConnection) -> Bounds:
    rows = await connection.execute(select(value_bounds.c.name, value_bounds.c.bounds))
    return {name: json.loads(cuts) for name, cuts in rows}


_UPDATE = (
    update(customer)
    .where(customer.c.id == bindparam("this"))
    .values({n: bindparam(f"new_{n}") for n in ("tier", "stage", "orders", "spent", "recency_days")})
)


async def _store(connection: AsyncConnection, values: Mapping[int, Value], at: float) -> None:
    if not values:
        return
    records, rows = [], []
    for ident, each in values.items():
        days = None if each.last_order is None else max(0, int((at - each.last_order) / DAY_S))
        record: dict[str, Any] = {
            "tier": each.tier,
            "stage": each.stage,
            "orders": each.orders,
            "spent": small(each.spent, 64),
        }
        records.append({"this": ident} | {f"new_{n}": v for n, v in (record | {"recency_days": days}).items()})
        figures = msgspec.structs.asdict(each)
        kept = {n: figures[n] for n in ("recency", "frequency", "monetary", "last_order")}
        rows.append(kept | {"customer": ident, "lifetime": small(each.lifetime, 64), "computed": at})
    await connection.execute(_UPDATE, records)
    await upsert(connection, customer_value, rows)
