"""The agent's desk as it is delivered: its own page in real browsers, on a real Asterisk, with a real caller."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.chromium import chromium
from tests.browser_phone.desk_page import SECOND_HZ, DeskPage, a_browser_of
from tests.browser_phone.kit import PASSWORD, BrowserSite, chromium_with_tone
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


async def test_loaded_again_while_it_rings_and_while_it_talks_all_by_keyboard(
    site: BrowserSite, browser: Browser
) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        caller = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        await desk.open()
        await desk.sees("ringing")
        await desk.page.keyboard.press("Alt+a")
        await desk.hears(CALLER_HZ)
        await desk.sees("talking")
        await desk.page.keyboard.press("Alt+n")
        await desk.page.keyboard.type("wants two crates of pears")
        await desk.page.reload()
        await desk.hears(CALLER_HZ)
        await desk.sees("talking")
        assert await heard(site, *TALK) == TALK
        await expect(desk.page.locator("#note")).to_have_value("wants two crates of pears")
        await expect(desk.page.locator(".quality")).to_contain_text("MOS 4")
        await desk.page.keyboard.press("Alt+h")
        await desk.sees("on_hold")
        assert await heard(site, *TALK) == SILENT
        await desk.page.keyboard.press("Alt+h")
        await desk.sees("talking")
        await desk.hears(CALLER_HZ)
        await desk.page.keyboard.press("?")
        await expect(desk.page.locator("dialog dl.keys")).to_be_visible()
        await desk.page.keyboard.press("Escape")
        await desk.page.keyboard.press("Alt+e")
        await desk.no_call()
        assert await caller.wait() == 0, caller.errors()
    (call,) = await site.call_records()
    (offer,) = call["offers"]
    assert offer["outcome"] == "answered"


async def test_two_tabs_and_a_second_browser(site: BrowserSite, browser: Browser) -> None:
    async with a_browser_of(browser, site, "agent1") as first:
        await first.phone_is("registered")
        second = await first.another_tab()
        await second.phone_is("registered")
        caller = await site.call(site.caller().call().wait_bye())
        await second.sees("ringing")
        await second.press("answer")
        await second.sees("talking")
        await first.hears(CALLER_HZ)
        assert await second.page.evaluate("() => window.ears.tones([440])") == []
        await second.press("mute")
        await expect(second.page.locator('[data-act="mute"]')).to_have_attribute("aria-pressed", "true")
        await expect(first.page.locator('[data-act="mute"]')).to_have_attribute("aria-pressed", "true")
        assert await heard(site, *TALK) == SILENT
        await second.press("mute")
        await expect(first.page.locator('[data-act="mute"]')).to_have_attribute("aria-pressed", "false")
        assert await heard(site, *TALK) == TALK
        await first.page.close()
        await second.hears(CALLER_HZ)
        await second.phone_is("registered")
        await second.sees("talking")
        assert await heard(site, *TALK) == TALK
        async with a_browser_of(browser, site, "agent1") as elsewhere:
            await elsewhere.phone_is("elsewhere")
            await second.phone_is("registered")
            await elsewhere.page.locator("#phone-status button").click()
            await elsewhere.hears(CALLER_HZ)
            await elsewhere.phone_is("registered")
            await second.phone_is("elsewhere")
            assert await heard(site, *TALK) == TALK
            await elsewhere.sees("talking")
            await elsewhere.press("hang_up")
            assert await caller.wait() == 0, caller.errors()


async def test_a_killed_server_in_mid_call(site: BrowserSite, browser: Browser) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        caller = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        await desk.press("answer")
        await desk.sees("talking")
        await desk.hears(CALLER_HZ)
        await site.kill_server()
        await expect(desk.page.locator("#link")).to_have_attribute("data-link", "lost")
        await desk.phone_is("lost")
        await desk.page.fill("#note", "typed without a server")
        await desk.hears(CALLER_HZ)
        assert await heard(site, *TALK) == TALK
        await site.serve()
        await expect(desk.page.locator("#link")).to_have_attribute("data-link", "connected")
        await desk.phone_is("registered")
        await desk.sees("talking")
        await expect(desk.page.locator("#saved")).to_have_attribute("data-saved", "saved")
        assert await heard(site, *TALK) == TALK
        await desk.press("hold")
        await desk.sees("on_hold")
        await desk.press("resume")
        await desk.sees("talking")
        await desk.hears(CALLER_HZ)
        await desk.press("hang_up")
        assert await caller.wait() == 0, caller.errors()
    (record,) = await site.call_records()
    assert len([leg for leg in record["legs"] if leg["role"] == "agent"]) == 1
    (note,) = site.rows("SELECT note FROM call_note")
    assert note["note"] == "typed without a server"


async def test_a_call_of_ones_own_and_keys(site: BrowserSite, browser: Browser) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        outside = await site.carrier(site.caller_phone().answer(ring=0.3).wait_bye())
        await desk.page.keyboard.press("Alt+c")
        await desk.page.fill("#directory", "137 0013 7000")
        await desk.page.locator('li[data-number] [data-act="dial"]').click()
        await desk.hears(CALLER_HZ)
        await desk.sees("talking")
        await expect(desk.page.locator(".call-card")).to_contain_text("13700137000")
        assert await heard(site, *TALK) == TALK
        await desk.press("keypad")
        for key in "5", "#":
            await desk.page.click(f'[data-key="{key}"]')
        await desk.page.keyboard.press("Escape")
        channel = site.channel_of("web-agent1")
        for key in "5", "#":
            await site.ami.wait_for("DTMFEnd", Channel=channel, Direction="Received", Digit=key)
        await desk.press("hang_up")
        assert await outside.wait() == 0, outside.errors()
        assert await desk.page.locator(".pop, .popped").count() == 0


async def test_declined_it_rings_at_the_next_desk_and_names_are_text(site: BrowserSite, browser: Browser) -> None:
    names = ["<script>window.hacked = 1</script><img src=x onerror=window.hacked=1>", "שלום \u202eevil", "N" * 300]
    async with a_browser_of(browser, site, "agent1") as one, a_browser_of(browser, site, "agent2") as two:
        await one.phone_is("registered")
        await two.phone_is("registered")
        for turn, name in enumerate(names):
            caller = await site.call(site.caller(display=name).call().wait_bye())
            first, other = (one, two) if await rings_at(one, two) is one else (two, one)
            title = first.card("ringing").locator(".caller bdi")
            shown = await title.inner_text()
            assert shown == name[: len(shown)] and len(shown) > min(len(name), 60) - 1, shown
            assert await first.page.evaluate("() => window.hacked") is None
            assert await first.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
            if not turn:
                await first.press("decline")
                await other.sees("ringing")
                await first.no_call()
                first = other
            await first.press("answer")
            await first.hears(CALLER_HZ)
            await first.press("hang_up")
            assert await caller.wait() == 0, caller.errors()
            await first.no_call()
    calls = await site.call_records(3)
    assert [offer["outcome"] for offer in calls[0]["offers"]] == ["declined", "answered"]


async def rings_at(*desks: DeskPage) -> DeskPage:
    """The first of these desks at which it rings."""
    waiting = {asyncio.ensure_future(desk.sees("ringing")): desk for desk in desks}
    done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    return waiting[done.pop()]


@pytest.mark.parametrize("site", [{"wrapup_s": 60, "support": 'wrapup_code = "required"'}], indirect=True)
async def test_wrapped_up_with_notes_and_a_code(site: BrowserSite, browser: Browser) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        caller = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        await desk.press("answer")
        await desk.sees("talking")
        await desk.page.keyboard.press("Alt+n")
        await desk.page.keyboard.type("promised a call ")
        await desk.press("hang_up")
        assert await caller.wait() == 0, caller.errors()
        status, end = desk.page.locator("#status"), desk.page.locator('[data-do="end_wrap_up"]')
        await expect(status).to_have_attribute("data-word", "wrap_up")
        await expect(desk.page.locator("#note")).to_have_value("promised a call ")
        await desk.page.keyboard.press("Alt+n")
        await desk.page.keyboard.press("End")
        await desk.page.keyboard.type("back")
        await end.click()
        await expect(desk.page.locator("#failed")).not_to_be_empty()
        await expect(status).to_have_attribute("data-word", "wrap_up")
        await desk.page.reload()
        await expect(desk.page.locator("#note")).to_have_value("promised a call back")
        await desk.page.click('[data-code="solved"]')
        await expect(desk.page.locator("#saved")).to_have_attribute("data-saved", "saved")
        await end.click()
        await expect(status).to_have_attribute("data-word", "available")
    (kept,) = site.rows("SELECT agent, code, note FROM call_note")
    assert kept == {"agent": "agent1", "code": "solved", "note": "promised a call back"}


async def test_what_one_speaks_into_and_hears_with(site: BrowserSite, browser: Browser) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        await desk.page.click("#sound-settings")
        for use in "microphone", "speaker", "ringer":
            found = desk.page.locator(f'[data-picker="{use}"] option')
            assert await found.count() > 1, use
        await desk.page.locator('[data-picker="ringer"] button').click()
        await desk.plays(523)
        await desk.page.locator('[data-picker="microphone"] select').select_option(index=1)
        await desk.page.keyboard.press("Escape")
        caller = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        await desk.plays(440, 480)
        await desk.press("answer")
        await desk.hears(CALLER_HZ)
        assert await heard(site, *TALK) == TALK
        await asyncio.to_thread(site.pbx.stop)
        await desk.phone_is("lost")
        await asyncio.to_thread(site.pbx.start)
        await desk.phone_is("registered")
        await caller.stop()


async def test_the_pbx_starts_again_in_mid_call_and_the_next_call_can_be_taken(
    site: BrowserSite, browser: Browser
) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        lost = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        await desk.press("answer")
        await desk.hears(CALLER_HZ)
        os.kill(site.pbx.pid() or 0, signal.SIGKILL)
        await desk.phone_is("lost")
        await lost.stop()
        await asyncio.to_thread(site.pbx.start)
        await desk.phone_is("registered")
        await desk.no_call()
        await site.until_ready()
        caller = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        await desk.press("answer")
        await desk.hears(CALLER_HZ)
        assert await heard(site, *TALK) == TALK
        await desk.press("hang_up")
        assert await caller.wait() == 0, caller.errors()


async def test_a_network_that_is_away_for_a_while(site: BrowserSite, browser: Browser) -> None:
    async with a_browser_of(browser, site, "agent1") as desk:
        await desk.phone_is("registered")
        caller = await site.call(site.caller().call().wait_bye())
        await desk.sees("ringing")
        await desk.press("answer")
        await desk.hears(CALLER_HZ)
        await desk.page.evaluate("() => window.ears.network(false)")
        await desk.phone_is("lost")
        assert await site.events("channel_held")
        await desk.page.evaluate("() => window.ears.network(true)")
        await desk.phone_is("registered")
        await desk.hears(CALLER_HZ)
        await desk.sees("talking")
        assert await heard(site, *TALK) == TALK
        await desk.press("hang_up")
        assert await caller.wait() == 0, caller.errors()
        await desk.no_call()


async def test_a_page_that_nobody_has_touched_says_that_it_cannot_ring(site: BrowserSite) -> None:
    async with chromium() as strict:
        page = await strict.new_page(base_url=site.address)
        await page.goto("/login")
        token = await page.locator("[name=csrf]").first.get_attribute("value")
        fields = {"login": "desk-agent1", "password": PASSWORD, "csrf": token}
        await page.evaluate("body => fetch('/login', {method: 'POST', body: new URLSearchParams(body)})", fields)
        await page.goto("/desk")
        await expect(page.locator("#hint")).to_contain_text("click")
        await page.click("h2")
        await expect(page.locator("#hint")).to_have_count(0)
