"""The desk's buttons on real calls: what each side hears, and what the records say, as after a phone's own acts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cti_server.pbx.provision import Installed
from tests.live import script
from tests.live.at_desk import at_desk
from tests.live.branches import TwoSites
from tests.live.heard import listen, listened
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.sipp import tone_energy, write_tone
from tests.live.site import Site
from tests.live.test_calls import finished, seconds

pytestmark = pytest.mark.live
NEAR = 0.5
SECOND_HZ = 1320.0
ALL_HZ = (CALLER_HZ, AGENT_HZ, SECOND_HZ)


@pytest.fixture
async def site(asterisk: Installed, tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(asterisk, tmp_path, ready=("agent1",))
    await made.start()
    yield made
    await made.close()


def second(site: Site, number: int = 2) -> script.Phone:
    """An agent's phone with a tone of its own."""
    return script.Phone(f"agent{number}", tone=write_tone(site.sipp.folder / f"second{number}.ulaw", SECOND_HZ))


def channel(site: Site, endpoint: str) -> str:
    """The name of the live channel of this endpoint."""
    lines = site.pbx.console("core show channels concise").splitlines()
    return next(line.partition("!")[0] for line in lines if line.startswith(f"{endpoint}-"))


async def heard(site: Site, *endpoints: str, during: float = 0.7) -> dict[str, set[float]]:
    """The tones in what the PBX sends to each endpoint in the next moment."""
    names = {endpoint: channel(site, endpoint) for endpoint in endpoints}
    files = {e: listen(site, name, site.folder / f"{name.replace('/', '-')}.wav") for e, name in names.items()}
    await asyncio.sleep(during)
    found: dict[str, set[float]] = {}
    for endpoint, name in names.items():
        file = await listened(site, name, files[endpoint])
        energies = {hertz: tone_energy(file, hertz) for hertz in ALL_HZ}
        found[endpoint] = {hertz for hertz, (_, power, share) in energies.items() if power * share > 1e5}
        file.unlink()
    return found


async def sealed(site: Site, endpoint: str) -> dict[str, Any]:
    """The sealed recording of this endpoint's leg."""
    async with asyncio.timeout(15):
        while True:
            query = "SELECT * FROM recording WHERE endpoint = ? AND status = 'sealed'"
            for row in site.rows(query, endpoint):
                return row | {"sealed_dir": str(site.folder / "sealed")}
            await asyncio.sleep(0.1)


