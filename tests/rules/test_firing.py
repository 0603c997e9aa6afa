"""Asking the rules in the transaction of what happened, on SQLite and PostgreSQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.rules import queries
from cti_server.rules.firing import MOST_DEPTH, MOST_FIRINGS, fire
from cti_server.rules.queries import Conflict, Firing, Rule
from cti_server.rules.said import Refused
from cti_server.rules.subject import Act, Order, Value
from cti_server.web.lists import asked, fetch
from tests.rules.subjects import PARCEL, VALUES

note = Table("test_note", MetaData(), Column("id", Integer, primary_key=True), Column("text", String, nullable=False))


@pytest.fixture(autouse=True)
async def notes(engine: AsyncEngine) -> None:
    """What the context of the tests keeps."""
    async with engine.begin() as db:
        await db.run_sync(note.metadata.create_all)


async def rule(engine: AsyncEngine, name: str, condition: str = "urgent", *acts: Act, **more: Any) -> Rule:
    given = {"subject": "parcel", "event": "", "active": True, "last": False} | more
    acts = acts or (Act(do="mark", give={"level": 1}),)
    return await queries.add(engine, given | {"name": name, "condition": condition, "acts": acts}, 100.0, "ann")


@dataclass
class Context:
    """Writes down what it is told to do; `trouble`, when it refuses."""

    db: AsyncConnection
    trouble: Callable[[Order], None] = lambda order: None
    orders: list[Order] = field(default_factory=list)

    async def perform(self, order: Order) -> str:
        self.orders.append(order)
        await self.db.execute(insert(note).values(text=f"{order.name} {order.do}"))
        self.trouble(order)
        return f"note {len(self.orders)}"

    async def happens(self, event: str = "sent", **values: Value) -> int:
        return await fire(self.db, PARCEL, event, VALUES | values, self.perform, at=200.0, ref="P-1")


async def firings(engine: AsyncEngine, **given: str) -> list[Firing]:
    """The oldest first."""
    async with engine.connect() as db:
        page = await fetch(db, queries.FIRINGS, asked(queries.FIRINGS, {"sort": "at", **given}))
    return [queries.firing_of(row) for row in page.rows]


async def written(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as db:
        return list((await db.execute(select(note.c.text).order_by(note.c.id))).scalars())


async def test_rules_are_asked_in_their_order_and_written_down(engine: AsyncEngine) -> None:
    route = Act(do="route", give={"to": "{kind} of {weight}, tier {sender.tier}{due}", "via": "sea"})
    heavy = await rule(engine, "heavy", 'kind == "box" && weight > 20', route)
    await rule(engine, "letters", 'kind == "letter"')
    await rule(engine, "off", active=False)
    await rule(engine, "when lost", event="lost")
    last = await rule(engine, "last", "urgent", last=True)
    await rule(engine, "after the last")
    async with engine.begin() as db:
        context = Context(db)
        assert await context.happens() == 2
    first, second = await firings(engine)
    assert [order.give for order in context.orders] == [{"to": "box of 21.5, tier 4", "via": "sea"}, {"level": 1}]
    assert (context.orders[0].by, first.rule, first.version, first.name) == (f"rule:{heavy.id}", heavy.id, 1, "heavy")
    assert (first.at, first.subject, first.event, first.ref, first.outcome) == (200.0, "parcel", "sent", "P-1", "done")
    assert [(part.text, part.saw) for part in first.matched] == [
        ('kind == "box"', {"kind": "box"}),
        ("weight > 20", {"weight": 21.5}),
    ]
    assert [(done.do, done.note) for done in first.done] == [("route", "note 1")]
    assert (first.why, second.rule) == (None, last.id)


async def test_a_rule_that_fails_takes_back_its_own_work_and_nothing_else(engine: AsyncEngine) -> None:
    def trouble(order: Order) -> None:
        if order.name == "refuses" and order.do == "route":
            raise Refused("full", name="depot")
        if order.name == "breaks":
            raise KeyError("secret of the code")

    two = (Act(do="mark", give={"level": 1}), Act(do="route", give={"to": "x"}))
    await rule(engine, "good")
    await rule(engine, "refuses", "urgent", *two)
    await rule(engine, "breaks")
    await rule(engine, "cannot tell", "due < now")
    await rule(engine, "good too")
    async with engine.begin() as db:
        await db.execute(insert(note).values(text="what happened"))
        assert await Context(db, trouble).happens() == 2
    assert await written(engine) == ["what happened", "good mark", "good too mark"]
    told = [(each.name, each.outcome, each.why and each.why.key, each.done != []) for each in await firings(engine)]
    assert told == [
        ("good", "done", None, True),
        ("refuses", "failed", "full", False),
        ("breaks", "failed", "fault", False),
        ("cannot tell", "failed", "empty_field", False),
        ("good too", "done", None, True),
    ]


@pytest.mark.slow
async def test_an_error_of_the_database_in_one_rule_leaves_the_transaction_whole(engine: AsyncEngine) -> None:
    await rule(engine, "doubled")
    await rule(engine, "good")
    async with engine.begin() as db:
        await db.execute(insert(note).values(id=1, text="what happened"))

        async def perform(order: Order) -> str:
            await db.execute(insert(note).values(id=1 if order.name == "doubled" else 2, text=order.name))
            return ""

        assert await fire(db, PARCEL, "sent", VALUES, perform, at=200.0, ref="P-1") == 1
    assert await written(engine) == ["what happened", "good"]


async def test_what_is_rolled_back_never_fired(engine: AsyncEngine) -> None:
    await rule(engine, "good")
    with pytest.raises(ZeroDivisionError):
        async with engine.begin() as db:
            await Context(db).happens()
            raise ZeroDivisionError
    assert await written(engine) == []
    assert await firings(engine) == []


async def test_rules_that_trigger_each_other_are_stopped(engine: AsyncEngine) -> None:
    await rule(engine, "ping", "stamps % 2 == 0")
    await rule(engine, "pong", "stamps % 2 == 1")
    async with engine.begin() as db:
        context = Context(db)
        stamps = 0

        async def perform(order: Order) -> str:
            nonlocal stamps
            stamps += 1
            await context.perform(order)
            await fire(db, PARCEL, "sent", VALUES | {"stamps": stamps}, perform, at=200.0, ref="P-1")
            return ""

        await fire(db, PARCEL, "sent", VALUES | {"stamps": 0}, perform, at=200.0, ref="P-1")
        assert await context.happens(stamps=0) == 1, "the next thing that happens begins anew"
    found = await firings(engine)
    assert [(each.name, each.depth, each.outcome) for each in found][: MOST_DEPTH + 1] == [
        ("ping", 0, "done"),
        ("pong", 1, "done"),
        ("ping", 2, "done"),
        ("pong", 3, "stopped"),
    ]
    why = found[MOST_DEPTH].why
    assert why is not None
    assert why.key == "triggered_deep"


async def test_many_rules_that_trigger_many_are_stopped(engine: AsyncEngine) -> None:
    for number in range(12):
        await rule(engine, f"n{number}")
    async with engine.begin() as db:

        async def perform(order: Order) -> str:
            await fire(db, PARCEL, "sent", VALUES, perform, at=200.0, ref="P-1")
            return ""

        await fire(db, PARCEL, "sent", VALUES, perform, at=200.0, ref="P-1")
    found = await firings(engine, limit="200")
    assert len(found) <= 2 * MOST_FIRINGS
    assert sum(each.outcome == "done" for each in found) <= MOST_FIRINGS
    assert {each.why.key for each in found if each.why} == {"triggered_deep", "triggered_often"}


async def test_an_event_that_nobody_declared_is_a_mistake_of_the_program(engine: AsyncEngine) -> None:
    async with engine.begin() as db:
        with pytest.raises(ValueError, match="burnt"):
            await Context(db).happens("burnt")


async def test_a_second_editor_overwrites_nothing(engine: AsyncEngine) -> None:
    first = await rule(engine, "old")
    mine: Mapping[str, Any] = {"name": "mine", "condition": "!urgent", "acts": first.acts}
    saved = await queries.save(engine, first.id, 1, mine, 300.0, "ann")
    assert saved is not None
    assert (saved.name, saved.version, saved.changed_by, saved.position) == ("mine", 2, "ann", first.position)
    with pytest.raises(Conflict) as conflict:
        await queries.save(engine, first.id, 1, {"name": "theirs"}, 301.0, "bob")
    assert conflict.value.now == saved
    assert await queries.save(engine, 999, 1, mine, 300.0, "ann") is None
    history = await queries.versions(engine, first.id)
    assert [(each.version, each.by, each.content["name"]) for each in history] == [
        (2, "ann", "mine"),
        (1, "ann", "old"),
    ]


async def test_a_rule_changes_places_with_its_neighbour(engine: AsyncEngine) -> None:
    ids = [(await rule(engine, name)).id for name in "abc"]
    await queries.move(engine, ids[2], True, 300.0, "ann")
    await queries.move(engine, ids[0], True, 300.0, "ann")
    assert [each.name for each in await queries.rules(engine, "parcel")] == ["a", "c", "b"]
    await queries.move(engine, ids[0], False, 300.0, "ann")
    assert [each.name for each in await queries.rules(engine)] == ["c", "a", "b"]
