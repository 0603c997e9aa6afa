"""Gaps: recorded as outages, and filled from Asterisk's own record of five real calls (`five_calls.cel.json`).

The calls were made on Asterisk 22.10.1 with SIPp: one that the agent hung up after 2 s, one that the caller hung up,
one abandoned in the hold, one answered from the fallback queue, one abandoned there while the agent's phone rang.
"""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.core.state import State
from cti_server.journal.cel import ended_calls, parse
from cti_server.journal.outages import missed_events
from cti_server.journal.tables import agent_span, call, leg, outage, queue_entry
from cti_server.journal.verify import verify
from tests.journal.conftest import ZONE, start_server
from tests.journal.floor import AGENTS, QUEUES

CEL = Path(__file__).parents[1] / "scenarios" / "five_calls.cel.json"
FIRST = 1795348986.172227
TRUNKS = ("*/trunk*",)
SITE = ev.SiteConfigured(
    at=FIRST - 100,
    queues=QUEUES,
    agents=(ev.AgentConfig(id="a1", name="A", endpoint="PJSIP/agent1", queues=("sales",)), *AGENTS[1:]),
    default_queue="sales",
)


def lines() -> list[bytes]:
    return CEL.read_bytes().splitlines(keepends=True)


def test_the_facts_of_the_five_calls() -> None:
    calls = ended_calls(parse(lines()), at=5.0, trunks=TRUNKS, agent_at={"PJSIP/agent1": "a1"}.get)  # type: ignore[arg-type]
    facts = [(c.ani, c.dnis, c.answered is not None, c.hangup_by, c.queue, bool(c.queued)) for c in calls]
    assert facts == [
        ("13800138000", "3001", True, "agent", "sales", True),
        ("13900139000", "3001", True, "caller", "sales", True),
        ("13800138000", "3002", False, "caller", "sales", True),
        ("13800138000", "3003", True, "caller", "", True),
        ("13800138000", "3003", False, "caller", "", True),
    ]
    agent = calls[0].legs[1]
    assert (agent.endpoint, agent.agent, agent.role, agent.ended_by) == ("PJSIP/agent1", "a1", "agent", "far")
    assert agent.talk == ((pytest.approx(1795348988.28074), pytest.approx(1795348990.288104)),)
    assert calls[0].started == FIRST
    assert all(c.direction == "inbound" and c.at == 5.0 for c in calls)


@pytest.mark.parametrize("keep", range(0, 60, 7))
def test_a_record_that_is_cut_off_gives_whole_calls_only(keep: int) -> None:
    whole = {c.call: c for c in ended_calls(parse(lines()), at=5.0, trunks=TRUNKS)}
    cut = b"".join(lines()[:keep]) + lines()[keep][:40]
    found = ended_calls(parse(cut.splitlines()), at=5.0, trunks=TRUNKS)
    assert all(whole[c.call] == c for c in found)
    late = ended_calls(parse(lines()[keep:]), at=5.0, trunks=TRUNKS)
    assert all(whole[c.call] == c for c in late)


def test_nonsense_is_passed_over() -> None:
    junk = [b"", b"{}", b"\xff\xfe", b'{"eventtype": 3}', b"[" * 1000, b'{"eventtype":"HANGUP","eventtime":1}']
    assert len(ended_calls(parse([*junk, *lines(), *junk]), at=5.0, trunks=TRUNKS)) == 5


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
        unseen = select(leg.c.talk_s).where(leg.c.agent == "a1", leg.c.call != records[0]["id"])
        talks = list(await connection.scalars(unseen.order_by(leg.c.started)))
        spans = (await connection.execute(select(agent_span).where(agent_span.c.agent == "a1"))).mappings().all()
    assert dict(gap) == {"since": FIRST + 1, "until": back + 1, "kind": "server", "reason": "died", "recovered": 5}
    assert [r["outcome"] for r in records] == ["answered", "answered", "short_abandoned", "answered", "short_abandoned"]
    assert all(r["recovered"] and r["ended"] < back for r in records)
    assert [e["queue"] for e in entries] == ["support", "sales", "sales", "sales", "sales"]
    assert [round(t, 1) for t in talks if t] == [2.9, 2.9]
    assert [(s["status"], s["start"], s["end"]) for s in spans if s["status"] == "unknown"] == [
        ("unknown", FIRST + 1, back + 1)
    ]
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


async def test_a_record_that_is_not_there_gives_nothing(engine: AsyncEngine, tmp_path: Path) -> None:
    assert await missed_events(engine, State(), tmp_path / "none.json", since=0.0, until=1.0) == []


async def test_of_a_long_record_only_the_end_is_read(engine: AsyncEngine, tmp_path: Path) -> None:
    old = b"".join(lines())
    shift = {b"1795": b"1695"}
    for was, then in shift.items():
        old = old.replace(was, then)
    path = tmp_path / "cel.json"
    path.write_bytes(old * 120 + b"".join(lines()))
    assert path.stat().st_size > 2 << 20
    found = await missed_events(engine, State(trunks=TRUNKS), path, since=FIRST - 5, until=FIRST + 60)
    assert [c.call for c in found][:2] == ["cel-1795348986.0", "cel-1795348991.2"]
    assert len(found) == 5
