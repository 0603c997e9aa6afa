"""Tickets on a real database: numbers, history, the clock that pauses, two editors, a complaint to its follow-up."""

import asyncio

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.customers import timeline
from cti_server.tickets import changes
from cti_server.tickets.model import New, Ticket, ticket_of
from cti_server.tickets.rules import FAR, MOST_TEXT, Refused
from cti_server.tickets.tables import ticket, ticket_call, ticket_category, ticket_step, ticket_target
from tests.tickets.kit import MONDAY, a_customer, at, change, history, make, of, say, step

HOUR = 3600.0


async def one(engine: AsyncEngine, ident: int) -> Ticket:
    async with engine.connect() as db:
        return ticket_of((await db.execute(select(ticket).where(ticket.c.id == ident))).mappings().one())


async def told(engine: AsyncEngine, customer: int) -> list[str]:
    async with engine.connect() as db:
        return [line.what for line in reversed(await timeline.lines(db, customer))]


async def test_a_ticket_is_made_with_a_number_a_clock_and_a_line_on_the_timeline(engine: AsyncEngine) -> None:
    fang = await a_customer(engine)
    made = await make(engine, customer=fang, priority="high", subject="  Fridge \n too warm ", call="c1", answered=True)
    assert (made.number, made.subject, made.status, made.version) == ("T-2026-000001", "Fridge too warm", "new", 1)
    assert made.first_at == MONDAY, "who is talking to us has an answer"
    assert made.due == at("2026-03-03 17:00") == made.next_due
    other = await make(engine, at("2027-01-04 10:00"))
    assert (other.number, other.next_due) == ("T-2027-000001", other.first_due)
    assert (await make(engine)).number == "T-2026-000002"
    assert await told(engine, fang) == ["created"]
    assert await history(engine, made.id) == [("created", "", "T-2026-000001"), ("call", "", "c1")]


async def test_numbers_are_given_once(engine: AsyncEngine) -> None:
    made = await asyncio.gather(*(make(engine) for _ in range(8)))
    assert len({each.number for each in made}) == 8


async def test_every_change_is_a_line_of_history(engine: AsyncEngine) -> None:
    made = await make(engine)
    after = await change(engine, made.id, MONDAY + 60, priority="urgent", owner="ben", subject="Opening hours")
    assert (after.version, after.status, after.priority, after.owner) == (2, "open", "urgent", "ben")
    assert (await history(engine, made.id))[1:] == [
        ("owner", "", "ben"),
        ("priority", "normal", "urgent"),
        ("status", "new", "open"),
        ("subject", "Hours", "Opening hours"),
    ]
    assert await change(engine, made.id, MONDAY + 90, owner="ben") == after, "no change is no version"


async def test_the_second_editor_sees_a_conflict_and_overwrites_nothing(engine: AsyncEngine) -> None:
    made = await make(engine)
    await change(engine, made.id, MONDAY + 60, seen=1, by="anna", owner="anna")
    with pytest.raises(changes.Conflict) as refused:
        await change(engine, made.id, MONDAY + 61, seen=1, by="ben", owner="ben", priority="low")
    assert refused.value.seen == 1
    now = await one(engine, made.id)
    assert (now.owner, now.priority, now.version) == ("anna", "normal", 2)


async def test_many_at_once_lose_nothing(engine: AsyncEngine) -> None:
    made = await make(engine)

    async def raise_it(n: int) -> None:
        await say(engine, made.id, "inner", MONDAY + n, f"note {n}")
        await change(engine, made.id, MONDAY + n, **{("product", "serial", "team", "queue")[n]: f"v{n}"})

    await asyncio.gather(*(raise_it(n) for n in range(4)))
    now = await one(engine, made.id)
    assert (now.product, now.serial, now.team, now.queue, now.version) == ("v0", "v1", "v2", "v3", 5)


async def test_the_clock_stands_while_the_customer_is_awaited(engine: AsyncEngine) -> None:
    made = await make(engine, priority="urgent")
    assert (made.first_due, made.due) == (at("2026-03-02 11:00"), at("2026-03-02 18:00"))
    await say(engine, made.id, "out", at("2026-03-02 10:30"))
    assert (await one(engine, made.id)).first_at == at("2026-03-02 10:30")
    waits = await change(engine, made.id, at("2026-03-02 11:00"), status="waiting")
    assert (waits.due, waits.next_due, waits.paused) == (None, FAR, at("2026-03-02 11:00"))
    await say(engine, made.id, "in", at("2026-03-03 12:00"), by="")
    again = await one(engine, made.id)
    assert (again.status, again.paused, again.due) == ("open", None, at("2026-03-04 10:00"))
    done = await change(engine, made.id, at("2026-03-03 13:00"), status="resolved", resolution="a new seal")
    assert (done.next_due, done.due, done.is_open) == (FAR, at("2026-03-04 10:00"), False)
    reopened = await change(engine, made.id, at("2026-03-04 13:00"), status="open")
    assert (reopened.resolved, reopened.due) == (None, at("2026-03-05 10:00")), (
        "what was done and came back did not run"
    )


