"""Commission as it is kept: each line with all that explains it. What was earned is never computed anew.

Rules are begun and ended, not changed, so that each line names the rule it was made by. The scheme: `commission.py`.
"""

from typing import Any

import msgspec
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.db import insert_into
from cti_server.sales.commission import FULL_RATE, Earned, Rule, Sold, earned, taken_back
from cti_server.sales.earning_tables import commission_line, commission_rule, quota
from cti_server.sales.paper_tables import order_line, order_share
from cti_server.sales.products import MOST_WORD
from cti_server.sales.queries import Changed, Me, Row, add, every, limited, one, shared
from cti_server.sales.rules import MOST_AMOUNT, Refused
from cti_server.sales.tables import opportunity, opportunity_share

_EARNING = 0x63746963
"""The number of PostgreSQL's lock for it; nothing else takes one of this number."""


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """One seller's month. `sold`: the bases of the commission; `won`: the shares of opportunities won in it."""

    who: str
    quota: int
    sold: int
    won: int
    commission: int
    version: int


async def rules(connection: AsyncConnection, at: float) -> list[Row]:
    """Those that hold at `at`, by category and threshold."""
    holds = commission_rule.c.since <= at, or_(commission_rule.c.until.is_(None), commission_rule.c.until > at)
    query = select(commission_rule).where(*holds).order_by(commission_rule.c.category, commission_rule.c.sold_from)
    return await every(connection, query)


async def begin_rule(connection: AsyncConnection, me: Me, category: str, sold_from: int, rate: int, at: float) -> None:
    """It holds from now on, in place of one with the same category and threshold. Raises Refused."""
    category = limited({"category": category}, category=MOST_WORD)["category"]
    if not 0 <= rate <= FULL_RATE:
        raise Refused("rate")
    if not 0 <= sold_from <= MOST_AMOUNT:
        raise Refused("amount")
    same = commission_rule.c.category == category, commission_rule.c.sold_from == sold_from
    ends = update(commission_rule).where(*same, commission_rule.c.until.is_(None))
    await connection.execute(ends.values(until=at))
    values = {"category": category, "sold_from": sold_from, "rate": rate, "since": at, "until": None, "by": me.login}
    await add(connection, commission_rule, **values)


async def end_rule(connection: AsyncConnection, ident: int, at: float) -> None:
    this = commission_rule.c.id == ident, commission_rule.c.until.is_(None)
    await connection.execute(update(commission_rule).where(*this).values(until=at))


async def earn(connection: AsyncConnection, order: Row, at: float, month: str) -> None:
    """Write the commission of an order that was paid in full just now, in the transaction that says so."""
    query = select(order_share).where(order_share.c.order == order["id"])
    shares = shared(await every(connection, query))
    if not shares:
        return
    rows = await every(connection, select(order_line).where(order_line.c.order == order["id"]))
    sold = [Sold(line=row["id"], category=row["category"], total=row["total"]) for row in rows]
    await _alone(connection)
    before = await _sold(connection, list(shares), month)
    known = [Rule(**{name: row[name] for name in Rule.__struct_fields__}) for row in await rules(connection, at)]
    await _write(connection, earned(sold, shares, known, before), order, at, month, None)


async def take_back(
    connection: AsyncConnection, order: Row, refunds: dict[int, tuple[int, int]], returned: int, at: float, month: str
) -> None:
    """Write what a refund takes back. `refunds`: see `commission.taken_back`; nothing when nothing was earned."""
    query = select(commission_line).where(
        commission_line.c.order == order["id"], commission_line.c.return_order.is_(None)
    )
    paid = [
        Earned(line=row["order_line"], **{name: row[name] for name in Earned.__struct_fields__ if name != "line"})
        for row in await every(connection, query.order_by(commission_line.c.who))
    ]
    await _write(connection, taken_back(paid, refunds), order, at, month, returned)


async def lines(connection: AsyncConnection, who: str, month: str) -> list[Row]:
    """One seller's month, line by line, in order of time."""
    mine = commission_line.c.who == who, commission_line.c.month == month
    query = select(commission_line, commission_rule.c.sold_from, commission_rule.c.category.label("rule_category"))
    query = query.outerjoin(commission_rule, commission_rule.c.id == commission_line.c.rule).where(*mine)
    return await every(connection, query.order_by(commission_line.c.at, commission_line.c.id))


async def set_quota(
    connection: AsyncConnection, me: Me, who: str, month: str, amount: int, currency: str, version: int, at: float
) -> None:
    """`version`: of the quota that was seen, 0 for none. Raises Changed when there is another by now."""
    if not 0 <= amount <= MOST_AMOUNT:
        raise Refused("amount")
    values = {"amount": amount, "currency": currency, "changed": at, "changed_by": me.login}
    this = quota.c.who == who, quota.c.month == month
    done: Any = update(quota).where(*this, quota.c.version == version).values(**values, version=version + 1)
    if not version:
        done = insert_into(connection, quota).values(who=who, month=month, version=1, **values).on_conflict_do_nothing()
    if (await connection.execute(done.returning(quota.c.who))).first() is None:
        raise Changed(await one(connection, select(quota).where(*this)) or {})


async def months(connection: AsyncConnection, who: list[str], month: str, begin: float, end: float) -> list[Month]:
    """For each of these people; `begin`, `end`: the first moments of the month and of the next."""
    quotas = {row["who"]: row for row in await every(connection, select(quota).where(quota.c.month == month))}
    paid = {
        row["who"]: row
        for row in await every(
            connection,
            select(
                commission_line.c.who,
                func.sum(commission_line.c.base).label("base"),
                func.sum(commission_line.c.amount).label("amount"),
            )
            .where(commission_line.c.month == month)
            .group_by(commission_line.c.who),
        )
    }
    part = func.sum(opportunity.c.amount * opportunity_share.c.percent)
    won_query = (
        select(opportunity_share.c.who, part.label("hundredths"))
        .join(opportunity, opportunity.c.id == opportunity_share.c.opportunity)
        .where(opportunity.c.status == "won", opportunity.c.closed >= begin, opportunity.c.closed < end)
        .group_by(opportunity_share.c.who)
    )
    won = {row["who"]: int(row["hundredths"]) // 100 for row in await every(connection, won_query)}
    nothing = {"amount": 0, "base": 0, "version": 0}
    return [
        Month(
            who=name,
            quota=quotas.get(name, nothing)["amount"],
            version=quotas.get(name, nothing)["version"],
            sold=int(paid.get(name, nothing)["base"]),
            commission=int(paid.get(name, nothing)["amount"]),
            won=won.get(name, 0),
        )
        for name in who
    ]


async def _alone(connection: AsyncConnection) -> None:
    """Wait until no other order earns: of two that are paid at one moment the second knows of the first.

    The caller has written, so on SQLite nobody else does.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(_EARNING)))


async def _sold(connection: AsyncConnection, who: list[str], month: str) -> dict[str, int]:
    query = (
        select(commission_line.c.who, func.sum(commission_line.c.base).label("base"))
        .where(commission_line.c.who.in_(who), commission_line.c.month == month)
        .group_by(commission_line.c.who)
    )
    return {row["who"]: max(0, int(row["base"])) for row in await every(connection, query)}


async def _write(
    connection: AsyncConnection, found: list[Earned], order: Row, at: float, month: str, returned: int | None
) -> None:
    same = {"order": order["id"], "at": at, "month": month, "return_order": returned, "currency": order["currency"]}
    for one_line in found:
        values = {name: getattr(one_line, name) for name in Earned.__struct_fields__ if name != "line"}
        await connection.execute(insert(commission_line).values(**values, **same, order_line=one_line.line))
