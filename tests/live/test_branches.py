"""Two real Asterisks, one server: a caller is served wherever the agent is, and it is one call with one record."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server.pbx.provision import Installed
from tests.live.branches import TwoSites
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.sipp import tone_energy
from tests.live.test_calls import NEAR, finished, leg, near, seconds

pytestmark = pytest.mark.live


@pytest.fixture
async def sites(asterisk: Installed, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[TwoSites]:
    """`request.param`: the agents who are ready, and the branch's own trunk."""
    ready, trunk = request.param
    made = TwoSites(asterisk, tmp_path, ready=ready, east_trunk=trunk)
    await made.start()
    yield made
    await made.close()


def served(*ready: str, trunk: str = "trunk") -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sites", [(ready, trunk)], indirect=True)


@served("agent3")
async def test_a_caller_at_the_main_site_and_an_agent_at_the_branch(sites: TwoSites) -> None:
    phone = await sites.east_phone(sites.agent(3).answer(ring=0.5).wait(3).hang_up())
    caller = await sites.call(sites.caller().call().wait_bye())
    await finished(caller, phone)
    (call,) = await sites.call_records()
    assert (call["ani"], call["direction"], call["hangup_by"]) == ("13800138000", "inbound", "agent")
    assert [one["endpoint"] for one in call["legs"]] == ["PJSIP/trunk", "PJSIP/agent3@east"]
    (entry,) = call["entries"]
    assert (entry["outcome"], entry["agent"], entry["offers"]) == ("answered", "agent3", 1)
    assert near(entry["ended"], to=phone.answered)
    assert near(call["answered"], to=phone.answered)
    assert near(call["ended"], to=phone.bye_sent)
    for endpoint in ("PJSIP/trunk", "PJSIP/agent3@east"):
        assert seconds(call, endpoint, "talk") == pytest.approx(3, abs=NEAR)
    assert call["offers"][0]["agent_channel"] == leg(call, "PJSIP/agent3@east")["id"]
    (segment,) = call["recordings"]
    assert segment["leg"] == leg(call, "PJSIP/agent3@east")["id"]
    for side, hertz in (("caller_path", CALLER_HZ), ("agent_path", AGENT_HZ)):
        length, power, share = tone_energy(Path(segment[side]), hertz)
        assert length == pytest.approx(3, abs=NEAR)
        assert power > 1000 and share > 0.9


@served("agent1")
async def test_a_caller_of_the_branch_is_served_at_the_main_site_and_sent_on_to_the_branch(sites: TwoSites) -> None:
    """Over the trunk to the agent, and by a blind transfer over the trunk back: the call keeps its one record."""
    first = await sites.phone(1, sites.agent(1).answer(ring=0.3).wait(2).refer("1003"))
    second = await sites.east_phone(sites.agent(3).answer(ring=0.5).wait(3).hang_up())
    caller = await sites.east_call(sites.caller().call().wait_bye())
    await finished(caller, first, second)
    (call,) = await sites.call_records()
    assert [one["endpoint"] for one in call["legs"]] == ["PJSIP/trunk@east", "PJSIP/agent1", "PJSIP/agent3@east"]
    (entry,) = call["entries"]
    assert (entry["outcome"], entry["agent"]) == ("answered", "agent1")
    (transfer,) = call["transfers"]
    assert (transfer["kind"], transfer["by"]) == ("blind", "PJSIP/agent1")
    assert (transfer["to"], transfer["exten"]) == ("PJSIP/agent3@east", "1003")
    assert near(entry["ended"], to=first.answered)
    assert seconds(call, "PJSIP/agent1", "talk") == pytest.approx(2, abs=NEAR)
    assert seconds(call, "PJSIP/agent3@east", "talk") == pytest.approx(3, abs=NEAR)
    assert call["hangup_by"] == "agent"
    assert near(call["ended"], to=second.bye_sent)
    assert sorted(r["leg"] for r in call["recordings"]) == sorted(g["id"] for g in call["legs"] if g["role"] == "agent")


