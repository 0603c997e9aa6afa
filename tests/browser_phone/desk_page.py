"""The desk's own page, as an agent uses it: what is pressed, what is shown, and what is heard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser_phone.kit import PASSWORD, BrowserSite
from tests.live.lab import AGENT_HZ, CALLER_HZ

SECOND_HZ = 1320.0
ALL_HZ = (CALLER_HZ, AGENT_HZ, SECOND_HZ)
EARS = Path(__file__).parent / "ears.js"
SOON_MS = 15_000


class DeskPage:
    """One tab. `complaints`: what the page logged as an error."""

    def __init__(self, page: Page, address: str, login: str) -> None:
        self.page, self.address, self.login = page, address, login
        self.complaints: list[str] = []
        page.set_default_timeout(SOON_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def sign_in(self) -> None:
        await self.page.goto(f"{self.address}/login")
        await self.page.fill("[name=login]", self.login)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.click("button.primary")
        await self.page.wait_for_url(lambda url: "/login" not in url)

    async def open(self) -> None:
        await self.page.goto(f"{self.address}/desk")

    async def phone_is(self, word: str) -> None:
        await expect(self.page.locator("#phone-status")).to_have_attribute("data-phone", word, timeout=SOON_MS)

    async def another_tab(self) -> "DeskPage":
        """A second tab of the same browser."""
        tab = DeskPage(await self.page.context.new_page(), self.address, self.login)
        await tab.open()
        return tab

    def card(self, phase: str) -> Locator:
        return self.page.locator(f'.call-card[data-phase="{phase}"]')

    async def sees(self, phase: str) -> Locator:
        """The card of a call in this phase, once there is one."""
        found = self.card(phase)
        await found.wait_for()
        return found

    async def no_call(self) -> None:
        await expect(self.page.locator(".call-card[data-leg]")).to_have_count(0, timeout=SOON_MS)

    async def press(self, act: str) -> None:
        """A button of a card or of the control bar."""
        await self.page.locator(f'[data-act="{act}"]:enabled').first.click()

    async def asks(self, words: str, act: str, kind: str, ident: str) -> None:
        """Transfer by the directory: search, and `act` (consult or blind) on the row of this person, queue ..."""
        await self.press("transfer")
        await self.page.fill("#directory", words)
        await self.page.locator(f'li[data-kind="{kind}"][data-id="{ident}"] [data-act="{act}"]').click()

    async def hears(self, *hertz: float, within_ms: int = 10_000) -> None:
        """Just these of the three tones are received, within this time."""
        found = await self.page.evaluate(
            "([wanted, all, ms]) => window.ears.hears(wanted, all, ms)", [list(hertz), list(ALL_HZ), within_ms]
        )
        assert found == list(hertz), f"{self.login} hears {found} instead of {hertz}"

    async def plays(self, *hertz: float, within_ms: int = 10_000) -> None:
        """The page itself plays these tones together, within this time."""
        asked = [list(hertz), within_ms]
        assert await self.page.evaluate("([wanted, ms]) => window.ears.plays(wanted, ms)", asked), hertz

    async def popped(self) -> dict[str, float]:
        """`leg phase` -> when the page showed it first, epoch seconds."""
        found: dict[str, float] = await self.page.evaluate("() => window.ears.popped")
        return found

    async def trouble(self) -> Any:
        return await self.page.locator("#failed").all_text_contents()


@asynccontextmanager
async def a_browser_of(browser: Browser, site: BrowserSite, agent: str) -> AsyncIterator[DeskPage]:
    """Somebody's browser with the desk open and its phone ready. Whatever its page logs as an error is a failure."""
    context: BrowserContext = await browser.new_context(
        permissions=["microphone"], viewport={"width": 1280, "height": 720}, locale="en-GB"
    )
    await context.add_init_script(path=EARS)
    desk = DeskPage(await context.new_page(), site.address, f"desk-{agent}")
    await desk.sign_in()
    await desk.open()
    yield desk
    await context.close()
    assert desk.complaints == []
