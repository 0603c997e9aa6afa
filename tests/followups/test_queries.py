"""Callbacks and messages as the page and the API read them, and the notes that people make, on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.followups import queries
from cti_server.followups.rules import Scope
from cti_server.journal.promises import Promises
from cti_server.journal.tables import callback
from tests.followups.kit import caller, planned
from tests.journal.conftest import Server, start_server
from tests.journal.floor import T0, opening

ALL = Scope()
OWN = Scope(queues=frozenset({"support"}), boxes=frozenset({"support", "agent-a1"}), agent="a1")
NOTHING = Scope(queues=frozenset(), boxes=frozenset())


@pytest.fixture
async def server(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Server]:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening(), *(ev.AgentLoggedOut(at=T0, agent=a) for a in ("a1", "a2", "a3")))
    yield server
    await server.stop()


async def test_callbacks_by_state_queue_and_words(server: Server, engine: AsyncEngine) -> None:
    server.floor.do(
        planned("c1", "13800138000", T0 + 10, queued=T0 - 30, name="王芳"),
        planned("c2", "02088880000", T0 + 20, queued=T0 - 90, queue="support"),
        planned("c3", "13900139000", T0 + 30, agent="a1", not_before=T0 + 900),
        planned("c4", "13700137000", T0 + 40),
        ev.CallbackEnded(at=T0 + 50, callback="c4", outcome="cancelled", by="anna"),
    )
    await server.writer.flush()

    async def idents(scope: Scope = ALL, **wanted: str) -> list[str]:
        rows, total = await queries.callbacks(engine, scope, **wanted)  # type: ignore[arg-type]
        assert total == len(rows)
        return [row.id for row in rows]

    assert await idents(state="open") == ["c2", "c1", "c3"], "who waits longest comes first"
    assert await idents() == ["c4", "c3", "c2", "c1"]
    assert await idents(state="cancelled") == ["c4"]
    assert await idents(state="failed") == []
    assert await idents(queue="support") == await idents(words="8888") == ["c2"]
    assert await idents(words="王") == ["c1"]
    assert await idents(words="%") == await idents(words="\0") == []
    assert await idents(OWN) == ["c3", "c2"], "the own queue's, and those that the agent shall do"
    assert await idents(NOTHING) == []
    (ended,) = (await queries.callbacks(engine, ALL, state="cancelled"))[0]
    assert (ended.ended, ended.ended_by, ended.result_call, ended.attempts) == (T0 + 50, "anna", "", 0)
    assert await queries.one_callback(engine, "c1", OWN) is None
    assert (await queries.one_callback(engine, "c3", OWN)) is not None
    assert await queries.is_open(engine, "sales", "13800138000")
    assert not await queries.is_open(engine, "sales", "13700137000")


async def test_a_callback_leads_to_the_call_that_was_made_for_it(server: Server, engine: AsyncEngine) -> None:
    floor, leg, trunk = server.floor, "cb-1-1", "9.9"
    floor.do(
        planned("c1", "13800138000", T0 + 10),
        ev.CallbackTried(at=T0 + 20, callback="c1", channel=leg, first="agent", agent="a2", endpoint="PJSIP/a2"),
        ev.ChannelCreated(at=T0 + 20, channel=leg, linked=leg, name="PJSIP/a2-1"),
        ev.ChannelAnswered(at=T0 + 24, channel=leg),
        ev.ChannelCreated(at=T0 + 25, channel=trunk, linked=leg, name="PJSIP/trunk-9", number="13800138000"),
        ev.DialStarted(at=T0 + 25, channel=leg, dest=trunk, dest_name="PJSIP/trunk-9", dial_string="13800138000"),
        ev.ChannelAnswered(at=T0 + 30, channel=trunk),
        ev.BridgeEntered(at=T0 + 30, bridge="b", channel=leg, linked=leg, bridge_type="basic"),
        ev.BridgeEntered(at=T0 + 30, bridge="b", channel=trunk, linked=leg, bridge_type="basic"),
    )
    await server.writer.flush()
    (row,) = (await queries.callbacks(engine, ALL))[0]
    assert (row.state, row.agent, row.result_call, row.attempts) == ("answered", "a2", leg, 1)
    floor.do(ev.ChannelEnded(at=T0 + 90, channel=trunk), ev.ChannelEnded(at=T0 + 90, channel=leg))


async def left(server: Server, ident: str, box: str, at: float, number: str = "13800138000") -> str:
    one = caller(server.floor, ident, number)
    one.arrive(at - 9)
    server.floor.do(
        ev.VoicemailLeft(at=at, channel=ident, box=box, path=f"/v/{box}/{ident}.wav", duration_s=7.5),
        ev.ChannelEnded(at=at, channel=ident),
    )
    await server.writer.flush()
    return f"{ident}-{box}"


async def test_messages_are_tasks_until_somebody_did_them(server: Server, engine: AsyncEngine) -> None:
    first = await left(server, "1.1", "sales", T0 + 100)
    second = await left(server, "1.2", "agent-a1", T0 + 200, "02088880000")

    async def idents(scope: Scope = ALL, **wanted: str) -> list[str]:
        rows, total = await queries.voicemails(engine, scope, **wanted)  # type: ignore[arg-type]
        assert total == len(rows)
        return [row.id for row in rows]

    assert await idents(state="open") == await idents() == [second, first]
    assert await idents(OWN) == [second] and await idents(NOTHING) == []
    assert await idents(words="8888") == await idents(box="agent-a1") == [second]
    await queries.note_voicemail(engine, first, "anna", T0 + 300, done=None, note="回电\0")
    await queries.note_voicemail(engine, first, "anna", T0 + 400, done=True, note=None)
    await queries.note_voicemail(engine, first, "ben", T0 + 500, done=True, note="")
    assert (await idents(state="open"), await idents(state="done")) == ([second], [first])
    message = await queries.one_voicemail(engine, first, ALL)
    assert message is not None
    assert (message.done, message.done_by, message.note, message.noted, message.noted_by) == (
        T0 + 400,
        "anna",
        "",
        T0 + 500,
        "ben",
    ), "who did it first stays"
    assert (message.number, message.call, message.duration_s, message.at) == ("13800138000", "1.1", 7.5, T0 + 100)
    await queries.note_voicemail(engine, first, "ben", T0 + 600, done=False, note=None)
    assert await idents(state="open") == [second, first]
    assert await queries.one_voicemail(engine, first, OWN) is None
    assert await queries.one_voicemail(engine, "nothing", ALL) is None


async def test_pages_do_not_end_at_the_fiftieth(engine: AsyncEngine) -> None:
    promises = Promises()
    rows = [promises.see(planned(f"c{n:04}", f"138{n:08}", T0 + n)) for n in range(2600)]
    async with engine.begin() as db:
        await db.execute(insert(callback), rows)
    found, total = await queries.callbacks(engine, ALL, state="open", limit=50, offset=51 * 50)
    assert ([r.id for r in found], total) == ([f"c{n:04}" for n in range(2550, 2600)], 2600)
    assert len((await queries.callbacks(engine, ALL, limit=10_000))[0]) == queries.MOST_ROWS
