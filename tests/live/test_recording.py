"""Real calls with tones, the real server: one sealed stereo file per agent leg, each side where it belongs."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select

from cti_server.app import Server
from cti_server.journal.tables import call
from cti_server.recording import queries, seal
from cti_server.recording.queries import Filter, Recording
from tests.live.agi_probe import to_queue
from tests.live.lab import AGENT_HZ, CALLER_HZ, Lab
from tests.live.sipp import Run
from tests.recording.tones import loudest_hz

pytestmark = pytest.mark.live

NEAR = pytest.approx
AGENT, CALLER = 0, 1


@pytest.fixture
async def server(lab: Lab) -> AsyncIterator[Server]:
    """The whole server at the lab's Asterisk, its agents signed on. The test itself answers for the IVR."""
    settings = lab.settings.model_copy(
        update={
            "server": lab.settings.server.model_copy(update={"fastagi_port": lab.ports.base + 9, "drain_s": 0.2}),
            "web": lab.settings.web.model_copy(update={"port": lab.ports.base + 3}),
            "recording": lab.settings.recording.model_copy(update={"sealed_dir": lab.folder / "sealed"}),
            "agent": tuple(a.model_copy(update={"auto_login": a.id != "web1"}) for a in lab.settings.agent),
        }
    )
    server = Server(settings)
    await server.start()
    await lab.ivr(*to_queue())
    yield server
    await server.stop()


async def sealed(server: Server, count: int) -> list[Recording]:
    """The recordings in the order of their start, once there are `count` and none is pending."""
    while True:
        rows, _ = await queries.page(server.engine, Filter())
        if len(rows) == count and all(row.status != "pending" for row in rows):
            return sorted(rows, key=lambda row: row.started)
        await asyncio.sleep(0.05)


async def finished(*runs: Run) -> None:
    for run in runs:
        assert await run.wait() == 0, run.errors()


async def path_of(server: Server, row: Recording) -> Path:
    name = await queries.sealed_path(server.engine, row.id)
    assert seal.check(server.settings.recording.sealed_dir, name, row.sha256) == ""
    return server.settings.recording.sealed_dir / name


async def test_a_call_is_one_sealed_stereo_file(lab: Lab, server: Server) -> None:
    agent = await lab.phone(1, lab.agent(1).answer().wait_bye())
    caller = await lab.call(lab.caller().call().hang_up_after(6))
    await finished(caller, agent)
    assert agent.answered and caller.bye_sent
    [row] = await sealed(server, 1)
    talk = caller.bye_sent - agent.answered
    assert (row.status, row.flags, row.agent) == ("sealed", [], "agent1")
    assert (row.expected_s, row.found_s) == (NEAR(talk, abs=0.5), NEAR(talk, abs=0.5))
    path = await path_of(server, row)
    assert loudest_hz(path, AGENT) == NEAR(AGENT_HZ, abs=2)
    assert loudest_hz(path, CALLER) == NEAR(CALLER_HZ, abs=2)
    assert not list(lab.settings.pbx.recordings_dir.rglob("*.wav")), "the originals should have gone"
    assert await _calls(server) == [row.call]


async def _calls(server: Server) -> list[str]:
    """The ids of the calls in the journal, oldest first."""
    async with server.engine.connect() as db:
        return [row.id for row in await db.execute(select(call.c.id).order_by(call.c.started))]


async def test_a_blind_transfer_gives_two_segments_with_sound_on_both_sides(lab: Lab, server: Server) -> None:
    first = await lab.phone(1, lab.agent(1).answer().wait(3).refer("1002"))
    second = await lab.phone(2, lab.agent(2).answer().wait_bye())
    caller = await lab.call(lab.caller().call().hang_up_after(11))
    await finished(caller, first, second)
    rows = await sealed(server, 2)
    assert [(row.agent, row.status, row.flags) for row in rows] == [("agent1", "sealed", []), ("agent2", "sealed", [])]
    assert rows[0].call == rows[1].call and rows[0].leg != rows[1].leg
    for row, run in zip(rows, (first, second), strict=True):
        path = await path_of(server, row)
        assert loudest_hz(path, AGENT) == NEAR(AGENT_HZ, abs=2), run.errors()
        assert loudest_hz(path, CALLER) == NEAR(CALLER_HZ, abs=2), run.errors()
        assert row.found_s == NEAR(row.expected_s, abs=1.0)
    assert second.answered and caller.bye_sent
    assert rows[1].found_s == NEAR(caller.bye_sent - second.answered, abs=0.5)


async def test_a_caller_who_gives_up_leaves_no_recording(lab: Lab, server: Server) -> None:
    silent = await lab.phone(1, lab.agent(1).ring_only())
    gave_up = await lab.call(lab.caller().call().hang_up_after(2))
    await finished(gave_up, silent)
    for number in (1, 2, 3):
        await lab.phone(number, lab.agent(number).answer().wait_bye())
    caller = await lab.call(lab.caller(caller_id="13900139000").call().hang_up_after(6))
    await finished(caller)
    [row] = await sealed(server, 1)
    assert row.call != (await _calls(server))[0], "the first call had no answer"


async def test_an_agents_own_outside_call_is_recorded_on_its_own_leg(lab: Lab, server: Server) -> None:
    outside = await lab.carrier(lab.caller_phone().answer(ring=1).wait_bye())
    agent = await lab.dial(lab.dials(1, "13700137000").call().hang_up_after(4))
    await finished(agent, outside)
    assert outside.answered and agent.bye_sent
    [row] = await sealed(server, 1)
    talk = agent.bye_sent - outside.answered
    assert (row.agent, row.status, row.flags) == ("agent1", "sealed", [])
    assert (row.expected_s, row.found_s) == (NEAR(talk, abs=0.5), NEAR(talk, abs=0.5))
    path = await path_of(server, row)
    assert loudest_hz(path, AGENT) == NEAR(AGENT_HZ, abs=2)
    assert loudest_hz(path, CALLER) == NEAR(CALLER_HZ, abs=2)


async def test_one_agents_call_to_another_is_recorded_once(lab: Lab, server: Server) -> None:
    second = await lab.phone(2, lab.agent(2).answer().wait_bye())
    first = await lab.dial(lab.dials(1, "1002").call().hang_up_after(3))
    await finished(first, second)
    [row] = await sealed(server, 1)
    assert (row.agent, row.status, row.flags) == ("agent2", "sealed", [])
