"""What the leader does by itself: callers who gave up become tasks once each, marks at their time, whose ticket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.customers.numbers import Plan
from cti_server.settings import Site
from cti_server.staff.tables import staff_user
from cti_server.tasks import Tasks
from cti_server.tickets import contracts, marks, missed, queries
from cti_server.tickets.hand import Hand
from cti_server.tickets.keeper import Keeper
from cti_server.tickets.model import Ticket, ticket_of
from cti_server.tickets.rules import FAR
from cti_server.tickets.tables import service_contract, ticket, ticket_call, ticket_missed
from cti_server.web.i18n import site_words
from tests.followups.kit import caller, gives_up, planned
from tests.journal.conftest import Server, start_server
from tests.journal.floor import T0, opening
from tests.tickets.kit import MONDAY, a_customer, at, change, history, make, of, step

SAY = site_words(Site(language="en")).text
NUMBER = "13800138000"


@pytest.fixture
async def server(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Server]:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening(clock.now() - 7200))
    yield server
    await server.stop()


async def until(ready: Callable[[], object]) -> None:
    """`ready` gives an awaitable that is true in the end."""
    for _ in range(400):
        if await ready():  # type: ignore[misc]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")


def keeper(server: Server, engine: AsyncEngine, tasks: Tasks, reported: list[Event] | None = None) -> Keeper:
    state = server.loaded.state

    def report(event: Event) -> None:
        (reported if reported is not None else []).append(event)
        server.floor.do(event)

    made = Keeper(engine, of, Plan("CN"), lambda: state, report, tasks, SAY)
    put = server.floor.put

    def both(step: object) -> None:
        put(step)
        made.step(step.touched)  # type: ignore[attr-defined]

    server.floor.put = both  # type: ignore[method-assign]
    return made


async def tickets(engine: AsyncEngine) -> list[Ticket]:
    async with engine.connect() as db:
        return [ticket_of(row) for row in (await db.execute(select(ticket).order_by(ticket.c.id))).mappings()]


async def entries(engine: AsyncEngine) -> list[tuple[str, int]]:
    async with engine.connect() as db:
        rows = await db.execute(select(ticket_missed.c.entry, ticket_missed.c.ticket).order_by(ticket_missed.c.at))
        return [(row.entry, row.ticket) for row in rows]


async def test_who_gave_up_is_called_back_once_and_talking_settles_it(server: Server, engine: AsyncEngine) -> None:
    fang = await a_customer(engine)
    tasks, now = Tasks(), clock.now()
    kept = keeper(server, engine, tasks)
    kept.start()
    try:
        gives_up(server.floor, "7.1", NUMBER, now - 600)
        gives_up(server.floor, "7.2", "008613800138000", now - 500, queue="support")
        gives_up(server.floor, "7.3", "anonymous", now - 450)
        gives_up(server.floor, "7.4", "02088880000", now - 400)

        async def two() -> bool:
            return len(await entries(engine)) == 3

        await until(two)
        first, other = await tickets(engine)
        assert await entries(engine) == [("7.1#1", first.id), ("7.2#1", first.id), ("7.4#1", other.id)]
        assert (first.kind, first.channel, first.customer, first.queue) == ("callback", "missed", fang, "sales")
        assert (first.phone, first.subject) == (
            "+8613800138000",
            "Call back +8613800138000, to whom nobody talked",
        )
        assert first.next_due < FAR, "the clock runs"

        again = caller(server.floor, "8.1", NUMBER)
        again.arrive(now - 60)
        again.queue(now - 50)
        again.end_talk(now - 10, again.agent_answers(now - 45))

        async def settled() -> bool:
            return not (await tickets(engine))[0].is_open

        await until(settled)
        first, other = await tickets(engine)
        assert (first.status, first.resolution) == ("closed", "Somebody has talked with this number since.")
        assert other.is_open
        async with engine.connect() as db:
            calls = set(await db.scalars(select(ticket_call.c.call).where(ticket_call.c.ticket == first.id)))
        assert calls == {"7.1", "7.2", "8.1"}
    finally:
        await tasks.close()


async def test_what_happened_while_nobody_led_is_made_good(server: Server, engine: AsyncEngine) -> None:
    now = clock.now()
    gives_up(server.floor, "7.1", NUMBER, now - 3000)
    gives_up(server.floor, "7.2", "13900139000", now - 2900)
    later = caller(server.floor, "8.1", "+86 139 0013 9000")
    later.arrive(now - 1000)
    later.queue(now - 990)
    later.end_talk(now - 900, later.agent_answers(now - 980))
    await server.writer.flush()
    for _ in range(2):
        await keeper(server, engine, Tasks())._catch_up()
    assert len(await tickets(engine)) == 1
    assert [entry for entry, _ in await entries(engine)] == ["7.1#1"], "with the other one somebody has talked"


async def test_who_is_called_back_anyway_is_no_task(server: Server, engine: AsyncEngine) -> None:
    now, tasks = clock.now(), Tasks()
    keeper(server, engine, tasks).start()
    server.floor.do(planned("c1", NUMBER, now - 100))
    gives_up(server.floor, "7.1", NUMBER, now - 90)
    gives_up(server.floor, "7.2", "13900139000", now - 80)

    async def one() -> bool:
        return bool(await tickets(engine))

    await until(one)
    await tasks.close()
    assert [each.phone for each in await tickets(engine)] == ["+8613900139000"]


async def test_the_same_stay_twice_is_one_task_and_a_dismissed_one_is_closed(engine: AsyncEngine) -> None:
    found = missed.Missed(entry="7.1#1", call="7.1", number=NUMBER, name="", queue="sales", at=T0)
    for _ in range(2):
        async with engine.begin() as db:
            await missed.take(Hand(db, "system", T0, of), found, Plan("CN"), SAY)
    (task,) = await tickets(engine)
    await missed.on_dismissed(engine, of, SAY)("7.1#1", "anna", T0 + 5)
    (task,) = await tickets(engine)
    assert (task.status, task.resolution) == ("cancelled", "anna said that nobody need be called back.")
    async with engine.begin() as db:
        ident = await missed.take(
            Hand(db, "system", T0 + 9, of), msgspec_replace(found, entry="7.2#1"), Plan("CN"), SAY
        )
    assert ident is not None and ident != task.id, "who gives up again is a task again"


def msgspec_replace(found: missed.Missed, **new: str) -> missed.Missed:
    return missed.Missed(**{name: getattr(found, name) for name in found.__struct_fields__} | new)  # type: ignore[arg-type]


async def test_the_owner_of_the_open_ticket_travels_with_the_call(server: Server, engine: AsyncEngine) -> None:
    fang = await a_customer(engine)
    person = {"password": "", "role": "agent", "language": "", "theme": "auto", "disabled": False, "created": 0.0}
    async with engine.begin() as db:
        for login, agent in (("anna", "a1"), ("ben", "a2"), ("carl", "")):
            await db.execute(insert(staff_user).values(person | {"login": login, "name": login, "agent": agent}))
    first = await make(engine, customer=fang, owner="anna")
    second = await make(engine, MONDAY + 60, customer=fang, owner="ben")
    await make(engine, MONDAY + 90, customer=fang, owner="carl")
    tasks, reported = Tasks(), list[Event]()
    keeper(server, engine, tasks, reported)
    now = clock.now()
    one = caller(server.floor, "9.1", NUMBER)
    one.arrive(now - 60)
    server.floor.do(ev.CallDataSet(at=now - 59, channel="9.1", key="customer", value=str(fang)))

    async def told() -> bool:
        return server.loaded.state.calls["9.1"].data.get("ticket_owner") == "a2"

    await until(told)
    assert [(e.key, e.value) for e in reported if isinstance(e, ev.CallDataSet)] == [("ticket_owner", "a2")]
    await change(engine, second.id, MONDAY + 99, status="closed")
    server.floor.do(ev.CallDataSet(at=now, channel="9.1", key="customer", value=""))

    async def gone() -> bool:
        return server.loaded.state.calls["9.1"].data.get("ticket_owner") == ""

    await until(gone)
    server.floor.do(ev.CallDataSet(at=now, channel="9.1", key="customer", value=str(fang)))

    async def anna() -> bool:
        return server.loaded.state.calls["9.1"].data.get("ticket_owner") == "a1"

    await until(anna)
    assert first.owner == "anna"
    await tasks.close()


async def test_marks_come_at_their_time_and_once(engine: AsyncEngine) -> None:
    made = await make(engine, priority="urgent")
    assert (made.first_due, made.warn, made.due) == (
        at("2026-03-02 11:00"),
        at("2026-03-02 16:24"),
        at("2026-03-02 18:00"),
    )
    assert await marks.mark_due(engine, of, at("2026-03-02 10:59"), SAY) == 0
    for when in ("2026-03-02 11:00", "2026-03-02 12:00", "2026-03-02 16:30", "2026-03-03 09:00", "2026-03-04 09:00"):
        await marks.mark_due(engine, of, at(when), SAY)
    (now,) = await tickets(engine)
    assert (now.first_breached, now.warned, now.breached) == (
        at("2026-03-02 11:00"),
        at("2026-03-02 16:30"),
        at("2026-03-03 09:00"),
    )
    assert now.version == made.version, "a mark is nobody's change"
    fields = [field for field, _, _ in await history(engine, made.id)]
    assert fields == ["created", "first_breached", "warned", "breached"]
    later = await change(engine, made.id, at("2026-03-04 09:30"), priority="low")
    assert (later.breached, later.warned) == (None, None), "there is time again"


async def test_who_waits_for_the_customer_is_not_late(engine: AsyncEngine) -> None:
    made = await make(engine, priority="urgent", answered=True)
    await change(engine, made.id, MONDAY + 60, status="waiting")
    assert await marks.mark_due(engine, of, at("2026-04-01 09:00"), SAY) == 0
    done = await make(engine, priority="urgent")
    await change(engine, done.id, MONDAY + 60, status="closed")
    assert await marks.mark_due(engine, of, at("2026-04-01 09:00"), SAY) == 0
    assert {each.breached for each in await tickets(engine)} == {None}


async def test_a_follow_up_that_nobody_makes_is_escalated_to_those_who_lead(engine: AsyncEngine) -> None:
    async with engine.begin() as db:
        blank = {"password": "", "language": "", "theme": "auto", "disabled": False, "created": 0.0, "agent": ""}
        people = {"anna": "agent", "ben": "agent", "lead": "supervisor", "gone": "supervisor"}
        rows = [blank | {"login": n, "name": n, "role": role, "disabled": n == "gone"} for n, role in people.items()]
        await db.execute(insert(staff_user), rows)
    made = await make(engine, kind="complaint", owner="anna", subject="Late delivery")
    for name in ("apologise", "restate", "empathise", "make_good"):
        await step(engine, made.id, name, MONDAY)
    await change(engine, made.id, MONDAY + 5, status="closed", resolution="a voucher")
    _, call = await tickets(engine)
    assert call.promised is not None
    await marks.mark_due(engine, of, call.promised - 60, SAY)
    assert (await tickets(engine))[1].escalation == 0, "it is warned of first"
    for minutes in (0, 10, 10_000):
        await marks.mark_due(engine, of, call.promised + 60 * minutes, SAY)
    complaint, call = await tickets(engine)
    assert (call.escalation, call.priority, call.is_open, call.breached) == (1, "urgent", True, call.promised)
    assert ("follow_up_late", "", call.number) in await history(engine, complaint.id)
    async with engine.connect() as db:
        for login, count in (("lead", 1), ("anna", 1), ("ben", 0), ("gone", 0)):
            assert (await queries.counts(db, login, call.promised))["news"] == count, login  # type: ignore[arg-type]
        whole = await queries.whole(db, call.id)
    assert whole is not None and [(c.kind, c.by) for c in whole.comments] == [("inner", "system")]
    assert complaint.number in whole.comments[0].text


async def test_a_contract_reminds_once_of_each_visit_and_of_its_end(engine: AsyncEngine) -> None:
    fang = await a_customer(engine)
    given = {"kind": "service", "customer": fang, "number": "K-7", "product": "Boiler", "serial": "S1", "notes": ""}
    given |= {"begins": "2026-01-31", "ends": "2026-12-31", "every_months": 6, "remind_days": 10, "make_ticket": True}
    async with engine.begin() as db:
        ident = await contracts.save(Hand(db, "anna", MONDAY, of), None, 0, given, "2026-03-02")
        found = await contracts.one(db, ident)
    assert found is not None and (found.remind_for, found.remind_on) == ("2026-07-31", "2026-07-21")
    for today, count in (("2026-07-20", 0), ("2026-07-21", 1), ("2026-07-22", 0), ("2027-01-05", 1), ("2027-01-06", 0)):
        async with engine.begin() as db:
            assert await contracts.remind(Hand(db, "system", MONDAY, of), today) == count, today
    assert [(each.kind, each.subject, each.customer) for each in await tickets(engine)] == [
        ("repair", "Boiler · S1 · 2026-07-31", fang),
        ("callback", "Boiler · S1 · 2026-12-31", fang),
    ]
    async with engine.connect() as db:
        row = (await db.execute(select(service_contract))).mappings().one()
    assert (row["remind_on"], row["reminder"]) == ("", (await tickets(engine))[1].id)
