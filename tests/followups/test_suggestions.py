"""Who is suggested to be called back: whoever gave up and has not been talked to since."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.followups.rules import Scope
from cti_server.followups.suggestions import dismiss, gave_up, suggestions
from cti_server.followups.tables import dismissed_suggestion
from cti_server.journal.tables import call, queue_entry
from tests.followups.kit import caller, gives_up, planned
from tests.journal.conftest import Server, start_server
from tests.journal.floor import T0, Floor, opening

ANNA, BEN, CARL = "13800138000", "02088880000", "13900139000"


@pytest.fixture
async def server(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Server]:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening(), *(ev.AgentLoggedOut(at=T0, agent=a) for a in ("a1", "a2", "a3")))
    yield server
    await server.stop()


async def suggested(server: Server, engine: AsyncEngine, scope: Scope = Scope(), since: float = T0) -> dict[str, int]:  # noqa: B008
    """Number to count, in the order of the list."""
    await server.writer.flush()
    rows, total = await suggestions(engine, scope, since)
    assert total == len(rows)
    return {row.number: row.count for row in rows}


def talks(floor: Floor, ident: str, number: str, at: float) -> None:
    """A caller who is answered."""
    floor.do(ev.AgentLoggedIn(at=at, agent="a1"))
    one = caller(floor, ident, number)
    one.arrive(at)
    one.queue(at + 1)
    one.end_talk(at + 30, one.agent_answers(at + 2))
    floor.do(ev.AgentLoggedOut(at=at + 60, agent="a1"))


def called(floor: Floor, ident: str, number: str, at: float) -> None:
    """An agent's own call to the outside, which is answered."""
    agent, trunk = f"{ident}a", f"{ident}t"
    floor.do(
        ev.ChannelCreated(
            at=at, channel=agent, linked=agent, name=f"PJSIP/a1-{agent}", number="101", exten=number, incoming=True
        ),
        ev.ChannelCreated(at=at, channel=trunk, linked=agent, name=f"PJSIP/trunk-{trunk}", number=number),
        ev.DialStarted(at=at, channel=agent, dest=trunk, dest_name=f"PJSIP/trunk-{trunk}", dial_string=number),
        ev.ChannelAnswered(at=at + 5, channel=trunk),
        ev.ChannelAnswered(at=at + 5, channel=agent),
        ev.BridgeEntered(at=at + 5, bridge=f"b{ident}", channel=trunk, linked=agent, bridge_type="basic"),
        ev.BridgeEntered(at=at + 5, bridge=f"b{ident}", channel=agent, linked=agent, bridge_type="basic"),
        ev.ChannelEnded(at=at + 50, channel=trunk),
        ev.ChannelEnded(at=at + 50, channel=agent),
    )


async def test_one_line_for_each_number_with_count_and_last_time(server: Server, engine: AsyncEngine) -> None:
    floor = server.floor
    gives_up(floor, "1.1", ANNA, T0 + 100)
    gives_up(floor, "1.2", BEN, T0 + 200, queue="support", waits_s=2)
    last = gives_up(floor, "1.3", "+86" + ANNA, T0 + 300, queue="support", waits_s=61.5)
    gives_up(floor, "1.4", "anonymous", T0 + 400)
    gives_up(floor, "1.5", "", T0 + 400)
    left = caller(floor, "1.6", CARL)
    left.arrive(T0 + 500)
    left.give_up(T0 + 510)
    await server.writer.flush()
    rows, total = await suggestions(engine, Scope(), T0)
    assert [(r.number, r.count, r.queue, r.wait_s) for r in rows] == [
        ("+86" + ANNA, 2, "support", 61.5),
        (BEN, 1, "support", 2.0),
    ]
    assert (rows[0].entry, rows[0].call, rows[0].queued, rows[0].ended, total) == (
        last,
        "1.3",
        T0 + 300,
        T0 + 361.5,
        2,
    )
    assert await suggested(server, engine, since=T0 + 250) == {"+86" + ANNA: 1}
    assert (await suggestions(engine, Scope(), T0, queue="sales"))[0] == []
    own = Scope(queues=frozenset({"sales"}), boxes=frozenset(), agent="a1")
    assert await suggested(server, engine, own) == {}, "the last time was in another queue"
    assert (await suggestions(engine, Scope(), T0, limit=1, offset=1))[0][0].number == BEN
    assert await suggestions(engine, Scope(), T0, limit=1, offset=7) == ([], 2)


