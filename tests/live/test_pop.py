"""A real call pops at the desk of the agent whose phone rings, before the answer, and at nobody else's."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti_server.db import open_engine
from cti_server.pbx.provision import Installed
from cti_server.staff.queries import add_token, add_user
from tests.live.site import Site
from tests.web.kit import Visitor

pytestmark = pytest.mark.live
PASSWORD = "a good long pass phrase"


async def test_the_pop_comes_while_it_rings_and_only_there(asterisk: Installed, tmp_path: Path) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1",))
    await site.start()
    try:
        engine = open_engine(f"sqlite+aiosqlite:///{site.database}")
        for agent in ("agent1", "agent2"):
            await add_user(engine, f"desk-{agent}", PASSWORD, "agent", agent=agent)
        token = await add_token(engine, "admin")
        await engine.dispose()
        address = f"http://127.0.0.1:{site.web}"
        async with (
            aiohttp.ClientSession(address, cookie_jar=aiohttp.CookieJar(unsafe=True)) as one,
            aiohttp.ClientSession(address, cookie_jar=aiohttp.CookieJar(unsafe=True)) as two,
        ):
            for session, agent in ((one, "agent1"), (two, "agent2")):
                status, _ = await Visitor(session).sign_in(f"desk-{agent}", PASSWORD)
                assert status == 303
            mine, other = Desk(), Desk()
            async with one.ws_connect("/desk/socket") as first, two.ws_connect("/desk/socket") as second:
                listening = [asyncio.ensure_future(mine.listen(first)), asyncio.ensure_future(other.listen(second))]
                phone = await site.phone(1, site.agent(1).answer(ring=2).wait(1).hang_up())
                caller = await site.call(site.caller("95500", "13912345678", display="王小明").call().wait_bye())
                assert await caller.wait() == 0, caller.errors()
                await site.call_records()
                for task in listening:
                    task.cancel()
                await asyncio.gather(*listening, return_exceptions=True)

            (pop,) = [m["pop"] for m in mine.messages if m["type"] == "pop"]
            assert (pop["number"], pop["name"], pop["dnis"]) == ("13912345678", "王小明", "95500")
            assert (pop["queue"], pop["campaign"], pop["phase"]) == ("support", "spring", "ringing")
            assert phone.invite_received is not None
            assert phone.answered is not None
            assert phone.invite_received - 0.5 < pop["since"] < phone.answered - 1
            assert not [m for m in other.messages if m["type"] == "pop"]
            phases = [m["desk"]["status"] for m in mine.messages if m["type"] == "desk"]
            assert phases.index("ringing") < phases.index("talking") < len(phases) - 1 - phases[::-1].index("available")

            headers = {"Authorization": f"Bearer {token}"}
            async with one.get("/api/v1/calls", headers=headers) as response:
                listed = await response.json()
            assert [c["ani"] for c in listed["items"]] == ["13912345678"]
            async with one.get("/api/v1/calls", headers={"Authorization": "Bearer wrong"}) as response:
                assert response.status == 401
    finally:
        await site.close()


class Desk:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            self.messages.append(json.loads(message.data))
