"""Writing a rule in Chromium: what is wrong is said while one types, it is tried on an example, saved and listed."""

from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import expect

from cti_server.rules.keys import SUBJECTS
from tests.browser.chromium import chromium, screen
from tests.rules.subjects import PARCEL
from tests.web.kit import running_site

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize(("language", "width"), [("en-GB", 1280), ("zh-CN", 390)])
async def test_a_rule_is_checked_while_it_is_written(tmp_path: Path, language: str, width: int) -> None:
    def prepare(app: web.Application) -> None:
        app[SUBJECTS] = (PARCEL,)

    async with running_site(tmp_path, prepare=prepare) as site, chromium() as browser:
        await site.add_people()
        async with screen(browser, site.address, language, width=width) as shown:
            page = shown.page
            await shown.sign_in("supervisor")
            await page.goto("/rules")
            await page.click("a[href='/rules/new?subject=parcel']")
            await page.fill("#name", "Heavy boxes")
            await page.fill("#condition", "wieght > 20")
            await expect(page.locator("[data-problem=no_field_near]")).to_contain_text("weight")
            await page.fill("#condition", 'kind == "box" && weight > 20')
            await expect(page.locator("[data-problem=no_act]")).to_be_visible()
            await page.click("button[value=add]")
            await expect(page.locator("#act-0-to")).to_be_visible()
            await page.wait_for_function("!document.querySelector('.htmx-added, .htmx-settling, .htmx-request')")
            await page.select_option("#act-0", "mark")
            await page.fill("#act-0-level", "3")
            await page.select_option("#try-kind", "box")
            await page.fill("#try-weight", "21")
            await page.click("button[value=try]")
            await expect(page.locator("[data-trial=yes]")).to_be_visible()
            assert await page.input_value("#condition") == 'kind == "box" && weight > 20'
            assert await shown.overflow() == 0
            await page.click("button.primary[value=save]")
            await page.wait_for_url("**/rules")
            await expect(page.locator("[data-rule]")).to_contain_text("Heavy boxes")
            assert await shown.overflow() == 0