async def verified(site: Site) -> str:
    verify = await asyncio.create_subprocess_exec(
        *site.command("journal", "verify"), env=site.environ(), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await verify.communicate()
    return f"{verify.returncode} {out.decode()}"


def modes(call: dict[str, Any], endpoint: str) -> list[str]:
    return [s["mode"] for one in call["legs"] if one["endpoint"] == endpoint for s in one["spans"]]


def windows(row: dict[str, Any], side: int, *spans: tuple[float, float]) -> list[bool]:
    """Whether a tone is on this side (0 the agent, 1 the other) of a sealed recording, in each of these stretches."""
    samples, rate = soundfile.read(Path(row["sealed_dir"]) / row["path"])
    found = []
    for start, end in spans:
        part = samples[round((start - row["started"] + 0.3) * rate) : round((end - row["started"] - 0.3) * rate), side]
        assert len(part) > rate / 5, (start, end)
        found.append(bool(np.mean(np.abs(part) > 0.02) > 0.5))
    return found


def spans(call: dict[str, Any], endpoint: str) -> list[tuple[float, float]]:
    found = [s for one in call["legs"] if one["endpoint"] == endpoint for s in one["spans"] if s["mode"] != "ring"]
    return [(s["start"], s["end"]) for s in found]


async def test_hold_resume_and_hang_up(site: Site) -> None:
    """In the second hold the caller presses the key by which the server speaks, and the server is killed."""
    async with at_desk(site, "agent1") as (desk,):
        await site.phone(1, site.agent(1).answer(ring=0.3).wait_bye())
        caller = await site.call(site.caller().call().wait_bye())
        card = await desk.talk()
        talk = {"PJSIP/trunk": {AGENT_HZ}, "PJSIP/agent1": {CALLER_HZ}}
        assert await heard(site, *talk) == talk
        assert (await desk.press("resume", card["leg"]))[0] == 409
        await desk.does("hold", card["leg"])
        await desk.phase("on_hold")
        assert await heard(site, *talk) == {"PJSIP/trunk": set(), "PJSIP/agent1": set()}
        await desk.does("resume", card["leg"])
        await desk.talk()
        assert await heard(site, *talk) == talk
        await desk.does("hold", card["leg"])
        await desk.phase("on_hold")
        await site.ami.do("PlayDTMF", Channel=channel(site, "PJSIP/trunk"), Digit="C", Receive="true")
        await asyncio.sleep(0.5)
        assert await heard(site, *talk) == {"PJSIP/trunk": set(), "PJSIP/agent1": set()}
    await site.kill_server()
    await asyncio.sleep(5)
    assert await heard(site, *talk) == {"PJSIP/trunk": set(), "PJSIP/agent1": set()}
    await site.serve()
    async with at_desk(site, "agent1") as (desk,):
        card = await desk.phase("on_hold")
        await desk.does("resume", card["leg"])
        await desk.talk()
        assert await heard(site, *talk) == talk
        await desk.does("mute", card["leg"])
        await desk.until(lambda c: bool(c["muted"]))
        assert (await heard(site, "PJSIP/trunk"))["PJSIP/trunk"] == set()
        await desk.does("hang_up", card["leg"])
        await finished(caller)
    (call,) = await site.call_records()
    assert call["hangup_by"] == "agent"
    for endpoint in talk:
        assert modes(call, endpoint)[-5:] == ["talk", "hold", "talk", "hold", "talk"]
    assert seconds(call, "PJSIP/agent1", "hold") == pytest.approx(seconds(call, "PJSIP/trunk", "hold"), abs=0.1)
    assert (await verified(site)).startswith("0 ")


async def test_ask_and_come_back_ask_and_hand_over_and_send_on(site: Site) -> None:
    async with at_desk(site, "agent1", "agent2") as (one, two):
        await site.phone(1, site.agent(1).answer(ring=0.3).wait_bye(), calls=2)
        await site.phone(2, second(site).answer(ring=0.5).wait_bye(), calls=2)
        caller = await site.call(site.caller().call().wait_bye())
        card = await one.talk()
        await one.does("consult", card["leg"], "1002")
        asked = await one.until(lambda c: bool(c["consult"]) and c["consult"]["phase"] == "talking")
        assert (asked["phase"], asked["consult"]["number"]) == ("on_hold", "1002")
        assert await heard(site, "PJSIP/trunk", "PJSIP/agent1", "PJSIP/agent2") == {
            "PJSIP/trunk": set(),
            "PJSIP/agent1": {SECOND_HZ},
            "PJSIP/agent2": {AGENT_HZ},
        }
        assert (await two.talk())["transferred_by"] == "agent1"
        await one.does("cancel", card["leg"])
        await one.talk()
        await two.empty()
        talk = {"PJSIP/trunk": {AGENT_HZ}, "PJSIP/agent1": {CALLER_HZ}}
        assert await heard(site, *talk) == talk
        await one.does("consult", card["leg"], "1002")
        await one.until(lambda c: "complete" in c["can"])
        await one.does("complete", card["leg"])
        await one.empty()
        talk = {"PJSIP/trunk": {SECOND_HZ}, "PJSIP/agent2": {CALLER_HZ}}
        assert await heard(site, *talk) == talk
        card = await two.talk()
        await two.does("hold", card["leg"])
        await two.phase("on_hold")
        await two.does("transfer", card["leg"], "2001")
        card = await one.talk()
        assert (await two.press("hold", card["leg"]))[0] == 409, "nobody else's call"
        talk = {"PJSIP/trunk": {AGENT_HZ}, "PJSIP/agent1": {CALLER_HZ}}
        assert await heard(site, *talk) == talk
        await one.does("hang_up", card["leg"])
        await finished(caller)
    (call,) = await site.call_records()
    assert [(t["kind"], t["by"], t["to"]) for t in call["transfers"]] == [
        ("attended", "PJSIP/agent1", "PJSIP/agent2"),
        ("blind", "PJSIP/agent2", "PJSIP/agent1"),
    ]
    assert [entry["outcome"] for entry in call["entries"]] == ["answered", "answered"]
    assert (await verified(site)).startswith("0 ")


async def test_a_conference_of_three_goes_on_when_the_agent_leaves(site: Site) -> None:
    async with at_desk(site, "agent1", "agent2") as (one, two):
        await site.phone(1, site.agent(1).answer(ring=0.3).wait_bye())
        await site.phone(2, second(site).answer(ring=0.3).wait_bye())
        caller = await site.call(site.caller().call().wait_bye())
        card = await one.talk()
        await one.does("hold", card["leg"])
        await one.phase("on_hold")
        await one.does("consult", card["leg"], "1002")
        await one.until(lambda c: "conference" in c["can"])
        await one.does("conference", card["leg"])
        card = await one.until(lambda c: len(c["members"]) == 2)
        assert set(card["members"]) == {"13800138000", "agent2"}
        await asyncio.sleep(0.3)
        assert await heard(site, "PJSIP/trunk", "PJSIP/agent1", "PJSIP/agent2") == {
            "PJSIP/trunk": {AGENT_HZ, SECOND_HZ},
            "PJSIP/agent1": {CALLER_HZ, SECOND_HZ},
            "PJSIP/agent2": {CALLER_HZ, AGENT_HZ},
        }
        await one.does("hang_up", card["leg"])
        await one.empty()
        talk = {"PJSIP/trunk": {SECOND_HZ}, "PJSIP/agent2": {CALLER_HZ}}
        assert await heard(site, *talk) == talk
        card = await two.talk()
        await two.does("hang_up", card["leg"])
        await finished(caller)
    (call,) = await site.call_records()
    assert [sorted(room["members"]) for room in call["conferences"]] == [
        ["PJSIP/agent1", "PJSIP/agent2", "PJSIP/trunk"]
    ]
    assert modes(call, "PJSIP/trunk") == ["talk", "hold", "talk"]
    assert (await verified(site)).startswith("0 ")


async def test_decline_rings_the_next_and_a_lost_holder_gives_the_caller_back(
    asterisk: Installed, tmp_path: Path
) -> None:
    """The recording is silent while it is paused, and has nothing of the caller while the caller is held."""
    site = Site(asterisk, tmp_path, ready=("agent1", "agent2"), ring_s=20)
    await site.start()
    try:
        async with at_desk(site, "agent1", "agent2") as desks:
            phones = {
                "agent1": await site.phone(1, site.agent(1).answer(ring=3).wait_bye(), calls=3),
                "agent2": await site.phone(2, site.agent(2).answer(ring=3).wait_bye(), calls=3),
            }
            caller = await site.call(site.caller().call().wait_bye())
            ringing = [asyncio.ensure_future(desk.phase("ringing")) for desk in desks]
            await asyncio.wait(ringing, return_when=asyncio.FIRST_COMPLETED)
            first, other = desks if ringing[0].done() else desks[::-1]
            card = await first.phase("ringing")
            assert card["can"] == ["decline"]
            await first.does("decline", card["leg"])
            card = await other.phase("ringing")
            for task in ringing:
                task.cancel()
            card = await other.until(lambda c: "pause_recording" in c["can"] and "hold" in c["can"])
            await asyncio.sleep(1.2)
            await other.does("pause_recording", card["leg"])
            await other.until(lambda c: bool(c["recording_paused"]))
            await asyncio.sleep(1.5)
            await other.does("resume_recording", card["leg"])
            await other.until(lambda c: not c["recording_paused"])
            await asyncio.sleep(1.2)
            await other.does("hold", card["leg"])
            await other.phase("on_hold")
            await asyncio.sleep(1.2)
            await phones[other.agent].stop()
            await site.ami.do("Hangup", Channel=channel(site, f"PJSIP/{other.agent}"))
            card = await first.phase("ringing")
            card = await first.talk()
            await first.does("hang_up", card["leg"])
            await finished(caller)
        (call,) = await site.call_records()
        assert [offer["outcome"] for offer in call["offers"]] == ["declined", "answered", "answered"]
        assert [entry["outcome"] for entry in call["entries"]] == ["answered", "answered"]
        row = await sealed(site, f"PJSIP/{other.agent}")
        (segment,) = [one for one in call["recordings"] if one["leg"] == row["leg"]]
        (pause,) = [(span["start"], span["end"]) for span in segment["muted"]]
        talk, hold = spans(call, f"PJSIP/{other.agent}")
        times = (talk[0], pause[0]), pause, (pause[1], talk[1]), hold
        assert windows(row, 1, *times) == [True, False, True, False]
        assert windows(row, 0, *times[:3]) == [True, False, True]
        assert row["found_s"] == pytest.approx(hold[1] - talk[0], abs=1)
        assert (await verified(site)).startswith("0 ")
    finally:
        await site.close()


async def test_click_to_call_and_hold_it(site: Site) -> None:
    async with at_desk(site, "agent2") as (desk,):
        outside = await site.carrier(site.caller_phone().answer(ring=0.5).wait_bye())
        await site.phone(2, site.agent(2).answer(ring=0.5).wait_bye())
        assert (await desk.press("dial", to="*8"))[0] == 409
        said = await desk.does("dial", to="13700137000")
        card = await desk.phase("ringing")
        assert (card["leg"], card["own"], card["number"]) == (said["leg"], True, "13700137000")
        card = await desk.talk()
        talk = {"PJSIP/trunk": {AGENT_HZ}, "PJSIP/agent2": {CALLER_HZ}}
        assert await heard(site, *talk) == talk
        await desk.does("hold", card["leg"])
        await desk.phase("on_hold")
        assert await heard(site, *talk) == {"PJSIP/trunk": set(), "PJSIP/agent2": set()}
        await desk.does("resume", card["leg"])
        await desk.talk()
        assert await heard(site, *talk) == talk
        assert not desk.pops
        await site.phone(3, second(site, 3).ring_only())
        await desk.does("transfer", card["leg"], "1003")
        await desk.empty()
        await site.ami.do("Hangup", Channel=channel(site, "PJSIP/agent3"), Cause="21")
        await site.events("call_queued")
        await outside.stop()
        await site.ami.do("Hangup", Channel=channel(site, "PJSIP/trunk"))
    (call,) = await site.call_records()
    assert (call["direction"], call["dnis"]) == ("outbound", "13700137000")
    assert [(t["kind"], t["by"], t["exten"]) for t in call["transfers"]] == [("blind", "PJSIP/agent2", "1003")]
    assert len(call["entries"]) == 1, "whom nobody takes there is not lost, but waits"
    assert (await verified(site)).startswith("0 ")


async def test_who_is_asked_does_not_answer_is_a_queue_and_is_outside(site: Site) -> None:
    """Then all three talk, the agent leaves, and with the customer the one outside is let go."""
    async with at_desk(site, "agent1") as (desk,):
        agent = await site.phone(1, site.agent(1).answer(ring=0.3).wait_bye())
        await site.phone(2, second(site).refuse("486 Busy Here"))
        caller = await site.another_call(site.caller().call().wait(14).hang_up(), 2)
        card = await desk.talk()
        await desk.does("consult", card["leg"], "1002")
        await desk.until(lambda c: bool(c["consult"]) and c["consult"]["phase"] == "ringing")
        card = await desk.until(lambda c: not c["consult"] and "resume" in c["can"])
        await desk.does("consult", card["leg"], "2002")
        card = await desk.until(lambda c: bool(c["consult"]))
        assert (card["consult"]["name"], card["can"][0]) == ("sales", "cancel")
        await desk.does("hang_up", card["leg"])
        card = await desk.until(lambda c: not c["consult"] and "resume" in c["can"])
        outside = await site.carrier(second(site, 9).answer(ring=0.3).wait_bye())
        await desk.does("consult", card["leg"], "13700137000")
        card = await desk.until(lambda c: "conference" in c["can"])
        assert await heard(site, "PJSIP/agent1") == {"PJSIP/agent1": {SECOND_HZ}}
        await desk.does("conference", card["leg"])
        await desk.until(lambda c: len(c["members"]) == 2)
        await asyncio.sleep(0.3)
        assert await heard(site, "PJSIP/agent1") == {"PJSIP/agent1": {CALLER_HZ, SECOND_HZ}}
        await desk.does("hang_up", card["leg"])
        await finished(agent, caller, outside)
    (call,) = await site.call_records()
    assert modes(call, "PJSIP/trunk2").count("hold") == 1
    assert [(entry["queue"], entry["outcome"]) for entry in call["entries"]] == [
        ("support", "answered"),
        ("sales", "short_abandoned"),
    ]
    assert (await verified(site)).startswith("0 ")


async def test_a_caller_who_is_held_may_leave(site: Site) -> None:
    async with at_desk(site, "agent1") as (desk,):
        agent = await site.phone(1, site.agent(1).answer(ring=0.3).wait_bye())
        caller = await site.call(site.caller().call().wait(4).hang_up())
        card = await desk.talk()
        await desk.does("hold", card["leg"])
        await desk.phase("on_hold")
        await finished(caller, agent)
        await desk.empty()
    (call,) = await site.call_records()
    assert (call["hangup_by"], modes(call, "PJSIP/trunk")) == ("caller", ["talk", "hold"])
    assert agent.bye_received == pytest.approx(caller.bye_sent, abs=NEAR)


@pytest.mark.timeout(240)
async def test_over_two_sites(asterisk: Installed, tmp_path: Path) -> None:
    """The agent is at the branch, the caller and who is asked at the main site: each Asterisk has half of the talk."""
    sites = TwoSites(asterisk, tmp_path, ready=("agent3",))
    try:
        await sites.start()
        async with at_desk(sites, "agent3", "agent1") as (desk, other):
            await sites.phone(1, second(sites, 1).answer(ring=0.3).wait_bye())
            await sites.east_phone(sites.agent(3).answer(ring=0.3).wait_bye())
            caller = await sites.call(sites.caller().call().wait_bye())
            card = await desk.talk()
            await desk.does("hold", card["leg"])
            await desk.phase("on_hold")
            assert await heard(sites, "PJSIP/trunk") == {"PJSIP/trunk": set()}
            await desk.does("resume", card["leg"])
            await desk.talk()
            assert await heard(sites, "PJSIP/trunk") == {"PJSIP/trunk": {AGENT_HZ}}
            await desk.does("consult", card["leg"], "1001")
            card = await desk.until(lambda c: "complete" in c["can"])
            assert card["consult"]["number"] == "1001"
            assert await heard(sites, "PJSIP/trunk", "PJSIP/agent1") == {
                "PJSIP/trunk": set(),
                "PJSIP/agent1": {AGENT_HZ},
            }
            await desk.does("complete", card["leg"])
            await desk.empty()
            talk = {"PJSIP/trunk": {SECOND_HZ}, "PJSIP/agent1": {CALLER_HZ}}
            assert await heard(sites, *talk) == talk
            card = await other.talk()
            assert card["transferred_by"] == "agent3"
            await other.does("hang_up", card["leg"])
            await finished(caller)
        (call,) = await sites.call_records()
        assert [(t["kind"], t["by"], t["to"]) for t in call["transfers"]] == [
            ("attended", "PJSIP/agent3@east", "PJSIP/agent1")
        ]
        assert modes(call, "PJSIP/trunk") == ["talk", "hold", "talk", "hold", "talk"]
        assert call["hangup_by"] == "agent"
        assert (await verified(sites)).startswith("0 ")
    finally:
        await sites.close()
