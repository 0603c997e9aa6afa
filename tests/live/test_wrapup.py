"""Notes on a real Asterisk and a server of its own: from the pop to the end of the wrap-up nothing is lost."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from cti_server.pbx.provision import Installed
from tests.live.at_desk import PASSWORD, at_desk
from tests.live.site import Site
from tests.web.kit import Visitor
from tests.wrapup.kit import Json

pytestmark = pytest.mark.live
REQUIRED = 'wrapup_code = "required"'


async def first(site: Site, query: str) -> dict[str, Any]:
    """Once it is written."""
    for _ in range(150):
        if rows := site.rows(query):
            return dict(rows[0])
        await asyncio.sleep(0.1)
    raise AssertionError(query)


async def test_from_the_pop_to_the_end_of_the_wrap_up(asterisk: Installed, tmp_path: Path) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1",), wrapup_s=60, support=REQUIRED)
    await site.start()
    try:
        jar = aiohttp.CookieJar(unsafe=True)
        address = f"http://127.0.0.1:{site.web}"
        async with at_desk(site, "agent1") as (desk,), aiohttp.ClientSession(address, cookie_jar=jar) as session:
            visitor = Visitor(session)
            assert (await visitor.sign_in("desk-agent1", PASSWORD))[0] == 303
            anna = Json(visitor)
            await site.phone(1, site.agent(1).answer(ring=1).wait(2).hang_up())
            caller = await site.call(site.caller(caller_id="13800000001").call().wait_bye())

            card = await desk.phase("ringing")
            call, leg = card["call"], card["leg"]
            status, context = await anna.get(f"/desk/context/{call}")
            assert (status, context["found"], context["number"], context["late"]) == (200, "none", "13800000001", [])
            assert (await anna.send("POST", "/desk/popped", {"leg": leg, "what": "rendered"}))[0] == 200
            assert (await anna.save(call, version=0, note="while it rings"))[1]["version"] == 1

            await desk.phase("talking")
            assert (await anna.save(call, version=1, note="while we talk"))[1]["version"] == 2
            tomorrow = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)
            wanted = {"call": call, "at": tomorrow.strftime("%Y-%m-%dT%H:%M"), "note": "at home then", "mine": True}
            status, promised = await anna.send("POST", "/desk/callback", wanted)
            assert (status, promised["number"], promised["merged"]) == (200, "13800000001", False)

            # At once, before the journal can have the end of the call.
            await desk.empty()
            status, saved = await anna.save(call, version=2, note="after it")
            assert (status, saved["version"]) == (200, 3), saved
            assert await caller.wait() == 0, caller.errors()
            assert desk.desk["status"] == "wrap_up"
            ending = {"csrf": await visitor.form_token("/nothing"), "do": "end_wrap_up"}
            status, said = await visitor.post("/desk/intent", ending)
            assert status == 409 and "choose a code" in said
            assert (await anna.save(call, version=3, code="solved"))[0] == 200
            assert (await visitor.post("/desk/intent", ending))[0] == 303
            (ended,), (began,) = await site.events("wrap_up_ended"), await site.events("wrap_up_started")
            assert ended["at"] < began["until"] - 10, "not by time"

        note = await first(site, "SELECT * FROM call_note")
        assert (note["call"], note["leg"], note["note"], note["code"]) == (call, leg, "after it", "solved")
        pop = await first(site, "SELECT * FROM pop_delivery WHERE ended IS NOT NULL")
        assert (pop["leg"], pop["tries"], pop["made"] <= pop["sent"] <= pop["rendered"] < pop["ended"]) == (
            leg,
            1,
            True,
        )
        kept = await first(site, "SELECT * FROM callback")
        assert (kept["wanted"], kept["state"], kept["call"]) == ("agent1", "waiting", call)
    finally:
        await site.close()
