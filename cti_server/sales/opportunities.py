"""Opportunities: opened, moved through the stages, won or lost; each state of theirs is kept."""

from typing import Any

import msgspec
from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import timeline
from cti_server.customers.tables import customer
from cti_server.sales.accounts import Taken, claim, taken
from cti_server.sales.queries import (
    Me,
    Origin,
    Row,
    add,
    change,
    customer_of,
    every,
    limited,
    one,
    reached,
    seen,
    shared,
)
from cti_server.sales.ruled import opportunity_did
from cti_server.sales.rules import MOST_AMOUNT, STAGES, STATUSES, Refused, shares_of
from cti_server.sales.tables import opportunity, opportunity_past, opportunity_share

MOST_TITLE, MOST_NOTE, MOST_REASON = 200, 20_000, 500
_KEPT = ("stage", "status", "amount", "probability", "expected")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What people say about an opportunity. `expected`: a day; `probability` None: what the stage suggests."""

    title: str
    amount: int
    currency: str
    expected: str
    stage: str = "new"
    probability: int | None = None
    owner: str = ""
    note: str = ""


def checked(plan: Plan) -> dict[str, Any]:
    """The columns of a plan. Raises Refused."""
    texts = limited({"title": plan.title, "note": plan.note}, title=MOST_TITLE, note=MOST_NOTE)
    if not texts["title"]:
        raise Refused("no_title")
    if plan.stage not in STAGES:
        raise Refused("stage")
    probability = STAGES[plan.stage] if plan.probability is None else plan.probability
    if not 0 <= probability <= 100:
        raise Refused("probability")
    if not 0 <= plan.amount <= MOST_AMOUNT:
        raise Refused("amount")
    return {
        **texts,
        "stage": plan.stage,
        "probability": probability,
        "amount": plan.amount,
        "currency": plan.currency,
        "expected": plan.expected,
        "owner": plan.owner,
    }


async def open_one(
    connection: AsyncConnection,
    me: Me,
    customer_id: int,
    plan: Plan,
    origin: Origin,
    at: float,
    *,
    percent: int | None = None,
    sharing: bool = True,
    lead: int | None = None,
) -> int | Taken:
    """Gives the id, or who has the account already: nothing was opened then, and that is logged.

    `percent`: the share of `plan.owner` when the account is shared; `sharing`: whether the site allows it.
    """
    values = checked(plan)
    known = await customer_of(connection, customer_id)
    if known is None:
        raise Refused("no_customer")
    customer_id = known["id"]
    other = await taken(connection, customer_id, plan.owner)
    shares = {plan.owner: 100} if plan.owner else {}
    if other is not None:
        if percent is None or not sharing:
            await claim(connection, customer_id, at, plan.owner, other.who, "refused", 0, None)
            return other
        shares = shares_of(other.who, plan.owner, percent)
    stamps = {"created": at, "created_by": me.login, "changed": at, "changed_by": me.login, "version": 1}
    about = {"call": origin.call, "campaign": origin.campaign, "dnis": origin.dnis}
    ident = await add(
        connection,
        opportunity,
        **values | about | stamps,
        customer=customer_id,
        lead=lead,
        status="open",
        reason="",
        closed=None,
    )
    await _remember(connection, ident, values | {"status": "open"}, me.login, at)
    for who, part in shares.items():
        await connection.execute(insert(opportunity_share).values(opportunity=ident, who=who, percent=part))
    await note(connection, customer_id, ident, "opened", values["title"], me, at, call=origin.call)
    if other is not None:
        await claim(connection, customer_id, at, plan.owner, other.who, "shared", percent or 0, ident)
        await note(connection, customer_id, ident, "shared", values["title"], me, at, shares=shares)
    await opportunity_did(connection, me, "created", ident, at)
    return ident


async def save(
    connection: AsyncConnection,
    me: Me,
    ident: int,
    version: int,
    plan: Plan,
    at: float,
    *,
    percent: int | None = None,
    sharing: bool = True,
) -> Taken | None:
    """Change an open opportunity. Raises Changed, Refused; LookupError for one that this person does not see."""
    row = await get(connection, me, ident)
    if row["status"] != "open":
        raise Refused("closed")
    values = checked(plan) | {"currency": row["currency"]}
    other = None if plan.owner == row["owner"] else await taken(connection, row["customer"], plan.owner, ident)
    if other is not None and (percent is None or not sharing):
        await claim(connection, row["customer"], at, plan.owner, other.who, "refused", 0, ident)
        return other
    await change(connection, opportunity, ident, version, me.login, at, **values)
    await _keep(connection, row, values, me.login, at)
    if plan.owner != row["owner"]:
        shares = shares_of(other.who, plan.owner, percent or 0) if other else {plan.owner: 100} if plan.owner else {}
        await connection.execute(opportunity_share.delete().where(opportunity_share.c.opportunity == ident))
        for who, part in shares.items():
            await connection.execute(insert(opportunity_share).values(opportunity=ident, who=who, percent=part))
        if other is not None:
            await claim(connection, row["customer"], at, plan.owner, other.who, "shared", percent or 0, ident)
            await note(connection, row["customer"], ident, "shared", values["title"], me, at, shares=shares)
    if values["stage"] != row["stage"]:
        await note(connection, row["customer"], ident, "moved", values["title"], me, at, stage=values["stage"])
        await opportunity_did(connection, me, "moved", ident, at)
    return None


async def move(connection: AsyncConnection, me: Me, ident: int, version: int, stage: str, at: float) -> None:
    """To another stage, with the probability that it suggests."""
    row = await get(connection, me, ident)
    if stage not in STAGES:
        raise Refused("stage")
    if row["status"] != "open":
        raise Refused("closed")
    values = {"stage": stage, "probability": STAGES[stage]}
    if stage == row["stage"]:
        return
    await change(connection, opportunity, ident, version, me.login, at, **values)
    await _keep(connection, row, values, me.login, at)
    await note(connection, row["customer"], ident, "moved", row["title"], me, at, stage=stage)
    await opportunity_did(connection, me, "moved", ident, at)


async def close(
    connection: AsyncConnection,
    me: Me,
    ident: int,
    version: int,
    status: str,
    reason: str,
    at: float,
    amount: int | None = None,
) -> None:
    """Won or lost, with the reason, which a lost one needs; or open again. `amount`: what it came to."""
    row = await get(connection, me, ident)
    reason = limited({"reason": reason}, reason=MOST_REASON)["reason"]
    if status not in STATUSES or status == row["status"] or "open" not in (status, row["status"]):
        raise Refused("step")
    if status == "lost" and not reason:
        raise Refused("no_reason")
    values: dict[str, Any] = {"status": status, "reason": reason, "closed": None if status == "open" else at}
    if amount is not None:
        values["amount"] = amount
    await change(connection, opportunity, ident, version, me.login, at, **values)
    await _keep(connection, row, values, me.login, at)
    what = "reopened" if status == "open" else status
    await note(connection, row["customer"], ident, what, row["title"], me, at, reason=reason)
    if status != "open":
        await opportunity_did(connection, me, status, ident, at)


async def get(connection: AsyncConnection, me: Me, ident: int) -> Row:
    """With the customer's name. Raises LookupError when there is none, or none for this person."""
    row = await one(connection, with_name().where(opportunity.c.id == ident, reached(me, opportunity)))
    if row is None:
        raise LookupError(ident)
    return row


