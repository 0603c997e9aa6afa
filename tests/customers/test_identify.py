"""Who is calling, as the center and the timeline come to know it: on both databases."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.core.center import Step
from cti_server.core.events import Event
from cti_server.customers import identify, timeline
from cti_server.customers.calls import say_who
from cti_server.customers.identify import Identifier, told
from cti_server.customers.rules import Candidate
from cti_server.customers.tables import call_customer, customer
from cti_server.db import open_engine
from cti_server.tasks import Tasks
from tests.customers.kit import BEIJING, NOW, add
from tests.journal.conftest import start_server
from tests.journal.floor import Caller, Floor, opening


class Office:
    """A center with the look-up of its callers. What it reports is applied when it is awaited, as the hub would."""

    def __init__(self, engine: AsyncEngine, floor: Floor, tasks: Tasks, **more: float) -> None:
        self.floor, self.tasks = floor, tasks
        self.reported: list[Event] = []
        self.flush: Callable[[], Awaitable[None]]
        self.identifier = Identifier(engine, BEIJING, lambda: floor.state, self.reported.append, tasks, **more)
        floor.put = self._put(floor.put)

    def _put(self, before):  # type: ignore[no-untyped-def]
        def put(step: Step) -> None:
            before(step)
            self.identifier.step(step.touched)

        return put

    async def settle(self) -> dict[str, str]:
        """Wait for the look-ups and apply what they report; gives what was told."""
        await asyncio.gather(*(t for t in self.tasks._running if t.get_name().startswith("who is ")))
        told, self.reported[:] = list(self.reported), []
        self.floor.do(*told)
        return {event.key: event.value for event in told if isinstance(event, ev.CallDataSet)}


@pytest.fixture
async def office(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Office]:
    server = await start_server(engine, tmp_path / "data")
    made = Office(engine, server.floor, server.tasks)
    made.flush = server.writer.flush
    server.floor.do(*opening(NOW))
    yield made
    await server.stop()


async def lines(engine: AsyncEngine, ident: int, least: int = 1) -> list[timeline.Line]:
    """The calls on a timeline, once there are so many."""
    while True:
        async with engine.connect() as db:
            found = [line for line in await timeline.lines(db, ident) if line.kind == "call"]
        if len(found) >= least:
            return found
        await asyncio.sleep(0.01)


def data(office: Office, caller: Caller) -> dict[str, str]:
    return office.floor.state.calls[caller.id].data


async def test_a_known_caller_is_told_once_and_goes_to_the_own_agent(office: Office, engine: AsyncEngine) -> None:
    ident = await add(engine, "王小明", "138 0013 8000", owner="a2", tier=4, language="zh-CN")
    office.identifier.start()
    caller = Caller(office.floor, "008613800138000")
    caller.arrive(NOW + 1)
    assert await office.settle() == {"customer": str(ident), "owner": "a2", "value": "4", "language": "zh"}
    assert await office.settle() == {}, "one look-up for each call"
    caller.queue(NOW + 2)
    assert caller.offer().agent == "a2", "the owner before the others, though a1 waits as long"
    leg = caller.agent_answers(NOW + 3)
    caller.end_talk(NOW + 65, leg)
    (line,) = await lines(engine, ident)
    assert (line.what, line.ref, line.at) == ("answered", caller.id, NOW + 1)
    assert line.data == {
        "direction": "inbound",
        "number": "008613800138000",
        "queue": "sales",
        "agent": "a2",
        "talk_s": 60.0,
    }
    async with engine.connect() as db:
        row = (await db.execute(select(call_customer))).one()
        last = (await db.execute(select(customer.c.last_contact))).scalar_one()
    assert (row.call, row.customer, row.how, last) == (caller.id, ident, "number", NOW + 65)


async def test_an_account_that_is_typed_beats_the_number(office: Office, engine: AsyncEngine) -> None:
    await add(engine, "A", "13800138000", owner="a1", tier=2, language="zh")
    typed = await add(engine, "B", account="900100", tier=1)
    office.identifier.start()
    caller = Caller(office.floor)
    caller.arrive(NOW + 1)
    await office.settle()
    office.floor.do(ev.CallDataSet(at=NOW + 2, channel=caller.id, key="language", value="en"))
    assert await office.settle() == {}
    office.floor.do(ev.CallDataSet(at=NOW + 3, channel=caller.id, key="account", value="900100"))
    assert await office.settle() == {"customer": str(typed), "owner": "", "value": "1"}
    assert data(office, caller)["language"] == "en", "as the caller chose"
    caller.give_up(NOW + 9)
    assert (await lines(engine, typed))[0].what == "left_ivr"


async def test_an_unknown_account_leaves_the_number(office: Office, engine: AsyncEngine) -> None:
    ident = await add(engine, "A", "13800138000")
    caller = Caller(office.floor)
    caller.arrive(NOW + 1)
    assert await office.settle() == {"customer": str(ident)}
    office.floor.do(ev.CallDataSet(at=NOW + 3, channel=caller.id, key="account", value="0"))
    assert await office.settle() == {}


async def test_several_are_told_and_none_is_chosen(office: Office, engine: AsyncEngine) -> None:
    one, two = await add(engine, "A", "13800138000", owner="a1"), await add(engine, "B", "13800138000", owner="a2")
    async with engine.begin() as db:
        await db.execute(update(customer).where(customer.c.id == two).values(last_contact=NOW))
    office.identifier.start()
    caller = Caller(office.floor)
    caller.arrive(NOW + 1)
    assert await office.settle() == {"customers": f"{two},{one}"}
    caller.give_up(NOW + 9)
    stranger = Caller(office.floor, "13900139000")
    stranger.arrive(NOW + 10)
    assert await office.settle() == {}
    stranger.give_up(NOW + 12)
    known = await add(engine, "C", "13700137000")
    last = Caller(office.floor, "13700137000")
    last.arrive(NOW + 20)
    last.give_up(NOW + 22)
    await lines(engine, known)
    async with engine.connect() as db:
        assert list((await db.execute(select(call_customer.c.customer))).scalars()) == [known]


async def test_what_was_told_by_a_person_or_before_this_term_is_not_asked_again(
    office: Office, engine: AsyncEngine
) -> None:
    first, second = await add(engine, "A", "13800138000"), await add(engine, "B", account="9001")
    caller = Caller(office.floor)
    caller.arrive(NOW + 1)
    await office.settle()
    office.floor.do(ev.CallDataSet(at=NOW + 2, channel=caller.id, key="customer", value=str(second)))
    again = Identifier(engine, BEIJING, lambda: office.floor.state, office.reported.append, office.tasks)
    office.identifier = again
    caller.queue(NOW + 3)
    assert await office.settle() == {} and data(office, caller)["customer"] == str(second) != str(first)


async def test_a_call_is_written_once_and_after_a_restart(
    office: Office, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal has calls that ended while nobody wrote; one of them with somebody who was merged since."""
    monkeypatch.setattr(identify, "CATCH_UP_S", 1e10)
    ident, merged = await add(engine, "A", "13800138000"), await add(engine, "B", "13900139000")
    callers = [Caller(office.floor, number) for number in ("13800138000", "13800138000", "13900139000")]
    for caller in callers:
        caller.arrive(NOW + 1)
        await office.settle()
        caller.give_up(NOW + 9)
    async with engine.begin() as db:
        await db.execute(update(customer).where(customer.c.id == merged).values(merged_into=ident))
    await office.flush()
    tasks = Tasks()
    late = Office(engine, Floor(office.floor.state), tasks)
    late.identifier.start()
    assert {line.ref for line in await lines(engine, ident, 3)} == {c.id for c in callers}
    office.identifier.start()
    last = Caller(office.floor)
    last.arrive(NOW + 20)
    last.give_up(NOW + 30)
    assert len(await lines(engine, ident, 4)) == 4, "those before it were written again, and are there once"
    await tasks.close()


