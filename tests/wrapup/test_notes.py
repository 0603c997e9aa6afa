"""What was noted, in the database: one line of the timeline that follows note and customer; erased with the person."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.state import Call
from cti_server.customers import handout, timeline
from cti_server.customers.calls import say_who, write_call
from cti_server.customers.person import subject_of
from cti_server.customers.timeline import Line
from cti_server.wrapup import codes, erasure, line, notes
from cti_server.wrapup.notes import Conflict, Note
from cti_server.wrapup.rules import Refused, Talk, chosen_from, own_talk
from cti_server.wrapup.tables import call_note
from cti_server.wrapup.talks import call_of, talks_of
from tests.customers.kit import BEIJING, add
from tests.journal.conftest import Server, start_server
from tests.journal.floor import T0, Caller, opening

NUMBER = "13800138000"


@pytest.fixture
async def server(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Server]:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    yield server
    await server.stop()


async def a_call(engine: AsyncEngine, server: Server, at: float = T0 + 10) -> Call:
    """One that has ended and is written down in the journal, and with nobody yet."""
    caller = Caller(server.floor, NUMBER)
    caller.arrive(at)
    caller.queue(at + 1)
    caller.end_talk(at + 60, caller.agent_answers(at + 2))
    await server.writer.flush()
    found = await call_of(engine, server.floor.state, caller.id)
    assert found is not None and found.ended is not None
    return found


async def save(engine: AsyncEngine, call: Call, seen: int, at: float = T0 + 70, **given: Any) -> Note:
    (talk,) = talks_of(call)
    async with engine.begin() as db:
        stored = await notes.save(db, talk, seen, at=at, by="anna", **given)
        await line.tell(db, call, stored)
    return stored


async def told(engine: AsyncEngine, customer: int) -> list[Line]:
    async with engine.connect() as db:
        return [each for each in await timeline.lines(db, customer) if each.what == "wrapup"]


async def test_one_line_follows_the_note(engine: AsyncEngine, server: Server) -> None:
    fang = await add(engine, "王芳", NUMBER)
    call = await a_call(engine, server)
    await save(engine, call, 0, note="Boiler")
    assert await told(engine, fang) == [], "nobody has said with whom the call was"
    async with engine.begin() as db:
        assert await write_call(db, call, BEIJING) == fang
    assert [each.text for each in await told(engine, fang)] == ["Boiler"]
    await save(engine, call, 1, note="Boiler 9", code="solved")
    (only,) = await told(engine, fang)
    assert (only.text, only.by, only.data["code_zh"], only.data["call"]) == ("Boiler 9", "anna", "问题已解决", call.id)
    assert only.at == call.legs[-1].answered
    await save(engine, call, 2, note="", code="")
    assert await told(engine, fang) == []


async def test_the_line_goes_with_the_call_to_another_customer(engine: AsyncEngine, server: Server) -> None:
    fang, li = await add(engine, "王芳", NUMBER), await add(engine, "李娜", "13900139000")
    call = await a_call(engine, server)
    async with engine.begin() as db:
        await write_call(db, call, BEIJING)
    await save(engine, call, 0, note="It was somebody else")
    async with engine.begin() as db:
        assert await say_who(db, call.id, li, at=T0 + 90, by="anna")
    assert await told(engine, fang) == []
    assert [each.text for each in await told(engine, li)] == ["It was somebody else"]
    await save(engine, call, 1, note="It was Li")
    assert [each.text for each in await told(engine, li)] == ["It was Li"]


async def test_two_at_one_moment(engine: AsyncEngine, server: Server) -> None:
    call = await a_call(engine, server)
    await save(engine, call, 0, note="one")
    with pytest.raises(Conflict) as conflict:
        await save(engine, call, 0, note="two")
    assert conflict.value.now is not None and conflict.value.now.note == "one"
    with pytest.raises(Refused):
        await save(engine, call, 1, code="service")
    async with engine.connect() as db:
        assert [row.note for row in await db.execute(select(call_note))] == ["one"]


async def test_who_is_erased_leaves_the_code_and_no_word(engine: AsyncEngine, server: Server) -> None:
    fang = await add(engine, "王芳", NUMBER)
    call = await a_call(engine, server)
    async with engine.begin() as db:
        await write_call(db, call, BEIJING)
    await save(engine, call, 0, note="王芳 lives in Lane 5", code="solved")
    async with engine.begin() as db:
        subject = await subject_of(db, fang, BEIJING)
        assert (await erasure.rows_of(db, subject))["call_note"][0]["note"] == "王芳 lives in Lane 5"
        await erasure.erase(db, subject)
    async with engine.connect() as db:
        (row,) = (await db.execute(select(call_note))).all()
    assert (row.note, row.code, row.version) == ("", "solved", 2)
    with pytest.raises(Conflict):
        await save(engine, call, 1, note="王芳 lives in Lane 5")
    assert erasure.rows_of in handout.ROW_HOOKS


async def test_codes_are_changed_on_the_version_that_was_seen(engine: AsyncEngine) -> None:
    given = {"id": "refund", "name_en": "Refund", "name_zh": "退款", "parent": "service", "position": 0}
    given |= {"queues": ["sales"], "needs_note": True, "plans_callback": False, "retired": False}
    async with engine.begin() as db:
        await codes.write(db, given, 0, at=T0, by="wu")
        with pytest.raises(Refused) as refused:
            await codes.write(db, given, 0, at=T0, by="wu")
        assert refused.value.why == "taken"
        await codes.write(db, given | {"name_en": "Money back"}, 1, at=T0 + 1, by="mei")
        with pytest.raises(Refused) as refused:
            await codes.write(db, given | {"name_en": "Refunded"}, 1, at=T0 + 2, by="wu")
        assert refused.value.why == "conflict"
        for wrong, why in (
            ({"id": "Not an id"}, "id"),
            ({"name_zh": ""}, "name"),
            ({"parent": "refund"}, "parent"),
            ({"parent": "answered"}, "parent"),
            ({"parent": "nothing at all"}, "parent"),
            ({"id": "service", "parent": "sale"}, "parent"),
        ):
            with pytest.raises(Refused) as refused:
                await codes.write(db, given | wrong, 2, at=T0, by="wu")
            assert refused.value.why == why, wrong
        every = await codes.all_codes(db)
        assert (
            chosen_from(every, "sales")[0].id == "refund" and chosen_from(every, "sales")[0].name("en") == "Money back"
        )
        assert "refund" not in [code.id for code in chosen_from(every, "support")]
        await codes.write(db, given | {"retired": True}, 2, at=T0 + 3, by="wu")
        assert "refund" not in [code.id for code in chosen_from(await codes.all_codes(db), "sales")]


def test_the_talk_that_lasts_is_the_one_that_is_noted() -> None:
    def talk(leg: str, began: float, ended: float | None, talked: bool = True) -> Talk:
        return Talk(leg=leg, call="c", agent="a1", queue="q", began=began, ended=ended, talked=talked)

    early, rang, now = talk("1", 1, 5), talk("2", 6, 7, talked=False), talk("3", 8, None)
    assert own_talk([early, rang, now], "a1") == now
    assert own_talk([early, rang], "a1") == early, "a ring that was not answered is no talk"
    assert own_talk([early], "a2") is None
    assert [early.is_open(5 + 3600 * h, 24) for h in (23.9, 24.1)] == [True, False]
    assert not rang.is_open(8, 24) and now.is_open(1e9, 24)
