"""The agent's desk as it is delivered: its own page in real browsers, on a real Asterisk, with a real caller."""

import pytest
from playwright.async_api import Browser

from tests.browser_phone.desk_page import a_browser_of
from tests.browser_phone.kit import BrowserSite
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.test_buttons import heard

pytestmark = [pytest.mark.live, pytest.mark.browser]
TALK = {"PJSIP/trunk": {AGENT_HZ}}
SILENT: dict[str, set[float]] = {"PJSIP/trunk": set()}


async def test_a_call_rings_is_answered_held_and_ended(site: BrowserSite, browser: Browser) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        caller = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        shown = min((await desk.popped()).values())
        assert caller.invite_sent is not None
        print(f"shown {shown - caller.invite_sent:.3f} s after the caller's INVITE")
        await desk.press("answer")
        await desk.sees("talking")
        await desk.hears(CALLER_HZ)
        assert await heard(site, *TALK) == TALK
        await desk.press("hold")
        await desk.sees("on_hold")
        assert await heard(site, *TALK) == SILENT
        await desk.press("resume")
        await desk.sees("talking")
        await desk.hears(CALLER_HZ)
        assert await heard(site, *TALK) == TALK
        await desk.press("hang_up")
        assert await caller.wait() == 0, caller.errors()
