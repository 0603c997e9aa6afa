"""The demo's tickets, written act by act in order of time as people would have, each mark at its moment; contracts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.demo.business.cases import CATEGORIES, Act, Case
from cti_server.demo.business.days import DAY_S
from cti_server.demo.business.goods import BY_SKU
from cti_server.demo.business.made import Business
from cti_server.demo.business.orders import Order
from cti_server.demo.business.write_orders import full_at
from cti_server.demo.business.write_people import BY
from cti_server.sales.paper_tables import return_order
from cti_server.tickets import changes, contracts
from cti_server.tickets.hand import SYSTEM, Hand, Tables
from cti_server.tickets.marks import mark
from cti_server.tickets.model import New
from cti_server.tickets.tables import ticket, ticket_category, ticket_target

_HOUR_S = 3600.0
_TARGETS = (("complaint", 2, 2 * _HOUR_S, 24 * _HOUR_S), ("fault", 1, 4 * _HOUR_S, 48 * _HOUR_S))
"""Kind, priority, seconds of opening hours to the first answer and to the resolution."""
_MOST_CONTRACTS = 500
_REMIND_DAYS = 21


async def write_settings(db: AsyncConnection) -> list[int]:
    """Categories and targets; the ids of the categories."""
    idents = []
    for name, chinese, team in CATEGORIES:
        values = {"parent": None, "name": name, "name_zh": chinese, "team": team, "retired": False, "version": 1}
        idents.append(
            int((await db.execute(insert(ticket_category).values(values).returning(ticket_category.c.id))).scalar_one())
        )
    rows = [{"kind": k, "priority": p, "first_s": f, "resolve_s": r, "version": 1} for k, p, f, r in _TARGETS]
    await db.execute(insert(ticket_target), rows)
    return idents


async def write_cases(
    db: AsyncConnection,
    made: Business,
    customers: Sequence[int],
    categories: Sequence[int],
    returns: dict[int, int],
    of: Tables,
) -> None:
    acts = [(act.at, place, number) for place, case in enumerate(made.cases) for number, act in enumerate(case.acts)]
    begun = [(case.created, place, -1) for place, case in enumerate(made.cases)]
    idents: dict[int, int] = {}
    for _, place, number in sorted(acts + begun):
        case = made.cases[place]
        if number < 0:
            idents[place] = await _create(db, made, case, customers, categories, returns, of)
        else:
            await _act(db, idents[place], case, case.acts[number], of)
    await _mark_until(db, (), made.days.now, of)


async def _create(
    db: AsyncConnection,
    made: Business,
    case: Case,
    customers: Sequence[int],
    categories: Sequence[int],
    returns: dict[int, int],
    of: Tables,
) -> int:
    person = made.people[case.customer]
    values: dict[str, Any] = {name: getattr(case, name) for name in New.__struct_fields__ if hasattr(case, name)}
    values |= {"customer": customers[case.customer]}
    values |= {"category": None if case.category is None else categories[case.category]}
    if case.channel == "mail" and person.details["emails"]:
        values["email"] = person.details["emails"][0]
    by = "" if case.channel == "mail" else case.owner or made.team.logins[0]
    found = await changes.create(db, New(**values), by=by, at=case.created, of=of)
    if case.order is not None and case.order in returns:
        this = return_order.c.id == returns[case.order]
        await db.execute(update(return_order).where(this).values(ticket=found.number))
    return found.id


async def _act(db: AsyncConnection, ident: int, case: Case, act: Act, of: Tables) -> None:
    who: dict[str, Any] = {"by": case.owner or BY, "at": act.at, "of": of}
    await _mark_until(db, (ticket.c.id == ident,), act.at, of)
    match act.do:
        case "answer" | "inner":
            kind: Any = "out" if act.do == "answer" else "inner"
            await changes.comment(db, ident, act.said, kind, **who)
        case "reply":
            source = "mail" if case.channel == "mail" else "call"
            await changes.comment(db, ident, act.said, "in", source=source, **who | {"by": ""})
        case "wait":
            await changes.change(db, ident, None, {"status": "waiting"}, **who)
        case "resolve":
            await changes.change(db, ident, None, {"status": "resolved", "resolution": act.said}, **who)
        case "close":
            await changes.change(db, ident, None, {"status": "closed"}, **who)
        case "cancel":
            await changes.change(db, ident, None, {"status": "cancelled", "resolution": act.said}, **who)
        case "step":
            step, _, said = act.said.partition("|")
            await changes.walk(db, ident, step, said, **who)
        case "follow_up":
            waiting = select(ticket.c.id).where(ticket.c.follows == ident, ticket.c.is_open)
            call = (await db.execute(waiting)).scalar_one()
            await _mark_until(db, (ticket.c.id == call,), act.at, of)
            await changes.change(db, call, None, {"status": "resolved", "resolution": act.said}, **who)
            await changes.change(db, call, None, {"status": "closed"}, **who)


async def _mark_until(db: AsyncConnection, which: tuple[Any, ...], at: float, of: Tables) -> None:
    """What was nearly or quite too late by `at`, at its moment: as the leading node would have."""
    owed = select(ticket.c.id, ticket.c.next_mark).where(*which, ticket.c.next_mark <= at)
    while found := (await db.execute(owed.order_by(ticket.c.next_mark).limit(1))).first():
        await mark(Hand(db, SYSTEM, found.next_mark, of), found.id)


async def write_contracts(db: AsyncConnection, made: Business, customers: Sequence[int], of: Tables) -> int:
    """Warranties of appliances that were bought and paid for, and firms' service contracts; how many."""
    today, count = made.days.day(0), 0
    for place, order in enumerate(made.orders):
        if full_at(order) is None or count >= min(_MOST_CONTRACTS, len(made.people) // 4):
            continue
        for number, each in enumerate(order.lines):
            goods = BY_SKU[each.sku]
            if not goods.months or place % 3:
                continue
            # An extended year for some, half a year for what is used by trade: so that some end soon.
            months = 6 if made.people[order.customer].firm else 12 if place % 2 else goods.months
            serial = f"SN{place:06}{number:02}"
            given = {"kind": "warranty", "number": f"R{place:06}", "serial": serial, "every_months": 0}
            await _save(db, made, order, customers, given | {"months": months, "product": goods, "today": today}, of)
            count += 1
    for place, order in enumerate(made.orders):
        if order.deal is not None and place % 3 == 0 and BY_SKU[order.lines[0].sku].months:
            given = {"kind": "service", "number": f"V{place:06}", "serial": "", "every_months": 6, "months": 24}
            goods = BY_SKU[order.lines[0].sku]
            await _save(db, made, order, customers, given | {"product": goods, "today": today}, of)
            count += 1
    return count


async def _save(
    db: AsyncConnection, made: Business, order: Order, customers: Sequence[int], given: dict[str, Any], of: Tables
) -> None:
    goods, person = given.pop("product"), made.people[order.customer]
    months, today = given.pop("months"), given.pop("today")
    given |= {
        "customer": customers[order.customer],
        "product": goods.zh if person.language == "zh" else goods.en,
        "begins": made.days.day_of(order.created),
        "ends": made.days.day_of(order.created + months * 30.4 * DAY_S),
        "remind_days": _REMIND_DAYS,
        "make_ticket": given["kind"] == "service",
        "notes": "",
    }
    await contracts.save(Hand(db, BY, order.created, of), None, 0, given, today)
