"""The laws over random days: with kills, restarts and gaps anywhere, the journal proves every record."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from cti_server.core import events as ev
from cti_server.db import open_engine
from cti_server.journal.load import encode_state
from cti_server.journal.projections import OUTCOMES
from cti_server.journal.promises import OPEN
from cti_server.journal.queries import CallFilter, calls
from cti_server.journal.tables import callback, voicemail
from cti_server.journal.verify import verify
from cti_server.settings import Journal
from cti_server.statistics.queries import by_queue
from tests.fresh import sqlite_database
from tests.journal.conftest import ZONE, start_server
from tests.journal.floor import AGENTS, T0, opening

CALLERS = ("answered", "abandoned", "missed", "short", "left_ivr", "waits", "voicemail", "callback")
OTHERS = ("pause", "resume", "log_out", "log_in", "kill", "stop", "link_lost")
DEEDS = st.lists(st.sampled_from(CALLERS + OTHERS), min_size=1, max_size=14)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(deeds=DEEDS, step_s=st.sampled_from([40.0, 170.25, 900.0]))
@example(deeds=["callback", "answered", "stop"], step_s=900.0)
def test_whatever_happens_the_records_can_be_proved(deeds: list[str], step_s: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live_through(deeds, step_s, Path(folder)))


async def live_through(deeds: list[str], step_s: float, folder: Path) -> None:
    engine = open_engine(sqlite_database(folder))
    options = Journal(group_s=0.0, snapshot_events=100)
    server = await start_server(engine, folder, options)
    server.floor.do(*opening())
    for n, deed in enumerate(deeds):
        at, agent = T0 + (n + 1) * step_s, f"a{n % 3 + 1}"
        match deed:
            case "pause":
                server.floor.do(ev.AgentPaused(at=at, agent=agent, code="lunch"))
            case "resume":
                server.floor.do(ev.AgentResumed(at=at, agent=agent))
            case "log_out":
                server.floor.do(ev.AgentLoggedOut(at=at, agent=agent))
            case "log_in":
                server.floor.do(ev.AgentLoggedIn(at=at, agent=agent))
            case "link_lost":
                server.floor.do(ev.PbxDisconnected(at=at), resynced(at + 5))
            case "kill" | "stop":
                if deed == "stop":
                    server.floor.do(ev.ServerStopped(at=at, node="n1"))
                    await server.stop()
                else:
                    await server.writer.flush()
                    await server.kill()
                before = encode_state(server.floor.state)
                server = await start_server(engine, folder, options)
                assert encode_state(server.loaded.state) == before
                assert server.loaded.clean == (deed == "stop")
                since = server.loaded.last_at
                server.floor.do(
                    ev.ServerStarted(at=at + 20, node="n1", version="1", since=since, clean=server.loaded.clean),
                    resynced(at + 21),
                )
            case _:
                server.floor.caller(deed, at)
        if n % 4 == 0:
            await server.writer.flush()
    await server.writer.flush()
    report = await verify(engine, ZONE)
    assert report.differences == []
    for line in await by_queue(engine, ZONE, T0 - 1800, T0 + 100_000):
        assert line.figures["offered"] == sum(line.figures[name] or 0 for name in (*OUTCOMES, "waiting"))
    async with engine.connect() as connection:
        promised = set(await connection.scalars(select(callback.c.id).where(callback.c.state.in_(OPEN))))
        assert promised == server.floor.state.callbacks.keys()
        left = await connection.scalar(select(func.count()).select_from(voicemail))
        assert left == deeds.count("voicemail")
    arrived = sum(deed in CALLERS for deed in deeds)
    assert len((await calls(engine, CallFilter(direction="inbound"), limit=500)).rows) == arrived
    await server.stop()
    await engine.dispose()


def resynced(at: float) -> ev.PbxResynced:
    return ev.PbxResynced(at=at, channels=(), devices={a.endpoint: "NOT_INUSE" for a in AGENTS})
