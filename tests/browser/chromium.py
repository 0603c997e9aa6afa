"""A real Chromium, driven by Playwright: whatever a page logs as an error fails the test."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright

from tests.web.kit import PASSWORD

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path, "the browser tests need Chromium: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Screen:
    """One person's browser window."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    async def sign_in(self, login: str) -> None:
        await self.page.goto("/login")
        await self.page.fill("[name=login]", login)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.click("button.primary")
        await self.page.wait_for_url(lambda url: "/login" not in url)

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        width: int = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width


@asynccontextmanager
async def screen(
    browser: Browser,
    address: str,
    language: str = "en-GB",
    scheme: Literal["light", "dark"] = "light",
    width: int = 1280,
) -> AsyncIterator[Screen]:
    context = await browser.new_context(
        viewport={"width": width, "height": 844}, locale=language, color_scheme=scheme, base_url=address
    )
    page = await context.new_page()
    shown = Screen(page)
    page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    page.on("console", lambda said: shown.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("dialog", lambda dialog: shown.complaints.append(f"dialog: {dialog.message}"))
    page.on(
        "request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else shown.complaints.append(r.url)
    )
    yield shown
    await context.close()
    assert shown.complaints == []
