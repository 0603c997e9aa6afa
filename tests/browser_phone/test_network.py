"""The agent's computer goes from one network to another in the middle of a call."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from cti_server.pbx.provision import Installed
from tests.browser_phone.desk_page import a_browser_of
from tests.browser_phone.kit import BrowserSite, chromium_with_tone
from tests.browser_phone.namespace import ADDRESS, Away, beside, own_network
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.test_buttons import heard

pytestmark = [pytest.mark.live, pytest.mark.browser]
TALK = {"PJSIP/trunk": {AGENT_HZ}}


@pytest.fixture
async def site(asterisk: Installed, tmp_path: Path) -> AsyncIterator[BrowserSite]:
    with own_network() as address:
        made = BrowserSite(asterisk, tmp_path, address, agents=1, host=ADDRESS)
        try:
            await made.start()
            await made.add_people()
            yield made
        finally:
            await made.close()


@pytest.fixture
def away(site: BrowserSite) -> Iterator[Away]:
    with beside() as away:
        yield away


@pytest.fixture
async def browser(site: BrowserSite, away: Away, tmp_path: Path) -> AsyncIterator[Browser]:
    # A microphone is for pages that came encrypted, or from the own machine.
    trusted = f"--unsafely-treat-insecure-origin-as-secure={site.address}"
    with away.inside():
        there = chromium_with_tone(tmp_path, AGENT_HZ, trusted)
        found = await there.__aenter__()
    try:
        yield found
    finally:
        await there.__aexit__(None, None, None)


async def test_a_call_goes_on_from_another_address(site: BrowserSite, away: Away, browser: Browser) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        caller = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        await desk.press("answer")
        await desk.sees("talking")
        await desk.hears(CALLER_HZ)
        assert await heard(site, *TALK) == TALK
        away.move("10.99.7.3")
        await asyncio.sleep(4)
        await desk.hears(CALLER_HZ, within_ms=20_000)
        await desk.phone_is("registered")
        await desk.sees("talking")
        assert await heard(site, *TALK) == TALK
        await desk.press("hang_up")
        assert await caller.wait() == 0, caller.errors()
