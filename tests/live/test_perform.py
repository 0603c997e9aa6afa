"""Every command on a real Asterisk: what the PBX then does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.core import commands as c
from cti_server.pbx.framing import Message
from cti_server.pbx.orders import Outside
from cti_server.pbx.perform import Performer
from tests.live.agi_probe import to_queue
from tests.live.lab import AGENT_HZ, CALLER_HZ, Lab
from tests.live.linked import Linked, linked, until
from tests.live.sipp import tone_energy
from tests.live.test_dialplan import finished

pytestmark = pytest.mark.live

OUTSIDE = Outside("trunk", "4008123123")


class Desk:
    """A link, a performer, and what failed."""

    def __init__(self, pbx: Linked) -> None:
        self.pbx = pbx
        self.failed: list[str] = []
        self.performer = Performer(pbx.link, lambda command, reason: self.failed.append(reason), OUTSIDE)

    async def do(self, command: c.Command) -> str:
        return await self.performer.perform(command)


@asynccontextmanager
async def desk(lab: Lab) -> AsyncIterator[Desk]:
    async with linked(lab.settings.pbx) as pbx:
        await until(lambda: pbx.link.connected)
        made = Desk(pbx)
        assert await made.do(c.RefreshHeartbeat(epoch=int(clock.now()))) == ""
        await lab.heartbeat()
        await lab.ivr(*to_queue("support"))
        yield made


def offer(hold: Message, agent: str = "agent1") -> c.OfferCall:
    return c.OfferCall(
        offer=f"{hold.get('Uniqueid')}-1.1",
        channel=hold.get("Uniqueid"),
        channel_name=hold.get("Channel"),
        agent=agent,
        endpoint=f"PJSIP/{agent}",
        ring_s=10,
        expires=int(clock.now()) + 10,
    )


async def talking(lab: Lab, floor: Desk) -> tuple[str, str]:
    """A caller who talks with agent1: the two channels' names."""
    await lab.phone(1, lab.agent(1).answer().wait_bye())
    await lab.call(lab.caller().call().wait_bye())
    hold = await floor.pbx.first("UserEvent", UserEvent="CtiHold")
    assert await floor.do(offer(hold)) == ""
    answered = await floor.pbx.first("UserEvent", UserEvent="CtiAnswered")
    await floor.pbx.first("BridgeEnter", Channel=hold.get("Channel"))
    await floor.pbx.first("BridgeEnter", Channel=answered.get("Channel"))
    return hold.get("Channel"), answered.get("Channel")


async def test_an_offer_performed_twice_rings_the_agent_once_and_tells_who_it_was(lab: Lab) -> None:
    async with desk(lab) as floor:
        await lab.phone(1, lab.agent(1).answer(ring=0.5).wait_bye())
        caller = await lab.call(lab.caller().call().hang_up_after(4))
        hold = await floor.pbx.first("UserEvent", UserEvent="CtiHold")
        assert await asyncio.gather(floor.do(offer(hold)), floor.do(offer(hold))) == ["", ""]
        answered = await floor.pbx.first("UserEvent", UserEvent="CtiAnswered")
        assert answered.get("Agent") == "agent1"
        assert answered.get("Offer") == f"{hold.get('Uniqueid')}-1.1"
        assert answered.get("Caller") == hold.get("Uniqueid")
        assert await caller.wait() == 0, caller.errors()
        assert len(floor.pbx.messages("DialBegin")) == 1
        assert floor.failed == []


async def test_an_offer_for_a_caller_who_has_gone_fails_and_rings_nobody(lab: Lab) -> None:
    async with desk(lab) as floor:
        caller = await lab.call(lab.caller().call().hang_up_after(0.5))
        hold = await floor.pbx.first("UserEvent", UserEvent="CtiHold")
        assert await caller.wait() == 0, caller.errors()
        await floor.pbx.first("Hangup")
        assert await floor.do(offer(hold)) == "Setvar: No such channel"
        assert floor.failed == ["Setvar: No such channel"]
        assert not floor.pbx.messages("DialBegin")


async def test_the_fallback_queue_gets_exactly_the_wanted_members(lab: Lab) -> None:
    async with desk(lab) as floor:
        both = (("agent1", "PJSIP/agent1", False), ("agent2", "PJSIP/agent2", True))
        assert await floor.do(c.SetFallbackMembers(members=both)) == ""
        shown = lab.pbx.console("queue show cti-fallback")
        assert "agent1 (PJSIP/agent1)" in shown
        assert any("PJSIP/agent2" in line and "paused" in line for line in shown.splitlines())
        other = (("agent2", "PJSIP/agent2", False), ("agent3", "PJSIP/agent3", False))
        assert await floor.do(c.SetFallbackMembers(members=other)) == ""
        shown = lab.pbx.console("queue show cti-fallback")
        assert "PJSIP/agent1" not in shown and "PJSIP/agent3" in shown
        assert not any("paused" in line for line in shown.splitlines())
        assert floor.failed == []


async def test_a_caller_in_the_fallback_queue_is_taken_back_to_the_hold(lab: Lab) -> None:
    async with desk(lab) as floor:
        await lab.stop_heartbeat()
        assert await floor.do(c.RefreshHeartbeat(epoch=1)) == ""
        caller = await lab.call(lab.caller().call().hang_up_after(3))
        fallen = await floor.pbx.first("UserEvent", UserEvent="CtiFallback")
        await floor.pbx.first("QueueCallerJoin", Queue="cti-fallback")
        await lab.heartbeat()
        back = c.ReturnToHold(channel=fallen.get("Uniqueid"), channel_name=fallen.get("Channel"), queue="sales")
        assert await floor.do(back) == ""
        hold = await floor.pbx.first("UserEvent", UserEvent="CtiHold")
        assert (hold.get("Uniqueid"), hold.get("Queue")) == (fallen.get("Uniqueid"), "sales")
        assert await caller.wait() == 0, caller.errors()


