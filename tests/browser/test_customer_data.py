"""Customers by the file, in a real browser: sent, tried, imported, the bad rows back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.chromium import chromium, screen
from tests.customers.imports_kit import as_csv, people
from tests.web.kit import Site, running_site

pytestmark = pytest.mark.browser


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as site:
        await site.add_people()
        yield site


async def test_a_file_with_bad_rows_becomes_customers(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "客户名单.csv"
    file.write_bytes(as_csv(people(120, bad=0.3), "gb18030"))
    async with chromium() as browser, screen(browser, site.address) as anna:
        await anna.sign_in("supervisor")
        page = anna.page
        await page.goto("/customers/imports")
        await page.set_input_files("input[type=file]", file)
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_role("heading", name="客户名单.csv")).to_be_visible()
        await expect(page.locator("[name=column1]")).to_have_value("mobile")
        await expect(page.locator("table.preview")).to_contain_text("北京市朝阳区")

        await page.get_by_role("button", name="Try without writing").click()
        await expect(page.locator("[data-result=checked]")).to_be_visible(timeout=15_000)
        await expect(page.locator("[data-count=created]")).to_have_text("96")
        await expect(page.locator("[data-count=bad]")).to_have_text("24")
        await expect(page.locator(".bad-rows")).to_contain_text("A digit may be missing")

        await page.get_by_role("button", name="Import", exact=True).click()
        await expect(page.locator("[data-result=done]")).to_be_visible(timeout=15_000)
        async with page.expect_download() as download:
            await page.get_by_role("link", name="As CSV").click()
        back = await asyncio.to_thread(Path(await (await download.value).path()).read_text, "utf-8-sig")
        assert back.splitlines()[0] == "Line,Reason,姓名,手机,邮箱,公司,地址,账号,备注"
        assert len(back.splitlines()) == 25 and "A digit may be missing" in back and "'=1+1" in back

        await page.goto("/customers?text=A4")
        await expect(page.locator("tbody tr")).to_have_count(1)


@pytest.mark.parametrize(("language", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
async def test_no_page_is_wider_than_a_phone(site: Site, tmp_path: Path, language: str, scheme: str) -> None:
    file = tmp_path / f"{'long' * 40}.csv"
    file.write_bytes(as_csv(people(40, bad=0.3)))
    async with chromium() as browser, screen(browser, site.address, language, scheme, 390) as anna:  # type: ignore[arg-type]
        await anna.sign_in("supervisor")
        await anna.page.goto("/customers/imports")
        await anna.page.set_input_files("input[type=file]", file)
        await anna.page.click("form.send button")
        await expect(anna.page.locator("table.preview")).to_be_visible()
        assert await anna.overflow() <= 0
        await anna.page.click("button[value=try]")
        await expect(anna.page.locator("[data-result=checked]")).to_be_visible(timeout=15_000)
        assert await anna.overflow() <= 0
        await anna.page.goto("/customers/imports")
        assert await anna.overflow() <= 0
