"""Reads of tickets on both databases: the list with each of its filters and orders, and all that a page shows."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.tickets import changes, contracts, queries
from cti_server.tickets.hand import Hand
from cti_server.tickets.keeper import owner_of
from cti_server.tickets.listing import listing
from cti_server.web.lists import asked, fetch
from tests.tickets.kit import MONDAY, a_customer, change, make, of, say, step

HOUR = 3600.0


async def found(engine: AsyncEngine, now: float = MONDAY + HOUR, login: str = "anna", **given: str) -> list[int]:
    wanted = listing(login, now)
    async with engine.connect() as db:
        return [row["id"] for row in (await fetch(db, wanted, asked(wanted, given))).rows]


async def test_each_filter_and_each_order(engine: AsyncEngine) -> None:
    fang = await a_customer(engine)
    one = await make(engine, customer=fang, owner="anna", priority="urgent", team="front", call="c1")
    two = await make(engine, MONDAY + 60, kind="fault", subject="Boiler 50%", product="B_9", serial="S-77")
    three = await make(engine, MONDAY + 120, kind="repair", priority="low", by="ben")
    await change(engine, three.id, MONDAY + 180, status="closed", owner="ben")
    async with engine.begin() as db:
        await changes.watch(db, two.id, "anna", True, by="anna", at=MONDAY + 200, of=of)
    for given, expected in (
        ({}, [one.id, two.id, three.id]),
        ({"status": "open"}, [one.id, two.id]),
        ({"status": "done"}, [three.id]),
        ({"status": "new"}, [two.id]),
        ({"status": "closed"}, [three.id]),
        ({"kind": "fault"}, [two.id]),
        ({"priority": "low"}, [three.id]),
        ({"owner": "me"}, [one.id]),
        ({"owner": "none"}, [two.id]),
        ({"owner": "ben"}, [three.id]),
        ({"team": "front"}, [one.id]),
        ({"customer": str(fang)}, [one.id]),
        ({"call": "c1"}, [one.id]),
        ({"watch": "me"}, [two.id]),
        ({"watch": "news"}, []),
        ({"text": "50%"}, [two.id]),
        ({"text": "b_9"}, [two.id]),
        ({"text": "s-77"}, [two.id]),
        ({"text": "%"}, [two.id]),
        ({"text": one.number.lower()}, [one.id]),
        ({"text": "T-2026-999999"}, []),
        ({"category": "x", "priority": "huge", "kind": "war"}, [one.id, two.id, three.id]),
        ({"category": "7"}, []),
        ({"sort": "-created"}, [three.id, two.id, one.id]),
        ({"sort": "priority"}, [three.id, two.id, one.id]),
        ({"sort": "-number"}, [three.id, two.id, one.id]),
        ({"sort": "password"}, [one.id, two.id, three.id]),
    ):
        assert (given, await found(engine, **given)) == (given, expected)
    late = MONDAY + HOUR
    assert await found(engine, late - 1, due="late") == []
    assert await found(engine, late - 1, due="soon") == [one.id], "nearly: four fifths of an hour have passed"
    assert await found(engine, late, due="late") == [one.id], "an urgent one is answered within an hour"
    await say(engine, two.id, "inner", MONDAY + 300, by="ben")
    assert await found(engine, watch="news") == [two.id]
    async with engine.begin() as db:
        assert await queries.counts(db, "anna", late) == {"mine": 1, "late": 1, "nobodys": 1, "news": 1}
        await queries.saw(db, two.id, "anna", MONDAY + 400)
        assert (await queries.counts(db, "anna", late))["news"] == 0


async def test_pages_go_on_where_the_last_one_ended(engine: AsyncEngine) -> None:
    made = [(await make(engine, MONDAY + n % 3)).id for n in range(7)]
    wanted = listing("anna", MONDAY)
    for sort in ("due", "-due", "-changed", "number", "-priority"):
        seen: list[int] = []
        after = ""
        while True:
            async with engine.connect() as db:
                page = await fetch(db, wanted, asked(wanted, {"sort": sort, "limit": "3", "after": after}))
            seen += [row["id"] for row in page.rows]
            if not (after := page.next):
                break
        assert sorted(seen) == made, sort


async def test_a_ticket_with_everything(engine: AsyncEngine) -> None:
    fang = await a_customer(engine)
    one = await make(engine, kind="complaint", customer=fang, call="c1")
    two = await make(engine)
    for moment, name in enumerate(("apologise", "restate", "empathise", "make_good"), int(MONDAY)):
        await step(engine, one.id, name, float(moment))
    await say(engine, one.id, "in", MONDAY + 1, "Good day", by="")
    async with engine.begin() as db:
        await changes.tie(db, two.id, other=one.id, kind="caused_by", by="anna", at=MONDAY, of=of)
    await change(engine, one.id, MONDAY + 5, status="closed", resolution="a voucher")
    async with engine.connect() as db:
        whole = await queries.whole(db, one.id)
        assert whole is not None
        assert [each.step for each in whole.steps] == ["apologise", "restate", "empathise", "make_good"]
        assert {(each.kind, each.back) for each in whole.links} == {("caused_by", True), ("follow_up_of", True)}
        assert (whole.calls, [each.text for each in whole.comments]) == (["c1"], ["Good day"])
        follow_up = next(each.id for each in whole.links if each.kind == "follow_up_of")
        assert [each.id for each in await queries.of_customer(db, fang)] == [follow_up, one.id]
        assert [each.id for each in await queries.of_call(db, "c1")] == [one.id]
        assert [each.id for each in await queries.owed_follow_ups(db, MONDAY + 8 * 86_400)] == [follow_up]
        assert await queries.owed_follow_ups(db, MONDAY + 86_400) == []
        assert [each.field for each in await queries.changes_since(db, one.id, 1)] == ["resolution", "status", "link"]
        assert await queries.whole(db, 999) is None
        assert await queries.next_mark(db) < MONDAY + 8 * 86_400
    assert await owner_of(engine, fang) == ""


@pytest.mark.parametrize("state", ["running", "due", "over"])
async def test_contracts_are_listed_by_what_is_due(engine: AsyncEngine, state: str) -> None:
    fang = await a_customer(engine)
    given = {"kind": "warranty", "customer": fang, "number": "", "serial": "", "notes": "", "every_months": 0}
    given |= {"remind_days": 30, "make_ticket": False, "begins": "2025-01-01"}
    made = {}
    async with engine.begin() as db:
        for name, ends in (("running", "2027-01-01"), ("due", "2026-03-20"), ("over", "2026-03-01")):
            hand = Hand(db, "anna", MONDAY, of)
            made[name] = await contracts.save(hand, None, 0, given | {"product": name, "ends": ends}, "2025-06-01")
        wanted = contracts.listing("2026-03-02")
        rows = (await fetch(db, wanted, asked(wanted, {"state": state, "sort": "ends"}))).rows
    names = {"running": ["due", "running"], "due": ["over", "due"], "over": ["over"]}[state]
    assert [row["product"] for row in rows] == names, "a reminder that nobody saw to stays"
    assert rows[0]["customer_name"] == "王芳"