async def test_a_supervisor_listens_and_switches_and_is_let_go(lab: Lab) -> None:
    async with desk(lab) as floor:
        caller, agent = await talking(lab, floor)
        boss = await lab.phone(3, lab.agent(3).answer().wait_bye())
        assert await floor.do(c.Monitor(channel="cti-spy-1", endpoint="PJSIP/agent3", target=agent)) == ""
        spy = await floor.pbx.first("ChanSpyStart")
        assert (spy.get("SpyerUniqueid"), spy.get("SpyeeChannel")) == ("cti-spy-1", agent)
        for mode in ("whisper", "barge", "listen"):
            assert await floor.do(c.SwitchMonitor(channel_name=spy.get("SpyerChannel"), mode=mode)) == ""
        assert floor.pbx.messages("ChanSpyStop") == []
        assert await floor.do(c.HangUp(channel_name=caller)) == ""
        await floor.pbx.first("ChanSpyStop")
        assert await boss.wait() == 0, boss.errors()


async def test_a_recording_is_muted_and_goes_on(lab: Lab) -> None:
    async with desk(lab) as floor:
        caller, agent = await talking(lab, floor)
        for muted in (True, False):
            assert await floor.do(c.MuteRecording(channel_name=agent, recording="", muted=muted)) == ""
        await until(lambda: len(floor.pbx.messages("MixMonitorMute")) == 2)
        told = [(m.get("Channel"), m.get("State")) for m in floor.pbx.messages("MixMonitorMute")]
        assert told == [(agent, "1"), (agent, "0")]
        assert await floor.do(c.HangUp(channel_name=caller)) == ""
        await floor.pbx.first("Hangup", Channel=agent)


async def test_click_to_call_rings_the_agent_and_then_the_number_with_the_id_that_we_gave(lab: Lab) -> None:
    async with desk(lab) as floor:
        agent = await lab.phone(1, lab.agent(1).answer().wait_bye())
        outside = await lab.carrier(lab.caller_phone().answer().hang_up_after(1.0))
        dial = c.DialOut(channel="cti-out-1", endpoint="PJSIP/agent1", number="13900139000", shown="1001")
        assert await floor.do(dial) == ""
        ended = await floor.pbx.first("OriginateResponse")
        assert (ended.get("Response"), ended.get("Uniqueid")) == ("Success", "cti-out-1")
        for run in (outside, agent):
            assert await run.wait() == 0, run.errors()
        assert outside.invite_received and agent.answered and outside.invite_received >= agent.answered
        assert not floor.failed


def callback(first: str, **more: object) -> c.CallBack:
    given = {"callback": "cb-1", "channel": f"cti-back-{first}", "number": "13800138000", "queue": "sales"}
    return c.CallBack(**given | {"first": first, "queued": 1700000000.25, "agent": "agent1"} | more)


async def test_a_callback_rings_the_agent_or_the_mobile_first_and_then_the_customer(lab: Lab) -> None:
    async with desk(lab) as floor:
        agent = await lab.phone(1, lab.agent(1).answer().wait_bye())
        customer = await lab.carrier(lab.caller_phone().answer().hang_up_after(2))
        assert await floor.do(callback("agent", endpoint="PJSIP/agent1")) == ""
        await finished(customer, agent)
        assert "<sip:13800138000@" in agent.packets()[0].header("From"), "the agent sees who it is"
        assert customer.packets()[0].line.startswith("INVITE sip:13800138000@")
        assert "<sip:anonymous@" in customer.packets()[0].header("From"), "the site names no number to show"
        answered = await floor.pbx.first("OriginateResponse")
        assert (answered.get("Response"), answered.get("Uniqueid")) == ("Success", "cti-back-agent")
        recording = await floor.pbx.first("UserEvent", UserEvent="CtiRecording")
        assert recording.get("Leg") == "cti-back-agent"
        assert tone_energy(Path(recording.get("AgentFile")), AGENT_HZ)[2] > 0.9
        assert tone_energy(Path(recording.get("CallerFile")), CALLER_HZ)[2] > 0.9

        silent = await lab.carrier(lab.caller_phone().answer().wait_bye())
        mobile = callback("agent", channel="cti-back-mobile", endpoint="PJSIP/13700137000@trunk", accept=True)
        assert await floor.do(mobile) == ""
        await finished(silent)
        assert "<sip:4008123123@" in silent.packets()[0].header("From")
        assert len(floor.pbx.messages("DialBegin", DialString="13800138000@trunk")) == 1, "nobody pressed 1"


async def test_a_callback_to_the_customer_first_waits_with_the_place_of_before(lab: Lab) -> None:
    async with desk(lab) as floor:
        customer = await lab.carrier(lab.caller_phone().answer().wait_bye())
        agent = await lab.phone(1, lab.agent(1).answer().hang_up_after(2))
        assert await floor.do(callback("customer", agent="")) == ""
        hold = await floor.pbx.first("UserEvent", UserEvent="CtiHold")
        assert [hold.get(k) for k in ("Uniqueid", "Queue", "T0")] == ["cti-back-customer", "sales", "1700000000.250"]
        assert await floor.do(offer(hold)) == ""
        await finished(customer, agent)
        assert "<sip:13800138000@" in agent.packets()[0].header("From")
        assert await floor.pbx.first("UserEvent", UserEvent="CtiEnd")
