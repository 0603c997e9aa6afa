"""Callers whom nobody took in Asterisk's own queue come back to the hold with the server: in order, wait and all."""

import asyncio
from pathlib import Path

import pytest

from cti_server.pbx.provision import Installed
from tests.live.site import Site

pytestmark = pytest.mark.live


async def test_they_come_back_in_order_with_their_waiting_time(asterisk: Installed, tmp_path: Path) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1",))
    await site.start()
    try:
        # The agent's phone is busy for a while: both callers wait, here and then in the fallback queue.
        busy = await site.phone(1, site.agent(1).refuse("486 Busy Here"), calls=50)
        first = await site.call(site.caller(caller_id="13800000001").call().wait_bye())
        await site.events("call_queued", 1)
        second = await site.another_call(site.caller(caller_id="13800000002").call().wait_bye(), 2)
        await asyncio.sleep(1)
        await site.kill_server()
        await asyncio.sleep(6)
        shown = await asyncio.to_thread(site.pbx.console, "core show channels concise")
        assert shown.count("!cti-fallback!") >= 2, shown

        await site.serve()
        (gap,) = [e["at"] for e in await site.events("pbx_resynced", 2)][1:]
        # One of them may ring at the fallback queue's member just then, and comes a moment later than the other.
        waiting = {call["id"] for call in await site.live_calls()}
        for _ in range(200):
            back = {e["channel"] for e in await site.events("call_queued") if e["at"] > gap and not e["why"]}
            if back == waiting:
                break
            await asyncio.sleep(0.1)
        assert len(waiting) == 2
        assert back == waiting
        await busy.stop()
        phone = await site.phone(1, site.agent(1).answer(ring=0.2).wait(2).hang_up(), calls=10)
        assert await first.wait() == 0, first.errors()
        assert await second.wait() == 0, second.errors()
        calls = {call["ani"]: call for call in await site.call_records(2)}
        answers = phone.times(sent=True, line="SIP/2.0 200", method="INVITE")
        assert len(answers) == 2
        for number, (ani, caller) in enumerate((("13800000001", first), ("13800000002", second))):
            (entry,) = calls[ani]["entries"]
            assert (entry["outcome"], entry["agent"], entry["queue"]) == ("answered", "agent1", "support")
            assert entry["queued"] == pytest.approx(caller.answered, abs=0.5), "the wait goes on over the gap"
            assert entry["ended"] == pytest.approx(answers[number], abs=0.5)
        (outage,) = site.rows("SELECT * FROM outage")
        assert outage["until"] - outage["since"] > 6
    finally:
        await site.close()
