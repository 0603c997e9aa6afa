"""Customers in a real browser: made, found by initials, read with what happened, changed by two people at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from cti_server import clock
from cti_server.customers import timeline
from tests.browser.chromium import chromium, screen
from tests.customers.kit import add
from tests.journal.floor import opening
from tests.web.kit import Site, running_site

pytestmark = pytest.mark.browser
NAME = "<script>document.title='owned'</script>" + "名" * 150


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as site:
        await site.add_people()
        now = clock.now()
        site.do(*opening(now - 600))
        await add(site.engine, "华北家电有限公司", "400-812-3456", kind="organisation", at=now - 900)
        known = await add(site.engine, NAME, "139 0013 9000", tags=["x" * 50], blocked=True, at=now - 800)
        async with site.engine.begin() as db:
            for n in range(25):
                await timeline.note(
                    db, known, at=now - n, kind="note", ref="", what="note", said=f"note {n} " + "长" * 40
                )
        yield site


async def test_a_customer_from_the_first_call_to_the_second_editor(site: Site) -> None:
    async with chromium() as browser, screen(browser, site.address) as anna, screen(browser, site.address) as ben:
        await anna.sign_in("supervisor")
        page = anna.page
        await page.goto("/customers/new?number=13800138000")
        await page.fill("[name=name]", "王小明")
        await page.get_by_label("Organisation", exact=True).press_sequentially("华北")
        await expect(page.locator("#organisations option")).to_have_attribute("value", "华北家电有限公司")
        await page.get_by_label("Organisation", exact=True).fill("华北家电有限公司")
        await page.fill("[name=tags]", "大客户，冰箱")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("王小明")
        await expect(page.locator(".reach").first).to_contain_text("138 0013 8000")
        await page.get_by_placeholder("A note for everybody").fill("下周二回电")
        await page.get_by_role("button", name="Add note").click()
        await expect(page.locator("[data-line=note]")).to_contain_text("下周二回电")
        await page.get_by_text("Note a consent or a refusal").click()
        await page.get_by_role("button", name="Agreed").click()
        await expect(page.locator("[data-consent=recording]")).to_contain_text("Agreed")

        await page.click("nav.tabs a[href='/customers']")
        await page.get_by_label("Search").fill("wxm")
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-customer]")).to_have_count(1)
        await page.get_by_role("link", name="王小明").click()
        await page.get_by_role("link", name="Edit").click()

        await ben.sign_in("agent")
        await ben.page.goto(page.url)
        await ben.page.fill("[name=city]", "北京")
        await ben.page.get_by_role("button", name="Save").click()
        await ben.page.wait_for_url(lambda url: not url.endswith("/edit"))

        anna.complaints.clear()
        await page.fill("[name=city]", "上海")
        await page.fill("[name=title]", "经理")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("#conflict")).to_contain_text("agent has saved this record")
        await expect(page.locator("[data-both=city]")).to_contain_text("北京")
        assert [c for c in anna.complaints if "409" not in c] == []
        anna.complaints.clear()
        await expect(page.locator("[name=city]")).to_have_value("上海")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("王小明")
        await expect(page.locator(".classes")).to_contain_text("上海")
        await expect(page.locator(".timeline")).to_contain_text("北京")


@pytest.mark.parametrize(("language", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
async def test_no_page_is_wider_than_a_phone(site: Site, language: str, scheme: str) -> None:
    async with chromium() as browser, screen(browser, site.address, language, scheme, 390) as anna:  # type: ignore[arg-type]
        await anna.sign_in("supervisor")
        page = anna.page
        for path in ("", "/2", "/2/edit", "/new", "/fields"):
            await page.goto(f"/customers{path}")
            assert await anna.overflow() <= 0, path
        await page.goto("/customers/2")
        await page.locator(".older a").click()
        await expect(page.locator("[data-line=note]")).to_have_count(25)
        await expect(page.locator(".older")).to_have_count(0)
        assert await anna.overflow() <= 0 and await page.title() != "owned" and "/customers/2" in page.url