async def test_who_was_talked_to_since_is_not_suggested(server: Server, engine: AsyncEngine) -> None:
    floor = server.floor
    for n, number in enumerate((ANNA, BEN, CARL)):
        gives_up(floor, f"1.{n}", number, T0 + 100 * n)
    assert list(await suggested(server, engine)) == [CARL, BEN, ANNA]
    talks(floor, "2.1", ANNA, T0 + 400)
    assert list(await suggested(server, engine)) == [CARL, BEN]
    called(floor, "2.2", "9" + BEN, T0 + 500)
    assert list(await suggested(server, engine)) == [CARL]
    gives_up(floor, "3.1", BEN, T0 + 600)
    assert await suggested(server, engine) == {BEN: 1, CARL: 1}, "what came before the talk does not count"
    waits = caller(floor, "3.2", CARL)
    waits.arrive(T0 + 700)
    waits.queue(T0 + 701)
    assert list(await suggested(server, engine)) == [BEN], "who waits just now is not missed"


@pytest.mark.parametrize(
    ("outcome", "owed"), [("answered", False), ("failed", True), ("cancelled", True), ("merged", True)]
)
async def test_a_callback_that_is_open_or_kept_settles_it(
    server: Server, engine: AsyncEngine, outcome: str, owed: bool
) -> None:
    gives_up(server.floor, "1.1", ANNA, T0 + 100)
    server.floor.do(planned("c1", "0086" + ANNA, T0 + 200))
    assert await suggested(server, engine) == {}
    ended = ev.CallbackEnded(at=T0 + 300, callback="c1", outcome=outcome)  # type: ignore[arg-type]
    server.floor.do(ended)
    assert (ANNA in await suggested(server, engine)) == owed
    gives_up(server.floor, "1.2", ANNA, T0 + 400)
    assert await suggested(server, engine) == {ANNA: 1 + owed}, "and who gives up again is owed again"


async def test_dismissed_is_kept_with_who_and_a_later_call_is_another(server: Server, engine: AsyncEngine) -> None:
    entry = gives_up(server.floor, "1.1", ANNA, T0 + 100)
    gives_up(server.floor, "1.2", BEN, T0 + 100)
    await server.writer.flush()
    lost = await gave_up(engine, entry)
    assert lost is not None
    await dismiss(engine, lost, "anna", T0 + 200)
    await dismiss(engine, lost, "ben", T0 + 201)
    assert list(await suggested(server, engine)) == [BEN]
    async with engine.connect() as db:
        (row,) = (await db.execute(select(dismissed_suggestion))).all()
    assert tuple(row) == (entry, ANNA, T0 + 140, T0 + 200, "anna")
    gives_up(server.floor, "1.3", ANNA, T0 + 300)
    assert await suggested(server, engine) == {ANNA: 1, BEN: 1}
    assert await gave_up(engine, "nothing") is None
    assert await gave_up(engine, "\0") is None


@pytest.mark.slow
async def test_a_day_of_which_the_database_knows_nothing_yet_is_gone_through_once(engine: AsyncEngine) -> None:
    """20,000 calls, every twentieth given up, and no statistics: a join would look at each call for each of them."""
    count, lost = 20_000, 1_000
    base = {"caller_name": "", "campaign": "", "language": "", "script": "", "queue": "sales", "agent": ""} | {
        "wait_s": 0.0,
        "talk_s": 0.0,
        "hold_s": 0.0,
        "hangup_cause": 16,
        "hangup_by": "",
        "recovered": False,
        "body": "{}",
        "dnis": "4001",
        "direction": "inbound",
    }
    stay = {"channel": "x", "queue": "sales", "priority": 0, "agent": "", "offers": 0, "in_fallback": False} | {
        "recovered": False,
        "threshold_ms": 20_000,
        "wait_ms": 30_000,
        "talk_ms": 0,
        "hold_ms": 0,
        "wrapup_ms": 0,
        "outcome": "abandoned",
    }
    calls = []
    stays = []
    for n in range(count):
        at, gone = T0 + n * 0.8, n % 20 == 0
        ident, number = f"c{n:06}", f"138{n if gone else n + count:08}"
        word = "abandoned" if gone else "answered"
        calls.append(
            base
            | {"id": ident, "started": at, "answered": None if gone else at + 9, "ended": at + 60}
            | {"ani": number, "outcome": word}
        )
        if gone:
            stays.append(
                stay
                | {"id": f"{ident}#1", "call": ident, "queued": at, "ended": at + 30}
                | {"interval": int(at) // 1800 * 1800}
            )
    async with engine.begin() as db:
        await db.execute(insert(call), calls)
        await db.execute(insert(queue_entry), stays)
    rows, total = await suggestions(engine, Scope(), T0, limit=50, offset=15 * 50)
    assert (len(rows), total) == (50, lost)
    assert rows[0].entry == f"c{(lost - 1 - 750) * 20:06}#1"