async def test_a_person_says_who_it_was(office: Office, engine: AsyncEngine) -> None:
    wrong, right = await add(engine, "A", "13800138000"), await add(engine, "B")
    office.identifier.start()
    caller = Caller(office.floor)
    caller.arrive(NOW + 1)
    await office.settle()
    async with engine.begin() as db:
        assert not await say_who(db, caller.id, right, at=NOW + 5, by="anna"), "it goes on still"
    caller.give_up(NOW + 9)
    await lines(engine, wrong)
    await office.flush()
    for _ in range(2):
        async with engine.begin() as db:
            assert await say_who(db, caller.id, right, at=NOW + 20, by="anna")
            assert not await say_who(db, caller.id, 999, at=NOW + 20, by="anna")
            assert not await say_who(db, "nothing", right, at=NOW + 20, by="anna")
    assert len(await lines(engine, right)) == 1 and len(await lines(engine, wrong, 0)) == 0
    async with engine.connect() as db:
        row = (await db.execute(select(call_customer))).one()
    assert (row.customer, row.how, row.by) == (right, "person", "anna")


async def test_a_database_that_is_away_delays_nothing(tmp_path: Path) -> None:
    """No table is there: every look-up fails, and the call goes on as a stranger's."""
    engine, tasks, floor = open_engine(f"sqlite+aiosqlite:///{tmp_path}/empty.db"), Tasks(), Floor()
    try:
        office = Office(engine, floor, tasks)
        floor.do(*opening(NOW))
        caller = Caller(floor)
        caller.arrive(NOW + 1)
        caller.queue(NOW + 1.01)
        assert caller.is_offered(), "before anybody was looked up"
        assert await office.settle() == {}
        assert office.identifier._looking == 0
    finally:
        await tasks.close()
        await engine.dispose()


def test_only_what_is_known_is_told() -> None:
    floor = Floor()
    floor.do(*opening(NOW))
    caller = Caller(floor)
    caller.arrive(NOW + 1)
    call = floor.state.calls[caller.id]
    plain = {"kind": "person", "stage": "", "account": "", "do_not_call": False, "blocked": False, "last_contact": None}
    one = Candidate(id=7, name="A", owner="gone", tier=0, language="", **plain)  # type: ignore[arg-type]
    assert told([one], call, {"a1"}) == {"customer": "7"}
    assert told([one, one], call, {"a1"}) == {"customers": "7,7"}
    assert told([], call, {"a1"}) == {}
