"""Warranties and service contracts: reads, writes with a version, and the reminders that are due."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from sqlalchemy import case, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import news
from cti_server.customers import timeline
from cti_server.customers.tables import customer
from cti_server.tickets import terms, writes
from cti_server.tickets.asking import ask
from cti_server.tickets.hand import Conflict, Hand, fitting
from cti_server.tickets.model import New
from cti_server.tickets.rules import MOST_TEXT, MOST_WORD, Refused
from cti_server.tickets.tables import service_contract
from cti_server.web.lists import Listing, text_filter

ContractKind: TypeAlias = Literal["warranty", "service"]
KINDS: tuple[ContractKind, ...] = get_args(ContractKind)
FIELDS = "kind customer number product serial begins ends every_months remind_days make_ticket notes".split()
_MOST_DAYS = 366
_MOST_MONTHS = 120


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """Days are YYYY-MM-DD, both included. `remind_for`: the visit or the end that is reminded of on `remind_on`."""

    id: int
    kind: ContractKind
    customer: int
    number: str
    product: str
    serial: str
    begins: str
    ends: str
    every_months: int
    remind_days: int
    remind_for: str
    remind_on: str
    make_ticket: bool
    reminder: int | None
    notes: str
    ended: float | None
    version: int

    def in_force(self, day: str) -> bool:
        return self.ended is None and terms.in_force(self.begins, self.ends, day)

    def covers(self, product: str, serial: str, day: str) -> bool:
        return self.in_force(day) and terms.covers(self.product, self.serial, product, serial)


def listing(today: str) -> Listing:
    """All contracts; those that end next come first."""
    c = service_contract.c
    named = select(*service_contract.columns, customer.c.name.label("customer_name"))
    states = {
        "running": (c.ended.is_(None)) & (c.begins <= today) & (c.ends >= today),
        "due": (c.ended.is_(None)) & (c.remind_on <= today) & (c.remind_on != ""),
        "over": or_(c.ended.is_not(None), c.ends < today),
    }
    return Listing(
        query=named.join(customer, customer.c.id == c.customer),
        key=c.id,
        sorts={"ends": c.ends, "begins": c.begins, "remind": c.remind_on, "product": c.product},
        filters={
            "state": lambda value: states.get(value),
            "kind": lambda value: c.kind == value if value in KINDS else None,
            "customer": lambda value: c.customer == int(value) if value.isdigit() and len(value) < 10 else None,
            "text": text_filter(c.product, c.serial, c.number, customer.c.name),
        },
        sort="ends",
        descending=False,
    )


async def one(db: AsyncConnection, ident: int) -> Contract | None:
    row = (await db.execute(select(service_contract).where(service_contract.c.id == ident))).mappings().first()
    return None if row is None else contract_of(row)


async def of_customer(db: AsyncConnection, ident: int, limit: int = 50) -> list[Contract]:
    """Those that end last first; also of duplicates that became part of this customer."""
    mine = select(customer.c.id).where(or_(customer.c.id == ident, customer.c.merged_into == ident))
    order = (case((service_contract.c.ended.is_(None), 0), else_=1), service_contract.c.ends.desc())
    query = select(service_contract).where(service_contract.c.customer.in_(mine)).order_by(*order).limit(limit)
    return [contract_of(row) for row in (await db.execute(query)).mappings()]


async def save(hand: Hand, ident: int | None, seen: int, given: Mapping[str, Any], today: str) -> int:
    """Make a contract (`ident` None) or change one; gives its id. Raises Refused, and Conflict when it was changed."""
    values = _checked(given)
    known = select(customer.c.id).where(customer.c.id == values["customer"])
    if (await hand.db.execute(known)).first() is None:
        raise Refused("no_customer")
    coming = terms.following(
        values["begins"], values["ends"], values["every_months"], values["remind_days"], max(today, values["begins"])
    )
    values |= {"remind_for": coming.due, "remind_on": coming.remind, "changed": hand.at, "changed_by": hand.by}
    try:
        if ident is None:
            values |= {"created": hand.at, "version": 1}
            made = insert(service_contract).values(values).returning(service_contract.c.id)
            number = int((await hand.db.execute(made)).scalar_one())
            await _line(hand, number, values, "contract_made")
            return number
        this = (service_contract.c.id == ident, service_contract.c.version == seen)
        if not (
            await hand.db.execute(update(service_contract).where(*this).values(**values, version=seen + 1))
        ).rowcount:
            raise Conflict(ident, seen)
    except IntegrityError:
        raise Refused("contract_twice") from None
    return ident


async def end(hand: Hand, ident: int, seen: int) -> None:
    """Cancelled before its time. Raises Conflict."""
    this = (service_contract.c.id == ident, service_contract.c.version == seen)
    values = {"ended": hand.at, "remind_on": "", "changed": hand.at, "changed_by": hand.by, "version": seen + 1}
    if not (await hand.db.execute(update(service_contract).where(*this).values(values))).rowcount:
        raise Conflict(ident, seen)


async def remind(hand: Hand, today: str, limit: int = 100) -> int:
    """Raise the reminders that are due: a line on the timeline and, where it is wanted, a ticket. Gives how many.

    What is found twice at once is reminded of once: the day that was read must still stand there.
    """
    c = service_contract.c
    due = select(service_contract).where(c.remind_on <= today, c.remind_on != "", c.ended.is_(None))
    rows = [contract_of(row) for row in (await hand.db.execute(due.order_by(c.remind_on).limit(limit))).mappings()]
    for each in rows:
        await remind_of(hand, each, wanted=each.make_ticket)
    return len(rows)


async def remind_of(hand: Hand, found: Contract, *, wanted: bool) -> int | None:
    """Remind of one contract now; `wanted`: with a ticket, whose id is given."""
    c = service_contract.c
    coming = terms.following(found.begins, found.ends, found.every_months, found.remind_days, found.remind_for)
    this = (c.id == found.id, c.remind_for == found.remind_for, c.remind_on == found.remind_on)
    values: dict[str, Any] = {"remind_for": coming.due, "remind_on": coming.remind}
    if not (await hand.db.execute(update(service_contract).where(*this).values(values))).rowcount:
        return None
    about = {"product": found.product, "ends": found.ends, "due": found.remind_for}
    what = "contract_ends" if found.remind_for == found.ends else "contract_visit"
    await _line(hand, found.id, msgspec.structs.asdict(found), what, **about)
    if not wanted:
        return None
    subject = " · ".join(part for part in (found.product, found.serial or found.number, found.remind_for) if part)
    new = New(
        kind="repair" if what == "contract_visit" else "callback",
        subject=subject,
        description=found.notes,
        customer=found.customer,
        product=found.product,
        serial=found.serial,
        channel="system",
    )
    made = await writes.create(hand, new)
    await ask(hand)
    await hand.db.execute(update(service_contract).where(c.id == found.id).values(reminder=made["id"]))
    return int(made["id"])


async def next_reminder(db: AsyncConnection) -> str:
    """The first day on which somebody is to be reminded; empty for none."""
    c = service_contract.c
    query = select(c.remind_on).where(c.remind_on != "", c.ended.is_(None)).order_by(c.remind_on).limit(1)
    return (await db.execute(query)).scalar_one_or_none() or ""


def contract_of(row: Any) -> Contract:
    return msgspec.convert({name: row[name] for name in Contract.__struct_fields__}, Contract)


async def _line(hand: Hand, ident: int, values: Mapping[str, Any], what: str, **about: Any) -> None:
    said = " ".join(part for part in (values["product"], values["serial"]) if part)
    common = {"kind": "ticket", "ref": f"contracts/{ident}", "by": hand.by, "said": said}
    await timeline.note(hand.db, values["customer"], at=hand.at, what=what, **common, **about)
    told = {"customer": values["customer"], "kind": values["kind"], "by": hand.by}
    await news.tell(hand.db, "contract", what, str(ident), at=hand.at, **told)


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {name: given[name] for name in FIELDS}
    for name in ("number", "product", "serial"):
        values[name] = fitting(str(values[name]), MOST_WORD).strip()
    values["notes"] = fitting(str(values["notes"]), MOST_TEXT)
    if values["kind"] not in KINDS:
        raise Refused("word", field="kind", value=values["kind"])
    if not values["product"]:
        raise Refused("no_product")
    days = []
    for name in ("begins", "ends"):
        try:
            days.append(date.fromisoformat(str(values[name])))
        except ValueError:
            raise Refused("no_day") from None
        values[name] = days[-1].isoformat()
    if days[1] < days[0] or days[1].year - days[0].year > terms.MOST_YEARS or not 1970 <= days[0].year < 2200:
        raise Refused("contract_days")
    if not (0 <= values["every_months"] <= _MOST_MONTHS and 0 <= values["remind_days"] <= _MOST_DAYS):
        raise Refused("contract_days")
    return values
