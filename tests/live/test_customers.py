"""A known number calls on a real Asterisk: the own agent rings, and the call is on the customer's timeline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti_server.db import open_engine
from cti_server.pbx.provision import Installed
from cti_server.staff.queries import add_token
from tests.live.lab import HOST
from tests.live.site import Site

pytestmark = pytest.mark.live


@asynccontextmanager
async def api(site: Site) -> AsyncIterator[aiohttp.ClientSession]:
    for _ in range(100):
        if site.rows("SELECT login FROM staff_user"):
            break
        await asyncio.sleep(0.1)
    engine = open_engine(site.settings.database.url)
    headers = {"Authorization": f"Bearer {await add_token(engine, 'admin')}"}
    await engine.dispose()
    async with aiohttp.ClientSession(f"http://{HOST}:{site.web}/api/v1/", headers=headers) as session:
        yield session


async def timeline(session: aiohttp.ClientSession, ident: int, least: int) -> list[dict[str, Any]]:
    """The calls on a customer's timeline, once there are so many."""
    for _ in range(100):
        async with session.get(f"customers/{ident}/timeline") as answer:
            found = [line for line in (await answer.json())["items"] if line["kind"] == "call"]
        if len(found) >= least:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"{len(found)} calls instead of {least}")


async def marked(site: Site, number: str) -> None:
    """Wait until the dialplan knows that this number is refused."""
    for _ in range(200):
        if f"CTI_REFUSED_{number}=" in await asyncio.to_thread(site.pbx.console, "dialplan show globals"):
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the number is not marked")


async def test_a_known_number_rings_its_own_agent_and_is_on_the_timeline(asterisk: Installed, tmp_path: Path) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1", "agent2"), ring_s=10)
    await site.start()
    try:
        async with api(site) as session:
            new = {"name": "王小明", "phones": [{"number": "+86 138-0000-0001"}], "owner": "agent2", "tier": 3}
            async with session.post("customers", json=new) as answer:
                known = await answer.json()
                assert answer.status == 200, known
            other = {"name": "Anna", "account": "900100", "phones": [{"number": "010-8888 0000"}]}
            async with session.post("customers", json=other) as answer:
                typed = await answer.json()

            for number in (1, 2):
                await site.phone(number, site.agent(number).answer(ring=0.3).wait(2).hang_up(), calls=9)
            caller = await site.call(site.caller(caller_id="13800000001").call().wait_bye())
            assert await caller.wait() == 0, caller.errors()
            (call,) = await site.call_records()
            assert call["data"] == {"customer": str(known["id"]), "owner": "agent2", "value": "3"}
            (offer,) = await site.events("offer_made")
            assert offer["agent"] == "agent2" and offer["considered"][0]["parts"]["owner"] > 0
            (line,) = await timeline(session, known["id"], 1)
            assert (line["what"], line["ref"], line["data"]["agent"]) == ("answered", call["id"], "agent2")
            assert (line["data"]["number"], line["data"]["queue"]) == ("13800000001", "support")
            assert line["data"]["talk_s"] == pytest.approx(2, abs=1)
            async with session.get("customers/match?number=008613800000001") as answer:
                (match,) = (await answer.json())["items"]
            assert match["id"] == known["id"] and match["last_contact"] == pytest.approx(call["ended"], abs=0.01)

            # A stranger, who is made a customer of while the call lasts: the call is theirs when it has ended.
            stranger = await site.another_call(site.caller(caller_id="13900000002").call().wait_bye(), 2)
            await site.events("offer_accepted", 2)
            async with session.post("customers", json={"name": "B", "phones": [{"number": "13900000002"}]}) as answer:
                made = await answer.json()
            assert await stranger.wait() == 0, stranger.errors()
            (line,) = await timeline(session, made["id"], 1)
            assert line["what"] == "answered"
            assert await timeline(session, typed["id"], 0) == []

            # A blocked customer is refused in the dialplan, also while the server is away; and taken again afterwards.
            async with session.put(f"customers/{known['id']}", json={"version": 1, "blocked": True}) as answer:
                assert answer.status == 200
            await marked(site, "13800000001")
            refused = await site.another_call(site.caller(caller_id="13800000001").call_refused(403), 2)
            assert await refused.wait() == 0, refused.errors()
            call = (await site.call_records(3))[-1]
            assert (call["hangup_cause"], call["answered"], call["offers"]) == (21, None, [])
            lines = await timeline(session, known["id"], 2)
            assert [line["what"] for line in lines] == ["refused", "answered"]
        await site.kill_server()
        alone = await site.another_call(site.caller(caller_id="+8613800000001").call_refused(403), 3)
        assert await alone.wait() == 0, alone.errors()
    finally:
        await site.close()
