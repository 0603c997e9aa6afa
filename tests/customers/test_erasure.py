"""Who is erased is nowhere any more; every figure is as it was, and the journal still gives the records."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine

import cti_server.contexts  # noqa: F401  every table and every hook is loaded with it
from cti_server.core import events as ev
from cti_server.customers import erasure, merge, queries, timeline
from cti_server.customers.erasure import InCall
from cti_server.customers.person import subject_of
from cti_server.customers.records import Conflict
from cti_server.customers.tables import call_customer
from cti_server.db import metadata
from cti_server.journal.tables import agent_half_hour, call, leg, queue_entry, queue_half_hour
from cti_server.journal.verify import verify
from tests.customers.kit import BEIJING, NOW, add
from tests.journal.conftest import ZONE, Server, start_server
from tests.journal.floor import T0, Caller, opening

NUMBER, NAME, ACCOUNT = "13800138000", "王芳芳", "99112233"
TRACES = (NUMBER, NAME, ACCOUNT, "wff", "fang@example.com")


async def traces(engine: AsyncEngine) -> set[str]:
    """The tables in which any of it can still be read."""
    found: set[str] = set()
    async with engine.connect() as db:
        there = await db.run_sync(_tables)
        for table in (each for each in metadata.sorted_tables if each.name in there):
            for row in (await db.execute(select(table))).mappings():
                said = "|".join(_readable(row[c.name], c) for c in table.columns)
                found |= {table.name for trace in TRACES if trace in said}
    return found


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _readable(value: Any, column: Any) -> str:
    return value.decode(errors="replace") if isinstance(column.type, LargeBinary) and value else str(value)


async def figures(engine: AsyncEngine) -> list[Any]:
    async with engine.connect() as db:
        tables = (queue_half_hour, agent_half_hour, queue_entry)
        kept = [[tuple(row) for row in (await db.execute(select(table))).all()] for table in tables]
        times = select(call.c.id, call.c.started, call.c.talk_s, call.c.wait_s, call.c.outcome).order_by(call.c.id)
        return [*kept, [tuple(row) for row in (await db.execute(times)).all()]]


@pytest.fixture
async def day(engine: AsyncEngine, tmp_path: Path) -> tuple[Server, int]:
    """A day on which the customer talked, left a message, asked for a callback and gave up, beside others."""
    server = await start_server(engine, tmp_path)
    floor = server.floor
    floor.do(*opening())
    floor.day(callers=3)
    first = Caller(floor, NUMBER)
    first.arrive(T0 + 5000)
    floor.do(ev.CallerIdChanged(at=T0 + 5001, channel=first.id, number=NUMBER, caller_name=NAME))
    floor.do(ev.CallDataSet(at=T0 + 5002, channel=first.id, key="account", value=ACCOUNT))
    floor.do(ev.IvrStepped(at=T0 + 5003, channel=first.id, node="digits", label="account", result=ACCOUNT))
    first.queue(T0 + 5005)
    channel = first.agent_answers(T0 + 5006)
    first.end_talk(T0 + 5066, channel)
    floor.do(ev.Tick(at=T0 + 5100))
    for n, kind in enumerate(("leave_message", "ask_for_callback", "give_up")):
        again = Caller(floor, NUMBER)
        again.arrive(T0 + 6000 + 500 * n)
        again.queue(T0 + 6005 + 500 * n)
        getattr(again, kind)(T0 + 6030 + 500 * n)
    other = Caller(floor, "13900139000")
    other.arrive(T0 + 8000)
    other.queue(T0 + 8001)
    other.give_up(T0 + 8040)
    for promise in list(floor.state.callbacks.values()):
        floor.do(ev.CallbackEnded(at=T0 + 9000, callback=promise.id, outcome="cancelled"))
    await server.writer.flush()
    more = {"emails": ["fang@example.com"], "account": ACCOUNT, "tags": [f"friend of {NAME}"], "notes": NAME}
    ident = await add(engine, NAME, NUMBER, at=T0, **more)
    async with engine.begin() as db:
        row = {"call": first.id, "customer": ident, "how": "account", "at": T0 + 5002, "by": ""}
        await db.execute(insert(call_customer).values(row))
        said = {"kind": "call", "ref": first.id, "what": "answered", "number": NUMBER}
        await timeline.note(db, ident, at=T0 + 5066, said=f"spoke with {NAME}", **said)
        await queries.say_consent(db, ident, "recording", True, at=T0, by="anna", source=f"{NAME} on the phone")
    return server, ident


async def erase(engine: AsyncEngine, server: Server, ident: int, version: int = 1) -> None:
    async with engine.connect() as db:
        subject = await subject_of(db, ident, BEIJING)
    server.floor.do(*erasure.events(server.floor.state, subject, T0 + 10_000))
    await server.writer.flush()
    async with engine.begin() as db:
        await erasure.erase(db, ident, version, BEIJING, at=T0 + 10_001, by="wu")


async def test_nothing_can_be_read_any_more_and_every_figure_stays(
    engine: AsyncEngine, day: tuple[Server, int], tmp_path: Path
) -> None:
    server, ident = day
    twin = await add(engine, NAME, NUMBER, at=T0)
    async with engine.begin() as db:
        await merge.merge(db, (ident, 1), (twin, 1), {}, at=T0 + 9500, by="wu")
    assert {"customer", "call", "journal", "callback", "timeline", "customer_merge", "leg"} <= await traces(engine)
    before = await figures(engine)
    assert NUMBER in server.floor.state.last_agents

    await erase(engine, server, ident, 2)
    assert await traces(engine) == set()
    assert await figures(engine) == before
    assert not {name for name in server.floor.state.last_agents if NUMBER in name}
    await server.stop()
    again = await start_server(engine, tmp_path)
    assert again.floor.state.last_agents == server.floor.state.last_agents
    again.floor.day(T0 + 20_000, callers=2)
    await again.stop()
    report = await verify(engine, ZONE)
    assert report.differences == [] and report.unknown == 0 and await traces(engine) == set()

    async with engine.connect() as db:
        now = await queries.get(db, ident)
        lines = await timeline.lines(db, ident)
        numbers = set(await db.scalars(select(leg.c.number)))
        (one,) = await merge.merges_of(db, ident)
    assert now is not None and now.erased == T0 + 10_001 and (now.name, now.phones, now.notes) == ("", [], "")
    assert [c.source for c in now.consents] == [""] and lines[0].what == "erased" and one.before == {}
    assert "13900139000" in numbers, "others stay"


async def test_equal_stays_equal(engine: AsyncEngine, day: tuple[Server, int]) -> None:
    server, ident = day
    await erase(engine, server, ident)
    async with engine.connect() as db:
        anis = list(await db.scalars(select(call.c.ani).where(call.c.ani.startswith("erased-"))))
    assert len(anis) == 4 and len(set(anis)) == 1
    await server.stop()


async def test_a_number_that_another_customer_has_is_left_to_them(engine: AsyncEngine, day: tuple[Server, int]) -> None:
    server, ident = day
    await add(engine, "李伟", NUMBER)
    await erase(engine, server, ident)
    assert "call" in await traces(engine)
    async with engine.connect() as db:
        assert await db.scalar(select(call.c.ani).where(call.c.ani == NUMBER).limit(1)) == NUMBER
        assert await db.scalar(select(call.c.caller_name).where(call.c.caller_name == NAME)) is None
    await server.stop()
    assert (await verify(engine, ZONE)).differences == []


async def test_who_is_on_the_phone_is_not_erased(engine: AsyncEngine, day: tuple[Server, int]) -> None:
    server, ident = day
    Caller(server.floor, NUMBER).arrive(T0 + 9_990)
    with pytest.raises(InCall):
        await erase(engine, server, ident)
    await server.stop()


async def test_who_waits_for_a_callback_is_not_erased(engine: AsyncEngine, day: tuple[Server, int]) -> None:
    server, ident = day
    server.floor.do(ev.CallbackPlanned(at=T0 + 9_990, callback="x", queue="sales", number=NUMBER, queued=T0 + 9_990))
    with pytest.raises(InCall):
        await erase(engine, server, ident)
    await server.stop()


async def test_a_hook_that_fails_erases_nothing(
    engine: AsyncEngine, day: tuple[Server, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ident = day

    async def fail(*_: object) -> None:
        raise RuntimeError("no")

    before = await traces(engine)
    monkeypatch.setattr(erasure, "ERASE_HOOKS", [fail])
    with pytest.raises(RuntimeError):
        await erase(engine, server, ident)
    assert await traces(engine) == before
    with pytest.raises(Conflict):
        await erase(engine, server, ident, 7)
    await server.stop()


async def test_what_is_looked_through_is_what_the_database_has(engine: AsyncEngine) -> None:
    await add(engine, NAME, NUMBER, at=NOW)
    assert await traces(engine) == {"customer", "customer_phone"}
    async with engine.connect() as db:
        there = await db.run_sync(_tables)
    assert {"journal", "call", "timeline", "import_bad", "ticket", "sales_order", "recording", "snapshot"} <= there