@served("agent1")
async def test_an_attended_transfer_to_the_branch_is_one_call(sites: TwoSites) -> None:
    await sites.phone(1, sites.agent(1).answer(ring=0.3).wait(6).hang_up())
    second = await sites.east_phone(sites.agent(3).answer(ring=0.5).wait(7).hang_up())
    caller = await sites.call(sites.caller().call().wait_bye())
    entered = await sites.events("bridge_entered", 2)
    await asyncio.sleep(1.5)
    name = next(e["name"] for e in entered if "agent1" in e["name"])
    await sites.ami.do("Atxfer", Channel=name, Exten="1003", Context="cti-agent")
    await finished(caller, second)
    (call,) = await sites.call_records()
    (transfer,) = call["transfers"]
    assert (transfer["kind"], transfer["by"], transfer["to"]) == ("attended", "PJSIP/agent1", "PJSIP/agent3@east")
    assert {one["endpoint"] for one in call["legs"]} == {"PJSIP/trunk", "PJSIP/agent1", "PJSIP/agent3@east"}
    assert seconds(call, "PJSIP/agent3@east", "talk") == pytest.approx(7, abs=NEAR)
    assert call["hangup_by"] == "agent"


@pytest.mark.parametrize(("sites", "carrier"), [(((), "trunk"), "east"), (((), ""), "main")], indirect=["sites"])
async def test_an_outside_call_leaves_by_the_nearest_trunk(sites: TwoSites, carrier: str) -> None:
    """The branch's own; where it has none, the main site's, over the trunk between them."""
    party = sites.caller_phone().answer(ring=0.3).wait_bye()
    outside = await (sites.east_carrier(party) if carrier == "east" else sites.carrier(party))
    agent = await sites.east_dial(sites.dials(3, "13912345678").call().wait(3).hang_up())
    await finished(agent, outside)
    (call,) = await sites.call_records()
    trunk = "PJSIP/trunk@east" if carrier == "east" else "PJSIP/trunk"
    assert (call["direction"], call["dnis"], call["hangup_by"]) == ("outbound", "13912345678", "agent")
    assert [(one["endpoint"], one["role"]) for one in call["legs"]] == [
        ("PJSIP/agent3@east", "agent"),
        (trunk, "caller"),
    ]
    assert call["legs"][0]["agent"] == "agent3"
    assert seconds(call, trunk, "talk") == pytest.approx(3, abs=NEAR)
    (segment,) = call["recordings"]
    assert segment["leg"] == call["legs"][0]["id"]


@served("agent1", "agent3")
async def test_a_branch_whose_link_is_lost_keeps_its_callers_and_the_main_site_goes_on(sites: TwoSites) -> None:
    """The branch's Asterisk ends in the middle of a talk; when it is back its agent is reached again."""
    await sites.phone(1, sites.agent(1).answer(ring=0.3).wait(2).hang_up(), calls=2)
    talking = await sites.phone(2, sites.agent(2).answer(ring=0.3).wait(2).hang_up())
    await sites.until_agent("agent3", "available")
    await asyncio.to_thread(sites.east.stop)
    await sites.events("pbx_disconnected")
    await sites.until_agent("agent3", "unreachable")
    caller = await sites.call(sites.caller().call().wait_bye())
    await finished(caller)
    (call,) = await sites.call_records()
    assert call["entries"][0]["agent"] == "agent1"
    assert not talking.invite_received
    await asyncio.to_thread(sites.east.start)
    resynced = await sites.events("pbx_resynced", 3)
    assert resynced[-1]["site"] == "east"
    await sites.until_agent("agent3", "available")


@served("agent1", "agent3")
async def test_without_the_server_a_branch_serves_its_callers_itself(sites: TwoSites) -> None:
    """Asterisk's own queue at the branch has the agents who are registered there, and only them."""
    members = await asyncio.to_thread(sites.east.console, "queue show cti-fallback")
    assert "PJSIP/agent3" in members and "agent1" not in members
    members = await asyncio.to_thread(sites.pbx.console, "queue show cti-fallback")
    assert "PJSIP/agent1" in members and "agent3" not in members
    await sites.kill_server()
    phone = await sites.east_phone(sites.agent(3).answer(ring=0.3).wait(2).hang_up())
    caller = await sites.east_call(sites.caller().call().wait_bye())
    await finished(caller, phone)
    await sites.serve()
    (call,) = await sites.call_records()
    assert call["recovered"]
    assert [one["endpoint"] for one in call["legs"]] == ["PJSIP/trunk@east", "PJSIP/agent3@east"]
    assert call["entries"][0]["agent"] == "agent3"
    assert near(call["ended"], to=phone.bye_sent)
