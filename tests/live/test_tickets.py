"""Tickets and real calls: who owns the caller's open ticket rings, and who gave up becomes a callback task, once."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti_server.db import open_engine
from cti_server.pbx.provision import Installed
from cti_server.staff.queries import add_user
from tests.live.site import Site
from tests.live.test_customers import api

pytestmark = pytest.mark.live


async def tasks(session: aiohttp.ClientSession, status: str, count: int) -> list[dict[str, Any]]:
    """The callback tasks, once there are so many of this status."""
    found: list[dict[str, Any]] = []
    for _ in range(100):
        async with session.get(f"tickets?kind=callback&status={status}") as answer:
            found = (await answer.json())["items"]
        if len(found) == count:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"{found} instead of {count}")


async def test_the_owner_of_the_ticket_rings_and_who_gave_up_is_called_back(
    asterisk: Installed, tmp_path: Path
) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1", "agent2"), ring_s=10)
    await site.start()
    try:
        async with api(site) as session:
            engine = open_engine(site.settings.database.url)
            await add_user(engine, "anna", "correct horse 1", "agent", agent="agent2")
            await engine.dispose()
            new = {"name": "王小明", "phones": [{"number": "+86 138-0000-0001"}]}
            async with session.post("customers", json=new) as answer:
                known = await answer.json()
            wanted = {"kind": "complaint", "subject": "冰箱", "customer": known["id"], "owner": "anna"}
            async with session.post("tickets", json=wanted) as answer:
                ticket = await answer.json()
                assert answer.status == 200, ticket

            # Nobody answers: agent2 is rung, for it is anna's ticket, and the caller gives up.
            await site.phone(2, site.agent(2).ring_only())
            waiting = await site.call(site.caller(caller_id="13800000001").call().wait(6).hang_up())
            assert await waiting.wait() == 0, waiting.errors()
            (call,) = await site.call_records()
            assert call["data"] == {"customer": str(known["id"]), "ticket_owner": "agent2"}
            (offer,) = await site.events("offer_made")
            assert offer["agent"] == "agent2" and offer["considered"][0]["parts"]["ticket_owner"] > 0
            (task,) = await tasks(session, "open", 1)
            assert (task["customer"], task["phone"], task["status"]) == (known["id"], "+8613800000001", "new")
            async with session.get(f"tickets/{task['id']}") as answer:
                assert (await answer.json())["calls"] == [call["id"]]

            # After a restart it is still one task; talking with the customer closes it.
            await site.end_server()
            await site.serve()
            await site.until_ready()
            (again,) = await tasks(session, "open", 1)
            assert again["id"] == task["id"]
            await site.phone(1, site.agent(1).answer(ring=0.3).wait(2).hang_up())
            await site.phone(2, site.agent(2).answer(ring=0.3).wait(2).hang_up())
            caller = await site.another_call(site.caller(caller_id="13800000001").call().wait_bye(), 2)
            assert await caller.wait() == 0, caller.errors()
            (done,) = await tasks(session, "done", 1)
            assert (done["id"], done["status"]) == (task["id"], "closed")
    finally:
        await site.close()
