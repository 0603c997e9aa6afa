"""A page registers through /sip on a real Asterisk, rings, and both sides hear what the other one says."""

import pytest
from playwright.async_api import Browser

from tests.browser_phone.kit import BrowserSite, open_desk
from tests.live.heard import listen, listened
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.sipp import tone_energy

pytestmark = [pytest.mark.live, pytest.mark.browser]


async def test_a_page_registers_and_both_sides_hear_each_other(
    site: BrowserSite, browser: Browser, script: str
) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    caller = await site.call(site.caller().call().wait_bye())
    assert await desk.do("saw('call confirmed')"), await desk.said()
    assert await desk.do(f"hears({CALLER_HZ})"), (await desk.do("heard()"), await desk.said())
    (record,) = [call for call in await site.live_calls()]
    trunk = site.channel_of("trunk")
    file = listen(site, trunk, site.folder / "customer-hears.wav")
    assert not await desk.do("saw('call ended', 2000)")
    await listened(site, trunk, file)
    seconds, power, share = tone_energy(file, AGENT_HZ)
    assert seconds > 1.5 and power > 1000 and share > 0.9
    await desk.do("current.terminate()")
    assert await caller.wait() == 0, caller.errors()
    assert record["direction"] == "inbound"
