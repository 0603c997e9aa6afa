"""Gaps: recorded as outages, and filled from Asterisk's own record of five real calls (`five_calls.cel.json`).

The calls were made on Asterisk 22.10.1 with SIPp: one that the agent hung up after 2 s, one that the caller hung up,
one abandoned in the hold, one answered from the fallback queue, one abandoned there while the agent's phone rang.
"""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.core.commands import OfferCall
from cti_server.core.state import State
from cti_server.journal.load import load
from cti_server.journal.outages import missed_events
from cti_server.journal.tables import agent_span, call, leg, outage, queue_entry
from cti_server.journal.verify import verify
from tests.journal.conftest import ZONE, start_server
from tests.journal.floor import AGENTS, QUEUES

CEL = Path(__file__).parents[1] / "scenarios" / "five_calls.cel.json"
FIRST = 1795348986.172227
SITE = ev.SiteConfigured(
    at=FIRST - 100,
    queues=QUEUES,
    agents=(ev.AgentConfig(id="a1", name="A", endpoint="PJSIP/agent1", queues=("sales",)), *AGENTS[1:]),
    default_queue="sales",
)


async def test_a_gap_is_recorded_and_filled(engine: AsyncEngine, tmp_path: Path) -> None:
    """The server dies while the first caller waits; all five calls end before it is back."""
    server = await start_server(engine, tmp_path)
    devices = {"PJSIP/agent1": "NOT_INUSE"}
    server.floor.do(
        ev.ServerStarted(at=FIRST - 100, node="n1", version="1"),
        SITE,
        ev.PbxConnected(at=FIRST - 100),
        ev.PbxResynced(at=FIRST - 100, channels=(), devices=devices),
        ev.AgentLoggedIn(at=FIRST - 90, agent="a1"),
        ev.ChannelCreated(
            at=FIRST,
            channel="cel-1795348986.0",
            linked="cel-1795348986.0",
            name="PJSIP/trunk-00000000",
            number="13800138000",
            exten="3001",
            incoming=True,
        ),
        ev.CallQueued(at=FIRST + 0.5, channel="cel-1795348986.0", queue="support"),
        ev.Tick(at=FIRST + 1),
    )
    await server.writer.flush()
    await server.kill()

    again = await start_server(engine, tmp_path)
    loaded, back = again.loaded, FIRST + 60
    assert (loaded.clean, loaded.last_at) == (False, FIRST + 1)
    found = await missed_events(engine, loaded.state, CEL, since=loaded.last_at, until=back)
    again.floor.do(
        ev.ServerStarted(at=back, node="n1", version="1", since=loaded.last_at, clean=loaded.clean),
        *found,
        ev.PbxResynced(at=back + 1, channels=(), devices=devices),
    )
    await again.writer.flush()

    async with engine.connect() as connection:
        (gap,) = (await connection.execute(select(outage))).mappings().all()
        records = (await connection.execute(select(call).order_by(call.c.started))).mappings().all()
        entries = (await connection.execute(select(queue_entry).order_by(queue_entry.c.queued))).mappings().all()
        legs = (
            (await connection.execute(select(leg).where(leg.c.agent == "a1").order_by(leg.c.started))).mappings().all()
        )
        mine = select(agent_span).where(agent_span.c.agent == "a1").order_by(agent_span.c.start)
        spans = (await connection.execute(mine)).mappings().all()
    assert dict(gap) == {"since": FIRST + 1, "until": back + 1, "kind": "server", "reason": "died", "recovered": 5}
    assert [r["outcome"] for r in records] == ["answered", "answered", "short_abandoned", "answered", "short_abandoned"]
    assert [r["hangup_by"] for r in records] == ["agent", "caller", "caller", "caller", "caller"]
    assert all(r["recovered"] and r["ended"] < back for r in records)
    assert [e["queue"] for e in entries] == ["support", "sales", "sales", "sales", "sales"]
    assert [(round(g["ring_s"], 1), round(g["talk_s"], 1)) for g in legs] == [
        (0.6, 2.0),
        (0.6, 2.9),
        (0.6, 2.9),
        (1.5, 0.0),
    ]
    gap_spans = [(s["status"], round(s["ms"] / 1000, 1)) for s in spans if FIRST + 1 <= s["start"] < back + 1]
    assert [g for g in gap_spans if g[0] == "talking"] == [("talking", 2.0), ("talking", 2.9), ("talking", 2.9)]
    assert [g[0] for g in gap_spans if g[1] > 3][-1] == "unknown", "after the last wrap-up nobody knows"
    (*_, wrapup) = [s for s in spans if s["status"] == "wrap_up"]
    assert 10 <= wrapup["ms"] / 1000 <= 11, "it ended when it ended, not when the server was back"
    assert not any(isinstance(e, ev.OfferMade) for s in again.floor.steps for e in s.events)
    assert [c for s in again.floor.steps for c in s.commands if isinstance(c, OfferCall)] == []
    assert (await verify(engine, ZONE)).differences == []

    assert await missed_events(engine, again.floor.state, CEL, since=FIRST, until=back) == []
    await again.stop()


