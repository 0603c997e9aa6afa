"""Two real Asterisks, one server: a caller is served wherever the agent is, and it is one call with one record.

Two sites take a while to start, so each pair serves several calls, one after the other.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cti_server.pbx.provision import Installed
from tests.live.branches import TwoSites
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.sipp import tone_energy
from tests.live.test_calls import NEAR, finished, leg, near, seconds
from tests.recording.tones import loudest_hz

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]
AT_EAST = "PJSIP/agent3@east"


@pytest.fixture
async def sites(asterisk: Installed, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[TwoSites]:
    """`request.param`: the agents who are ready, and the branch's own trunk."""
    ready, trunk = request.param
    made = TwoSites(asterisk, tmp_path, ready=ready, east_trunk=trunk)
    try:
        await made.start()
        yield made
    finally:
        await made.close()


def served(*ready: str, trunk: str = "trunk") -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sites", [(ready, trunk)], indirect=True, ids=["-".join(ready)])


def endpoints(call: dict[str, Any]) -> list[str]:
    return [one["endpoint"] for one in call["legs"]]


@served("agent3")
async def test_a_caller_at_the_main_site_is_served_at_the_branch_whose_calls_leave_there(sites: TwoSites) -> None:
    phone = await sites.east_phone(sites.agent(3).answer(ring=0.5).wait(3).hang_up())
    caller = await sites.call(sites.caller().call().wait_bye())
    await finished(caller, phone)
    (call,) = await sites.call_records()
    assert (call["ani"], call["direction"], call["hangup_by"]) == ("13800138000", "inbound", "agent")
    assert endpoints(call) == ["PJSIP/trunk", AT_EAST]
    (entry,) = call["entries"]
    assert (entry["outcome"], entry["agent"], entry["offers"]) == ("answered", "agent3", 1)
    assert near(entry["ended"], to=phone.answered)
    assert near(call["answered"], to=phone.answered)
    assert near(call["ended"], to=phone.bye_sent)
    for endpoint in ("PJSIP/trunk", AT_EAST):
        assert seconds(call, endpoint, "talk") == pytest.approx(3, abs=NEAR)
    assert call["offers"][0]["agent_channel"] == leg(call, AT_EAST)["id"]
    (segment,) = call["recordings"]
    assert segment["leg"] == leg(call, AT_EAST)["id"]
    assert Path(segment["agent_path"]).is_relative_to(sites.folder / "recordings-east")
    sealed = await sites.sealed(segment["leg"])
    assert sealed["found_s"] == pytest.approx(3, abs=NEAR)
    for channel, hertz in enumerate((AGENT_HZ, CALLER_HZ)):
        assert loudest_hz(sites.folder / "sealed" / sealed["path"], channel) == pytest.approx(hertz, abs=2)

    outside = await sites.east_carrier(sites.caller_phone().answer(ring=0.3).wait_bye())
    agent = await sites.east_dial(sites.dials(3, "13912345678").call().wait(3).hang_up())
    await finished(agent, outside)
    *_, call = await sites.call_records(2)
    assert_outbound(call, "PJSIP/trunk@east")


def assert_outbound(call: dict[str, Any], trunk: str) -> None:
    assert (call["direction"], call["dnis"], call["hangup_by"]) == ("outbound", "13912345678", "agent")
    assert [(one["endpoint"], one["role"]) for one in call["legs"]] == [(AT_EAST, "agent"), (trunk, "caller")]
    assert call["legs"][0]["agent"] == "agent3"
    assert seconds(call, trunk, "talk") == pytest.approx(3, abs=NEAR)
    assert [segment["leg"] for segment in call["recordings"]] == [call["legs"][0]["id"]]


@served("agent1", trunk="")
async def test_callers_are_sent_on_to_the_branch_which_calls_out_at_the_main_site(sites: TwoSites) -> None:
    """A caller of the branch's: over the trunk to the agent, by a blind transfer over the trunk back, one record."""
    first = await sites.phone(1, sites.agent(1).answer(ring=0.3).wait(2).refer("1003"))
    second = await sites.east_phone(sites.agent(3).answer(ring=0.5).wait(3).hang_up())
    caller = await sites.east_call(sites.caller().call().wait_bye())
    await finished(caller, first, second)
    (call,) = await sites.call_records()
    assert endpoints(call) == ["PJSIP/trunk@east", "PJSIP/agent1", AT_EAST]
    (entry,) = call["entries"]
    assert (entry["outcome"], entry["agent"]) == ("answered", "agent1")
    (transfer,) = call["transfers"]
    assert (transfer["kind"], transfer["by"]) == ("blind", "PJSIP/agent1")
    assert (transfer["to"], transfer["exten"]) == (AT_EAST, "1003")
    assert near(entry["ended"], to=first.answered)
    assert seconds(call, "PJSIP/agent1", "talk") == pytest.approx(2, abs=NEAR)
    assert seconds(call, AT_EAST, "talk") == pytest.approx(3, abs=NEAR)
    assert call["hangup_by"] == "agent"
    assert near(call["ended"], to=second.bye_sent)
    assert sorted(r["leg"] for r in call["recordings"]) == sorted(g["id"] for g in call["legs"] if g["role"] == "agent")

    # A caller of the main site's, by an attended transfer.
    await sites.phone(1, sites.agent(1).answer(ring=0.3).wait(6).hang_up())
    second = await sites.east_phone(sites.agent(3).answer(ring=0.5).wait(7).hang_up())
    known = len(await sites.events("bridge_entered"))
    caller = await sites.call(sites.caller().call().wait_bye())
    entered = (await sites.events("bridge_entered", known + 2))[known:]
    await asyncio.sleep(1.5)
    name = next(e["name"] for e in entered if "agent1" in e["name"])
    await sites.ami.do("Atxfer", Channel=name, Exten="1003", Context="cti-agent")
    await finished(caller, second)
    *_, call = await sites.call_records(2)
    (transfer,) = call["transfers"]
    assert (transfer["kind"], transfer["by"], transfer["to"]) == ("attended", "PJSIP/agent1", AT_EAST)
    assert set(endpoints(call)) == {"PJSIP/trunk", "PJSIP/agent1", AT_EAST}
    assert seconds(call, AT_EAST, "talk") == pytest.approx(7, abs=NEAR)
    assert call["hangup_by"] == "agent"

    outside = await sites.carrier(sites.caller_phone().answer(ring=0.3).wait_bye())
    agent = await sites.east_dial(sites.dials(3, "13912345678").call().wait(3).hang_up())
    await finished(agent, outside)
    *_, call = await sites.call_records(3)
    assert_outbound(call, "PJSIP/trunk")

    # A call that has been from site to site too often goes no further, and its caller is still there.
    first = await sites.phone(1, sites.agent(1).answer(ring=0.3).wait(2).refer("1003"))
    caller = await sites.call(sites.caller().call().wait(7).hang_up())
    (live,) = await sites.live_calls_with("PJSIP/agent1")
    await sites.ami.do("Setvar", Channel=live["caller"], Variable="CTI_HOPS", Value="5")
    await finished(caller, first)
    *_, call = await sites.call_records(4)
    assert AT_EAST not in endpoints(call)
    assert [e["outcome"] for e in call["entries"]] == ["answered", "short_abandoned"]


