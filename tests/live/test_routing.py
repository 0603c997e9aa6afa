"""The router on a real Asterisk: who is rung when, and where a caller goes who cannot be served."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti_server.db import open_engine
from cti_server.pbx.provision import Installed
from cti_server.staff.queries import add_token
from tests.live.heard import heard, listen, listened, loud
from tests.live.lab import HOST
from tests.live.sipp import Run
from tests.live.site import Site

pytestmark = pytest.mark.live
MOBILE = "13900000000"


async def finished(*runs: Run) -> None:
    for run in runs:
        assert await run.wait() == 0, run.errors()


def entries(call: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(e["queue"], e["outcome"], e["agent"]) for e in call["entries"]]


async def test_rona_pauses_the_absent_and_a_long_wait_overflows_with_its_time(
    asterisk: Installed, tmp_path: Any
) -> None:
    """Nobody answers at support: its one agent is paused for it, the caller goes on to sales, and waits no longer."""
    site = Site(
        asterisk,
        tmp_path,
        ready=("agent1", "agent3"),
        ring_s=2,
        support='rona_limit = 1\nmax_wait_s = 4\non_max_wait = "queue:sales"',
        people={"agent3": 'queues = ["sales"]'},
    )
    await site.start()
    try:
        silent = await site.phone(1, site.agent(1).ring_only())
        answering = await site.phone(3, site.agent(3).answer(ring=0.3).wait(1).hang_up())
        caller = await site.call(site.caller().call().wait_bye())
        await finished(caller, answering, silent)
        (call,) = await site.call_records()
        assert entries(call) == [("support", "flowed_out", ""), ("sales", "answered", "agent3")]
        support, sales = call["entries"]
        assert support["ended"] - support["queued"] == pytest.approx(4, abs=1.2)
        assert sales["kept_s"] == pytest.approx(support["ended"] - support["queued"], abs=0.01)
        assert call["offers"][0]["outcome"] == "no_answer"
        (paused,) = await site.events("agent_paused")
        assert (paused["agent"], paused["code"], paused["by"]) == ("agent1", "rona", "center")
        (sent,) = await site.events("caller_sent")
        assert (sent["to"], sent["why"]) == ("queue:sales", "max_wait")
    finally:
        await site.close()


async def test_a_full_queue_takes_a_message_and_pressing_1_keeps_the_place(asterisk: Installed, tmp_path: Any) -> None:
    site = Site(
        asterisk,
        tmp_path,
        ready=("agent1",),
        ring_s=10,
        support='callback = true\nmax_length = 1\non_full = "voicemail:"\nbox = "helpdesk"',
    )
    await site.start()
    try:
        # The agent talks with the first caller, the second one waits and presses 1.
        agent = await site.phone(1, site.agent(1).answer(ring=0.3).wait(12).hang_up())
        first = await site.another_call(site.caller(caller_id="13800000001").call().wait_bye(), 3)
        await site.events("offer_accepted")
        second = await site.another_call(
            site.caller(caller_id="13800000002").call().wait(4).digit("1").wait(3).digit("1").wait_bye(), 2
        )
        await asyncio.sleep(1.5)
        third = await site.call(site.caller(caller_id="13800000003").call().wait(9).hang_up())
        await finished(third, second)
        (promised,) = await site.events("callback_planned")
        assert (promised["number"], promised["queue"]) == ("13800000002", "support")
        (message,) = await site.events("voicemail_left")
        assert message["box"] == "helpdesk"
        assert message["duration_s"] >= 1

        # The agent is free: the phone rings, and then the customer's.
        customer = await site.carrier(site.caller_phone().answer(ring=0.3).wait(2).hang_up())
        await finished(first, agent)
        again = await site.phone(1, site.agent(1).answer(ring=0.3).wait_bye())
        await finished(customer, again)
        calls = {(c["ani"] or c["dnis"]): c for c in await site.call_records(4)}
        assert entries(calls["13800000003"]) == [("support", "voicemail", "")]
        back = [c for c in calls.values() if c["direction"] == "outbound"]
        assert [c["dnis"] for c in back] == ["13800000002"]
        assert back[0]["answered"]
        ended = await site.events("callback_ended")
        assert [e["outcome"] for e in ended] == ["answered"]
        waited = [c for c in await site.call_records(4) if c["ani"] == "13800000002"]
        assert entries(waited[0]) == [("support", "callback", "")]
        await follow_ups_show(site, back[0]["id"], message)
    finally:
        await site.close()


async def follow_ups_show(site: Site, result_call: str, message: dict[str, Any]) -> None:
    """The callback that was kept, the message with its sound, and nobody who is still owed a call."""
    engine = open_engine(site.settings.database.url)
    headers = {"Authorization": f"Bearer {await add_token(engine, 'admin')}"}
    await engine.dispose()
    async with aiohttp.ClientSession(f"http://{HOST}:{site.web}/api/v1/", headers=headers) as session:

        async def listed(name: str) -> list[dict[str, Any]]:
            async with session.get(name) as response:
                items: list[dict[str, Any]] = (await response.json())["items"]
                return items

        (kept,) = await listed("callbacks")
        assert (kept["state"], kept["number"], kept["attempts"]) == ("answered", "13800000002", 1)
        assert (kept["agent"], kept["result_call"]) == ("agent1", result_call)
        (left,) = await listed("voicemails")
        assert (left["box"], left["number"], left["done"]) == ("helpdesk", "13800000003", None)
        assert await listed("callback-suggestions") == []
        async with session.get(f"voicemails/{left['id']}/audio") as response:
            assert await response.read() == await asyncio.to_thread(Path(message["path"]).read_bytes)


async def test_out_of_hours_a_mobile_must_press_1(asterisk: Installed, tmp_path: Any) -> None:
    """The first mobile answers and stays silent, as its voicemail would; then it is taken with a key."""
    site = Site(
        asterisk,
        tmp_path,
        ready=(),
        ring_s=10,
        support='mobile_when_closed = true\nrona_limit = 3\ncalendar = "never"',
        people={"agent1": f'queues = ["support"]\nmobile = "{MOBILE}"'},
        more='[[calendars]]\nid = "never"\nhours = []',
    )
    await site.start()
    try:
        silent = await site.carrier(site.caller_phone().answer(ring=0.3).wait_bye())
        caller = await site.another_call(site.caller().call().wait_bye(), 2)
        await finished(silent)
        (failed,) = await site.events("offer_ended", at_most=30)
        assert failed["outcome"] == "not_accepted"
        taking = await site.carrier(site.caller_phone().answer(ring=0.3).wait(1).digit("1").wait(2).hang_up())
        await finished(taking, caller)
        assert taking.packets()[0].line.startswith(f"INVITE sip:{MOBILE}@")
        (call,) = await site.call_records()
        assert entries(call) == [("support", "answered", "agent1")]
        assert [o["outcome"] for o in call["offers"]] == ["not_accepted", "answered"]
        answered = next(o for o in call["offers"] if o["outcome"] == "answered")
        leg = next(g for g in call["legs"] if g["id"] == answered["agent_channel"])
        assert leg["agent"] == "agent1"
    finally:
        await site.close()


async def test_the_own_agent_first_and_a_circle_that_widens(asterisk: Installed, tmp_path: Any) -> None:
    site = Site(
        asterisk,
        tmp_path,
        ready=("agent1", "agent2", "agent3"),
        ring_s=10,
        support="stick_s = 20\n[[queue.widen]]\nafter_s = 3\nring = 2",
        people={"agent3": 'queues = ["support"]\nrings = { support = 2 }'},
    )
    await site.start()
    try:
        for number in (1, 2, 3):
            await site.phone(number, site.agent(number).answer(ring=0.2).wait(5).hang_up(), calls=9)
        known = site.caller(caller_id="13800000001").call().wait_bye()
        await finished(await site.call(known))
        (one,) = await site.call_records()
        own = one["entries"][0]["agent"]
        assert own in ("agent1", "agent2"), "the second ring waits"

        # The same caller twice at once: the first gets the own agent, who is idle for a shorter time than the other
        # one; the second is kept for that agent, though the other one is free.
        again = await site.call(known)
        await site.events("offer_accepted", 2)
        kept = await site.another_call(known, 2)
        await finished(again, kept)
        made = await site.events("offer_made", 3)
        assert [offer["agent"] for offer in made] == [own] * 3
        assert made[1]["considered"][0]["parts"]["last_agent"] > 0
        (held,) = await site.events("caller_held")
        assert (held["agent"], held["part"]) == (own, "last_agent")

        # Both of the first ring talk: after three seconds the second ring is asked.
        both = [await site.call(site.caller(caller_id="13800000011").call().wait_bye())]
        both.append(await site.another_call(site.caller(caller_id="13800000012").call().wait_bye(), 2))
        await site.events("offer_accepted", 5)
        wide = await site.another_call(site.caller(caller_id="13800000013").call().wait_bye(), 3)
        await finished(*both, wide)
        last = next(c for c in await site.call_records(6) if c["ani"] == "13800000013")
        assert entries(last) == [("support", "answered", "agent3")]
        assert last["entries"][0]["ended"] - last["entries"][0]["queued"] > 3
    finally:
        await site.close()


async def test_who_waits_hears_the_place_in_the_line_and_music_again(asterisk: Installed, tmp_path: Any) -> None:
    site = Site(asterisk, tmp_path, ready=(), support="announce_every_s = 3\nannounce_position = true")
    await site.start()
    try:
        caller = await site.call(site.caller().call().wait(11).hang_up())
        (queued,) = await site.events("call_queued")
        file = listen(site, queued["name"], tmp_path / "heard.wav")
        await asyncio.sleep(9)
        await listened(site, queued["name"], file)
        await finished(caller)
        assert heard(file, site.settings.pbx.sounds_dir / "en" / "position-next.ulaw") > 0.9
        assert loud(file, 0.3)
    finally:
        await site.close()
