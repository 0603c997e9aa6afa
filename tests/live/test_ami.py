"""The server's link on a real Asterisk: login, what is live, loss and return."""

import asyncio
import os
import signal

import pytest
from pydantic import SecretStr

from cti_server.core.events import PbxConnected, PbxDisconnected, PbxResynced
from cti_server.pbx.actions import Action
from cti_server.pbx.ami import ActionTimedOut, LinkLost, NotConnected, Timing
from tests.live.agi_probe import to_queue
from tests.live.lab import Lab
from tests.live.linked import linked, until

pytestmark = pytest.mark.live

READ_HEARTBEAT = Action("Getvar", (("Variable", "CTI_HEARTBEAT"),))


async def test_it_logs_in_with_the_least_rights_and_hears_that_the_pbx_is_booted(lab: Lab) -> None:
    async with linked(lab.settings.pbx) as pbx:
        await until(lambda: pbx.events(PbxResynced))
        (connected,) = pbx.events(PbxConnected)
        assert isinstance(connected, PbxConnected) and connected.version.startswith("22.")
        assert pbx.messages("FullyBooted")
        live = await pbx.live()
        assert live.channels == ()
        assert live.devices["PJSIP/agent1"] == "NOT_INUSE"
        denied = await pbx.link.send(Action("ModuleCheck", (("Module", "res_agi"),)))
        assert (denied.ok, denied.text) == (False, "Permission denied")


async def test_the_heartbeat_is_really_set(lab: Lab) -> None:
    async with linked(lab.settings.pbx) as pbx:
        await until(lambda: pbx.link.connected)
        answer = await pbx.link.send(Action("Setvar", (("Variable", "CTI_HEARTBEAT"), ("Value", "1795000000"))))
        assert answer.ok
        assert (await pbx.link.send(READ_HEARTBEAT)).get("Value") == "1795000000"
        assert "CTI_HEARTBEAT=1795000000" in lab.pbx.console("dialplan show globals")


async def test_a_wrong_password_is_refused_once_and_asterisk_is_left_alone(lab: Lab) -> None:
    wrong = lab.settings.pbx.model_copy(update={"secret": SecretStr("not_the_secret")})
    async with linked(wrong) as pbx:
        await until(lambda: pbx.events(PbxDisconnected))
        (said,) = pbx.events(PbxDisconnected)
        assert isinstance(said, PbxDisconnected) and "Authentication failed" in said.reason
        assert "not_the_secret" not in said.reason
        await asyncio.sleep(2.0)
        assert pbx.link.counts["disconnected"] == 1
        with pytest.raises(NotConnected):
            await pbx.link.send(READ_HEARTBEAT)
    log = (lab.pbx.folder / "log" / "full").read_text(encoding="utf-8", errors="replace")
    assert log.count("failed to authenticate as 'cti'") == 1


async def test_a_live_call_is_in_the_resync_and_its_end_comes_after_it(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue("support"))
    call = await lab.call(lab.caller(display="王小明").call().hang_up_after(2.5))
    hold = await lab.ami.wait_for("UserEvent", UserEvent="CtiHold")
    async with linked(lab.settings.pbx) as pbx:
        await until(lambda: pbx.events(PbxResynced))
        (live,) = pbx.events(PbxResynced)
        assert isinstance(live, PbxResynced)
        (channel,) = live.channels
        assert channel.channel == hold.get("Uniqueid")
        assert channel.linked == hold.get("Linkedid")
        assert channel.name == hold.get("Channel")
        assert (channel.up, channel.number, channel.context) == (True, "13800138000", "cti-hold")
        assert channel.caller_name == "王小明"
        assert live.devices["PJSIP/trunk"] == "INUSE"
        hangup = await pbx.first("Hangup")
        assert hangup.get("Uniqueid") == channel.channel
        assert pbx.out.index(hangup) > pbx.out.index(live)
        assert (await pbx.live()).channels == ()
    assert await call.wait() == 0, call.errors()


async def test_both_sides_of_a_talk_share_a_bridge_in_the_resync(lab: Lab) -> None:
    await lab.heartbeat()
    await lab.ivr(*to_queue("support"))
    agent = await lab.phone(1, lab.agent(1).answer().wait_bye())
    caller = await lab.call(lab.caller().call().hang_up_after(3))
    hold = await lab.ami.wait_for("UserEvent", UserEvent="CtiHold")
    await lab.poke(hold, "agent1")
    await lab.ami.wait_for("BridgeEnter", Channel=hold.get("Channel"))
    async with linked(lab.settings.pbx) as pbx:
        await until(lambda: pbx.events(PbxResynced))
        live = await pbx.live()
        assert {c.name.partition("-")[0] for c in live.channels} == {"PJSIP/trunk", "PJSIP/agent1"}
        (bridge,) = {c.bridge for c in live.channels}
        assert live.bridges == {bridge: "basic"}
        assert len({c.linked for c in live.channels}) == 1
    for run in (caller, agent):
        assert await run.wait() == 0, run.errors()


async def test_it_comes_back_after_asterisk_was_killed_and_started_again(lab: Lab) -> None:
    async with linked(lab.settings.pbx) as pbx:
        await until(lambda: pbx.events(PbxResynced))
        pid = lab.pbx.pid()
        assert pid
        os.kill(pid, signal.SIGKILL)
        await until(lambda: pbx.events(PbxDisconnected))
        with pytest.raises((NotConnected, LinkLost)):
            await pbx.link.send(READ_HEARTBEAT)
        await until(lambda: lab.pbx.pid() is None)
        await asyncio.to_thread(lab.pbx.start)
        await until(lambda: len(pbx.events(PbxResynced)) == 2)
        kinds = [type(e).__name__ for e in pbx.out if type(e).__name__.startswith("Pbx")]
        assert kinds[:3] == ["PbxConnected", "PbxResynced", "PbxDisconnected"]
        assert kinds[-2:] == ["PbxConnected", "PbxResynced"]
        assert (await pbx.link.send(Action("Ping"))).ok
        assert not (await pbx.link.send(READ_HEARTBEAT)).get("Value"), "nothing was sent again on the new connection"


async def test_a_frozen_asterisk_is_noticed_by_its_silence(lab: Lab) -> None:
    async with linked(lab.settings.pbx, Timing(ping_every_s=0.3, ping_s=0.5, connect_s=0.5, retry_s=0.2)) as pbx:
        await until(lambda: pbx.events(PbxResynced))
        pid = lab.pbx.pid()
        assert pid
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises((ActionTimedOut, LinkLost)):
                await pbx.link.send(READ_HEARTBEAT, timeout_s=0.3)
            await until(lambda: pbx.events(PbxDisconnected))
        finally:
            os.kill(pid, signal.SIGCONT)
        await until(lambda: len(pbx.events(PbxResynced)) >= 2)