async def test_a_lost_link_is_an_outage_of_its_own(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(
        ev.ServerStarted(at=10.0, node="n1", version="1"),
        ev.PbxResynced(at=11.0, channels=()),
        ev.PbxDisconnected(at=20.0, reason="closed"),
        ev.PbxDisconnected(at=21.0, reason="refused"),
        ev.PbxResynced(at=30.0, channels=()),
        ev.PbxDisconnected(at=40.0, reason="closed"),
        ev.ServerStarted(at=60.0, node="n1", version="1", since=50.0, clean=True),
        ev.PbxResynced(at=61.0, channels=()),
    )
    await server.writer.flush()
    async with engine.connect() as connection:
        gaps = [tuple(row) for row in await connection.execute(select(outage).order_by(outage.c.since))]
    assert gaps == [(20.0, 30.0, "pbx", "closed", 0), (40.0, 61.0, "server", "stopped", 0)]
    await server.stop()


async def test_a_server_that_dies_while_the_link_is_down_reads_from_the_loss_of_the_link_on(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(
        ev.ServerStarted(at=10.0, node="n1", version="1"),
        ev.PbxResynced(at=11.0, channels=()),
        ev.Tick(at=15.0),
    )
    await server.writer.flush()
    assert (await load(engine, ZONE, tmp_path)).missed_since == 15.0
    server.floor.do(ev.PbxDisconnected(at=20.0, reason="closed"), ev.Tick(at=30.0))
    await server.writer.flush()
    await server.kill()
    for start in (40.0, 50.0):
        again = await start_server(engine, tmp_path)
        assert (again.loaded.missed_since, again.loaded.last_at) == (20.0, start - 10)
        again.floor.do(ev.ServerStarted(at=start, node="n1", version="1", since=start - 10, clean=False))
        await again.writer.flush()
        await again.kill()


async def test_a_record_that_is_not_there_gives_nothing(engine: AsyncEngine, tmp_path: Path) -> None:
    assert await missed_events(engine, State(), tmp_path / "none.json", since=0.0, until=1.0) == []


async def test_of_a_long_record_only_the_end_is_read(engine: AsyncEngine, tmp_path: Path) -> None:
    path = tmp_path / "cel.json"
    path.write_bytes(CEL.read_bytes().replace(b"1795", b"1695") * 120 + CEL.read_bytes())
    assert path.stat().st_size > 2 << 20
    gap, *found = await missed_events(engine, State(), path, since=FIRST - 5, until=FIRST + 60)
    assert isinstance(gap, ev.GapOpened)
    assert (gap.at, gap.until, len(gap.calls)) == (FIRST - 5, FIRST + 60, 5)
    assert gap.calls[:2] == ("cel-1795348986.0", "cel-1795348991.2")
    assert [e.at for e in found] == sorted(e.at for e in found)
    assert found[-1] == ev.Tick(at=FIRST + 60)


async def test_a_call_whose_beginning_was_never_committed_is_told_whole(engine: AsyncEngine) -> None:
    _, *found = await missed_events(engine, State(), CEL, since=FIRST + 3, until=FIRST + 60)
    first = next(e for e in found if isinstance(e, ev.ChannelCreated))
    assert (first.at, first.channel, first.incoming) == (FIRST, "cel-1795348986.0", True)


async def test_of_what_ended_before_the_gap_and_after_it_nothing_is_told(engine: AsyncEngine) -> None:
    gap, *found = await missed_events(engine, State(), CEL, since=FIRST + 4.5, until=FIRST + 12)
    assert isinstance(gap, ev.GapOpened)
    assert gap.calls == ("cel-1795348991.2", "cel-1795348996.4")
    assert not any(isinstance(e, ev.ChannelEnded) and e.channel == "cel-1795348996.4" for e in found)
