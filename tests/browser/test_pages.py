"""The pages in a real browser: they move when events happen, in both languages, light and dark, wide and narrow."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace
from playwright.async_api import Browser, expect

from cti_server import clock
from cti_server.core import events as ev
from tests.browser.chromium import chromium, screen
from tests.desk.test_feed import caller_of
from tests.desk.test_pop import rings
from tests.journal.floor import AGENTS, QUEUES, Caller, opening
from tests.web.kit import Site, running_site
from tests.web.test_api import a_day

pytestmark = pytest.mark.browser
SCRIPT = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as running:
        await running.add_people()
        running.do(*opening(clock.now() - 900))
        yield running


def waits(site: Site, number: str, name: str = "", queue: str = "sales", for_s: float = 40) -> Caller:
    """A caller who has been waiting for `for_s` seconds."""
    at = clock.now() - for_s
    caller = caller_of(site, number)
    caller.arrive(at)
    site.do(ev.CallerIdChanged(at=at, channel=caller.id, number=number, caller_name=name))
    caller.queue(at, queue)
    return caller


async def test_the_live_page_moves_when_events_happen(site: Site, browser: Browser) -> None:
    async with screen(browser, site.address) as anna:
        await anna.sign_in("supervisor")
        page = anna.page
        await expect(page).to_have_url(f"{site.address}/live")
        await expect(page.locator("#link")).to_have_text("Live")
        await expect(page.locator("[data-headline=available] [data-figure]")).to_have_text("3")
        await expect(page.locator("[data-empty=calls]")).to_be_visible()
        site.do(*(ev.AgentPaused(at=clock.now(), agent=a, code="lunch") for a in ("a2", "a3")))
        await expect(page.locator("[data-agent=a2] .badge")).to_have_text("Paused · Lunch")
        first = waits(site, "13800138000", SCRIPT)
        row = page.locator(f'[data-call="{first.id}"]')
        await expect(row).to_contain_text("13800138000")
        await expect(row).to_contain_text(SCRIPT)
        second = waits(site, "02088880000", "محمد", for_s=65)
        await expect(page.locator("[data-headline=waiting] [data-figure]")).to_have_text("2")
        await expect(page.locator("[data-queue=sales]")).to_have_attribute("data-level", "late")
        await expect(page.locator("[data-queue=sales] .level")).to_have_text("▲ late")
        longest = page.locator("[data-headline=longest] [data-figure]")
        before = await longest.inner_text()
        await expect(longest).not_to_have_text(before)
        leg = first.agent_answers(clock.now())
        await expect(row.locator(".badge")).to_have_text("Talking")
        await expect(page.locator("[data-agent=a1]")).to_contain_text("Talking")
        first.end_talk(clock.now(), leg)
        await expect(row).to_have_count(0)
        second.give_up(clock.now())
        await expect(page.locator("[data-headline=waiting] [data-figure]")).to_have_text("0")
        assert await page.title() == "Live · Northwind Support"


async def test_a_supervisor_directs_agents_queues_and_callers(site: Site, browser: Browser) -> None:
    now = clock.now()
    site.do(*(ev.AgentPaused(at=now, agent=a, code="lunch") for a in ("a1", "a2", "a3")))
    async with screen(browser, site.address) as mei:
        await mei.sign_in("supervisor")
        page = mei.page
        tile = page.locator("[data-agent=a2]")
        await tile.get_by_role("button").click()
        dialog = page.locator("#agents-orders")
        await expect(dialog.get_by_role("heading")).to_have_text("Agent 2")
        await dialog.get_by_role("button", name="Sign off").click()
        await expect(tile.locator(".badge")).to_have_text("Paused · Lunch")
        await dialog.get_by_role("button", name="Press again to confirm").click()
        await expect(tile.locator(".badge")).to_have_text("Signed off")
        await expect(dialog).to_be_hidden()
        await page.locator("[data-agent=a3]").get_by_role("button").click()
        await dialog.get_by_label("Reason, for the record").fill("talks to nobody since noon")
        await dialog.get_by_role("button", name="Free the agent").click()
        await dialog.get_by_role("button", name="Press again to confirm").click()
        await expect(dialog).to_be_hidden()
        assert isinstance(site.published[-1], ev.AgentUnstuck) and site.published[-1].by == "supervisor"
        caller = waits(site, "13800138000")
        row = page.locator(f'[data-call="{caller.id}"]')
        await row.get_by_role("button").click()
        callers = page.locator("#calls-orders")
        await callers.get_by_label("Send the caller to").select_option("Support")
        await callers.get_by_role("button", name="Send", exact=True).click()
        await callers.get_by_role("button", name="Press again to confirm").click()
        await expect(row.locator("td").nth(2)).to_have_text("Support")
        queue = page.locator("[data-queue=support]")
        await queue.get_by_role("button").click()
        queues = page.locator("#queues-orders")
        await queues.get_by_role("button", name="Reach the agents by mobile").click()
        await queues.get_by_role("button", name="Press again to confirm").click()
        await expect(queue.locator("[data-mark=by_mobile]")).to_be_visible()


async def test_the_page_comes_back_by_itself_with_the_truth(site: Site, browser: Browser) -> None:
    async with screen(browser, site.address) as anna:
        await anna.sign_in("supervisor")
        await expect(anna.page.locator("#link")).to_have_text("Live")
        await anna.page.context.set_offline(True)
        await asyncio.sleep(0)
        site.do(ev.PbxDisconnected(at=clock.now(), reason="test"))
        await anna.page.context.set_offline(False)
        await expect(anna.page.locator("#link")).to_have_text("The phone system is not connected", timeout=30_000)


async def test_the_desk_pops_while_it_rings_also_after_a_reload(site: Site, browser: Browser) -> None:
    site.do(*(ev.AgentLoggedOut(at=clock.now(), agent=agent) for agent in ("a1", "a2", "a3")))
    async with screen(browser, site.address) as anna:
        await anna.sign_in("agent")
        page = anna.page
        await expect(page.locator("#status")).to_have_text("Signed off")
        await page.click(".state-now > [data-do=log_in]")
        await expect(page.locator("#status")).to_have_text("Available")
        caller = waits(site, "13800138000", SCRIPT)
        site.do(*rings(caller, clock.now()))
        card = page.locator(".call-card")
        await expect(card).to_have_attribute("data-phase", "ringing")
        await expect(card.locator(".caller")).to_have_text(SCRIPT)
        await expect(card).to_contain_text("Sales")
        await page.reload()
        await expect(card).to_have_class("card call-card popped")
        await expect(page).to_have_title(f"Ringing: {SCRIPT}")
        await page.keyboard.press("Alt+s")
        await page.click("[data-code=meeting]")
        site.do(
            ev.ChannelEnded(at=clock.now(), channel=f"{caller.id}9"), ev.ChannelEnded(at=clock.now(), channel=caller.id)
        )
        await expect(card).to_have_count(0)
        await expect(page.locator("#status")).to_have_text("Paused · Meeting")
        await page.click(".state-now > [data-do=resume]")
        await expect(page.locator("#status")).to_have_text("Available")


async def test_the_desk_counts_the_wrap_up_down_and_extends_it_once(site: Site, browser: Browser) -> None:
    more = replace(AGENTS[0], more=("PJSIP/soft1",), mobile="13900000000")
    queues = (replace(QUEUES[0], wrapup_s=300), QUEUES[1])
    site.do(
        ev.SiteConfigured(at=clock.now(), queues=queues, agents=(more, *AGENTS[1:]), default_queue="sales"),
        *(ev.AgentPaused(at=clock.now(), agent=agent, code="lunch") for agent in ("a2", "a3")),
    )
    async with screen(browser, site.address) as anna:
        await anna.sign_in("agent")
        page = anna.page
        first = waits(site, "13800138000", for_s=5)
        first.end_talk(clock.now(), first.agent_answers(clock.now() - 2))
        await site.writer.flush()
        await expect(page.locator("#status")).to_have_text("Wrap-up")
        await expect(page.locator("#timer")).to_have_text(re.compile("^(5:00|4:5[0-9])$"))
        await expect(page.locator("[data-over]")).to_contain_text("13800138000")
        await page.get_by_role("button", name="1:00 more, once").click()
        await expect(page.locator("#timer")).to_have_text(re.compile("^(6:00|5:5[0-9])$"))
        await expect(page.locator("#extend")).to_have_count(0)
        waits(site, "02088880000", for_s=65)
        await expect(page.locator("[data-queue=sales]")).to_contain_text("Waiting 1")
        await expect(page.locator("[data-queue=sales]")).to_have_class("chip late")
        await page.get_by_role("button", name="Phone and sound").click()
        await page.get_by_role("radio", name="Mobile 13900000000").check()
        await expect(page.get_by_role("radio", name="Mobile 13900000000")).to_be_checked()
        await page.keyboard.press("Escape")
        await page.click("#state-menu")
        await page.click("[data-code=break]")
        await page.get_by_role("button", name="Finish wrap-up").click()
        await expect(page.locator("#status")).to_have_text("Paused · Break")
        site.do(ev.AgentDeviceChosen(at=clock.now(), agent="a1", endpoint="PJSIP/soft1"))
        await page.click(".state-now > [data-do=resume]")
        await expect(page.locator("#hint")).to_contain_text("cannot reach your phone")


LOOKS: tuple[tuple[str, Literal["light", "dark"], int, str, str], ...] = (
    ("en-GB", "light", 1280, "rgb(245, 246, 249)", "What happened"),
    ("zh-CN", "dark", 390, "rgb(16, 19, 25)", "通话经过"),
)


@pytest.mark.parametrize(("language", "scheme", "width", "paper", "story"), LOOKS)
async def test_every_page_in_both_languages_and_both_lights(
    site: Site, browser: Browser, language: str, scheme: Literal["light", "dark"], width: int, paper: str, story: str
) -> None:
    await a_day(site)
    long = waits(site, "0" * 40, "N" * 300)
    await site.writer.flush()
    async with screen(browser, site.address, language, scheme, width) as anna:
        await anna.sign_in("administrator")
        for path in ("/live", "/calls", f"/calls/{long.id}", "/recordings", "/desk"):
            await anna.page.goto(path)
            await expect(anna.page.locator("h1")).to_be_visible()
            assert await anna.overflow() <= 0, path
            assert await anna.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == paper
        await anna.page.goto(f"/calls/{long.id}")
        await expect(anna.page.get_by_role("heading", name=story)).to_be_visible()
        await anna.page.click(".event-list summary")
        await expect(anna.page.get_by_text("channel_created", exact=True)).to_be_visible()


async def test_language_and_light_are_switched_in_the_menu(site: Site, browser: Browser) -> None:
    async with screen(browser, site.address) as anna:
        await anna.sign_in("supervisor")
        await anna.page.click(".menu summary")
        await anna.page.click("[name=language][value=zh]")
        await expect(anna.page.locator("h1")).to_have_text("实时监控")
        await anna.page.click(".menu summary")
        await anna.page.click("[name=theme][value=dark]")
        await expect(anna.page.locator("html")).to_have_attribute("data-theme", "dark")
        background = await anna.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert background == "rgb(16, 19, 25)"
        await anna.page.click(".menu summary")
        await anna.page.get_by_role("button", name="退出登录").click()
        await expect(anna.page).to_have_url(f"{site.address}/login")
