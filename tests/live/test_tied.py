"""A real call by a known number: its ticket and its order on the customer's timeline, and what the next agent sees."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti_server.db import open_engine
from cti_server.pbx.provision import Installed
from cti_server.staff.queries import add_user
from tests.live.lab import HOST
from tests.live.site import Site
from tests.live.test_customers import api
from tests.live.test_pop import PASSWORD, Desk
from tests.web.kit import Visitor

pytestmark = pytest.mark.live


async def pop_of(desk: Desk) -> dict[str, Any]:
    for _ in range(150):
        if found := [message["pop"] for message in desk.messages if message["type"] == "pop"]:
            return dict(found[-1])
        await asyncio.sleep(0.1)
    raise AssertionError("no pop")


async def press(visitor: Visitor, path: str, **fields: str) -> tuple[int, str]:
    return await visitor.post(path, {"csrf": await visitor.form_token("/tickets"), **fields})


async def test_a_call_its_ticket_and_its_order_know_each_other_and_a_transfer_takes_all_along(
    asterisk: Installed, tmp_path: Path
) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1",))
    await site.start()
    try:
        async with AsyncExitStack() as later:
            admin = await later.enter_async_context(api(site))
            engine = open_engine(site.settings.database.url)
            for agent in ("agent1", "agent2"):
                await add_user(engine, f"desk-{agent}", PASSWORD, "agent", agent=agent)
            await engine.dispose()
            new = {"name": "王小明", "account": "900100", "phones": [{"number": "+86 138-0000-0001"}]}
            async with admin.post("customers", json=new | {"notes": "Has a dog"}) as answer:
                known = await answer.json()
                assert answer.status == 200, known
            async with admin.post("products", json={"sku": "TEA", "name_en": "Tea", "amount": 8850}) as answer:
                assert answer.status == 200, await answer.text()

            people, desks = [], [Desk(), Desk()]
            for number, desk in enumerate(desks, 1):
                jar = aiohttp.CookieJar(unsafe=True)
                session = await later.enter_async_context(
                    aiohttp.ClientSession(f"http://{HOST}:{site.web}", cookie_jar=jar)
                )
                people.append(Visitor(session))
                assert (await people[-1].sign_in(f"desk-agent{number}", PASSWORD))[0] == 303
                socket = await later.enter_async_context(session.ws_connect("/desk/socket"))
                listening = asyncio.ensure_future(desk.listen(socket))
                later.callback(listening.cancel)
            anna, ben = people

            # The caller types the account number; the first agent makes a ticket and an order out of the call.
            await site.phone(1, site.agent(1).answer(ring=0.2).wait(4).refer("1002"))
            await site.phone(2, site.agent(2).answer(ring=0.5).wait(4).hang_up())
            keys = site.caller("95501", "13800000001").call().wait(1).digit("2").wait(0.7).digit("3").wait(0.7)
            caller = await site.call(keys.digit("900100#", 0.2).wait_bye())
            pop = await pop_of(desks[0])
            call = pop["call"]
            status, form = await anna.get(f"/tickets/new?call={call}")
            assert status == 200 and "900100" in form and "13800000001" in form
            fields = {"call": call, "kind": "fault", "subject": "茶叶罐坏了", "customer": str(known["id"])}
            status, ticket = await press(anna, "/tickets/new", **fields)
            assert (status, ticket) == (303, "/tickets/1"), ticket
            status, form = await anna.get(f"/sales/orders/new?call={call}")
            assert status == 200 and f'name="customer" value="{known["id"]}"' in form
            assert f'name="call" value="{call}"' in form
            status, order = await press(anna, "/sales/orders/new", call=call, customer=str(known["id"]), sku1="TEA")
            assert (status, order) == (303, "/sales/orders/1"), order

            # The second agent, to whom the call is transferred, sees the same.
            second = await pop_of(desks[1])
            assert second["call"] == call and second["path"] == pop["path"]
            typed = [words for words in second["inputs"] if "900100" in str(words)]
            assert typed and all(words in second["inputs"] for words in pop["inputs"])
            panels = [await ben.get(f"/customers/panel?call={call}"), await anna.get(f"/customers/panel?call={call}")]
            for status, panel in panels:
                assert status == 200 and "王小明" in panel and "Has a dog" in panel
            assert ticket in (await ben.get(f"/tickets/of-call?call={call}"))[1]
            for _ in range(50):
                if order in (sold := (await ben.get(f"/sales/of-call?call={call}"))[1]):
                    break
                await asyncio.sleep(0.1)
            assert order in sold, "whoever serves the call sees what came of it"
            assert (await ben.get(order))[0] == 200
            assert "茶叶罐坏了" in (await ben.get(f"/tickets/panel?customer={known['id']}"))[1]
            assert await caller.wait() == 0, caller.errors()

            # Afterwards all three know each other, and the customer's timeline has them.
            (record,) = await site.call_records()
            assert (record["id"], record["data"]["customer"]) == (call, str(known["id"]))
            assert record["data"]["ticket"].startswith("T-") and record["data"]["account"] == "900100"
            (transfer,) = record["transfers"]
            assert (transfer["by"], transfer["to"]) == ("PJSIP/agent1", "PJSIP/agent2")
            async with admin.get("tickets/1") as answer:
                whole = await answer.json()
            assert (whole["calls"], whole["ticket"]["customer"]) == ([call], known["id"])
            async with admin.get("orders/1") as answer:
                made = await answer.json()
            assert (made["call"], made["customer"], made["campaign"]) == (call, known["id"], record["campaign"])
            for _ in range(100):
                async with admin.get(f"customers/{known['id']}/timeline") as answer:
                    lines = {(line["kind"], line["ref"]) for line in (await answer.json())["items"]}
                if ("call", call) in lines:
                    break
                await asyncio.sleep(0.1)
            assert {("call", call), ("ticket", "1"), ("order", "1")} <= lines
    finally:
        await site.close()
