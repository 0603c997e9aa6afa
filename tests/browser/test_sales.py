"""Sales in a real browser: a card moved by key and by mouse, a won order, the commission that it earned."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from cti_server import clock
from cti_server.sales import crosssell, earnings, opportunities, orders, products
from cti_server.sales.queries import Origin
from tests.browser.chromium import chromium, screen
from tests.journal.floor import opening
from tests.sales.kit import ANNA, BOSS, a_customer, plan, stocked
from tests.web.kit import Site, running_site

pytestmark = pytest.mark.browser
NAME = "<img src=x onerror=alert(1)>" + "王" * 60


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """One opportunity of the agent's, and five customers who bought a television and mostly a sound bar."""
    async with running_site(tmp_path) as site:
        await site.add_people()
        now = clock.now()
        site.do(*opening(now - 7200))
        async with site.engine.begin() as db:
            who = await a_customer(db, NAME, "+8613800138000")
            await stocked(db)
            await earnings.begin_rule(db, BOSS, "appliance", 0, 250, now - 3600)
            wanted = plan("Living room", 500_000, expected="2030-01-31")
            await opportunities.open_one(db, ANNA, who, wanted, Origin(campaign="spring", dnis="4001"), now - 86_400)
            given: dict[str, Any] = {"currency": "CNY", "owner": "a1", "origin": Origin()}
            for n in range(5):
                other = await a_customer(db, f"客户{n}")
                lines = await products.lines_of(db, [("TV-55", 1), *([("BAR", 1)] if n else [])], now, "CNY")
                await orders.place(db, ANNA, other, lines, now, **given)
            for n in range(3):
                other = await a_customer(db, f"米{n}")
                lines = await products.lines_of(db, [("RICE", 2)], now, "CNY")
                await orders.place(db, ANNA, other, lines, now, **given)
            await crosssell.recompute(db, now)
        yield site


async def test_from_the_board_to_the_commission(site: Site) -> None:
    async with chromium() as browser, screen(browser, site.address) as anna:
        await anna.sign_in("agent")
        page = anna.page
        await page.goto("/sales")
        card = page.locator("[data-opportunity='1']")
        await expect(page.locator("[data-stage=new]").locator("[data-opportunity]")).to_have_count(1)
        await card.get_by_role("button", name="Move “Living room” to Qualified").press("Enter")
        await expect(page.locator("[data-stage=qualified] [data-opportunity]")).to_have_count(1)
        await expect(page.locator("#on-1")).to_be_focused()
        await card.drag_to(page.locator("[data-stage=negotiation]"))
        await expect(page.locator("[data-stage=negotiation] [data-opportunity]")).to_contain_text("75 %")
        await expect(page).to_have_url(f"{site.address}/sales")

        await card.get_by_role("link").click()
        await page.get_by_role("link", name="New quote").click()
        await page.get_by_label("Product of line 1").fill("TV-55")
        await page.get_by_role("button", name="Make the quote").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Quote Q1, version 1")
        await page.get_by_role("button", name="Accepted: place the order").click()
        await expect(page.locator(".call-sub .badge")).to_have_text("Unpaid")
        await page.get_by_role("button", name="Record the payment").click()
        await expect(page.locator(".call-sub .badge")).to_have_text("Paid")
        await page.get_by_role("link", name="To the opportunity").click()
        await expect(page.locator(".call-sub .badge")).to_have_text("Won")
        await page.get_by_role("link", name="My month").click()
        await expect(page.locator("[data-figure=commission]")).to_have_text("CN¥82.48")
        await expect(page.locator(".explained")).to_contain_text("2.5 % of CN¥3,299.00 is CN¥82.48")

        await page.goto("/customers/1")
        offer = page.locator("[data-offer=BAR]")
        await expect(offer).to_contain_text("Bought Television")
        await offer.get_by_role("button", name="Declined").click()
        await expect(offer).to_have_count(0)
        await expect(page.locator("#sales-panel")).to_contain_text("Order O9")


@pytest.mark.parametrize(("language", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
async def test_no_page_is_wider_than_a_phone(site: Site, language: str, scheme: str) -> None:
    paths = ["", "/opportunities", "/opportunities/1", "/new?customer=1", "/orders/1", "/orders/new?customer=1"]
    paths += ["/products/1", "/month", "/quotas", "/forecast", "/attribution", "/cross-sell", "/leads", "/orders"]
    async with chromium() as browser, screen(browser, site.address, language, scheme, 390) as boss:  # type: ignore[arg-type]
        await boss.sign_in("supervisor")
        for path in paths:
            await boss.page.goto(f"/sales{path}")
            await expect(boss.page.locator("main h1")).to_have_count(1)
            assert await boss.overflow() <= 0, path