@served("agent2", "agent3")
async def test_the_branch_sends_callers_to_a_queue_and_to_a_mailbox(sites: TwoSites) -> None:
    """The queue is served at the main site: who waits is the far end of the trunk, who is answered is the caller."""
    first = await sites.east_phone(sites.agent(3).answer(ring=0.3).wait(2).refer("2002"))
    second = await sites.phone(2, sites.agent(2).answer(ring=0.5).wait(3).hang_up())
    caller = await sites.call(sites.caller().call().wait_bye())
    await finished(caller, first, second)
    (call,) = await sites.call_records()
    assert endpoints(call) == ["PJSIP/trunk", AT_EAST, "PJSIP/agent2"]
    assert [(e["queue"], e["outcome"], e["agent"]) for e in call["entries"]] == [
        ("support", "answered", "agent3"),
        ("sales", "answered", "agent2"),
    ]
    assert near(call["entries"][1]["ended"], to=second.answered)
    (transfer,) = call["transfers"]
    assert (transfer["by"], transfer["to"], transfer["exten"]) == (AT_EAST, "PJSIP/agent2", "2002")
    assert seconds(call, "PJSIP/agent2", "talk") == pytest.approx(3, abs=NEAR)
    assert call["hangup_by"] == "agent"

    first = await sites.east_phone(sites.agent(3).answer(ring=0.3).wait(1).refer("*61001"))
    caller = await sites.call(sites.caller().call().wait(14).hang_up())
    await finished(caller, first)
    *_, call = await sites.call_records(2)
    (left,) = await sites.events("voicemail_left")
    assert (left["box"], left["duration_s"] > 1) == ("agent-agent1", True)
    assert Path(left["path"]).is_relative_to(sites.folder / "recordings-east")
    assert call["data"]["voicemail"] == left["path"]
    length, _, share = tone_energy(Path(left["path"]), CALLER_HZ)
    assert length == pytest.approx(left["duration_s"], abs=NEAR)
    assert share > 0.9


@served("agent1", "agent3")
async def test_a_branch_that_is_away_and_a_server_that_is_gone_lose_no_caller(sites: TwoSites) -> None:
    """The branch's Asterisk ends and comes back; then the server is killed and the branch serves its callers itself."""
    await sites.until_agent("agent3", "available")
    await asyncio.to_thread(sites.east.stop)
    await sites.events("pbx_disconnected")
    await sites.until_agent("agent3", "unreachable")
    await sites.phone(1, sites.agent(1).answer(ring=0.3).wait(2).hang_up())
    caller = await sites.call(sites.caller().call().wait_bye())
    await finished(caller)
    (call,) = await sites.call_records()
    assert call["entries"][0]["agent"] == "agent1"
    await asyncio.to_thread(sites.east.start)
    resynced = await sites.events("pbx_resynced", 3)
    assert resynced[-1]["site"] == "east"
    await sites.until_agent("agent3", "available")

    for pbx, here, elsewhere in ((sites.east, "agent3", "agent1"), (sites.pbx, "agent1", "agent3")):
        members = await asyncio.to_thread(pbx.console, "queue show cti-fallback")
        assert f"PJSIP/{here}" in members and elsewhere not in members
    await sites.kill_server()
    phone = await sites.east_phone(sites.agent(3).answer(ring=0.3).wait(2).hang_up())
    caller = await sites.east_call(sites.caller().call().wait_bye())
    await finished(caller, phone)
    await sites.serve()
    *_, call = await sites.call_records(2)
    assert call["recovered"]
    assert endpoints(call) == ["PJSIP/trunk@east", AT_EAST]
    assert call["entries"][0]["agent"] == "agent3"
    assert near(call["ended"], to=phone.bye_sent)
    verified = await asyncio.create_subprocess_exec(*sites.command("journal", "verify"), env=sites.environ())
    assert await verified.wait() == 0, "the events of two links, told again, give the same records"
