"""The whole chain in a real browser: from a file of customers to a follow-up call, and to a commission earned."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from cti_server import clock
from cti_server.sales import earnings
from cti_server.web.i18n import Words, load
from tests.browser.chromium import chromium, screen
from tests.journal.floor import opening
from tests.sales.kit import BOSS, stocked
from tests.web.kit import Site, running_site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
ROWS = (
    ("姓名", "手机", "公司", "城市"),
    ("王小明", "138 0013 8000", "华北家电有限公司", "北京"),
    ("李晓红", "+86 139-1234-5678", "", "上海"),
    ("赵德柱", "1391234", "", "广州"),
    ("", "", "", "深圳"),
    ("Anna Bell", "0086 137 0013 7000", "Copperleaf Hotel", "Suzhou"),
)
WALK = ("apologise", "restate", "empathise", "make_good")


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A shop with goods, prices and a rule of commission, and no customer yet."""
    async with running_site(tmp_path) as site:
        await site.add_people()
        now = clock.now()
        site.do(*opening(now - 7200))
        async with site.engine.begin() as db:
            await stocked(db)
            await earnings.begin_rule(db, BOSS, "appliance", 0, 250, now - 3600)
        yield site


@pytest.mark.parametrize(("language", "browser_language"), [("en", "en-GB"), ("zh", "zh-CN")])
async def test_from_a_file_to_a_follow_up_and_to_a_commission(
    site: Site, tmp_path: Path, language: str, browser_language: str
) -> None:
    words = Words(load(), language, "Asia/Shanghai")
    file = tmp_path / "客户名单.csv"
    await asyncio.to_thread(_write, file)
    async with chromium() as browser, screen(browser, site.address, browser_language) as anna:
        page = anna.page
        await anna.sign_in("supervisor")
        await _import(page, words, file)
        await page.context.clear_cookies()
        await anna.sign_in("agent")
        await _search(page)
        await _complaint(page, words)
        await _sale(page, words)


def _write(file: Path) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(ROWS)
    file.write_bytes(text.getvalue().encode("gb18030"))


async def _import(page: Page, words: Words, file: Path) -> None:
    """Three of five rows are customers; the two others come back with what is wrong with them."""
    await page.goto("/customers")
    await page.get_by_role("link", name=words.text("imports.title")).click()
    await page.set_input_files("input[type=file]", file)
    await page.get_by_role("button", name=words.text("imports.send")).click()
    await expect(page.locator("main")).to_contain_text("GB18030")
    columns = page.locator("table.preview select")
    await expect(columns.nth(0)).to_have_value("name")
    await expect(columns.nth(1)).to_have_value("mobile")
    await expect(page.locator("table.preview")).to_contain_text("华北家电有限公司")
    await page.get_by_role("button", name=words.text("imports.try"), exact=True).click()
    await expect(page.locator("[data-result=checked] [data-count=bad]")).to_have_text("2", timeout=20_000)
    await expect(page.locator("[data-count=created]")).to_have_text("3")
    await page.get_by_role("button", name=words.text("imports.start"), exact=True).click()
    await expect(page.locator("[data-result=done] [data-count=created]")).to_have_text("3", timeout=20_000)
    async with page.expect_download() as download:
        await page.get_by_role("link", name=words.text("customers.as_file", kind="CSV")).click()
    back = await asyncio.to_thread(Path(await (await download.value).path()).read_text, "utf-8-sig")
    header, *bad = csv.reader(io.StringIO(back))
    assert header[2:] == list(ROWS[0]), "the columns of the file that was sent"
    assert [row[0] for row in bad] == ["4", "5"] and all(row[1] for row in bad), "line and reason"
    assert [row[2:] for row in bad] == [list(ROWS[3]), list(ROWS[4])]


async def _search(page: Page) -> None:
    """By the initials of the name's sounds, then by a number as people write it."""
    for asked in ("wxm", "+86 138-0013-8000"):
        await page.goto("/customers")
        await page.locator("[name=text]").fill(asked)
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-customer]")).to_have_count(1)
    await page.get_by_role("link", name="王小明").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("王小明")


async def _complaint(page: Page, words: Words) -> None:
    """From the customer's page through the walk to the follow-up call, which is held; then back to the customer."""
    await page.get_by_role("link", name=words.text("tickets.new"), exact=True).click()
    await expect(page.get_by_label("王小明")).to_be_checked()
    await page.locator("[name=kind]").select_option("complaint")
    await page.locator("[name=subject]").fill("送货迟到 late delivery")
    await page.get_by_role("button", name=words.text("tickets.make"), exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("送货迟到 late delivery")
    for step in WALK:
        now = page.locator(f"[data-step={step}]")
        await now.get_by_role("textbox").fill(f"{step} 已做")
        await now.get_by_role("button").click()
        await expect(now).to_have_attribute("data-state", "done")
    await page.locator("#edit [name=status]").select_option("closed")
    await page.locator("#edit [name=resolution]").fill("补偿五十元 a voucher of 50")
    await page.locator("#edit").get_by_role("button", name=words.text("tickets.save"), exact=True).click()
    await page.locator("[data-step=follow_up] a").click()
    await expect(page.locator(".call-sub").first).to_contain_text(words.text("ticket_kind.callback"))
    await page.locator("#edit [name=status]").select_option("closed")
    await page.locator("#edit [name=resolution]").fill("满意 content")
    await page.locator("#edit").get_by_role("button", name=words.text("tickets.save"), exact=True).click()
    await expect(page.locator(".call-sub").first).to_contain_text(words.text("ticket_status.closed"))
    await page.get_by_role("link", name="送货迟到 late delivery").click()
    await expect(page.locator("[data-step=follow_up]")).to_contain_text("满意 content")
    await page.get_by_role("link", name="王小明").first.click()
    await expect(page.locator(".timeline")).to_contain_text("送货迟到 late delivery")


async def _sale(page: Page, words: Words) -> None:
    """An opportunity, won by an order, which is paid; the month of the seller explains what it earned."""
    await page.get_by_role("link", name=words.text("sales.new_opportunity")).click()
    await page.locator("[name=title]").fill("客厅电视 Living room")
    await page.locator("[name=amount]").fill("3299")
    await page.get_by_role("button", name=words.text("sales.create"), exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("客厅电视 Living room")
    await page.get_by_role("link", name=words.text("sales.won_by_order")).click()
    await page.locator("[name=sku1]").fill("TV-55")
    await page.get_by_role("button", name=words.text("sales.make_order"), exact=True).click()
    state = page.locator(".call-sub .badge")
    await expect(state).to_have_text(words.text("sales.order_state.unpaid"))
    await page.get_by_role("button", name=words.text("sales.record_payment"), exact=True).click()
    await expect(state).to_have_text(words.text("sales.order_state.paid"))
    await page.get_by_role("link", name=words.text("sales.to_opportunity")).click()
    await expect(page.locator(".call-sub")).to_contain_text(words.text("sales.status.won"))
    await page.get_by_role("link", name=words.text("sales.tab.month"), exact=True).click()
    await expect(page.locator("[data-figure=commission]")).to_have_text(words.money(8248, "CNY"))
    await expect(page.locator(".explained")).to_contain_text(words.money(329_900, "CNY"))
