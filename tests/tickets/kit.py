"""A calendar, a customer, and tickets without ceremony."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.events import Event
from cti_server.customers.tables import customer, customer_phone
from cti_server.ivr.calendar import Timetable
from cti_server.settings import Calendar
from cti_server.settings.calling import Hours
from cti_server.tickets import changes
from cti_server.tickets.model import New, Ticket
from cti_server.tickets.tables import ticket_history
from tests.journal.floor import Floor
from tests.web.kit import Site

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Timetable(Calendar(hours=(Hours(days=(1, 2, 3, 4, 5), open="09:00", close="18:00"),)), SHANGHAI, "CN")


def of(queue: str) -> Timetable:
    """The office's hours for every queue."""
    return OFFICE


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    """`2026-03-02 10:00` by the wall clock of a zone, as epoch seconds. That day is a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


MONDAY = at("2026-03-02 10:00")


async def a_customer(engine: AsyncEngine, name: str = "王芳", phone: str = "+8613800138000", **more: Any) -> int:
    blank = {c.name: "" for c in customer.columns if str(c.type) in ("VARCHAR", "TEXT")}
    values = blank | {"kind": "person", "name": name, "tier": 0, "do_not_call": False, "blocked": False}
    values |= {"orders": 0, "spent": 0, "extra": "{}", "created": MONDAY, "changed": MONDAY, "version": 1} | more
    async with engine.begin() as db:
        ident: int = (await db.execute(insert(customer).values(values).returning(customer.c.id))).scalar_one()
        number = {"number": phone, "raw": phone, "extension": "", "kind": "mobile", "position": 0, "customer": ident}
        await db.execute(insert(customer_phone).values(number))
    return ident


async def make(engine: AsyncEngine, when: float = MONDAY, by: str = "anna", **given: Any) -> Ticket:
    async with engine.begin() as db:
        return await changes.create(db, New(**({"kind": "inquiry", "subject": "Hours"} | given)), by=by, at=when, of=of)


async def change(
    engine: AsyncEngine, ident: int, when: float, seen: int | None = None, by: str = "anna", **wanted: Any
) -> Ticket:
    async with engine.begin() as db:
        return await changes.change(db, ident, seen, wanted, by=by, at=when, of=of)


async def say(engine: AsyncEngine, ident: int, kind: Any, when: float, text: str = "Good day", by: str = "anna") -> int:
    async with engine.begin() as db:
        return await changes.comment(db, ident, text, kind, by=by, at=when, of=of)


async def step(engine: AsyncEngine, ident: int, name: str, when: float, text: str = "done so") -> None:
    async with engine.begin() as db:
        await changes.walk(db, ident, name, text, by="anna", at=when, of=of)


async def history(engine: AsyncEngine, ident: int) -> list[tuple[str, str, str]]:
    wanted = select(ticket_history.c.field, ticket_history.c.old, ticket_history.c.new)
    async with engine.connect() as db:
        rows = await db.execute(wanted.where(ticket_history.c.ticket == ident).order_by(ticket_history.c.id))
        return [(row.field, row.old, row.new) for row in rows]


def floor_of(site: Site) -> Floor:
    """A floor whose events go through the site, for callers who are answered."""
    floor = Floor(site.state)
    floor.center = site.center

    def do(*events: Event) -> None:
        floor.steps += [site.do(event) for event in events]

    floor.do = do  # type: ignore[method-assign]
    return floor
