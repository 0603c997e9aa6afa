"""Asking the rules about what happened to an opportunity or an order, and doing what they order, in its transaction."""

from typing import Any

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import errands, timeline
from cti_server.customers.errands import Errand, NobodyKeeps
from cti_server.rules.firing import fire
from cti_server.rules.said import Refused as Impossible
from cti_server.rules.subject import Order, Subject
from cti_server.sales import facts
from cti_server.sales.accounts import taken
from cti_server.sales.paper_tables import order_share, sales_order
from cti_server.sales.queries import Me, Row, change, every, one, shared
from cti_server.sales.states import state
from cti_server.sales.subjects import OPPORTUNITY, ORDER
from cti_server.sales.tables import opportunity, opportunity_share
from cti_server.staff.tables import staff_user

MOST_HOURS = 24.0 * 366


async def opportunity_did(db: AsyncConnection, me: Me, event: str, ident: int, at: float) -> None:
    """`event`: of `subjects.OPPORTUNITY`."""
    row = await _row(db, OPPORTUNITY, ident)
    await _asked(db, OPPORTUNITY, event, ident, at, await facts.of_opportunity(db, row, at, me.login))


async def order_did(
    db: AsyncConnection, me: Me, event: str, ident: int, at: float, *, returned: int | None = None
) -> None:
    """`event`: of `subjects.ORDER`. `returned`: the id of what comes back, when it is about that."""
    row = await _row(db, ORDER, ident)
    await _asked(db, ORDER, event, ident, at, await facts.of_order(db, row, at, me.login, returned))


async def _asked(
    db: AsyncConnection, subject: Subject, event: str, ident: int, at: float, values: dict[str, Any]
) -> None:
    async def perform(order: Order) -> str:
        row = await _row(db, subject, ident)
        return await _perform(db, subject, row, order, at)

    await fire(db, subject, event, values, perform, at=at, ref=str(ident))


async def _row(db: AsyncConnection, subject: Subject, ident: int) -> Row:
    if subject is OPPORTUNITY:
        query = select(opportunity).where(opportunity.c.id == ident)
    else:
        query = select(sales_order, state().label("state")).where(sales_order.c.id == ident)
    row = await one(db, query)
    if row is None:
        raise LookupError(ident)
    return row


async def _perform(db: AsyncConnection, subject: Subject, row: Row, order: Order, at: float) -> str:
    """Do what a rule orders, as that rule. Gives what people read about it."""
    give = order.give
    match order.do:
        case "assign":
            return await _assign(db, subject, row, str(give["owner"]), order.by, at)
        case "notify":
            login, _ = await _person(db, row["owner"] if give["who"] == "owner" else str(give["who"]))
            await _line(db, subject, row, "notified", str(give["text"]), order.by, at, who=login)
            return login
        case "add_note":
            await _line(db, subject, row, "noted", str(give["text"]), order.by, at)
            return ""
        case "create_follow_up":
            who = str(give.get("owner") or "") or row["owner"]
            login = (await _person(db, who))[0] if who else ""
            hours = min(max(float(give["in_hours"]), 0.0), MOST_HOURS)
            about = {"customer": row["customer"], "subject": str(give["subject"]), "owner": login, "by": order.by}
            try:
                made = await errands.call(
                    db, Errand(**about, text=_address(subject, row), at=at, due=at + hours * 3600)
                )
            except NobodyKeeps:
                raise Impossible("no_tasks") from None
            await _line(db, subject, row, "follow_up", made, order.by, at)
            return made
        case _:
            raise ValueError(f"sales cannot {order.do!r}")


async def _assign(db: AsyncConnection, subject: Subject, row: Row, given: str, by: str, at: float) -> str:
    """All of it is theirs from then on. What is shared, closed or paid stays whose it is, and so does an account."""
    _, who = await _person(db, given)
    if who == row["owner"]:
        return who
    about = subject is OPPORTUNITY
    table, share = (opportunity, opportunity_share) if about else (sales_order, order_share)
    column = share.c.opportunity if about else share.c.order
    if row["status"] != "open" if about else row["paid_at"] is not None or row["status"] == "cancelled":
        raise Impossible("sale_over")
    if len(shared(await every(db, select(share).where(column == row["id"])))) > 1:
        raise Impossible("sale_shared")
    other = await taken(db, row["customer"], who, row["id"] if about else None)
    if other is not None:
        raise Impossible("account_taken", who=other.who)
    await change(db, table, row["id"], row["version"], by, at, owner=who)
    await db.execute(delete(share).where(column == row["id"]))
    await db.execute(insert(share).values({column.name: row["id"], "who": who, "percent": 100}))
    await _line(db, subject, row, "assigned", who, by, at)
    return who


async def _person(db: AsyncConnection, given: str) -> tuple[str, str]:
    """A person's login, and how owners are named; `given` is one of the two. Raises Impossible."""
    c = staff_user.c
    query = select(c.login, c.agent).where(or_(c.login == given, c.agent == given), c.disabled.is_(False))
    found = await one(db, query.order_by(c.login != given).limit(1)) if given else None
    if found is None:
        raise Impossible("no_person", name=given)
    return found["login"], found["agent"] or found["login"]


def _address(subject: Subject, row: Row) -> str:
    return subject.address.replace("{ref}", str(row["id"]))


async def _line(
    db: AsyncConnection, subject: Subject, row: Row, what: str, said: str, by: str, at: float, **data: Any
) -> None:
    """On the timeline of the customer; webhooks are told of it as of every such line."""
    about = {"kind": subject.name, "ref": str(row["id"]), "url": _address(subject, row)}
    await timeline.note(db, row["customer"], at=at, what=what, said=said, by=by, **about, **data)
