"""The page of an agent is loaded again, closed, or taken over in another tab, in the middle of a call."""

import asyncio

import pytest
from playwright.async_api import Browser

from tests.browser_phone.kit import RETURN_S, BrowserSite, open_desk
from tests.live.heard import listen, listened
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.sipp import tone_energy

pytestmark = [pytest.mark.live, pytest.mark.browser]


async def test_loaded_again_in_mid_call_the_customer_is_held_and_the_agent_comes_back(
    site: BrowserSite, browser: Browser, script: str
) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    caller = await site.call(site.caller().call().wait_bye())
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    await desk.load()
    (held,) = await site.events("channel_held")
    await desk.register()
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    assert any(line.startswith("session incoming") and len(line.split()) > 3 for line in await desk.said())
    trunk = site.channel_of("trunk")
    file = listen(site, trunk, site.folder / "customer-hears.wav")
    await asyncio.sleep(2)
    await listened(site, trunk, file)
    _, power, share = tone_energy(file, AGENT_HZ)
    assert power > 1000 and share > 0.9
    await desk.do("current.terminate()")
    assert await caller.wait() == 0, caller.errors()
    (record,) = await site.call_records()
    agents = [leg for leg in record["legs"] if leg["role"] == "agent"]
    assert [leg.get("continues", "") for leg in agents] == ["", agents[0]["id"]]
    assert not record["transfers"] and len(record["entries"]) == 1
    (row,) = site.rows("SELECT * FROM leg WHERE role = 'agent'")
    assert row["talk_s"] > 2 and row["hold_s"] > 0.2, row
    assert held["channel"] == agents[0]["id"]
    (entry,) = site.rows("SELECT outcome, talk_ms, hold_ms FROM queue_entry")
    assert entry["outcome"] == "answered" and entry["talk_ms"] == round(row["talk_s"] * 1000)
    (handled,) = site.rows("SELECT handled FROM agent_half_hour WHERE agent = 'agent1' AND handled > 0")
    assert handled["handled"] == 1


async def test_loaded_again_while_it_rings_it_rings_again(site: BrowserSite, browser: Browser, script: str) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    await desk.do("answers = false")
    caller = await site.call(site.caller().call().wait_bye())
    assert await desk.do("saw('session incoming')")
    await desk.load()
    await desk.register()
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    await desk.do("current.terminate()")
    assert await caller.wait() == 0, caller.errors()
    (record,) = await site.call_records()
    (offer,) = record["offers"]
    assert offer["outcome"] == "answered"


async def test_a_page_that_does_not_come_back_gives_its_customer_to_another_agent(
    site: BrowserSite, browser: Browser, script: str
) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    caller = await site.call(site.caller().call().wait_bye())
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    other = await open_desk(browser, site, "agent2", script)
    await other.register()
    await desk.page.close()
    assert await other.do(f"hears({CALLER_HZ}, {round(RETURN_S * 1000) + 8000})"), await other.said()
    await other.do("current.terminate()")
    assert await caller.wait() == 0, caller.errors()
    (record,) = await site.call_records()
    first, second = record["entries"]
    assert (first["agent"], second["agent"]) == ("agent1", "agent2")
    assert second["queued"] - second["kept_s"] == pytest.approx(first["queued"], abs=0.1), "the place of before"
    (held,) = await site.events("channel_held")
    assert second["queued"] - held["at"] == pytest.approx(RETURN_S, abs=3)


async def test_another_tab_has_to_take_the_phone_and_takes_the_call_with_it(
    site: BrowserSite, browser: Browser, script: str
) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    caller = await site.call(site.caller().call().wait_bye())
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    second = await desk.another_tab()
    assert await second.do("start()") == 409
    assert len(site.contacts()) == 1
    await second.register(take=True)
    assert await second.do(f"hears({CALLER_HZ})"), await second.said()
    assert (await desk.do("codes"))[0] == 4409
    await second.do("current.terminate()")
    assert await caller.wait() == 0, caller.errors()
