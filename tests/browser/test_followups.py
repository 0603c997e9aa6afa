"""Follow-ups in a real browser: a message played and done, a missed caller called back, a callback cancelled."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from cti_server import clock
from cti_server.core import events as ev
from cti_server.followups.tables import voicemail_access
from cti_server.settings import Pbx
from tests.browser.chromium import chromium, screen
from tests.followups.kit import gives_up, leaves_message, planned
from tests.journal.floor import AGENTS, opening
from tests.web.kit import Site, running_site, web_settings

pytestmark = pytest.mark.browser
NAME = "<script>document.title='owned'</script>" + "名" * 300


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    settings = web_settings(tmp_path).model_copy(update={"pbx": Pbx(recordings_dir=tmp_path / "rec")})
    async with running_site(tmp_path, settings=settings) as site:
        await site.add_people()
        now = clock.now()
        site.do(*opening(now - 7200), *(ev.AgentLoggedOut(at=now - 7200, agent=a.id) for a in AGENTS))
        leaves_message(site, "5.1", "13800138000", name=NAME, seconds=2.5)
        gives_up(site, "7.1", "13900139000", now - 600)
        site.do(planned("c1", "02088880000", now - 90, name=NAME, not_before=now + 900))
        await site.writer.flush()
        yield site


async def test_a_day_of_follow_ups(site: Site) -> None:
    async with chromium() as browser, screen(browser, site.address) as anna:
        await anna.sign_in("supervisor")
        page = anna.page
        await page.click("nav.tabs a[href='/follow-ups']")
        row = page.locator("[data-callback]")
        await expect(row).to_contain_text(NAME)
        await expect(row).to_contain_text("Next try")
        await row.get_by_role("button", name="Call now").click()
        await expect(row).to_contain_text("Place 1 in the line")
        await page.get_by_role("button", name="Cancel").click()
        await expect(row).to_have_count(0)
        await expect(page.locator("[data-count=callbacks]")).to_have_text("0")

        await page.get_by_role("link", name="Voicemail").click()
        message = page.locator("[data-voicemail]")
        await message.locator("audio").evaluate("audio => audio.play()")
        await page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
        assert await message.locator("audio").evaluate("audio => Math.abs(audio.duration - 2.5) < 0.1")
        await message.get_by_label("Note").fill('客户要报价 "A&B"')
        await message.get_by_role("button", name="Mark as done").click()
        await expect(message).to_have_count(0)
        await page.select_option("[name=state]", "done")
        await page.get_by_role("button", name="Show").click()
        await expect(message.get_by_label("Note")).to_have_value('客户要报价 "A&B"')
        await expect(page).to_have_url(f"{site.address}/follow-ups/voicemails?text=&state=done&box=")

        await page.get_by_role("link", name="Missed callers").click()
        await page.get_by_role("button", name="Plan a callback").click()
        await expect(page.locator("[data-entry]")).to_have_count(0)
        await page.get_by_role("link", name="Callbacks").click()
        await expect(row).to_contain_text("13900139000")
        assert await page.title() == "Follow-ups · Northwind Support"
    async with site.engine.connect() as db:
        heard = (await db.execute(select(voicemail_access.c.voicemail, voicemail_access.c.login))).all()
    assert [tuple(line) for line in heard] == [("5.1-sales", "supervisor")]


@pytest.mark.parametrize(("language", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
async def test_no_list_is_wider_than_a_phone(site: Site, language: str, scheme: str) -> None:
    async with chromium() as browser, screen(browser, site.address, language, scheme, 390) as anna:  # type: ignore[arg-type]
        await anna.sign_in("supervisor")
        for path in ("", "/voicemails", "/suggestions"):
            await anna.page.goto(f"/follow-ups{path}")
            await expect(anna.page.locator("[data-callback], [data-voicemail], [data-entry]")).to_have_count(1)
            assert await anna.overflow() <= 0, path
