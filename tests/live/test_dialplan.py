"""The rendered dialplan on a real Asterisk with real SIP parties; the server is played by the test."""

import asyncio
from pathlib import Path

import pytest

from cti_server.pbx.provision import Installed
from tests.live.agi_probe import to_queue
from tests.live.lab import AGENT_HZ, CALLER_HZ, Lab
from tests.live.sipp import Run, tone_energy

pytestmark = pytest.mark.live

NEAR = pytest.approx


async def waiting(lab: Lab, count: int = 1) -> dict[str, str]:
    """The `count`-th CtiHold, as a dictionary of its headers."""
    return dict((await lab.ami.wait_for("UserEvent", UserEvent="CtiHold", count=count)).items())


async def finished(*runs: Run) -> None:
    """Every party went through its scenario."""
    for run in runs:
        assert await run.wait() == 0, run.errors()


async def test_a_call_goes_through_ivr_hold_and_agent_and_is_recorded_on_both_sides(lab: Lab) -> None:
    await lab.heartbeat()
    agi = await lab.ivr(*to_queue("support", "WAIT FOR DIGIT 5000"))
    agent = await lab.phone(1, lab.agent(1).answer(ring=0.4).wait_bye())
    caller = await lab.call(lab.caller().call().wait(0.3).digit("2").hang_up_after(4))
    hold = await waiting(lab)
    assert hold["Queue"] == "support"
    assert hold["QueuePriority"] == "05"
    assert hold["Why"] == hold["Agent"] == hold["Offer"] == ""
    assert caller.invite_sent == NEAR(float(hold["T0"]), abs=0.5)
    assert agi.sessions[0]["agi_extension"] == "95500"
    assert agi.sessions[0]["agi_callerid"] == "13800138000"
    assert agi.answers[1] == f"200 result={ord('2')}"
    await lab.poke(hold["Channel"], "agent1", "E1:offer:7")
    answered = await lab.ami.wait_for("UserEvent", UserEvent="CtiAnswered")
    assert answered.get("Agent") == "agent1"
    assert answered.get("Offer") == "E1:offer:7"
    assert answered.get("Caller") == hold["Uniqueid"]
    assert answered.get("Channel").startswith("PJSIP/agent1-")
    await finished(caller, agent)
    end = await lab.ami.wait_for("UserEvent", UserEvent="CtiEnd")
    assert end.get("Agent") == "agent1"
    assert end.get("T0") == hold["T0"]
    recording = await lab.ami.wait_for("UserEvent", UserEvent="CtiRecording")
    assert recording.get("Leg") == recording.get("Uniqueid") == answered.get("Uniqueid")
    assert recording.get("Caller") == hold["Uniqueid"]
    talk = caller.bye_sent - agent.answered
    for key, hertz in (("AgentFile", AGENT_HZ), ("CallerFile", CALLER_HZ)):
        file = Path(recording.get(key))
        assert file.is_relative_to(lab.settings.pbx.recordings_dir)
        length, power, share = tone_energy(file, hertz)
        assert length == NEAR(talk, abs=0.5)
        assert power > 100_000
        assert share > 0.9


async def test_the_agent_hangs_up_and_the_caller_goes_on_to_the_survey(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    agent = await lab.phone(1, lab.agent(1).answer().hang_up_after(1.5))
    caller = await lab.call(lab.caller().call().wait_bye())
    hold = await waiting(lab)
    await lab.poke(hold["Channel"], "agent1")
    await finished(caller, agent)
    survey = await lab.ami.wait_for("UserEvent", UserEvent="CtiSurvey")
    assert (survey.get("Uniqueid"), survey.get("Agent")) == (hold["Uniqueid"], "agent1")
    assert caller.bye_received == NEAR(agent.bye_sent, abs=0.5)


async def test_two_pokes_ring_one_agent_once_and_a_late_one_does_no_harm(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    first = await lab.phone(1, lab.agent(1).answer(ring=0.3).wait_bye())
    second = await lab.phone(2, lab.agent(2).answer(ring=0.3).wait_bye())
    caller = await lab.call(lab.caller().call().hang_up_after(5))
    hold = await waiting(lab)
    await lab.poke(hold["Channel"], "agent1")
    await lab.poke(hold["Channel"], "agent2")
    await lab.ami.wait_for("UserEvent", UserEvent="CtiAnswered")
    await lab.poke(hold["Channel"], "agent2")
    await finished(caller, first)
    assert len(lab.ami.find("DialBegin")) == 1
    assert second.invite_received is None
    assert caller.bye_received is None
    assert first.bye_received == NEAR(caller.bye_sent, abs=0.5)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ("", "NOANSWER"),
        ("486 Busy Here", "BUSY"),
        ("603 Decline", "DECLINED"),
        ("503 Service Unavailable", "CONGESTION"),
    ],
)
async def test_an_agent_who_does_not_take_the_call_gives_it_back_with_the_reason(
    lab: Lab, status: str, why: str
) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue("sales"))
    unwilling = lab.agent(1).refuse(status, ring=0.3) if status else lab.agent(1).ring_only()
    refusing = await lab.phone(1, unwilling)
    willing = await lab.phone(2, lab.agent(2).answer().wait_bye())
    caller = await lab.call(lab.caller().call().hang_up_after(8))
    before = await waiting(lab)
    await lab.poke(before["Channel"], "agent1", "first", ring=2)
    again = await waiting(lab, count=2)
    assert (again["Why"], again["Agent"], again["Offer"]) == (why, "agent1", "first")
    assert (again["T0"], again["Queue"], again["QueuePriority"]) == (before["T0"], "sales", before["QueuePriority"])
    await lab.poke(again["Channel"], "agent2", "second")
    await finished(caller, refusing, willing)
    assert willing.answered is not None
    assert len(lab.ami.find("UserEvent", UserEvent="CtiRecording")) == 1


