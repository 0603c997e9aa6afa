"""What is read of a recorded day is what was, as far as a journal can know it."""

from collections import Counter
from pathlib import Path

import pytest

from cti_server.core import events as ev
from cti_server.db import open_engine
from cti_server.simulate.day import read
from tests.fresh import sqlite_database
from tests.journal.conftest import start_server
from tests.journal.floor import T0, opening
from tests.services import private_postgres
from tests.simulate.conftest import Recorded
from tests.simulate.recorded import NINE, SINCE, UNTIL, ZONE, day, record, site


def test_every_caller_is_there_with_time_queue_and_number(recorded: Recorded) -> None:
    read_back = [(a.at, a.queue, a.ani) for a in recorded.day.arrivals]
    assert read_back == [(a.at, a.queue, a.ani) for a in recorded.known.arrivals]


def test_business_and_patience_are_what_they_were_where_they_could_be_seen(recorded: Recorded) -> None:
    outcomes = Counter(arrival.outcome for arrival in recorded.day.arrivals)
    assert outcomes["answered"] > 150 and outcomes["abandoned"] > 20
    for seen, known in zip(recorded.day.arrivals, recorded.known.arrivals, strict=True):
        if seen.outcome == "answered":
            assert seen.business is not None and known.business is not None
            assert seen.business.talk_s == pytest.approx(known.business.talk_s, abs=0.002)
            assert seen.business.hold_s == pytest.approx(known.business.hold_s, abs=0.002)
            assert seen.waited_s <= known.waited_s, "who was answered had the patience for it"
        else:
            assert seen.waited_s == pytest.approx(known.waited_s, abs=0.001) and seen.business is None


def test_agents_are_there_at_their_times_and_their_own_calls_are_known(recorded: Recorded) -> None:
    assert recorded.day.intents == recorded.known.intents
    assert {own.agent for own in recorded.day.elsewhere} == {"a1", "a2", "a3", "a4"}
    assert all(own.for_s == pytest.approx(240.0) for own in recorded.day.elsewhere)
    outcomes = Counter(ring.outcome for known in recorded.day.rings.values() for ring in known)
    assert 0.05 < outcomes["no_answer"] / outcomes.total() < 0.15, "a tenth was missed"


async def test_a_stretch_that_begins_in_the_middle_knows_who_was_there(tmp_path: Path) -> None:
    engine = await record(sqlite_database(tmp_path), tmp_path, day(30, agents=3), site(agents=3))
    since = NINE + 3600 + 1200  # agent1 has come back from lunch by then, agent2 comes back a moment later
    part = await read(engine, ZONE, since, UNTIL)
    await engine.dispose()
    first = [event for event in part.intents if event.at == since]
    assert [(type(event), event.agent) for event in first if not isinstance(event, ev.QueueReach)] == [
        (ev.AgentLoggedIn, "a1"),
        (ev.AgentLoggedIn, "a2"),
        (ev.AgentPaused, "a2"),
        (ev.AgentLoggedIn, "a3"),
        (ev.AgentPaused, "a3"),
        (ev.AgentResumed, "a1"),
    ]
    assert all(since <= arrival.at < UNTIL for arrival in part.arrivals)


async def test_pauses_that_the_center_made_are_not_the_agents_will(tmp_path: Path) -> None:
    engine = open_engine(sqlite_database(tmp_path))
    server = await start_server(engine, tmp_path)
    server.floor.do(
        *opening(T0),
        ev.AgentPaused(at=T0 + 10, agent="a1", code="rona", by="center"),
        ev.AgentResumed(at=T0 + 70, agent="a1"),
        ev.AgentPaused(at=T0 + 80, agent="a1", code="lunch"),
    )
    await server.writer.flush()
    part = await read(engine, ZONE, T0 - 1, T0 + 1000)
    await server.stop()
    await engine.dispose()
    assert [type(event) for event in part.intents if event.at > T0] == [ev.AgentPaused]
    assert part.rona_s == [60.0]


@pytest.mark.services
async def test_postgresql_tells_the_same(tmp_path: Path, recorded: Recorded) -> None:
    with private_postgres() as server:
        engine = await record(server.migrated_database(), tmp_path, recorded.known, recorded.settings)
        read_back = await read(engine, ZONE, SINCE, UNTIL)
        await engine.dispose()
    assert (read_back.arrivals, read_back.rings) == (recorded.day.arrivals, recorded.day.rings)
    assert (read_back.queue_rows, read_back.agent_rows) == (recorded.day.queue_rows, recorded.day.agent_rows)
