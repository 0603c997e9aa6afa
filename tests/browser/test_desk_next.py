"""After a wrap-up the next caller is shown at once, unless somebody still writes about the last one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from cti_server import clock
from cti_server.core import events as ev
from tests.browser.chromium import chromium, screen
from tests.browser.test_pages import waits
from tests.desk.test_pop import rings
from tests.journal.floor import QUEUES, opening
from tests.web.kit import Site, running_site

pytestmark = pytest.mark.browser


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as site:
        await site.add_people()
        now = clock.now()
        site.do(*opening(now - 900))
        site.do(*(ev.AgentLoggedOut(at=now, agent=other) for other in ("a2", "a3")))
        yield site


async def after_a_talk(site: Site, page: Page) -> None:
    """One call was talked, and its wrap-up is over."""
    caller = waits(site, "13800138000", for_s=5)
    site.do(*rings(caller, clock.now()))
    await expect(page.locator(".call-facts")).to_contain_text("13800138000")
    leg = caller.agent_answers(clock.now())
    await expect(page.locator(".desk-controls")).to_be_visible()
    caller.end_talk(clock.now(), leg)
    await expect(page.locator("[data-over]")).to_be_visible()
    site.do(ev.WrapUpEnded(at=clock.now(), agent="a1"))
    await expect(page.locator("#status")).to_have_text("Available")


@pytest.mark.parametrize("writes", [False, True])
async def test_the_next_caller_is_shown_unless_somebody_writes(site: Site, writes: bool) -> None:
    assert QUEUES[0].wrapup_s
    async with chromium() as browser, screen(browser, site.address) as anna:
        await anna.sign_in("agent")
        page = anna.page
        await expect(page.locator("#status")).to_have_text("Available")
        await after_a_talk(site, page)
        if writes:
            await page.locator("#note").fill("half a thought")
        following = waits(site, "02088880000", for_s=2)
        site.do(*rings(following, clock.now()))
        await expect(page.locator(".call-card[data-phase=ringing]")).to_contain_text("02088880000")
        await expect(page.locator(".call-facts")).to_contain_text("13800138000" if writes else "02088880000")
        await expect(page.locator("#note")).to_have_value("half a thought" if writes else "")