async def sees(connection: AsyncConnection, me: Me, ident: int) -> bool:
    query = select(opportunity.c.id).where(opportunity.c.id == ident, seen(me, opportunity))
    return await one(connection, query) is not None


async def shares(connection: AsyncConnection, ident: int) -> dict[str, int]:
    query = select(opportunity_share).where(opportunity_share.c.opportunity == ident)
    return shared(await every(connection, query.order_by(opportunity_share.c.percent.desc(), opportunity_share.c.who)))


async def past(connection: AsyncConnection, ident: int) -> list[Row]:
    """Every state it had, the oldest first."""
    query = select(opportunity_past).where(opportunity_past.c.opportunity == ident)
    return await every(connection, query.order_by(opportunity_past.c.since, opportunity_past.c.id))


def time_in_stages(states: list[Row], now: float) -> dict[str, float]:
    """Seconds in each stage while it was open."""
    spent: dict[str, float] = {}
    for state in states:
        if state["status"] == "open":
            until = now if state["until"] is None else state["until"]
            spent[state["stage"]] = spent.get(state["stage"], 0.0) + until - state["since"]
    return spent


def with_name() -> Select[Any]:
    return select(opportunity, customer.c.name.label("customer_name")).join(
        customer, customer.c.id == opportunity.c.customer
    )


async def note(
    connection: AsyncConnection, customer_id: int, ident: int, what: str, said: str, me: Me, at: float, **data: Any
) -> None:
    await timeline.note(
        connection,
        customer_id,
        at=at,
        kind="opportunity",
        ref=str(ident),
        what=what,
        said=said,
        by=me.login,
        **{"url": f"/sales/opportunities/{ident}"} | data,
    )


async def _keep(connection: AsyncConnection, row: Row, values: dict[str, Any], by: str, at: float) -> None:
    """Write down the state that ends and the one that begins, when they differ in what is kept."""
    now = {name: values.get(name, row[name]) for name in _KEPT}
    if any(now[name] != row[name] for name in _KEPT):
        last = opportunity_past.c.opportunity == row["id"], opportunity_past.c.until.is_(None)
        await connection.execute(update(opportunity_past).where(*last).values(until=at))
        await _remember(connection, row["id"], now, by, at)


async def _remember(connection: AsyncConnection, ident: int, values: dict[str, Any], by: str, at: float) -> None:
    state = {name: values[name] for name in _KEPT}
    await connection.execute(insert(opportunity_past).values(opportunity=ident, since=at, until=None, by=by, **state))
