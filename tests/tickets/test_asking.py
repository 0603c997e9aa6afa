"""Rules about tickets, on a real database: asked in the same transaction, their acts are history under their name."""

from pathlib import Path

import msgspec
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.rules.engine import check
from cti_server.rules.subject import Act
from cti_server.rules.tables import rule, rule_firing
from cti_server.staff.tables import staff_user
from cti_server.tickets.model import ticket_of
from cti_server.tickets.subject import TICKET
from cti_server.tickets.tables import ticket, ticket_comment, ticket_history, ticket_watcher
from tests.tickets.kit import MONDAY, a_customer, change, history, make, say
from tests.web.kit import running_site


async def a_rule(engine: AsyncEngine, event: str, condition: str, *acts: Act, position: int = 1) -> int:
    assert check(TICKET, condition, acts) == []
    blank = {c.name: "" for c in rule.columns if str(c.type) in ("VARCHAR", "TEXT")}
    values = blank | {"name": "r", "subject": "ticket", "event": event, "condition": condition, "active": True}
    values |= {"acts": msgspec.json.encode(acts).decode(), "position": position, "last": False, "version": 1}
    values |= {c.name: MONDAY for c in rule.columns if c.name in ("created", "changed")}
    async with engine.begin() as db:
        return int((await db.execute(insert(rule).values(values).returning(rule.c.id))).scalar_one())


@pytest.fixture
async def ben(engine: AsyncEngine) -> str:
    values = {"login": "ben", "name": "Ben", "password": "", "role": "agent", "agent": "a2", "language": ""}
    async with engine.begin() as db:
        await db.execute(insert(staff_user).values(values | {"theme": "auto", "disabled": False, "created": 0.0}))
    return "ben"


async def test_a_rule_assigns_and_raises_what_a_valued_customer_complains_of(engine: AsyncEngine, ben: str) -> None:
    number = await a_rule(
        engine,
        "created",
        'kind == "complaint" && customer.tier >= 4 && channel == "page"',
        Act(do="set_priority", give={"priority": "urgent"}),
        Act(do="assign", give={"owner": "ben"}),
        Act(do="notify", give={"who": "owner", "text": "{number}: {customer.name} waits"}),
    )
    fang = await a_customer(engine, tier=5)
    made = await make(engine, kind="complaint", customer=fang)
    assert (made.priority, made.owner, made.status, made.version) == ("urgent", "ben", "open", 3)
    plain = await make(engine, kind="complaint")
    assert (plain.priority, plain.owner) == ("normal", "")
    async with engine.connect() as db:
        by = set(await db.scalars(select(ticket_history.c.by).where(ticket_history.c.field == "owner")))
        said = (await db.execute(select(ticket_comment.c.text, ticket_comment.c.kind, ticket_comment.c.by))).one()
        watcher = (await db.execute(select(ticket_watcher.c.login, ticket_watcher.c.seen))).one()
        fired = (await db.execute(select(rule_firing.c.outcome, rule_firing.c.ref))).one()
    assert by == {f"rule:{number}"}
    assert tuple(said) == (f"{made.number}: 王芳 waits", "inner", f"rule:{number}")
    assert (tuple(watcher), tuple(fired)) == (("ben", 0.0), ("done", str(made.id)))


async def test_what_changed_can_be_asked_for(engine: AsyncEngine) -> None:
    act = Act(do="create_follow_up", give={"kind": "callback", "subject": "Ask about {number}", "in_hours": 24.0})
    await a_rule(engine, "updated", '"status" in changed && status == "resolved"', act)
    made = await make(engine)
    await change(engine, made.id, MONDAY, owner="anna")
    await change(engine, made.id, MONDAY + 5, status="resolved")
    async with engine.connect() as db:
        (row,) = (await db.execute(select(ticket).where(ticket.c.id != made.id))).mappings()
    follow_up = ticket_of(row)
    assert (follow_up.subject, follow_up.promised) == (f"Ask about {made.number}", MONDAY + 5 + 86_400)
    assert follow_up.owner == "anna"


async def test_a_rule_that_feeds_itself_ends_and_takes_nothing_of_the_person_back(engine: AsyncEngine) -> None:
    await a_rule(engine, "", "escalation < 100", Act(do="escalate"))
    made = await make(engine)
    assert 1 <= made.escalation <= 10 and made.priority == "urgent"
    async with engine.connect() as db:
        assert "stopped" in set(await db.scalars(select(rule_firing.c.outcome)))


async def test_a_rule_that_cannot_be_done_says_so_and_the_ticket_is_made(engine: AsyncEngine) -> None:
    await a_rule(engine, "created", "true", Act(do="assign", give={"owner": "nobody"}))
    made = await make(engine)
    async with engine.connect() as db:
        fired = (await db.execute(select(rule_firing.c.outcome, rule_firing.c.why))).one()
    assert fired.outcome == "failed" and "no_person" in fired.why
    assert await history(engine, made.id) == [("created", "", made.number)]


async def test_the_customer_s_words_are_an_event(engine: AsyncEngine) -> None:
    await a_rule(engine, "replied", 'status == "open"', Act(do="set_priority", give={"priority": "high"}))
    made = await make(engine)
    await change(engine, made.id, MONDAY, status="waiting")
    await say(engine, made.id, "in", MONDAY + 60, by="")
    assert ("priority", "normal", "high") in await history(engine, made.id)


async def test_the_ticket_s_page_says_which_rule_fired_and_why(url: str, tmp_path: Path) -> None:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        number = await a_rule(site.engine, "created", "rank >= 2", Act(do="set_priority", give={"priority": "urgent"}))
        await make(site.engine, priority="high")
        plain = await make(site.engine)
        async with site.visitor("agent") as anna, site.visitor("supervisor") as boss:
            _, text = await anna.get("/tickets/1")
            assert "What rules did here" in text and "rank &gt;= 2" in text and "Set the priority" in text
            assert (
                f'href="/rules/{number}"' not in text and f'href="/rules/{number}"' in (await boss.get("/tickets/1"))[1]
            )
            assert "What rules did here" not in (await anna.get(f"/tickets/{plain.id}"))[1]


def test_the_examples_can_be_saved() -> None:
    for example in TICKET.examples:
        assert check(TICKET, example.condition, example.acts) == [], example.name
        assert example.event in TICKET.events
