"""Callbacks and messages as rows: what each event makes of them, across a kill, and proved by verify."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.journal.promises import Promises, message
from cti_server.journal.tables import callback, voicemail
from cti_server.journal.verify import verify
from tests.journal.conftest import ZONE, start_server
from tests.journal.floor import T0, Caller, opening


def planned(ident: str = "c1", at: float = T0, **more: Any) -> ev.CallbackPlanned:
    given = {"queue": "sales", "number": "13800138000", "queued": at - 60, "name": "王芳", "call": "17.1"}
    return ev.CallbackPlanned(at=at, callback=ident, **(given | more))


def tried(at: float, ident: str = "c1", attempt: int = 1) -> ev.CallbackTried:
    return ev.CallbackTried(at=at, callback=ident, channel=f"out-{attempt}", first="agent", agent="a1", attempt=attempt)


def test_a_promise_from_being_made_to_being_kept() -> None:
    promises = Promises()
    made = promises.see(planned(not_before=T0 + 5, agent="a2", by="anna", priority=2))
    assert made is not None
    assert (made["state"], made["queued"], made["not_before"], made["wanted"]) == ("waiting", T0 - 60, T0 + 5, "a2")
    assert (made["by"], made["name"], made["attempts"], made["ended"]) == ("anna", "王芳", 0, None)
    calling = promises.see(tried(T0 + 10))
    assert calling == made | {"state": "calling", "attempts": 1, "tried": T0 + 10, "agent": "a1", "channel": "out-1"}
    missed = promises.see(ev.CallbackMissed(at=T0 + 30, callback="c1", why="busy", not_before=T0 + 600))
    assert missed == calling | {"state": "waiting", "why": "busy", "not_before": T0 + 600}
    again = promises.see(tried(T0 + 600, attempt=2))
    assert again is not None and (again["attempts"], again["why"]) == (2, "")
    kept = promises.see(ev.CallbackEnded(at=T0 + 700, callback="c1", outcome="answered", by="a1"))
    assert kept == again | {"state": "answered", "ended": T0 + 700, "ended_by": "a1"}
    assert promises.see(ev.CallbackEnded(at=T0 + 701, callback="c1", outcome="cancelled")) is None, "it has ended"


def test_an_attempt_that_the_agent_did_not_take_is_none() -> None:
    promises = Promises()
    promises.see(planned())
    promises.see(tried(T0 + 10))
    row = promises.see(ev.CallbackMissed(at=T0 + 30, callback="c1", why="agent"))
    assert row is not None and (row["attempts"], row["why"]) == (0, "agent")


def test_a_second_promise_betters_the_place_of_the_first() -> None:
    promises = Promises()
    first = promises.see(planned())
    second = promises.see(planned("c2", T0 + 50, queued=T0 - 500, priority=3))
    assert first is not None and second == first | {"queued": T0 - 500, "priority": 3}
    assert promises.see(planned("c3", T0 + 60, queued=T0 + 60)) == second, "and never worsens it"
    assert promises.see(planned(at=T0 + 70, queued=T0 - 900)) == second, "the same promise told twice is one"
    assert promises.see(tried(T0 + 80, "c2")) is None, "the second is no promise of its own"
    elsewhere = promises.see(planned("c4", T0 + 90, queue="support"))
    assert elsewhere is not None and elsewhere["id"] == "c4"


def test_an_id_that_is_given_again_is_the_new_promise() -> None:
    promises = Promises()
    promises.see(planned())
    other = promises.see(planned(number="110"))
    assert other is not None and (other["id"], other["number"], other["state"]) == ("c1", "110", "waiting")
    fresh = promises.see(planned("c2"))
    assert fresh is not None and fresh["id"] == "c2", "nobody is promised that number any more"
    ended = promises.see(ev.CallbackEnded(at=T0, callback="c1", outcome="cancelled"))
    assert ended is not None and ended["number"] == "110"


@pytest.mark.parametrize(("seconds", "is_one"), [(0.0, False), (0.999, False), (1.0, True), (300.0, True)])
def test_a_caller_who_hung_up_at_the_tone_left_no_message(seconds: float, is_one: bool) -> None:
    left = ev.VoicemailLeft(
        at=T0, channel="17.1", box="sales", path="/rec/voicemail/sales/17.1.wav", duration_s=seconds
    )
    assert (message(left) is not None) == is_one
    assert message(ev.Tick(at=T0)) is None


async def read(engine: AsyncEngine) -> tuple[dict[str, Any], dict[str, Any]]:
    async with engine.connect() as connection:
        callbacks = (await connection.execute(select(callback))).mappings()
        messages = (await connection.execute(select(voicemail))).mappings()
        return {row["id"]: dict(row) for row in callbacks}, {row["id"]: dict(row) for row in messages}


async def test_the_rows_go_on_after_a_kill_and_can_be_proved(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    caller = Caller(server.floor)
    caller.arrive(T0 + 5)
    caller.queue(T0 + 6)
    left = ev.VoicemailLeft(at=T0 + 30, channel=caller.id, box="sales", path="/rec/m\0.wav", duration_s=12.5)
    server.floor.do(left, left, planned(at=T0 + 40), planned("c2", T0 + 41, number="02088880000"))
    server.floor.do(tried(T0 + 50))
    await server.writer.flush()
    await server.kill()

    server = await start_server(engine, tmp_path)
    server.floor.do(
        ev.ServerStarted(at=T0 + 60, node="n1", version="1", since=T0 + 50),
        planned("c3", T0 + 70, queued=T0 - 999),
        ev.CallbackMissed(at=T0 + 80, callback="c1", why="no_answer", not_before=T0 + 600),
        ev.CallbackEnded(at=T0 + 90, callback="c2", outcome="cancelled", by="anna"),
    )
    await server.stop()

    callbacks, messages = await read(engine)
    assert callbacks.keys() == {"c1", "c2"} and list(messages) == [f"{caller.id}-sales"]
    assert [callbacks["c1"][name] for name in ("state", "attempts", "why", "queued")] == [
        "waiting",
        1,
        "no_answer",
        T0 - 999,
    ]
    assert [callbacks["c2"][name] for name in ("state", "ended", "ended_by")] == ["cancelled", T0 + 90, "anna"]
    (found,) = messages.values()
    assert (found["channel"], found["duration_s"], found["path"]) == (caller.id, 12.5, "/rec/m\ufffd.wav")
    assert (await verify(engine, ZONE)).differences == []

    async with engine.begin() as connection:
        await connection.execute(update(callback).where(callback.c.id == "c1").values(attempts=9))
        await connection.execute(delete(voicemail))
    report = await verify(engine, ZONE)
    wrong = {(d.table, d.ident, d.found is None) for d in report.differences}
    assert wrong == {("callback", ("c1",), False), ("voicemail", (f"{caller.id}-sales",), True)}
