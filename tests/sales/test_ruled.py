"""Rules about opportunities and orders, on real databases: asked in the transaction, what they do bears their name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.errands import MAKERS
from cti_server.customers.tables import timeline
from cti_server.rules import queries as rules
from cti_server.rules.engine import check
from cti_server.rules.queries import Firing, firings_of
from cti_server.rules.subject import Act, Subject
from cti_server.sales import opportunities, orders, overdue, products, returns
from cti_server.sales.paper_tables import order_share
from cti_server.sales.queries import Origin, Row
from cti_server.sales.subjects import OPPORTUNITY, ORDER
from cti_server.sales.tables import opportunity
from cti_server.staff.tables import staff_user
from cti_server.tickets.errands import caller
from cti_server.tickets.tables import ticket
from tests.sales.kit import ANNA, BOSS, T0, plan, shop
from tests.tickets.kit import of
from tests.web.clients import client
from tests.web.kit import running_site

DAY = 86_400.0


@pytest.fixture(autouse=True)
def tasks() -> Iterator[None]:
    MAKERS["call"] = caller(of)
    yield
    MAKERS.clear()


async def a_rule(engine: AsyncEngine, subject: Subject, event: str, condition: str, *acts: Act) -> int:
    assert check(subject, condition, acts) == []
    content = {"subject": subject.name, "event": event, "name": f"on {event}", "active": True, "last": False}
    return (await rules.add(engine, content | {"condition": condition, "acts": list(acts)}, T0, "boss")).id


async def ben(engine: AsyncEngine) -> None:
    values = {"login": "ben", "name": "Ben", "password": "", "role": "agent", "agent": "a2", "language": ""}
    async with engine.begin() as db:
        await db.execute(insert(staff_user).values(values | {"theme": "auto", "disabled": False, "created": 0.0}))


async def told(db: AsyncConnection, kind: str) -> list[tuple[str, str, str]]:
    """What the timeline says of rules: what, text, by."""
    c = timeline.c
    rows = await db.execute(select(c.what, c.text, c.by).where(c.kind == kind, c.by.startswith("rule:")).order_by(c.id))
    return [(row.what, row.text, row.by) for row in rows]


async def fired(db: AsyncConnection, subject: Subject, ident: int) -> list[Firing]:
    return await firings_of(db, subject.name, str(ident), 20)


async def sell(db: AsyncConnection, who: int, *goods: tuple[str, int], **more: Any) -> int:
    lines: list[Row] = await products.lines_of(db, list(goods), T0, "CNY")
    return await orders.place(db, ANNA, who, lines, T0, currency="CNY", owner="a1", origin=Origin(), **more)


async def test_an_opportunity_is_given_to_somebody_and_called_about(engine: AsyncEngine) -> None:
    who, _ = await shop(engine)
    await ben(engine)
    number = await a_rule(
        engine,
        OPPORTUNITY,
        "created",
        'amount >= 5000 && stage == "new" && customer.name == "王芳"',
        Act(do="assign", give={"owner": "ben"}),
        Act(do="notify", give={"who": "owner", "text": "{title}: {amount} {currency}"}),
        Act(do="add_note", give={"text": "large"}),
        Act(do="create_follow_up", give={"subject": "Ring about {title}", "in_hours": 24.0}),
    )
    async with engine.begin() as db:
        ident = await opportunities.open_one(db, ANNA, who, plan(), Origin(), T0)
        assert isinstance(ident, int)
        small = await opportunities.open_one(db, BOSS, who, plan(amount=499_999, owner=""), Origin(), T0)
        row = await opportunities.get(db, BOSS, ident)
        assert (row["owner"], row["version"], row["changed_by"]) == ("a2", 2, f"rule:{number}")
        assert await opportunities.shares(db, ident) == {"a2": 100}
        (task,) = (await db.execute(select(ticket))).mappings()
        (firing,) = await fired(db, OPPORTUNITY, ident)
        by = f"rule:{number}"
        lines = [("assigned", "a2", by), ("notified", "Kitchen: 5000.0 CNY", by), ("noted", "large", by)]
        assert await told(db, "opportunity") == [*lines, ("follow_up", task["number"], by)]
        assert isinstance(small, int) and await fired(db, OPPORTUNITY, small) == []
    assert (task["kind"], task["subject"], task["owner"], task["promised"]) == (
        "callback",
        "Ring about Kitchen",
        "ben",
        T0 + DAY,
    )
    assert (firing.outcome, firing.event, firing.matched[0].saw) == ("done", "created", {"amount": 5000.0})
    assert [(each.do, each.note) for each in firing.done] == [
        ("assign", "a2"),
        ("notify", "ben"),
        ("add_note", ""),
        ("create_follow_up", task["number"]),
    ]


async def test_its_way_is_told_step_by_step(engine: AsyncEngine) -> None:
    who, _ = await shop(engine)
    await a_rule(engine, OPPORTUNITY, "", "true", Act(do="add_note", give={"text": "{status} {stage} {reason}"}))
    async with engine.begin() as db:
        ident = await opportunities.open_one(db, ANNA, who, plan(), Origin(), T0)
        assert isinstance(ident, int)
        await opportunities.move(db, ANNA, ident, 1, "proposal", T0 + 1)
        await opportunities.save(db, ANNA, ident, 2, plan(stage="negotiation"), T0 + 2)
        await opportunities.save(db, ANNA, ident, 3, plan(stage="negotiation", note="no stage moved"), T0 + 2)
        await opportunities.close(db, ANNA, ident, 4, "lost", "too dear", T0 + 3)
        await opportunities.close(db, ANNA, ident, 5, "open", "", T0 + 4)
        await opportunities.close(db, ANNA, ident, 6, "won", "", T0 + 5)
        seen = [each.event for each in reversed(await fired(db, OPPORTUNITY, ident))]
        said = [text for _, text, _ in await told(db, "opportunity")]
    assert seen == ["created", "moved", "moved", "lost", "won"]
    assert said[1:4] == ["open proposal ", "open negotiation ", "lost negotiation too dear"]


async def test_what_is_overdue_is_told_once_for_each_day(engine: AsyncEngine) -> None:
    who, _ = await shop(engine)
    await a_rule(engine, OPPORTUNITY, "overdue", 'expected < "2026-05-01"', Act(do="add_note", give={"text": "late"}))
    async with engine.begin() as db:
        ident = await opportunities.open_one(db, ANNA, who, plan(), Origin(), T0)
        lost = await opportunities.open_one(db, ANNA, who, plan("Lost"), Origin(), T0)
        assert isinstance(ident, int) and isinstance(lost, int)
        await opportunities.close(db, ANNA, lost, 1, "lost", "gone", T0)
    assert await overdue.tell_overdue(engine, "2026-04-15", T0) == 0, "that is the day itself"
    assert await overdue.tell_overdue(engine, "2026-04-16", T0) == 1
    assert await overdue.tell_overdue(engine, "2026-04-17", T0) == 0
    async with engine.begin() as db:
        assert [each.event for each in await fired(db, OPPORTUNITY, ident)] == ["overdue"]
        await db.execute(update(opportunity).where(opportunity.c.id == ident).values(expected="2026-06-01"))
    assert await overdue.tell_overdue(engine, "2026-06-02", T0) == 1
    async with engine.connect() as db:
        whats = select(timeline.c.what).where(
            timeline.c.kind == "opportunity", timeline.c.what.in_(["overdue", "noted"])
        )
        assert list(await db.scalars(whats.order_by(timeline.c.id))) == ["overdue", "noted", "overdue"]


async def test_an_order_from_its_beginning_to_goods_that_come_back(engine: AsyncEngine) -> None:
    who, _ = await shop(engine)
    note = Act(do="add_note", give={"text": "{state} {owed} {return.status} {return.amount}"})
    await a_rule(engine, ORDER, "", '"appliance" in categories && "TV-55" in skus', note)
    async with engine.begin() as db:
        other = await sell(db, who, ("RICE", 1))
        await orders.step(db, ANNA, other, 1, "cancelled", T0)
        ident = await sell(db, who, ("TV-55", 1), ("OIL", 2))
        row = await orders.get(db, ANNA, ident)
        await orders.pay(db, ANNA, ident, 1, 100, "cash", "", T0, "2026-03")
        await orders.pay(db, ANNA, ident, 2, row["total"] - 100, "cash", "", T0, "2026-03")
        await orders.step(db, ANNA, ident, 3, "delivered", T0)
        line = (await orders.lines(db, ident))[1]
        back = await returns.ask(db, ANNA, ident, 4, {line["id"]: 1}, T0, reason="spilt")
        await returns.step(db, ANNA, back, 1, "refunded", T0, "2026-03")
        events = [each.event for each in reversed(await fired(db, ORDER, ident))]
        said = [text for _, text, _ in await told(db, "order")]
        assert await fired(db, ORDER, other) == []
    assert events == ["placed", "paid", "delivered", "returned", "returned"]
    whole = row["total"] / 100
    assert said == [
        f"unpaid {whole}  0.0",
        "paid 0.0  0.0",
        "done 0.0  0.0",
        "done 0.0 asked 19.95",
        "done 0.0 refunded 19.95",
    ]


async def test_an_order_is_given_away_only_as_long_as_nothing_hangs_on_it(engine: AsyncEngine) -> None:
    who, _ = await shop(engine)
    await ben(engine)
    for event in ("placed", "paid", "cancelled"):
        await a_rule(engine, ORDER, event, "true", Act(do="assign", give={"owner": "ben"}))
    async with engine.begin() as db:
        ident = await sell(db, who, ("RICE", 1))
        assert list(await db.scalars(select(order_share.c.who).where(order_share.c.order == ident))) == ["a2"]
        shared = await sell(db, who, ("RICE", 1), shares={"a1": 60, "a3": 40})
        await orders.step(db, BOSS, shared, 1, "cancelled", T0)
        (first,) = await fired(db, ORDER, ident)
        later, placed = await fired(db, ORDER, shared)
    assert first.outcome == "done"
    assert [(each.outcome, each.why.key if each.why else "") for each in (placed, later)] == [
        ("failed", "sale_shared"),
        ("failed", "sale_over"),
    ]


async def test_what_cannot_be_done_says_why_and_takes_nothing_of_the_person_back(engine: AsyncEngine) -> None:
    who, _ = await shop(engine)
    MAKERS.clear()
    await a_rule(engine, OPPORTUNITY, "created", "true", Act(do="assign", give={"owner": "nobody"}))
    follow_up = Act(do="create_follow_up", give={"subject": "x", "in_hours": 1.0})
    await a_rule(engine, OPPORTUNITY, "created", "true", Act(do="add_note", give={"text": "gone again"}), follow_up)
    async with engine.begin() as db:
        ident = await opportunities.open_one(db, ANNA, who, plan(owner=""), Origin(), T0)
        assert isinstance(ident, int)
        assert (await opportunities.get(db, ANNA, ident))["title"] == "Kitchen"
        whys = [each.why.key if each.why else "" for each in reversed(await fired(db, OPPORTUNITY, ident))]
        assert (whys, await told(db, "opportunity")) == (["no_person", "no_tasks"], [])


async def test_the_page_says_which_rule_fired_what_it_saw_and_what_it_did(url: str, tmp_path: Path) -> None:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        who, _ = await shop(site.engine)
        act = Act(do="add_note", give={"text": "<b>seen</b>"})
        await a_rule(site.engine, OPPORTUNITY, "created", "amount > 1", act)
        await a_rule(site.engine, ORDER, "placed", "total > 1", act)
        async with site.engine.begin() as db:
            await opportunities.open_one(db, ANNA, who, plan(), Origin(), T0)
            await sell(db, who, ("RICE", 1))
        for language, title, saw in (("en", "What rules did here", "5000"), ("zh", "规则在此执行的操作", "5000")):
            async with site.visitor("agent", language) as visitor:
                status, text = await visitor.get("/sales/opportunities/1")
                assert status == 200 and title in text and f"<bdi>{saw}</bdi>" in text
                assert "&lt;b&gt;seen" in text and "<b>seen" not in text and 'href="/rules/' not in text
                assert "49.9" in (await visitor.get("/sales/orders/1"))[1]
        async with site.visitor("supervisor") as visitor:
            assert 'href="/rules/1"' in (await visitor.get("/sales/opportunities/1"))[1]
            assert "<b>" not in (await visitor.get("/customers/1/timeline"))[1]


async def test_who_loses_what_they_made_to_a_rule_is_told_and_not_shown_an_error(url: str, tmp_path: Path) -> None:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        who, _ = await shop(site.engine)
        give = Act(do="assign", give={"owner": "supervisor"})
        await a_rule(site.engine, OPPORTUNITY, "created", "true", give)
        await a_rule(site.engine, ORDER, "", "true", give)
        async with client(site, "agent") as anna:
            new = {"customer": who, "title": "Kitchen", "expected": "2030-01-31"}
            status, deal = await anna("POST", "/opportunities", new)
            assert (status, deal["owner"]) == (200, "supervisor")
            assert (await anna("GET", f"/opportunities/{deal['id']}"))[0] == 404
        async with site.visitor("agent") as visitor:
            fields = {"csrf": await visitor.form_token("/sales"), "customer": str(who)}
            made = await visitor.post("/sales/new", fields | {"title": "Oven", "expected": "2030-01-31"})
            assert made[0] == 409, "the account is the supervisor's by now"
        async with site.engine.begin() as db:
            await db.execute(update(opportunity).values(status="lost"))
        async with client(site, "agent") as anna:
            status, order = await anna("POST", "/orders", {"customer": who, "lines": [{"sku": "RICE"}]})
            assert (status, order["owner"]) == (200, "supervisor")
            assert (await anna("GET", "/orders/1"))[0] == 404
        async with site.visitor("agent") as visitor:
            made = await visitor.post(
                "/sales/new",
                fields | {"csrf": await visitor.form_token("/sales"), "title": "Oven", "expected": "2030-01-31"},
            )
            assert made == (303, "/sales")
            async with site.engine.begin() as db:
                await db.execute(update(opportunity).values(status="lost"))
            fields = {"csrf": await visitor.form_token("/sales"), "customer": str(who), "sku1": "OIL", "quantity1": "1"}
            assert await visitor.post("/sales/orders/new", fields) == (303, "/sales/orders")