async def test_a_phone_that_is_not_there_gives_the_call_back(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    await lab.call(lab.caller().call().hang_up_after(4))
    hold = await waiting(lab)
    await lab.poke(hold["Channel"], "web1")
    assert (await waiting(lab, count=2))["Why"] == "CHANUNAVAIL"


async def test_a_caller_who_gives_up_while_the_agent_rings_frees_the_agent(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    agent = await lab.phone(1, lab.agent(1).ring_only())
    caller = await lab.call(lab.caller().call().hang_up_after(2))
    hold = await waiting(lab)
    await lab.poke(hold["Channel"], "agent1", ring=30)
    await finished(caller, agent)
    assert agent.cancelled == NEAR(caller.bye_sent, abs=0.5)
    assert (await lab.ami.wait_for("UserEvent", UserEvent="CtiEnd")).get("State") == "connect"


async def test_digits_in_the_hold_are_told_and_keep_the_place(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    caller = await lab.call(lab.caller().call().wait(1).digit("1").wait(0.5).digit("#").hang_up_after(1))
    await finished(caller)
    digits = [m.get("Digit") for m in lab.ami.find("UserEvent", UserEvent="CtiDigit")]
    assert digits == ["1", "#"]
    assert len(lab.ami.find("UserEvent", UserEvent="CtiHold")) == 1


async def fallback_serves(lab: Lab, caller: Run, agent: Run) -> None:
    await lab.ami.wait_for("UserEvent", UserEvent="CtiFallback")
    recording = await lab.ami.wait_for("UserEvent", UserEvent="CtiRecording")
    await finished(caller, agent)
    assert tone_energy(Path(recording.get("CallerFile")), CALLER_HZ)[2] > 0.9
    assert tone_energy(Path(recording.get("AgentFile")), AGENT_HZ)[2] > 0.9


async def add_fallback_member(lab: Lab, agent: str) -> None:
    answer = await lab.ami.do("QueueAdd", Queue="cti-fallback", Interface=f"PJSIP/{agent}", MemberName=agent)
    assert answer.response == "Success"


async def test_a_new_call_without_a_heartbeat_goes_to_the_fallback_queue(lab: Lab) -> None:
    await add_fallback_member(lab, "agent1")
    agent = await lab.phone(1, lab.agent(1).answer().hang_up_after(2))
    caller = await lab.call(lab.caller().call().wait_bye())
    await fallback_serves(lab, caller, agent)
    assert agent.invite_received == NEAR(caller.invite_sent, abs=1.0)


async def test_a_waiting_caller_goes_to_the_fallback_queue_when_the_heartbeat_stops(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    await add_fallback_member(lab, "agent1")
    agent = await lab.phone(1, lab.agent(1).answer().hang_up_after(2))
    caller = await lab.call(lab.caller().call().wait_bye())
    await waiting(lab)
    await lab.stop_heartbeat()
    await fallback_serves(lab, caller, agent)
    assert agent.invite_received - caller.invite_sent < 10


async def test_without_an_ivr_server_the_caller_waits_in_the_default_queue(lab: Lab) -> None:
    await lab.heartbeat()
    agent = await lab.phone(1, lab.agent(1).answer().wait_bye())
    caller = await lab.call(lab.caller().call().hang_up_after(2.5))
    hold = await waiting(lab)
    assert hold["Queue"] == "support"
    await lab.poke(hold["Channel"], "agent1")
    await finished(caller, agent)
    assert agent.answered is not None


async def test_a_frozen_ivr_server_does_not_keep_its_caller(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(freeze=True)
    await add_fallback_member(lab, "agent1")
    agent = await lab.phone(1, lab.agent(1).answer().hang_up_after(1))
    caller = await lab.call(lab.caller().call().wait_bye())
    await lab.ami.wait_for("Newchannel", Channel="PJSIP/trunk*")
    await lab.stop_heartbeat()
    await lab.ami.wait_for("UserEvent", UserEvent="CtiFallback", at_most=lab.settings.pbx.ivr_max_s + 5)
    await finished(caller, agent)
    assert agent.answered is not None


async def test_callers_come_back_from_the_fallback_queue_by_redirect(lab: Lab) -> None:
    caller = await lab.call(lab.caller().call().hang_up_after(4))
    fallen = await lab.ami.wait_for("UserEvent", UserEvent="CtiFallback")
    await lab.heartbeat()
    await lab.ami.do("Redirect", Channel=fallen.get("Channel"), Context="cti-hold", Exten="s", Priority="1")
    hold = await waiting(lab)
    assert (hold["Uniqueid"], hold["T0"]) == (fallen.get("Uniqueid"), fallen.get("T0"))
    await finished(caller)


async def connected(lab: Lab, agent: int) -> dict[str, str]:
    """A caller who talks with `agent`; the CtiHold that came before."""
    hold = await waiting(lab)
    await lab.poke(hold["Channel"], f"agent{agent}")
    await lab.ami.wait_for("BridgeEnter", Channel=f"PJSIP/agent{agent}*")
    return hold


@pytest.mark.parametrize("how", ["ami", "refer"])
async def test_after_a_blind_transfer_each_agents_leg_has_its_own_recording(lab: Lab, how: str) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    script = lab.agent(1).answer()
    first = await lab.phone(1, script.wait(2).refer("1002") if how == "refer" else script.wait_bye())
    second = await lab.phone(2, lab.agent(2).answer().hang_up_after(2.5))
    caller = await lab.call(lab.caller().call().wait_bye())
    await connected(lab, 1)
    if how == "ami":
        await asyncio.sleep(2)
        leg = lab.ami.find("BridgeEnter", Channel="PJSIP/agent1*")[0]
        await lab.ami.do("BlindTransfer", Channel=leg.get("Channel"), Context="cti-agent", Exten="1002")
    await finished(caller, first, second)
    segments = lab.ami.find("UserEvent", UserEvent="CtiRecording")
    assert [m.get("Agent") for m in segments] == ["agent1", "agent2"]
    for segment, run in zip(segments, (first, second), strict=True):
        length, _, share = tone_energy(Path(segment.get("AgentFile")), AGENT_HZ)
        assert share > 0.9
        assert tone_energy(Path(segment.get("CallerFile")), CALLER_HZ)[2] > 0.8
        assert length <= run.ended - run.answered + 0.5


async def test_a_blind_transfer_to_a_queue_or_to_nobody_puts_the_caller_back_into_the_hold(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    first = await lab.phone(1, lab.agent(1).answer().wait(1).refer("2002"))
    second = await lab.phone(2, lab.agent(2).answer().wait(1).refer("1003"))
    third = await lab.phone(3, lab.agent(3).refuse("486 Busy Here"))
    caller = await lab.call(lab.caller().call().hang_up_after(10))
    await connected(lab, 1)
    sales = await waiting(lab, count=2)
    assert (sales["Queue"], sales["Why"]) == ("sales", "")
    await lab.poke(sales["Channel"], "agent2")
    back = await waiting(lab, count=3)
    assert (back["Queue"], back["Why"], back["Agent"]) == ("sales", "BUSY", "")
    await finished(caller, first, second, third)


async def test_an_attended_transfer_over_ami_leaves_the_caller_with_the_second_agent(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    first = await lab.phone(1, lab.agent(1).answer().wait_bye())
    second = await lab.phone(2, lab.agent(2).answer().hang_up_after(6))
    caller = await lab.call(lab.caller().call().wait_bye())
    await connected(lab, 1)
    await asyncio.sleep(1)
    leg = lab.ami.find("BridgeEnter", Channel="PJSIP/agent1*")[0].get("Channel")
    answer = await lab.ami.do("Atxfer", Channel=leg, Context="cti-agent", Exten="1002")
    assert answer.response == "Success"
    await lab.ami.wait_for("BridgeEnter", Channel="PJSIP/agent2*")
    await asyncio.sleep(1.5)
    await lab.ami.do("Hangup", Channel=leg, Cause="16")
    await lab.ami.wait_for("AttendedTransfer", Result="Success")
    await finished(caller, first, second)
    assert caller.bye_received == NEAR(second.bye_sent, abs=0.5)
    segments = lab.ami.find("UserEvent", UserEvent="CtiRecording")
    assert [m.get("Agent") for m in segments] == ["agent1", "agent2"]
    assert tone_energy(Path(segments[1].get("AgentFile")), AGENT_HZ)[2] > 0.9


async def test_an_attended_transfer_by_refer_leaves_the_caller_with_the_second_agent(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    replaces = lab.folder / "replaces.txt"
    first = await lab.phone(1, lab.agent(1).answer().wait(1).hold().wait(4).refer_file(replaces))
    second = await lab.phone(2, lab.agent(2).answer().hang_up_after(7))
    caller = await lab.call(lab.caller().call().wait_bye())
    await connected(lab, 1)
    await lab.ami.wait_for("Hold", Channel="PJSIP/agent1*")
    consult = await lab.dial(lab.dials(1, "1002").call().wait_bye(), call_id="consult-%u-%p")
    await lab.ami.wait_for("BridgeEnter", Channel="PJSIP/agent2*")
    replaces.write_text(consult.replaces_target("1002"), encoding="ascii")
    await finished(caller, first, second, consult)
    assert caller.bye_received == NEAR(second.bye_sent, abs=0.5)
    segments = lab.ami.find("UserEvent", UserEvent="CtiRecording")
    assert [m.get("Agent") for m in segments] == ["agent1", "agent2"]
    assert tone_energy(Path(segments[1].get("AgentFile")), AGENT_HZ)[2] > 0.9


async def test_an_agents_call_to_the_outside_is_recorded_on_the_agents_leg(lab: Lab) -> None:
    await lab.heartbeat()
    outside = await lab.carrier(lab.caller_phone().answer(ring=1.0).hang_up_after(3))
    agent = await lab.dial(lab.dials(1, "13900139000").call().wait_bye())
    await finished(outside, agent)
    assert "sip:13900139000@" in outside.packets()[0].line
    recording = await lab.ami.wait_for("UserEvent", UserEvent="CtiRecording")
    own = lab.ami.find("Newchannel", Channel="PJSIP/agent1*")[0]
    assert recording.get("Leg") == own.get("Uniqueid")
    for key, hertz in (("AgentFile", AGENT_HZ), ("CallerFile", CALLER_HZ)):
        length, _, share = tone_energy(Path(recording.get(key)), hertz)
        assert share > 0.9
        assert length == NEAR(outside.bye_sent - outside.answered, abs=0.5)


async def test_an_outside_call_that_nobody_answers_is_not_announced_as_recorded(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.carrier(lab.caller_phone().refuse("486 Busy Here"))
    agent = await lab.dial(lab.dials(1, "13900139000").call_refused(486))
    await finished(agent)
    assert lab.ami.find("UserEvent", UserEvent="CtiRecording") == []
    assert [f.stat().st_size for f in lab.settings.pbx.recordings_dir.rglob("*.wav")] == [44, 44]


async def test_an_ivr_may_transfer_inside_but_never_dial_out(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr("ANSWER", 'SET VARIABLE CTI_ACTION "transfer"', 'SET VARIABLE CTI_EXTEN "13900139000"',
                  'SET VARIABLE CTI_QUEUE "sales"', "SET VARIABLE CTI_IVR_DONE 1")  # fmt: skip
    caller = await lab.call(lab.caller().call().hang_up_after(1))
    assert (await waiting(lab))["Queue"] == "sales"
    await finished(caller)
    assert lab.ami.find("DialBegin") == []


async def test_a_voicemail_is_kept_and_told_even_when_the_caller_hangs_up(lab: Lab) -> None:
    await lab.heartbeat()
    marks = ("CTI_ACTION voicemail", "CTI_BOX night", "CTI_IVR_DONE 1")
    await lab.ivr("ANSWER", *(f"SET VARIABLE {mark}" for mark in marks))
    caller = await lab.call(lab.caller().call().wait(1).digit("2").hang_up_after(3))
    await finished(caller)
    left = await lab.ami.wait_for("UserEvent", UserEvent="CtiVoicemail")
    assert left.get("Box") == "night"
    file = Path(left.get("File"))
    assert file == lab.settings.pbx.recordings_dir / "voicemail" / "night" / f"{left.get('Uniqueid')}.wav"
    length, _, share = tone_energy(file, CALLER_HZ)
    assert length == NEAR(float(left.get("Seconds")), abs=1)
    assert share > 0.9


async def test_a_parked_caller_is_fetched_by_its_number(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    first = await lab.phone(1, lab.agent(1).answer().wait(1).refer("700"))
    caller = await lab.call(lab.caller().call().wait_bye())
    await connected(lab, 1)
    parked = await lab.ami.wait_for("ParkedCall")
    fetching = await lab.dial(lab.dials(2, parked.get("ParkingSpace")).call().hang_up_after(1.5))
    await finished(caller, first, fetching)
    assert caller.bye_received == NEAR(fetching.bye_sent, abs=0.5)


async def test_a_colleague_picks_up_a_ringing_call(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    ringing = await lab.phone(1, lab.agent(1).ring_only())
    caller = await lab.call(lab.caller().call().hang_up_after(4))
    hold = await waiting(lab)
    await lab.poke(hold["Channel"], "agent1", ring=20)
    await lab.ami.wait_for("DialState", DialStatus="RINGING")
    taking = await lab.dial(lab.dials(2, "*81001").call().wait_bye())
    await finished(caller, ringing, taking)
    assert lab.ami.find("Pickup", Channel="PJSIP/agent2*")
    assert taking.bye_received == NEAR(caller.bye_sent, abs=0.5)


async def test_the_server_is_not_sent_what_it_has_no_use_for(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    agent = await lab.phone(1, lab.agent(1).answer().wait_bye())
    caller = await lab.call(lab.caller().call().hang_up_after(3))
    await connected(lab, 1)
    await finished(caller, agent)
    names = {m.event for m in lab.ami.events}
    assert (
        names & {"VarSet", "Newexten", "RTCPSent", "RTCPReceived", "AGIExecStart", "AGIExecEnd", "TestEvent"} == set()
    )
    assert {"Newchannel", "DialBegin", "BridgeEnter", "Hangup", "UserEvent", "DeviceStateChange"} <= names
    assert (await lab.ami.do("Command", Command="core show version")).response == "Error"


async def test_asterisks_own_record_is_written_as_json(lab: Lab) -> None:
    caller = await lab.call(lab.caller().call().hang_up_after(1))
    await lab.ami.wait_for("UserEvent", UserEvent="CtiFallback")
    await finished(caller)
    await lab.ami.wait_for("UserEvent", UserEvent="CtiEnd")
    text = ""
    async with asyncio.timeout(10):
        while "LINKEDID_END" not in text:
            await asyncio.sleep(0.1)
            text = lab.pbx.cel_file.read_text(encoding="utf-8")
    assert '"CTI_FALLBACK"' in text


async def test_two_instances_run_side_by_side(lab: Lab, asterisk: Installed, tmp_path: Path) -> None:
    other = Lab(asterisk, tmp_path / "other")
    await other.start()
    try:
        assert other.pbx.pid() != lab.pbx.pid()
        for each in (lab, other):
            await each.heartbeat()
            await each.ivr(*to_queue())
        callers = [await each.call(each.caller().call().hang_up_after(2)) for each in (lab, other)]
        holds = [await waiting(each) for each in (lab, other)]
        assert holds[0]["Uniqueid"] != holds[1]["Uniqueid"]
        await finished(*callers)
    finally:
        await other.close()
    assert other.pbx.pid() is None
    assert lab.pbx.pid() is not None


async def test_a_parked_caller_whom_nobody_fetches_goes_back_into_the_hold(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue())
    await lab.phone(1, lab.agent(1).answer().wait_bye())
    caller = await lab.call(lab.caller().call().hang_up_after(8))
    hold = await connected(lab, 1)
    leg = lab.ami.find("BridgeEnter", Channel="PJSIP/agent1*")[0].get("Channel")
    await lab.ami.do("Park", Channel=hold["Channel"], TimeoutChannel=leg, Timeout="2000", Parkinglot="cti")
    back = await waiting(lab, count=2)
    assert (back["Uniqueid"], back["Why"], back["Offer"]) == (hold["Uniqueid"], "PARKTIMEOUT", "")
    await finished(caller)


async def test_an_agent_who_hangs_up_while_the_server_is_away_ends_the_call(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue("support"))
    agent = await lab.phone(1, lab.agent(1).answer(ring=0.2).wait(6).hang_up())
    caller = await lab.call(lab.caller().call().wait_bye())
    await lab.poke((await waiting(lab))["Channel"], "agent1")
    await lab.ami.wait_for("UserEvent", UserEvent="CtiAnswered")
    await lab.stop_heartbeat()
    await finished(agent, caller)
    end = await lab.ami.wait_for("UserEvent", UserEvent="CtiEnd")
    assert (end.get("State"), end.get("Why")) == ("survey", "")