async def test_targets_of_the_site_go_before_ours(engine: AsyncEngine) -> None:
    rows = [
        {"kind": "", "priority": 1, "first_s": None, "resolve_s": HOUR, "version": 1},
        {"kind": "fault", "priority": 1, "first_s": 60.0, "resolve_s": None, "version": 1},
    ]
    async with engine.begin() as db:
        await db.execute(insert(ticket_target), rows)
    assert (await make(engine)).due == MONDAY + HOUR
    fault = await make(engine, kind="fault")
    assert (fault.first_due, fault.due) == (MONDAY + 60, None)
    assert (await change(engine, fault.id, MONDAY + 5, kind="inquiry")).due == MONDAY + HOUR


async def test_a_complaint_is_walked_and_called_after(engine: AsyncEngine) -> None:
    fang = await a_customer(engine)
    made = await make(engine, kind="complaint", customer=fang, owner="anna", subject="Late delivery")
    with pytest.raises(Refused, match="step_order"):
        await step(engine, made.id, "restate", MONDAY)
    await step(engine, made.id, "apologise", MONDAY + 1)
    with pytest.raises(Refused, match="walk_first") as refused:
        await change(engine, made.id, MONDAY + 2, status="closed", resolution="sorry")
    assert refused.value.values == {"step": "restate"}
    for name in ("restate", "empathise", "make_good"):
        await step(engine, made.id, name, MONDAY + 3)
    with pytest.raises(Refused, match="follow_up_is_a_call"):
        await step(engine, made.id, "follow_up", MONDAY + 4)
    with pytest.raises(Refused, match="say_what"):
        await change(engine, made.id, MONDAY + 4, status="closed")
    await change(engine, made.id, MONDAY + 5, status="closed", resolution="a voucher of 50")

    async with engine.connect() as db:
        (row,) = (await db.execute(select(ticket).where(ticket.c.follows == made.id))).mappings()
    call = ticket_of(row)
    assert (call.kind, call.owner, call.customer, call.subject) == ("callback", "anna", fang, "Late delivery")
    assert call.promised is not None and MONDAY < call.promised <= MONDAY + 5 + 7 * 86_400
    assert call.next_due == call.promised, "it has no first answer to wait for"
    for ends in ("closed", "cancelled", "resolved"):
        with pytest.raises(Refused, match=r"follow_up_reason|say_why"):
            await change(engine, call.id, MONDAY + 9, status=ends)
    with pytest.raises(Refused, match="follow_up_later"):
        await change(engine, call.id, MONDAY + 9, promised=call.promised + 1)
    with pytest.raises(Refused, match="follow_up_later"):
        await change(engine, call.id, MONDAY + 9, promised=None)
    with pytest.raises(Refused, match="follow_up_kind"):
        await change(engine, call.id, MONDAY + 9, kind="inquiry")

    await change(engine, made.id, MONDAY + 10, status="open")
    await change(engine, made.id, MONDAY + 11, status="closed")
    async with engine.connect() as db:
        assert len((await db.execute(select(ticket.c.id).where(ticket.c.follows == made.id))).all()) == 1
    await change(engine, call.id, MONDAY + 20, status="closed", resolution="she is content")
    async with engine.connect() as db:
        steps = (await db.execute(select(ticket_step.c.step, ticket_step.c.text).order_by(ticket_step.c.at))).all()
    assert tuple(steps[-1]) == ("follow_up", "she is content")
    await change(engine, call.id, MONDAY + 21, status="open")
    async with engine.connect() as db:
        assert "follow_up" not in set(await db.scalars(select(ticket_step.c.step))), "it is to be made again"
    await change(engine, call.id, MONDAY + 22, status="resolved")
    async with engine.connect() as db:
        assert "follow_up" in set(await db.scalars(select(ticket_step.c.step)))
    assert await told(engine, fang) == [
        "created",
        "closed",
        "created",
        "reopened",
        "closed",
        "closed",
        "reopened",
        "resolved",
    ]


