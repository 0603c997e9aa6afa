"""The agent's desk as it is delivered: its own page in real browsers, on a real Asterisk, with a real caller."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser_phone.desk_page import SECOND_HZ, a_browser_of
from tests.browser_phone.kit import BrowserSite, chromium_with_tone
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


async def test_ask_come_back_hand_over_meet_and_send_on(site: BrowserSite, browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    async with (
        chromium_with_tone(tmp_path / "second", SECOND_HZ) as other_browser,
        a_browser_of(browser, site, "agent1") as one,
    ):
        await one.phone_is("registered")
        caller = await site.call(site.caller().call().wait_bye())
        await one.sees("ringing")
        await one.press("answer")
        await one.sees("talking")
        async with a_browser_of(other_browser, site, "agent2") as two:
            await two.phone_is("registered")
            await one.asks("agent2", "consult", "person", "agent2")
            await two.sees("ringing")
            await expect(two.page.locator(".desk-middle")).to_contain_text("agent1")
            assert await heard(site, *TALK) == SILENT
            await two.press("answer")
            await expect(one.page.locator('.consult [data-word="talking"]')).to_be_visible()
            await one.hears(SECOND_HZ)
            await two.hears(AGENT_HZ)
            assert await heard(site, *TALK) == SILENT
            await one.press("cancel")
            await one.sees("talking")
            await one.hears(CALLER_HZ)
            await two.no_call()
            await one.asks("agent2", "consult", "person", "agent2")
            await two.sees("ringing")
            await two.press("answer")
            await one.press("complete")
            await one.no_call()
            await two.sees("talking")
            await two.hears(CALLER_HZ)
            assert await heard(site, *TALK) == {"PJSIP/trunk": {SECOND_HZ}}
            await two.asks("agent1", "blind", "person", "agent1")
            await two.no_call()
            await one.sees("ringing")
            await one.press("answer")
            await one.hears(CALLER_HZ)
            assert await heard(site, *TALK) == TALK
            await one.asks("agent2", "consult", "person", "agent2")
            await two.sees("ringing")
            await two.press("answer")
            await one.press("conference")
            await expect(one.page.locator(".call-card")).to_contain_text("13800138000 · agent2")
            await one.hears(CALLER_HZ, SECOND_HZ)
            await two.hears(CALLER_HZ, AGENT_HZ)
            assert await heard(site, *TALK) == {"PJSIP/trunk": {AGENT_HZ, SECOND_HZ}}
            await two.press("hang_up")
            await two.no_call()
            await one.hears(CALLER_HZ)
            await one.press("hang_up")
            assert await caller.wait() == 0, caller.errors()
    (call,) = await site.call_records()
    assert [t["kind"] for t in call["transfers"]] == ["attended", "blind"]
