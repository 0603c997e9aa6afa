"""Reads for pages and API: filters, pages by key, nothing that a caller writes reaches SQL as SQL."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.journal.queries import SORTS, BadQuery, CallFilter, agent_day, call_events, calls, events_of, one_call
from cti_server.journal.story import story
from tests.journal.conftest import Server, start_server
from tests.journal.floor import AGENTS, T0, Caller, opening


@pytest.fixture
async def server(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Server]:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    server.floor.day(callers=10)
    await server.writer.flush()
    yield server
    await server.stop()


FILTERS = [
    (CallFilter(), 10),
    (CallFilter(outcome="answered"), 4),
    (CallFilter(outcome="left_ivr"), 2),
    (CallFilter(queue="support"), 2),
    (CallFilter(queue="sales", outcome="short_abandoned"), 2),
    (CallFilter(agent="a1", outcome="answered"), 2),
    (CallFilter(since=T0 + 700, until=T0 + 1400), 1),
    (CallFilter(direction="inbound"), 10),
    (CallFilter(direction="outbound"), 0),
    (CallFilter(dnis="4001"), 10),
    (CallFilter(ani=f"1390000{(int(T0) + 700) % 10000:04}"), 1),
    (CallFilter(text="1390000"), 10),
    (CallFilter(text="%"), 0),
    (CallFilter(text="_"), 0),
    (CallFilter(ani="' OR 1=1 --"), 0),
    (CallFilter(text="\0"), 0),
]


async def test_filters(server: Server, engine: AsyncEngine) -> None:
    found = [(wanted, len((await calls(engine, wanted)).rows)) for wanted, _ in FILTERS]
    assert found == FILTERS


async def test_pages_hold_each_call_once_and_in_order(server: Server, engine: AsyncEngine) -> None:
    for sort in SORTS:
        await read_all_pages(engine, sort, "asc")
        await read_all_pages(engine, sort, "desc")


async def read_all_pages(engine: AsyncEngine, sort: str, order: Literal["asc", "desc"]) -> None:
    rows, cursor = [], ""
    while True:
        page = await calls(engine, CallFilter(), sort=sort, order=order, limit=3, cursor=cursor)
        rows += page.rows
        if not (cursor := page.next):
            break
    assert len({row["id"] for row in rows}) == len(rows) == 10
    keys = [(row[sort], row["id"]) for row in rows]
    assert keys == sorted(keys, reverse=order == "desc")


async def test_a_new_call_does_not_shift_the_pages(server: Server, engine: AsyncEngine) -> None:
    first = await calls(engine, CallFilter(), limit=5)
    server.floor.caller("left_ivr", T0 + 50_000)
    await server.writer.flush()
    second = await calls(engine, CallFilter(), limit=5, cursor=first.next)
    assert len({row["id"] for row in first.rows + second.rows}) == 10


BAD = [
    {"sort": "body"},
    {"sort": "started; DROP TABLE call"},
    {"order": "sideways"},
    {"limit": 0},
    {"limit": 501},
    {"cursor": "not base64!"},
    {"cursor": "W10="},
    {"cursor": "WyJhIiwgImIiXQ=="},
]


async def test_bad_queries_are_refused_in_words(server: Server, engine: AsyncEngine) -> None:
    for bad in BAD:
        with pytest.raises(BadQuery, match=r"\w+ \w+"):
            await calls(engine, CallFilter(), **bad)  # type: ignore[arg-type]


async def test_one_call_with_all_that_belongs_to_it(server: Server, engine: AsyncEngine) -> None:
    (missed, *_) = (await calls(engine, CallFilter(outcome="answered"), sort="started", order="asc")).rows[1:]
    detail = await one_call(engine, missed["id"])
    assert detail is not None
    assert [offer["outcome"] for offer in detail.offers] == ["no_answer", "answered"]
    assert [leg["role"] for leg in detail.legs] == ["caller", "agent", "agent"]
    assert [entry["outcome"] for entry in detail.entries] == ["answered"]
    assert detail.call.id == missed["id"]
    assert detail.call.legs[0].number == missed["ani"]
    events = await call_events(engine, missed["id"])
    assert [e["type"] for e in events[:3]] == ["channel_created", "call_arrived", "channel_answered"]
    assert [e["seq"] for e in events] == sorted(e["seq"] for e in events)
    assert await one_call(engine, "no such call") is None


async def test_an_agents_day(server: Server, engine: AsyncEngine) -> None:
    server.floor.do(ev.AgentPaused(at=T0 + 9000, agent="a3", code="lunch"), ev.AgentLoggedOut(at=T0 + 9600, agent="a3"))
    await server.writer.flush()
    (pause,) = [row for row in await agent_day(engine, "a3", T0, T0 + 20_000) if row["status"] == "paused"]
    assert (pause["code"], pause["start"], pause["end"], pause["ms"]) == ("lunch", T0 + 9000, T0 + 9600, 600_000)


async def test_a_promised_callback_is_told_in_the_call_that_asked_and_in_the_one_that_keeps_it(
    server: Server, engine: AsyncEngine
) -> None:
    floor, at = server.floor, T0 + 90_000
    floor.do(*(ev.AgentPaused(at=at, agent=agent.id, code="lunch") for agent in AGENTS))
    caller = Caller(floor, number="13911112222")
    caller.arrive(at + 1)
    caller.queue(at + 2)
    floor.do(
        ev.CallerHeld(at=at + 3, entry=f"{caller.id}#1", agent="a2", until=at + 9, part="owner"),
        ev.CallbackAsked(at=at + 20, channel=caller.id, number="13911112222", queue="sales"),
        ev.ChannelEnded(at=at + 21, channel=caller.id, cause=16),
        ev.AgentResumed(at=at + 60, agent="a2"),
    )
    tried = next(e for step in floor.steps for e in step.events if isinstance(e, ev.CallbackTried))
    floor.do(
        ev.ChannelCreated(at=at + 61, channel=tried.channel, linked=tried.channel, name="PJSIP/a2-77"),
        ev.ChannelEnded(at=at + 80, channel=tried.channel, cause=19),
    )
    await server.writer.flush()
    asked = [row["type"] for row in await call_events(engine, caller.id)]
    assert [kind for kind in asked if kind.startswith("call")] == [
        "call_arrived",
        "call_queued",
        "caller_held",
        "callback_asked",
        "callback_planned",
        "callback_tried",
        "callback_missed",
    ]
    kept = events_of(await call_events(engine, tried.channel))
    assert [type(event) for event in kept if "Callback" in type(event).__name__] == [
        ev.CallbackPlanned,
        ev.CallbackTried,
        ev.CallbackMissed,
    ]
    one = await one_call(engine, tried.channel)
    assert one is not None
    assert [line.call for line in story(one.call, kept) if line.call] == [caller.id]


def test_an_event_of_another_version_is_left_out() -> None:
    rows = [
        {"type": "tick", "payload": {"type": "tick", "at": 1.0}},
        {"type": "tick", "payload": {"type": "tick", "at": "noon"}},
        {"type": "moon_rose", "payload": {"type": "moon_rose", "at": 1.0}},
    ]
    assert events_of(rows) == [ev.Tick(at=1.0)]
