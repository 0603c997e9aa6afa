"""Make the pictures in docs/screens again: the demo's made-up shop, in Chromium. Usage: tools/screens.py [FOLDER]

Needs what the browser tests need. Nobody and nothing in the pictures is real.
"""

import asyncio
import logging
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import structlog
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from cti_server.customers.tables import customer  # noqa: E402
from cti_server.sales.tables import sales_order  # noqa: E402
from cti_server.tickets.tables import ticket  # noqa: E402
from tests.browser.chromium import chromium, screen  # noqa: E402
from tests.browser.stage import Shop, shop  # noqa: E402
from tests.customers.imports_kit import as_csv, people  # noqa: E402
from tests.journal.floor import Caller  # noqa: E402

Scheme = Literal["light", "dark"]
SIZE, HEIGHT = 600, 800
QUEUES = ("service", "sales", "service", "sales")
BOTH: tuple[tuple[str, str, Scheme], ...] = (("en", "en-GB", "light"), ("zh", "zh-CN", "dark"))


async def main(folder: Path) -> None:
    with TemporaryDirectory() as scratch:
        async with shop(Path(scratch), SIZE) as stage, chromium() as browser:
            paths = await _paths(stage)
            calls = _busy(stage)
            for short, language, scheme in BOTH:
                await _pages(stage, browser, folder, paths, short, language, scheme)
                await _import(stage, browser, folder, Path(scratch), short, language, scheme)
            for caller in calls:
                stage.ends(caller, f"{caller.id}9")
            for short, language, scheme in BOTH:
                stage.only_me()
                await _desk(stage, browser, folder, short, language, scheme)


def _busy(stage: Shop) -> list[Caller]:
    """Four talks, one phone that rings, two callers for whom nobody is free: a floor with something to see."""
    talks = [stage.rings(one, queue=queue) for one, queue in zip(stage.known[20:24], QUEUES, strict=True)]
    for caller in talks:
        stage.answered(caller)
    rings = stage.rings(stage.known[25], queue="complaints")
    stage.nobody_free()
    return [*talks, rings, stage.waits(stage.known[26], "service", 48), stage.waits(stage.known[27], "service", 9)]


async def _paths(stage: Shop) -> dict[str, tuple[str, str]]:
    """Where the pages are, and in which languages they are wanted: those that have the most to show."""
    async with stage.site.engine.connect() as db:
        best = select(customer.c.id).where(customer.c.name == stage.known[0].name).order_by(customer.c.spent.desc())
        told = ticket.c.kind == "complaint", ticket.c.is_open, ticket.c.customer.is_not(None)
        complaint = await db.scalar(select(ticket.c.id).where(*told).order_by(ticket.c.id.desc()))
        bought = select(sales_order.c.id).where(sales_order.c.opportunity.is_not(None))
        order = await db.scalar(bought.order_by(sales_order.c.id.desc()))
        person = await db.scalar(best)
    return {
        "live": ("/live", "en"),
        "customers": ("/customers", "en"),
        "customer": (f"/customers/{person}", "en zh"),
        "tickets": ("/tickets", "zh"),
        "complaint": (f"/tickets/{complaint}", "en zh"),
        "sales-board": ("/sales", "en zh"),
        "order": (f"/sales/orders/{order}", "en"),
        "rules": ("/rules", "zh"),
        "forecast": ("/sales/forecast", "zh"),
    }


async def _pages(
    stage: Shop,
    browser: Browser,
    folder: Path,
    paths: dict[str, tuple[str, str]],
    short: str,
    language: str,
    scheme: Scheme,
) -> None:
    async with screen(browser, stage.site.address, language, scheme) as boss:
        await boss.page.set_viewport_size({"width": 1280, "height": HEIGHT})
        await boss.sign_in("supervisor")
        for name, (path, languages) in paths.items():
            if short not in languages:
                continue
            await boss.page.goto(path)
            await boss.page.wait_for_timeout(600)
            await _picture(boss.page, folder, name, short)


async def _import(
    stage: Shop, browser: Browser, folder: Path, scratch: Path, short: str, language: str, scheme: Scheme
) -> None:
    if short != "en":
        return
    file = scratch / "名单 customers.csv"
    file.write_bytes(as_csv(people(120, bad=0.1), "gb18030"))
    async with screen(browser, stage.site.address, language, scheme) as boss:
        page = boss.page
        await page.set_viewport_size({"width": 1280, "height": HEIGHT})
        await boss.sign_in("supervisor")
        await page.goto("/customers/imports")
        await page.set_input_files("input[type=file]", file)
        await page.click("form.send button")
        await page.click("button[value=try]")
        await expect(page.locator("[data-result=checked]")).to_be_visible(timeout=30_000)
        await _picture(page, folder, "import", short)


async def _desk(stage: Shop, browser: Browser, folder: Path, short: str, language: str, scheme: Scheme) -> None:
    """The agent's hour: a call rings, is answered, a colleague is looked for and asked, it is written up."""
    async with screen(browser, stage.site.address, language, scheme) as lina:
        page = lina.page
        await page.set_viewport_size({"width": 1280, "height": 720})
        await lina.sign_in("agent")
        await page.goto("/desk")
        await expect(page.locator("#day")).to_be_visible()
        caller = stage.rings(stage.known[1 if short == "en" else 0], dnis="95501" if short == "en" else "95500")
        await expect(page.locator(".call-card")).to_have_attribute("data-phase", "ringing")
        await _settled(page)
        await _picture(page, folder, "desk-ringing", short)
        leg = stage.answered(caller)
        stage.others_free()
        await expect(page.locator(".desk-controls")).to_be_visible()
        await page.fill(
            "#note", "Wants the delivery on Friday, after four." if short == "en" else "希望周五下午四点以后送货。"
        )
        await _settled(page)
        await _picture(page, folder, "desk-talking", short)
        await page.keyboard.press("Alt+t")
        await expect(page.locator(".directory li").first).to_be_visible()
        await _picture(page, folder, "desk-transfer", short)
        await page.keyboard.press("Escape")
        stage.asks(caller, leg)
        await expect(page.locator("[data-act=complete]")).to_be_visible()
        stage.ends(caller, leg)
        await expect(page.locator("[data-over]")).to_be_visible()
        await page.locator(".code-list button").first.click()
        await _settled(page)
        await _picture(page, folder, "desk-wrap-up", short)


async def _settled(page: Page) -> None:
    await expect(page.locator("[data-panel-state=loading]")).to_have_count(0)
    await page.wait_for_timeout(1200)


async def _picture(page: Page, folder: Path, name: str, language: str) -> None:
    await page.screenshot(path=folder / f"{name}-{language}.png")


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    wanted = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs" / "screens"
    wanted.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(wanted))