async def test_a_follow_up_that_is_dropped_leaves_its_reason_with_the_complaint(engine: AsyncEngine) -> None:
    made = await make(engine, kind="complaint")
    for name in ("apologise", "restate", "empathise", "make_good"):
        await step(engine, made.id, name, MONDAY)
    await change(engine, made.id, MONDAY + 5, status="closed", resolution="a voucher")
    async with engine.connect() as db:
        call = (await db.execute(select(ticket.c.id, ticket.c.number).where(ticket.c.follows == made.id))).one()
    await change(engine, call.id, MONDAY + 6, status="cancelled", resolution="she asked not to be called")
    assert ("follow_up", call.number, "she asked not to be called") in await history(engine, made.id)
    async with engine.connect() as db:
        done = await db.scalars(select(ticket_step.c.step).where(ticket_step.c.ticket == made.id))
        assert "follow_up" not in list(done)


async def test_only_a_complaint_is_walked(engine: AsyncEngine) -> None:
    made = await make(engine)
    with pytest.raises(Refused, match="no_complaint"):
        await step(engine, made.id, "apologise", MONDAY)
    with pytest.raises(Refused, match="no_text"):
        await step(engine, made.id, "apologise", MONDAY, " \n")


async def test_what_may_not_be_is_refused_with_a_reason(engine: AsyncEngine) -> None:
    made = await make(engine)
    with pytest.raises(Refused, match="say_why"):
        await change(engine, made.id, MONDAY, status="cancelled")
    await change(engine, made.id, MONDAY, status="cancelled", resolution="asked twice")
    with pytest.raises(Refused, match="status") as refused:
        await change(engine, made.id, MONDAY, status="waiting")
    assert refused.value.values == {"old": "cancelled", "new": "waiting"}
    with pytest.raises(Refused, match="too_long") as refused:
        await say(engine, made.id, "inner", MONDAY, "x" * (MOST_TEXT + 1))
    assert refused.value.values == {"has": MOST_TEXT + 1, "most": MOST_TEXT}
    for wrong in ({"kind": "war"}, {"priority": "huge"}, {"status": "sold"}):
        with pytest.raises(Refused, match="word"):
            await change(engine, made.id, MONDAY, **wrong)
    with pytest.raises(Refused, match="no_subject"):
        await change(engine, made.id, MONDAY, subject=" \t")
    with pytest.raises(ValueError, match="number"):
        await change(engine, made.id, MONDAY, number="T-1")
    with pytest.raises(changes.Missing):
        await change(engine, 999, MONDAY, owner="ben")
    with pytest.raises(Refused, match="no_category"):
        await make(engine, category=7)
    assert (await one(engine, (await make(engine, subject="a\0b", description="\ud800")).id)).subject == "a\ufffdb"


async def test_a_category_brings_its_team(engine: AsyncEngine) -> None:
    values = {"name": "Fridges", "name_zh": "冰箱", "team": "white goods", "retired": False, "version": 1}
    async with engine.begin() as db:
        made = insert(ticket_category).values(values).returning(ticket_category.c.id)
        fridges: int = (await db.execute(made)).scalar_one()
    assert (await make(engine, category=fridges)).team == "white goods"
    assert (await make(engine, category=fridges, team="field")).team == "field"
    plain = await make(engine)
    assert (await change(engine, plain.id, MONDAY, category=fridges)).team == "white goods"


async def test_calls_and_tickets_are_tied_once(engine: AsyncEngine) -> None:
    one_, two = await make(engine), await make(engine)
    async with engine.begin() as db:
        for _ in range(2):
            await changes.tie(db, one_.id, call="c1", by="anna", at=MONDAY, of=of)
            await changes.tie(db, one_.id, other=two.id, kind="duplicate_of", by="anna", at=MONDAY, of=of)
        assert len((await db.execute(select(ticket_call))).all()) == 1
        with pytest.raises(Refused, match="itself"):
            await changes.tie(db, one_.id, other=one_.id, kind="related", by="anna", at=MONDAY, of=of)
        await changes.tie(db, one_.id, other=two.id, by="anna", at=MONDAY, of=of)
    assert ("link", "", f"duplicate_of {one_.number} ←") in await history(engine, two.id)
    assert ("link", two.number, "") in await history(engine, one_.id)


async def test_a_change_that_fails_leaves_nothing_behind(engine: AsyncEngine) -> None:
    with pytest.raises(RuntimeError):
        async with engine.begin() as db:
            await changes.create(db, New(kind="fault", subject="x"), by="anna", at=MONDAY, of=of)
            raise RuntimeError
    assert (await make(engine)).number == "T-2026-000001"
