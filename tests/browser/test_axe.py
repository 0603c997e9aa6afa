"""Every page and each moment of the desk, in both languages and both lights, wide and narrow: axe finds nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, expect

from tests.browser.axe import found_by_axe
from tests.browser.chromium import Screen, chromium, screen
from tests.browser.pages import PAGES
from tests.browser.stage import Shop, shop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WIDE, NARROW = {"width": 1280, "height": 844}, {"width": 390, "height": 3000}
"""The narrow one is as high as the pages: what a bar that stays at the edge covers for a moment is not measured."""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop(tmp_path, 100) as made:
        yield made


async def wrong(shown: Screen, where: str) -> list[str]:
    """What is wrong with what is shown now: light and wide, then dark and narrow. Nobody is asked to wait for it."""
    page, found = shown.page, []
    looks: tuple[tuple[Literal["light", "dark"], dict[str, int]], ...] = (("light", WIDE), ("dark", NARROW))
    for scheme, size in looks:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        found += [f"{where} {scheme} {size['width']}: {said}" for said in await found_by_axe(page)]
        if (by := await shown.overflow()) > 0:
            found.append(f"{where} {size['width']}: {by} pixels wider than the window")
    return found


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
async def test_nothing_is_wrong_on_any_page(stage: Shop, language: str) -> None:
    async with chromium() as browser, screen(browser, stage.site.address, language) as admin:
        await admin.page.goto("/login")
        found = await wrong(admin, "/login")
        await admin.sign_in("admin")
        for path in PAGES:
            answer = await admin.page.goto(path)
            assert answer is not None and answer.status == 200, path
            found += await wrong(admin, path)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
async def test_nothing_is_wrong_at_the_desk(stage: Shop, language: str) -> None:
    stage.only_me()
    async with chromium() as browser, screen(browser, stage.site.address, language) as lina:
        await lina.sign_in("agent")
        page = lina.page
        await page.goto("/desk")
        await expect(page.locator("#day")).to_be_visible()
        found = await wrong(lina, "my day")
        for name, selector in (("keys", "?"), ("sound", ""), ("call", "Alt+c")):
            if selector:
                await page.keyboard.press(selector)
            else:
                await page.locator("#sound-settings").click()
            await expect(page.locator("dialog[open]")).to_be_visible()
            found += await wrong(lina, name)
            await page.keyboard.press("Escape")
        caller = stage.rings(stage.known[0])
        await expect(page.locator(".call-card")).to_have_attribute("data-phase", "ringing")
        await panels(page)
        found += await wrong(lina, "ringing")
        leg = stage.answered(caller)
        await expect(page.locator(".desk-controls")).to_be_visible()
        found += await wrong(lina, "talking")
        for name, key in (("transfer", "Alt+t"), ("keypad", "Alt+k")):
            await page.keyboard.press(key)
            await expect(page.locator("dialog[open]")).to_be_visible()
            found += await wrong(lina, name)
            await page.keyboard.press("Escape")
        stage.asks(caller, leg)
        await expect(page.locator("[data-act=complete]")).to_be_visible()
        found += await wrong(lina, "asking")
        stage.ends(caller, leg)
        await expect(page.locator("[data-over]")).to_be_visible()
        found += await wrong(lina, "wrap-up")
    assert not found, "\n".join(found)


async def panels(page: Page) -> None:
    """Until what other contexts show of the caller is there."""
    await expect(page.locator("[data-panel-of]").first).to_be_visible()
    await expect(page.locator("[data-panel-state=loading]")).to_have_count(0)
