"""Tickets in a real browser: from a call to a complaint, its walk, its end, and the call that follows it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from cti_server import clock
from cti_server.tickets import changes
from cti_server.tickets.model import New
from cti_server.tickets.tables import ticket, ticket_step
from tests.browser.chromium import chromium, screen
from tests.followups.kit import caller
from tests.journal.floor import opening
from tests.tickets.kit import a_customer, floor_of, of
from tests.tickets.test_files import PDF
from tests.web.kit import Site, running_site

pytestmark = pytest.mark.browser
LONG = "<script>document.title='owned'</script>" + "名" * 150


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as site:
        await site.add_people()
        now = clock.now()
        site.do(*opening(now - 7200))
        one = caller(floor_of(site), "7.1", "13800138000")
        one.arrive(now - 60)
        one.queue(now - 50)
        one.end_talk(now - 10, one.agent_answers(now - 40))
        await site.writer.flush()
        await a_customer(site.engine, "王芳")
        yield site


async def test_from_a_call_to_a_complaint_to_its_follow_up(site: Site) -> None:
    async with chromium() as browser, screen(browser, site.address) as anna:
        await anna.sign_in("supervisor")
        page = anna.page
        await page.goto("/calls/7.1")
        await page.get_by_role("link", name="New ticket, or link one").click()
        await expect(page.get_by_label("王芳")).to_be_checked()
        await page.get_by_label("Kind").select_option("complaint")
        await page.get_by_label("Subject").fill("Fridge came late")
        await page.get_by_label("Attachments").set_input_files(
            {"name": "receipt.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
        await page.get_by_role("button", name="Make the ticket").click()
        await expect(page.locator("h1")).to_have_text("Fridge came late")
        await expect(page.get_by_role("link", name="receipt.pdf")).to_be_visible()
        for step in ("apologise", "restate", "empathise", "make_good"):
            now = page.locator(f"[data-step={step}]")
            await now.get_by_role("textbox").fill(f"so we did: {step}")
            await now.get_by_role("button", name="Done").click()
            await expect(now).to_have_attribute("data-state", "done")
        await page.locator("#edit [name=status]").select_option("closed")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_contain_text("what came of the complaint")
        await page.get_by_label("What came of it").fill("a voucher of 50")
        await page.get_by_role("button", name="Save").click()
        follow_up = page.locator("[data-step=follow_up] a")
        await follow_up.click()
        await expect(page.locator(".call-sub").first).to_contain_text("Callback")
        await page.locator("#edit [name=status]").select_option("cancelled")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_contain_text("cannot be dropped silently")
        await page.locator("#edit [name=status]").select_option("closed")
        await page.get_by_label("What came of it").fill("she is content")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".call-sub").first).to_contain_text("Closed")
        await page.get_by_role("link", name="Fridge came late").click()
        await expect(page.locator("[data-step=follow_up]")).to_contain_text("she is content")
        await page.goto("/calls/7.1")
        await expect(page.locator("[data-part=tickets]")).to_contain_text("Fridge came late")
        # Chromium calls each refusal an error; these two were meant.
        refused = [said for said in anna.complaints if "422" in said]
        assert len(refused) == 2
        anna.complaints[:] = [said for said in anna.complaints if said not in refused]
    async with site.engine.connect() as db:
        assert len((await db.execute(select(ticket_step))).all()) == 5
        assert not list(await db.scalars(select(ticket.c.id).where(ticket.c.is_open)))


async def test_keys_drafts_and_a_text_that_is_too_long(site: Site) -> None:
    async with site.engine.begin() as db:
        for name in ("first", "second", "third"):
            await changes.create(db, New(kind="inquiry", subject=name), by="agent", at=clock.now(), of=of)
    async with chromium() as browser, screen(browser, site.address) as anna:
        await anna.sign_in("supervisor")
        page = anna.page
        await page.goto("/tickets?sort=created")
        for key in ("j", "j", "j", "j", "k"):
            await page.keyboard.press(key)
        await page.keyboard.press("x")
        await expect(page.get_by_label("Choose T-")).to_have_count(3)
        await expect(page.locator("tr", has_text="second").get_by_role("checkbox")).to_be_checked()
        await page.keyboard.press("Enter")
        await expect(page.locator("h1")).to_have_text("second")
        text = page.get_by_placeholder("What is to be said")
        await text.fill("half a thought")
        await page.reload()
        await expect(text).to_have_value("half a thought")
        await text.evaluate("area => { area.value = 'x'.repeat(5_000_000); }")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.locator("[data-wrong]")).to_contain_text("Nothing was sent and nothing is lost")
        assert await text.evaluate("area => area.value.length") == 5_000_000
        await text.fill("a whole thought")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.locator(".comment")).to_contain_text("a whole thought")
        await expect(text).to_have_value("")


@pytest.mark.parametrize(("language", "scheme"), [("en-GB", "light"), ("zh-CN", "dark")])
async def test_no_page_is_wider_than_a_phone(site: Site, language: str, scheme: str) -> None:
    async with site.engine.begin() as db:
        new = New(kind="complaint", subject=LONG, description=LONG, product=LONG, customer=1, owner="agent")
        made = await changes.create(db, new, by="agent", at=clock.now(), of=of)
        await changes.comment(db, made.id, LONG, "in", by="", at=clock.now(), of=of, sender=LONG)
    async with chromium() as browser, screen(browser, site.address, language, scheme, 390) as anna:  # type: ignore[arg-type]
        await anna.sign_in("supervisor")
        for path in ("", f"/{made.id}", "/new?call=7.1", "/contracts", "/contracts/new?customer=1", "/settings"):
            await anna.page.goto(f"/tickets{path}")
            await expect(anna.page.locator("h1")).to_be_visible()
            assert await anna.overflow() <= 0, path
