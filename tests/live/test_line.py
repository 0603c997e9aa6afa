"""What a waiting caller can be told, can choose and can be sent to: the hold's pokes on a real Asterisk."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server.core import events as ev
from cti_server.journal.cel import events_of_gap, parse, stories
from cti_server.pbx.provision import Installed
from tests.live.agi_probe import to_queue
from tests.live.heard import heard, listen, listened, loud
from tests.live.lab import CALLER_HZ, Lab
from tests.live.sipp import tone_energy
from tests.live.test_dialplan import finished, waiting

pytestmark = pytest.mark.live

OURS = "4008123123"


@pytest.fixture
async def lab(asterisk: Installed, tmp_path: Path) -> AsyncIterator[Lab]:
    made = Lab(asterisk, tmp_path, out_caller_id=OURS, callback_prefixes=("1", "010"))
    await made.start()
    await made.heartbeat()
    yield made
    await made.close()


def soon() -> int:
    return int(time.time()) + 10


def told(lab: Lab, name: str, **headers: str) -> list[dict[str, str]]:
    return [dict(m.items()) for m in lab.ami.find("UserEvent", UserEvent=name, **headers)]


async def until_told(lab: Lab, name: str, count: int = 1, **headers: str) -> dict[str, str]:
    return dict((await lab.ami.wait_for("UserEvent", UserEvent=name, count=count, **headers)).items())


def recovered(lab: Lab, channel: str) -> list[ev.Event]:
    """What the server would read of one caller in Asterisk's own record, had it been away."""
    lines = lab.pbx.cel_file.read_bytes().splitlines(keepends=True)
    found = [e for story in stories(parse(lines)) for e in events_of_gap(story, 0.0)]
    return [e for e in found if getattr(e, "channel", "") == channel]


async def test_the_hold_says_something_and_goes_on_and_takes_no_nonsense(lab: Lab, tmp_path: Path) -> None:
    await lab.ivr(*to_queue())
    agent = await lab.phone(1, lab.agent(1).answer().wait_bye())
    caller = await lab.call(lab.caller().call().wait(9).digit("5").hang_up_after(8))
    hold = await waiting(lab)
    ear = listen(lab, hold["Channel"], tmp_path / "heard.wav")
    good = f"agent1|PJSIP/agent1|5|offer:1|1|{soon()}|0"
    for nonsense in (
        "",
        "D",
        good.removesuffix("|0"),
        good.replace("agent1|5", "agent1&PJSIP/agent2|5"),
        good.replace("PJSIP/", "Local/13900139000@cti-out/"),
        good.replace(f"{soon()}", "1"),
        good.replace("offer:1", "${SHELL(id)}"),
        f"@send|queue:sales|-|-|-|{soon()}|0",
        f"@send|number:1390013900a|-|-|-|{soon()}|0",
        f"@send|voicemail:../x|-|-|-|{soon()}|0",
        f"@say|../../etc/passwd|en|-|-|{soon()}|0",
        f"@say|goodbye|en|-|-|{soon() - 60}|0",
        f'"|@say|goodbye|en|-|-|{soon()}|0',
    ):
        await lab.poke_with(hold["Channel"], nonsense)
    await asyncio.sleep(1)
    await lab.poke_with(hold["Channel"], f"@say|position-next&no-such-prompt&wait-short|zh|-|-|{soon()}|0")
    await lab.ami.wait_for("MusicOnHoldStart", count=2)
    await lab.poke_with(hold["Channel"], f"@say|callback-choice|-|-|-|{soon()}|0")
    await until_told(lab, "CtiDigit", Digit="5")
    await asyncio.sleep(1)
    await listened(lab, hold["Channel"], ear)
    sounds = lab.settings.pbx.sounds_dir / "zh"
    assert heard(ear, sounds / "position-next.ulaw") > 0.9
    assert heard(ear, sounds / "wait-short.ulaw") > 0.9
    assert heard(ear, sounds / "callback-choice.ulaw") < 0.9, "the key cut it short"
    assert heard(ear, sounds / "goodbye.ulaw") < 0.9
    assert loud(ear, 0.8), "music again"
    assert len(told(lab, "CtiHold")) == 1
    assert lab.ami.find("DialBegin") == []

    await lab.poke_with(hold["Channel"], f"@say|callback-choice|-|-|-|{soon()}|0")
    await lab.ami.wait_for("MusicOnHoldStop", count=3)
    asked = time.time()
    await lab.poke(hold["Channel"], "agent1")
    await finished(caller, agent)
    assert agent.invite_received is not None and agent.invite_received - asked < 0.5, "a poke cuts it short"


