"""Whole calls through the real server: what the records say against what the SIP parties did, within half a second."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cti_server.pbx.provision import Installed
from tests.live.sipp import Run
from tests.live.site import Site

pytestmark = pytest.mark.live
NEAR = 0.5


@pytest.fixture
async def site(asterisk: Installed, tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(asterisk, tmp_path)
    await made.start()
    yield made
    await made.close()


def near(value: float | None, *, to: float | None) -> bool:
    assert value is not None
    assert to is not None
    return abs(value - to) < NEAR


def leg(call: dict[str, Any], endpoint: str) -> dict[str, Any]:
    return next(one for one in call["legs"] if one["endpoint"] == endpoint)


def seconds(call: dict[str, Any], endpoint: str, mode: str) -> float:
    return sum(
        s["end"] - s["start"]
        for one in call["legs"]
        if one["endpoint"] == endpoint
        for s in one["spans"]
        if s["mode"] == mode
    )


async def finished(*runs: Run) -> None:
    for run in runs:
        assert await run.wait() == 0, run.errors()


async def test_ivr_digits_queue_agent_talk_and_the_caller_hangs_up(site: Site) -> None:
    phones = [await site.phone(n, site.agent(n).answer(ring=0.5).wait_bye()) for n in (1, 2)]
    caller = await site.call(
        site.caller("95501", display="王小明").call().wait(1).digit("2").wait(2).digit("2").wait(5).hang_up()
    )
    await finished(caller)
    (call,) = await site.call_records()
    assert (call["ani"], call["dnis"], call["caller_name"]) == ("13800138000", "95501", "王小明")
    assert (call["direction"], call["hangup_by"], call["digits"]) == ("inbound", "caller", "22")
    assert call["data"]["language"] == "zh", "the first key chose Chinese, the second the service"
    assert [step["node"] for step in call["ivr"]][-1] == "end"
    assert call["ivr"][-1]["result"] == "queue"
    phone = next(p for p in phones if p.invite_received)
    assert near(call["started"], to=caller.invite_sent)
    assert near(call["answered"], to=phone.answered)
    assert near(call["ended"], to=caller.bye_sent)
    (entry,) = call["entries"]
    assert entry["outcome"] == "answered"
    assert near(entry["ended"], to=phone.answered)
    assert (entry["agent"], entry["offers"]) == (phone_agent(call), 1)


def phone_agent(call: dict[str, Any]) -> str:
    return next(str(one["agent"]) for one in call["legs"] if one["role"] == "agent" and one["answered"])


async def test_the_agent_hangs_up(site: Site) -> None:
    phones = [await site.phone(n, site.agent(n).answer(ring=0.3).wait(3).hang_up()) for n in (1, 2)]
    caller = await site.call(site.caller().call().wait_bye())
    await finished(caller)
    (call,) = await site.call_records()
    phone = next(p for p in phones if p.invite_received)
    assert call["hangup_by"] == "agent"
    assert call["campaign"] == "spring"
    assert near(call["ended"], to=phone.bye_sent)
    agent = next(one["endpoint"] for one in call["legs"] if one["role"] == "agent")
    assert seconds(call, agent, "talk") == pytest.approx(3, abs=NEAR)
    assert seconds(call, "PJSIP/trunk", "talk") == pytest.approx(3, abs=NEAR)


async def test_abandoned_in_the_ivr_is_no_queue_entry(site: Site) -> None:
    caller = await site.call(site.caller("95501").call().wait(1.5).hang_up())
    await finished(caller)
    (call,) = await site.call_records()
    assert call["entries"] == []
    assert call["answered"] is None
    assert call["hangup_by"] == "caller"
    assert near(call["ended"], to=caller.bye_sent)
    assert call["ivr"][-1]["result"] == "caller_gone"


async def test_abandoned_in_the_queue_and_while_ringing(asterisk: Installed, tmp_path: Path) -> None:
    site = Site(asterisk, tmp_path, ready=())
    await site.start()
    try:
        waiting = await site.call(site.caller(caller_id="13800000001").call().wait(2).hang_up())
        await finished(waiting)
        (call,) = await site.call_records()
        (entry,) = call["entries"]
        assert entry["outcome"] == "short_abandoned", "less than five seconds"
        assert entry["ended"] - entry["queued"] == pytest.approx(2, abs=NEAR)
        assert entry["offers"] == 0
    finally:
        await site.close()
    second = Site(asterisk, tmp_path / "second", ready=("agent1",), ring_s=20)
    await second.start()
    try:
        phone = await second.phone(1, second.agent(1).ring_only())
        ringing = await second.call(second.caller(caller_id="13800000002").call().wait(6).hang_up())
        await finished(ringing)
        (call,) = await second.call_records()
        (entry,) = call["entries"]
        assert entry["outcome"] == "abandoned"
        assert entry["offers"] == 1
        assert call["answered"] is None
        assert call["offers"][0]["outcome"] == "caller_gone"
        assert near(call["ended"], to=ringing.bye_sent)
        assert near(leg(call, "PJSIP/agent1")["ended"], to=phone.cancelled)
        assert seconds(call, "PJSIP/agent1", "ring") == pytest.approx(6, abs=NEAR)
    finally:
        await second.close()


async def test_no_answer_keeps_place_and_waiting_time_and_the_next_agent_gets_it(site: Site) -> None:
    """Two callers, one phone that nobody picks up: the first caller still comes first."""
    silent = await site.phone(1, site.agent(1).ring_only(), calls=3)
    answering = await site.phone(2, site.agent(2).answer(ring=0.3).wait(4).hang_up(), calls=2)
    busy = await site.another_call(site.caller(caller_id="13800000000").call().wait(1).hang_up(), 3)
    await finished(busy)
    first = await site.call(site.caller(caller_id="13800000001").call().wait_bye())
    await asyncio.sleep(1)
    second = await site.another_call(site.caller(caller_id="13800000002").call().wait_bye(), 2)
    await finished(first, second)
    calls = {call["ani"]: call for call in await site.call_records(3)}
    one, two = calls["13800000001"]["entries"][0], calls["13800000002"]["entries"][0]
    assert (one["outcome"], one["agent"]) == (two["outcome"], two["agent"]) == ("answered", "agent2")
    assert near(one["queued"], to=first.answered), "the stay goes on, it does not begin anew"
    answers = answering.times(sent=True, line="SIP/2.0 200", method="INVITE")
    assert near(one["ended"], to=answers[0])
    assert near(two["ended"], to=answers[1])
    missed = [o for call in calls.values() for o in call["offers"] if o["agent"] == "agent1"]
    assert "no_answer" in {o["outcome"] for o in missed}
    assert silent.cancelled is not None


async def test_busy_goes_to_the_next_agent_at_once(asterisk: Installed, tmp_path: Path) -> None:
    site = Site(asterisk, tmp_path)
    await site.start()
    try:
        await site.phone(1, site.agent(1).refuse("486 Busy Here"), calls=3)
        await site.phone(2, site.agent(2).refuse("486 Busy Here"))
        caller = await site.call(site.caller().call().wait_bye())
        ended = await site.events("offer_ended", 2)
        assert [e["outcome"] for e in ended[:2]] == ["busy", "busy"]
        made = await site.events("offer_made", 2)
        assert {e["agent"] for e in made[:2]} == {"agent1", "agent2"}
        assert made[1]["at"] - ended[0]["at"] < NEAR, "the next offer goes out with the refusal, not with a tick"
        await caller.stop()
    finally:
        await site.close()


async def test_hold_is_counted_for_both_sides(site: Site) -> None:
    for number in (1, 2):
        await site.phone(number, site.agent(number).answer(ring=0.3).wait(1).hold().wait(2).unhold().wait(1).hang_up())
    caller = await site.call(site.caller().call().wait_bye())
    await finished(caller)
    (call,) = await site.call_records()
    agent = next(one["endpoint"] for one in call["legs"] if one["role"] == "agent")
    for endpoint in (agent, "PJSIP/trunk"):
        assert seconds(call, endpoint, "hold") == pytest.approx(2, abs=NEAR)
        assert seconds(call, endpoint, "talk") == pytest.approx(2, abs=NEAR)


async def test_a_blind_transfer_is_one_call_with_two_agents_and_two_recordings(
    asterisk: Installed, tmp_path: Path
) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1",))
    await site.start()
    try:
        await site.phone(1, site.agent(1).answer(ring=0.3).wait(2).refer("1002"))
        second = await site.phone(2, site.agent(2).answer(ring=0.3).wait(3).hang_up())
        caller = await site.call(site.caller().call().wait_bye())
        await finished(caller)
        (call,) = await site.call_records()
        (transfer,) = call["transfers"]
        assert (transfer["kind"], transfer["by"], transfer["to"]) == ("blind", "PJSIP/agent1", "PJSIP/agent2")
        assert len(call["entries"]) == 1, "offered once, answered once"
        assert seconds(call, "PJSIP/agent1", "talk") == pytest.approx(2, abs=NEAR)
        assert seconds(call, "PJSIP/agent2", "talk") == pytest.approx(3, abs=NEAR)
        assert near(call["ended"], to=second.bye_sent)
        assert sorted(r["leg"] for r in call["recordings"]) == sorted(
            one["id"] for one in call["legs"] if one["role"] == "agent"
        )
    finally:
        await site.close()


async def test_an_attended_transfer_is_one_call(asterisk: Installed, tmp_path: Path) -> None:
    """By feature transfer over AMI: the agent consults, hangs up, and the caller goes on with the second agent."""
    site = Site(asterisk, tmp_path, ready=("agent1",))
    await site.start()
    try:
        await site.phone(1, site.agent(1).answer(ring=0.3).wait(6).hang_up())
        await site.phone(2, site.agent(2).answer(ring=0.5).wait(7).hang_up())
        caller = await site.call(site.caller().call().wait_bye())
        accepted = await site.events("bridge_entered", 2)
        await asyncio.sleep(1.5)
        name = next(e["name"] for e in accepted if "agent1" in e["name"])
        await site.ami.do("Atxfer", Channel=name, Exten="1002", Context="cti-agent")
        await finished(caller)
        (call,) = await site.call_records()
        (transfer,) = call["transfers"]
        assert (transfer["kind"], transfer["by"], transfer["to"]) == ("attended", "PJSIP/agent1", "PJSIP/agent2")
        assert {one["endpoint"] for one in call["legs"]} == {"PJSIP/trunk", "PJSIP/agent1", "PJSIP/agent2"}
        assert seconds(call, "PJSIP/agent2", "talk") == pytest.approx(7, abs=NEAR)
        assert call["hangup_by"] == "agent"
    finally:
        await site.close()


async def test_two_callers_and_one_agent_never_make_two_calls_at_once(asterisk: Installed, tmp_path: Path) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1",))
    await site.start()
    try:
        phone = await site.phone(1, site.agent(1).answer(ring=0.3).wait(2).hang_up(), calls=2)
        first = await site.call(site.caller(caller_id="13800000001").call().wait_bye())
        second = await site.another_call(site.caller(caller_id="13800000002").call().wait_bye(), 2)
        await finished(first, second)
        invites, byes = phone.times(sent=False, line="INVITE"), phone.times(sent=True, line="BYE")
        assert len(invites) == len(byes) == 2
        assert invites[1] >= byes[0]
        calls = await site.call_records(2)
        assert [c["ani"] for c in calls] == ["13800000001", "13800000002"]
        assert [c["entries"][0]["agent"] for c in calls] == ["agent1", "agent1"]
    finally:
        await site.close()
