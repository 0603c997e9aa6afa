"""The server dies or freezes with callers in the IVR, in the hold and talking: no call drops, the truth comes back."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cti_server.pbx.provision import Installed
from tests.live.sipp import Run
from tests.live.site import Site

pytestmark = pytest.mark.live
SOON_S = 10.0


@pytest.fixture
async def site(asterisk: Installed, tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(asterisk, tmp_path, agents=4, ready=("agent1", "agent2", "agent3"), ring_s=20)
    await made.start()
    yield made
    await made.close()


class Floor:
    """Three callers at once: one talks with agent1, one waits in the hold, one listens to the IVR."""

    talking: Run
    waiting: Run
    listening: Run
    first_phone: Run

    def __init__(self, site: Site) -> None:
        self.site = site

    async def open(self) -> None:
        site = self.site
        # Every phone is busy but the first, so that the second caller waits.
        self.first_phone = await site.phone(1, site.agent(1).answer(ring=0.2).wait_bye())
        self.refusing = [await site.phone(n, site.agent(n).refuse("486 Busy Here"), calls=1) for n in (2, 3)]
        self.talking = await site.call(site.caller(caller_id="13800000001").call().wait(30).hang_up())
        await site.events("bridge_entered", 2)
        self.waiting = await site.another_call(site.caller(caller_id="13800000002").call().wait(28).hang_up(), 2)
        await site.events("call_queued", 2)
        listener = site.caller("95501", caller_id="13800000003").call().wait(26).hang_up()
        self.listening = await site.another_call(listener, 3)
        await asyncio.sleep(1.0)

    async def someone_picks_up(self) -> list[Run]:
        """From now on the second and third agents answer what rings."""
        for run in self.refusing:
            await run.stop()
        return [await self.site.phone(n, self.site.agent(n).answer(ring=0.2).wait_bye(), calls=2) for n in (2, 3)]

    async def all_went_well(self) -> None:
        for run in (self.talking, self.waiting, self.listening):
            assert await run.wait() == 0, f"a caller was dropped: {run.errors()}"


def answered_by(phones: list[Run]) -> list[float]:
    return sorted(at for phone in phones for at in phone.times(sent=True, line="SIP/2.0 200", method="INVITE"))


async def records_agree(site: Site) -> None:
    """Three calls, each once, each with one answered stay or none at all."""
    calls = await site.call_records(3, at_most=30)
    assert sorted(c["ani"] for c in calls) == ["13800000001", "13800000002", "13800000003"]
    for call in calls:
        assert call["answered"] is not None, call
        assert call["hangup_by"] == "caller", call
        assert [e["outcome"] for e in call["entries"]].count("answered") == 1, call
    outages = site.rows("SELECT * FROM outage")
    assert len(outages) >= 1
    assert all(o["until"] is not None and o["until"] > o["since"] for o in outages)
    await records_hold(site)


async def records_hold(site: Site) -> None:
    """The journal alone makes the same records again."""
    assert await site.end_server() == 0
    process = await asyncio.create_subprocess_exec(
        *site.command("journal", "verify"), env=site.environ(), stdout=asyncio.subprocess.PIPE
    )
    text, _ = await process.communicate()
    assert process.returncode == 0, text.decode()


async def test_kill_nine_with_callers_in_ivr_hold_and_talk(site: Site) -> None:
    floor = Floor(site)
    await floor.open()
    phones = await floor.someone_picks_up()
    await site.kill_server()
    killed_at = asyncio.get_running_loop().time()
    while len(answered_by(phones)) < 2:
        await asyncio.sleep(0.2)
        assert asyncio.get_running_loop().time() - killed_at < SOON_S, "waiting callers reach an agent without us"
    await site.serve()
    channels = (await site.events("pbx_resynced", 2))[-1]["channels"]
    assert len(channels) == 6, "three callers and three agents are live"
    await floor.all_went_well()
    await records_agree(site)


async def test_a_frozen_server_is_killed_and_started_again(site: Site) -> None:
    """SIGSTOP: the socket stays open and nothing answers, until the watching parent kills it."""
    floor = Floor(site)
    await floor.open()
    phones = await floor.someone_picks_up()
    frozen = site.server_pid()
    os.kill(frozen, signal.SIGSTOP)
    stopped_at = asyncio.get_running_loop().time()
    while len(answered_by(phones)) < 2:
        await asyncio.sleep(0.2)
        assert asyncio.get_running_loop().time() - stopped_at < SOON_S, "the watchdog's 5 s are part of it"
    await site.until_ready()
    assert site.server_pid() != frozen
    await floor.all_went_well()
    await records_agree(site)


async def test_a_call_that_ends_while_the_server_is_away_gets_its_record(site: Site) -> None:
    """From Asterisk's own record: a call that was live ends, another begins and ends, nobody was listening."""
    first_phone = await site.phone(1, site.agent(1).answer(ring=0.2).wait_bye())
    second_phone = await site.phone(2, site.agent(2).answer(ring=0.2).wait_bye())
    live = await site.call(site.caller(caller_id="13800000001").call().wait(6).hang_up())
    await site.events("bridge_entered", 2)
    await site.kill_server()
    await asyncio.sleep(1)
    unseen = await site.another_call(site.caller(caller_id="13800000002").call().wait(8).hang_up(), 2)
    assert await live.wait() == 0
    assert await unseen.wait() == 0
    await asyncio.sleep(0.5)
    await site.serve()
    first, second = await site.call_records(2)
    assert (first["ani"], second["ani"]) == ("13800000001", "13800000002")
    assert first["ended"] == pytest.approx(live.bye_sent, abs=0.5)
    assert second["started"] == pytest.approx(unseen.invite_sent, abs=0.5)
    assert second["ended"] == pytest.approx(unseen.bye_sent, abs=0.5)
    assert second["recovered"] is True
    assert second["answered"] is not None
    assert second["hangup_by"] == "caller"
    assert [(e["queue"], e["outcome"], e["agent"]) for e in second["entries"]] == [("support", "answered", "agent2")]
    assert second_phone.answered is not None
    assert talk_s(second, "agent2") == pytest.approx(unseen.bye_sent - second_phone.answered, abs=0.5)
    assert first["hangup_by"] == "caller"
    assert live.bye_sent is not None
    assert first_phone.answered is not None
    assert talk_s(first, "agent1") == pytest.approx(live.bye_sent - first_phone.answered, abs=0.5)
    (outage,) = site.rows("SELECT * FROM outage")
    assert outage["since"] < second["started"] < second["ended"] < outage["until"]
    assert outage["recovered"] == 2
    await records_hold(site)