async def test_a_caller_chooses_to_be_called_back(lab: Lab) -> None:
    await lab.ivr(*to_queue("sales"))
    first = await lab.call(lab.caller().call().wait(1).digit("1").wait(0.5).digit("1").wait_bye())
    typing = lab.caller(caller_id="13800000002").call().wait(1).digit("1").wait(0.5).digit("2").wait(0.5)
    typing.digit("01234567#").wait(2.5).digit("13900139001#").wait(1).digit("2").wait(0.5)
    typing.digit("01066668888#").wait(1).digit("1").wait_bye()
    second = await lab.another_call(typing, 2)
    withheld = lab.caller(caller_id="anonymous").call().wait(1).digit("1").wait(0.5).digit("*").wait(5)
    withheld.digit("1").wait(0.5).digit("12#").wait(2.5).digit("0900#").hang_up_after(7)
    third = await lab.another_call(withheld, 3)
    await until_told(lab, "CtiChoosing", 3)
    for choosing in told(lab, "CtiChoosing"):
        await lab.poke(choosing["Channel"], "agent1")
    await finished(first, second, third)
    assert lab.ami.find("DialBegin") == [], "an offer that was under way is not obeyed"
    asked = {m["Number"]: m for m in told(lab, "CtiCallback")}
    assert set(asked) == {"13800138000", "01066668888"}
    assert {m["Queue"] for m in asked.values()} == {"sales"}
    assert len(told(lab, "CtiChoosing")) == 4
    (quiet,) = {m["Uniqueid"] for m in told(lab, "CtiChoosing")} - {m["Uniqueid"] for m in asked.values()}
    holds = told(lab, "CtiHold", Uniqueid=quiet)
    assert [(m["Why"], m["Agent"], m["Offer"]) for m in holds] == [("", "", ""), *[("CHOSE_TO_WAIT", "", "")] * 2]
    assert len({m["T0"] for m in holds}) == 1
    assert len(told(lab, "CtiHold")) == 5


async def test_the_server_dies_while_a_caller_chooses(lab: Lab) -> None:
    await lab.ivr(*to_queue("sales"))
    promised = await lab.call(lab.caller().call().wait(1).digit("1").wait(6).digit("1").wait_bye())
    stays = await lab.another_call(lab.caller().call().wait(7).digit("*").hang_up_after(6), 2)
    sent = (await until_told(lab, "CtiHold", Channel="PJSIP/trunk2*"))["Channel"]
    await lab.poke_with(sent, f"@send|callback|-|-|-|{soon()}|0")
    await until_told(lab, "CtiChoosing", 2)
    await lab.stop_heartbeat()
    asked = await until_told(lab, "CtiCallback")
    fallen = await until_told(lab, "CtiFallback")
    await finished(promised, stays)
    assert fallen["Uniqueid"] != asked["Uniqueid"]
    assert fallen["Queue"] == "sales"
    found = recovered(lab, asked["Uniqueid"])
    (promise,) = [e for e in found if isinstance(e, ev.CallbackAsked)]
    assert (promise.number, promise.queue) == ("13800138000", "sales")
    assert isinstance(found[-1], ev.ChannelEnded)


async def test_a_waiting_caller_is_sent_on(lab: Lab, tmp_path: Path) -> None:
    await lab.ivr(*to_queue())
    away = await lab.another_call(lab.caller(caller_id="13800000002").call().wait_bye(), 2)
    one = (await waiting(lab))["Channel"]
    message = await lab.another_call(lab.caller().call().wait(2.5).digit("1").wait(3).hang_up(), 3)
    two = (await waiting(lab, 2))["Channel"]
    unwanted = await lab.dial(lab.dials(3, "2001").call().wait_bye())
    three = (await waiting(lab, 3))["Channel"]

    for _ in range(2):
        await lab.poke_with(two, f"@send|voicemail:night|-|-|-|{soon()}|0")
    await lab.poke_with(three, f"@send|hangup|-|-|-|{soon()}|0")
    busy = await lab.carrier(lab.caller_phone().refuse("486 Busy Here"))
    await lab.poke_with(one, f"@send|number:01066668888|-|-|-|{soon()}|0")
    await finished(busy)
    back = await waiting(lab, 4)
    assert (back["Channel"], back["Why"], back["Agent"], back["Offer"]) == (one, "BUSY", "", "")
    number = await lab.carrier(lab.caller_phone().answer(ring=1).hang_up_after(1.5))
    await lab.poke_with(one, f"@send|number:01066668888|-|-|-|{soon()}|0")
    await finished(number, away, message, unwanted)
    invite = number.packets()[0]
    assert invite.line.startswith("INVITE sip:01066668888@")
    assert f"<sip:{OURS}@" in invite.header("From")
    assert away.bye_received == pytest.approx(number.bye_sent, abs=0.5)

    left = await until_told(lab, "CtiVoicemail")
    assert left["Box"] == "night"
    length, _, share = tone_energy(Path(left["File"]), CALLER_HZ)
    assert length == pytest.approx(2.7, abs=1) and share > 0.9
    gone = {m["Caller"]: m["To"] for m in told(lab, "CtiLeft")}
    ids = [m["Uniqueid"] for m in told(lab, "CtiHold")[:3]]
    assert gone == dict(zip(ids, ("number:01066668888", "voicemail:night", "hangup"), strict=True))
    kept = [e for e in recovered(lab, left["Uniqueid"]) if isinstance(e, ev.CallerLeft | ev.VoicemailLeft)]
    assert [type(e) for e in kept] == [ev.CallerLeft, ev.VoicemailLeft]
    assert isinstance(kept[1], ev.VoicemailLeft) and kept[1].path == left["File"]


