"""The pages and forms of sales over real HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.sales import earnings
from tests.journal.floor import opening
from tests.sales.kit import BOSS, a_customer, stocked
from tests.web.kit import Site, Visitor, running_site

SCRIPT = "<script>alert(1)</script>"
PAGES = "opportunities leads quotes orders returns products month forecast cross-sell attribution quotas".split()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 7200))
        async with site.engine.begin() as connection:
            assert await a_customer(connection, SCRIPT, "+8613800138000") == 1
            await stocked(connection)
            await earnings.begin_rule(connection, BOSS, "", 0, 200, clock.now() - 3600)
        yield site


async def press(visitor: Visitor, path: str, page: str = "/sales", **fields: str) -> tuple[int, str]:
    csrf = await visitor.form_token(page)
    return await visitor.post(path, {"csrf": csrf, **fields})


async def opens(visitor: Visitor, **fields: str) -> tuple[int, str]:
    given = {"customer": "1", "title": "Kitchen", "amount": "5,000", "expected": "2030-01-31"} | fields
    return await press(visitor, "/sales/new", "/sales/new?customer=1", **given)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_page_opens_and_escapes_what_it_shows(site: Site, language: str) -> None:
    async with site.visitor("supervisor", language) as visitor:
        assert (await opens(visitor, title=SCRIPT))[0] == 303
        made = await press(visitor, "/sales/leads/new", "/sales/leads/new", name=SCRIPT, interest=SCRIPT)
        assert made == (303, "/sales/leads/1")
        made = await press(visitor, "/sales/quotes/new", opportunity="1", sku1="TV-55", valid_until="2030-01-01")
        assert made == (303, "/sales/quotes/1"), made
        made = await press(visitor, "/sales/orders/new", opportunity="1", sku1="TV-55", note=SCRIPT)
        assert made == (303, "/sales/orders/1"), made
        news = ["new?customer=1", "leads/new", "quotes/new?customer=1", "orders/new?opportunity=1", "products/new"]
        ones = ["opportunities/1", "leads/1", "quotes/1", "orders/1", "products/1", "quotes/new?replaces=1"]
        for path in ("", *(f"/{page}" for page in (*PAGES, *news, *ones, "panel?customer=1", "of-call?call=1"))):
            status, text = await visitor.get(f"/sales{path}")
            assert status == 200, (path, text[:2000])
            assert SCRIPT not in text, path
            if path not in ("/panel?customer=1", "/of-call?call=1"):
                assert "</html>" in text, path
        for path in ("opportunities/99", "quotes/99", "orders/99", "products/99", "leads/99", "panel?customer=99"):
            assert (await visitor.get(f"/sales/{path}"))[0] == 404, path