async def test_a_blind_transfer_while_the_server_is_away_gets_its_record(asterisk: Installed, tmp_path: Path) -> None:
    """A call that was live goes on by REFER to a second agent and ends; what each one did is known afterwards."""
    site = Site(asterisk, tmp_path, ready=("agent1",), wrapup_s=2)
    await site.start()
    try:
        first_phone = await site.phone(1, site.agent(1).answer(ring=0.2).wait(4).refer("1002"))
        second_phone = await site.phone(2, site.agent(2).answer(ring=0.3).wait(3).hang_up())
        caller = await site.call(site.caller().call().wait_bye())
        await site.events("bridge_entered", 2)
        await site.kill_server()
        for run in (caller, first_phone, second_phone):
            assert await run.wait() == 0, run.errors()
        await asyncio.sleep(3)
        await site.serve()
        (call,) = await site.call_records()
        assert (call["recovered"], call["hangup_by"]) == (True, "agent")
        (transfer,) = call["transfers"]
        assert (transfer["kind"], transfer["by"], transfer["to"]) == ("blind", "PJSIP/agent1", "PJSIP/agent2")
        assert talk_s(call, "agent1") == pytest.approx(4, abs=0.5)
        assert talk_s(call, "agent2") == pytest.approx(3, abs=0.5)
        assert call["ended"] == pytest.approx(second_phone.bye_sent, abs=0.5)
        assert [(e["outcome"], e["agent"]) for e in call["entries"]] == [("answered", "agent1")]
        (outage,) = site.rows("SELECT * FROM outage")
        assert outage["recovered"] == 1
        (wrapup,) = site.rows("SELECT * FROM agent_span WHERE agent = 'agent1' AND status = 'wrap_up'")
        assert wrapup["end"] - wrapup["start"] == pytest.approx(2, abs=1.1)
        assert wrapup["end"] < outage["until"], "the wrap-up of a talk in the gap ended in the gap"
        await records_hold(site)
    finally:
        await site.close()


def talk_s(call: dict[str, Any], agent: str) -> float:
    spans = [s for leg in call["legs"] if leg["agent"] == agent for s in leg["spans"]]
    return sum(s["end"] - s["start"] for s in spans if s["mode"] == "talk")