async def test_a_mobile_takes_the_call_only_by_pressing_1(lab: Lab) -> None:
    await lab.ivr(*to_queue())
    caller = await lab.another_call(lab.caller(caller_id="13800000002").call().wait_bye(), 2)
    channel = (await waiting(lab))["Channel"]

    async def offer(number: int) -> None:
        value = f"agent1|PJSIP/+8613700137000@trunk|10|offer:{number}|1|{soon()}|1"
        await lab.poke_with(channel, value)

    machine = await lab.carrier(lab.caller_phone().answer().wait(1).digit("5").wait_bye())
    await offer(1)
    back = await waiting(lab, 2)
    assert (back["Why"], back["Agent"], back["Offer"]) == ("NOT_ACCEPTED", "agent1", "offer:1")
    await finished(machine)
    assert 8 < machine.bye_received - machine.answered < 15
    hangs_up = await lab.carrier(lab.caller_phone().answer().hang_up_after(1))
    await offer(2)
    assert (await waiting(lab, 3))["Why"] == "NOT_ACCEPTED"
    await finished(hangs_up)
    refuses = await lab.carrier(lab.caller_phone().refuse("486 Busy Here"))
    await offer(3)
    assert (await waiting(lab, 4))["Why"] == "BUSY"
    await finished(refuses)
    assert told(lab, "CtiAnswered") == told(lab, "CtiRecording") == []
    assert lab.ami.find("BridgeEnter") == []

    takes = await lab.carrier(lab.caller_phone().answer().wait(2).digit("1").wait(2).hang_up())
    stops = len(lab.ami.find("MusicOnHoldStop", Channel=channel))
    await offer(4)
    answered = await until_told(lab, "CtiAnswered")
    assert (answered["Agent"], answered["Offer"]) == ("agent1", "offer:4")
    assert len(lab.ami.find("MusicOnHoldStop", Channel=channel)) - stops <= 1, "the hold's own, then Dial's goes on"
    await finished(takes, caller)
    assert len(told(lab, "CtiRecording")) == 1
    assert f"<sip:{OURS}@" in takes.packets()[0].header("From")
    assert "sip:+8613700137000@" in takes.packets()[0].line


async def test_a_caller_who_hangs_up_while_a_mobile_is_asked_lets_it_go(lab: Lab) -> None:
    await lab.ivr(*to_queue())
    caller = await lab.another_call(lab.caller().call().hang_up_after(3), 2)
    hold = await waiting(lab)
    mobile = await lab.carrier(lab.caller_phone().answer().wait_bye())
    await lab.poke_with(hold["Channel"], f"agent1|PJSIP/13700137000@trunk|10|offer:1|1|{soon()}|1")
    await finished(caller, mobile)
    assert mobile.bye_received - caller.bye_sent < 6
    assert told(lab, "CtiAnswered") == []


async def test_everybody_with_an_extension_has_a_mailbox(lab: Lab) -> None:
    await lab.ivr(*to_queue())
    colleague = await lab.dial(lab.dials(3, "*61002").call().wait(1).digit("#").wait(2).hang_up())
    await finished(colleague)
    assert (await until_told(lab, "CtiVoicemail"))["Box"] == "agent-agent2"
    agent = await lab.phone(1, lab.agent(1).answer().wait(1).refer("*62002"))
    caller = await lab.call(lab.caller().call().wait(5).digit("1").wait(2).hang_up())
    await lab.poke((await waiting(lab))["Channel"], "agent1")
    await finished(agent, caller)
    assert (await until_told(lab, "CtiVoicemail", 2))["Box"] == "night"
