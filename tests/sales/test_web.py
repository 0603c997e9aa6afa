"""The pages and forms of sales over real HTTP."""

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update

from cti_server import clock
from cti_server.core import events as ev
from cti_server.customers.tables import customer, timeline
from cti_server.sales import earnings
from cti_server.sales.earning_tables import commission_line
from cti_server.sales.tables import account_claim, opportunity, sales_offer
from tests.journal.floor import opening
from tests.sales.kit import BOSS, a_customer, stocked
from tests.web.kit import Site, Visitor, running_site

SCRIPT = "<script>alert(1)</script>"
PAGES = "opportunities leads quotes orders returns products month forecast cross-sell attribution quotas".split()


@pytest.fixture
async def site(url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, url=url) as site:
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


async def paste(visitor: Visitor, path: str, fields: dict[str, str]) -> tuple[int, str]:
    """A form with megabytes in it, sent piece by piece as a browser does."""
    body = io.BytesIO(urlencode({"csrf": await visitor.form_token("/sales"), **fields}).encode())
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with visitor.session.post(path, data=body, headers=headers, allow_redirects=False) as response:
        return response.status, await response.text()


async def opens(visitor: Visitor, **fields: str) -> tuple[int, str]:
    given = {"customer": "1", "title": "Kitchen", "amount": "5,000", "expected": "2030-01-31"} | fields
    return await press(visitor, "/sales/new", "/sales/new?customer=1", **given)


async def test_every_page_opens_and_escapes_what_it_shows(site: Site) -> None:
    async with site.visitor("supervisor", "zh") as visitor:
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


async def test_from_a_call_to_commission(site: Site) -> None:
    """The call's customer, number and campaign are filled in; the order wins the opportunity, the payment earns."""
    at, ident, name = clock.now() - 60, "1.1", "PJSIP/trunk-1"
    arrived = {"channel": ident, "linked": ident, "name": name}
    site.do(
        ev.ChannelCreated(at=at, **arrived, number="13800138000", exten="4001", incoming=True),
        ev.CallArrived(at=at, **arrived, ani="13800138000", dnis="4001", campaign="spring"),
        ev.ChannelEnded(at=at + 30, channel=ident),
    )
    await site.writer.flush()
    async with site.visitor("agent") as anna:
        status, page = await anna.get(f"/sales/new?call={ident}")
        assert status == 200 and 'name="customer" value="1"' in page and f'name="call" value="{ident}"' in page
        made = await opens(anna, call=ident)
        assert made == (303, "/sales/opportunities/1"), made
        status, part = await anna.get(f"/sales/of-call?call={ident}")
        assert status == 200 and "/sales/opportunities/1" in part and "</html>" not in part
        made = await press(anna, "/sales/orders/new", opportunity="1", sku1="TV-55", quantity1="2", sku2="RICE")
        assert made == (303, "/sales/orders/1"), made
        status, text = await anna.get("/sales/opportunities/1")
        assert "Won" in text and "/sales/orders/1" in text
        sent = {"version": "1", "amount": "6647.90", "method": "wechat"}
        assert await press(anna, "/sales/orders/1/payments", **sent) == (303, "/sales/orders/1")
        status, text = await anna.get("/sales/month")
        assert re.findall(r'data-commission="(\d+)"', text) == ["13196", "100"], "2 % of each line, rounded once"
        assert "CN¥132.96" in text
        status, text = await anna.get("/sales/panel?customer=1")
        assert "/sales/orders/1" in text
    async with site.engine.connect() as db:
        columns = (opportunity.c.call, opportunity.c.dnis, opportunity.c.campaign, opportunity.c.status)
        assert tuple((await db.execute(select(*columns))).one()) == (ident, "4001", "spring", "won")
        bought = (await db.execute(select(customer.c.orders, customer.c.spent, customer.c.version))).one()
        assert tuple(bought) == (1, 664_790, 1)
        whats = [tuple(r) for r in await db.execute(select(timeline.c.kind, timeline.c.what).order_by(timeline.c.id))]
    assert whats == [("opportunity", "opened"), ("opportunity", "won"), ("order", "placed"), ("payment", "received")]


async def test_the_second_editor_sees_the_first_ones_change_and_keeps_what_was_typed(site: Site) -> None:
    async with site.visitor("supervisor") as boss, site.visitor("administrator") as admin:
        await opens(boss)
        fields = {"version": "1", "amount": "5000", "expected": "2030-01-31", "stage": "new", "owner": ""}
        page = "/sales/opportunities/1"
        assert (await press(boss, page, page, **fields, title="The boss's"))[0] == 303
        status, text = await press(admin, page, page, **fields, title="The admin's", note="typed")
        assert status == 409
        assert "The boss&#39;s" in text and 'value="The admin&#39;s"' in text and ">typed</textarea>" in text
        assert "supervisor saved this at" in text and 'name="version" value="2"' in text
        status, text = await press(admin, f"{page}/move", version="1", stage="proposal")
        assert status == 409 and "supervisor saved this at" in text
        assert (await press(boss, page, page, **fields | {"version": "2", "amount": "x"}, title="No sum"))[0] == 400
        assert (await press(boss, f"{page}/close", version="2", status="lost"))[0] == 400


async def test_somebody_elses_customer_is_shared_by_choice_or_not_at_all(site: Site) -> None:
    async with site.engine.begin() as db:
        await db.execute(update(customer).values(owner="a2"))
    async with site.visitor("agent") as anna:
        status, text = await opens(anna)
        assert status == 409 and "customer" in text and 'name="share"' in text and 'value="Kitchen"' in text
        assert (await opens(anna, share="yes", percent="0"))[0] == 400
        assert (await opens(anna, share="yes", percent="40"))[0] == 303
        status, text = await anna.get("/sales/opportunities/1")
        assert "60 %" in text and "40 %" in text
        assert (await opens(anna, owner="supervisor", share="yes", percent="10"))[0] == 303, "it is the agent's own"
        wanted = {"customer": "1", "sku1": "TV-55"}
        status, text = await press(anna, "/sales/orders/new", **wanted)
        assert status == 409 and 'name="share"' in text and 'value="TV-55"' in text
        assert (await press(anna, "/sales/orders/new", **wanted, share="yes", percent="100"))[0] == 400
        made = await press(anna, "/sales/orders/new", **wanted, share="yes", percent="25")
        assert made == (303, "/sales/orders/1"), made
        assert "75 %" in (await anna.get("/sales/orders/1"))[1]
        status, text = await press(anna, "/sales/quotes/new", **wanted, valid_until="2035-01-31")
        assert status == 409 and "/sales/new?customer=1" in text and 'value="TV-55"' in text
    async with site.engine.connect() as db:
        rows = await db.execute(select(account_claim.c.decision, account_claim.c.who).order_by(account_claim.c.id))
        decisions = [tuple(row) for row in rows]
    assert decisions == [(what, "a1") for what in ("refused", "shared", "shared", "refused", "shared")]


async def test_an_agent_sees_no_more_than_the_own_and_manages_nothing(site: Site) -> None:
    async with site.visitor("supervisor") as boss, site.visitor("agent") as anna:
        await opens(boss, owner="supervisor")
        assert (await anna.get("/sales/opportunities/1"))[0] == 404
        assert (await press(anna, "/sales/opportunities/1/move", version="1", stage="proposal"))[0] == 404
        assert "/sales/opportunities/1" not in (await anna.get("/sales"))[1]
        text = (await anna.get("/sales/panel?customer=1"))[1]
        assert "Kitchen" in text and "/sales/opportunities/1" not in text and "5,000" not in text
        assert (await anna.get("/sales/month?who=supervisor"))[1].count("My month") > 0
        for path in ("/sales/quotas", "/sales/attribution", "/sales/products/new"):
            assert (await anna.get(path))[0] == 403
        assert (await press(anna, "/sales/products/1/price", amount="1"))[0] == 403


async def test_prices_quotas_and_rules_are_kept_on_pages(site: Site) -> None:
    async with site.visitor("supervisor") as boss:
        made = await press(boss, "/sales/products/new", sku="TEA", name_zh="茶叶", category="food", amount="88.5")
        assert made == (303, "/sales/products/5")
        assert (await press(boss, "/sales/products/new", sku="TEA", name_en="x"))[0] == 400
        assert (await press(boss, "/sales/products/5/price", amount="79"))[0] == 303
        text = (await boss.get("/sales/products/5"))[1]
        assert "CN¥79.00" in text and "CN¥88.50" in text
        assert (await press(boss, "/sales/products/5/price", amount="70", since="2020-01-01"))[0] == 400
        sent = {"who": "a1", "month": "2030-01", "amount": "100000"}
        assert await press(boss, "/sales/quotas", **sent) == (303, "/sales/quotas?month=2030-01")
        assert (await press(boss, "/sales/quotas", **sent))[0] == 409
        assert (await press(boss, "/sales/quotas", **sent | {"who": "nobody"}))[0] == 404
        assert (await press(boss, "/sales/commission-rules", category="food", rate="2.5"))[0] == 303
        assert "2.5 %" in (await boss.get("/sales/quotas"))[1]
        assert (await press(boss, "/sales/commission-rules", rate="2.555"))[0] == 400
        assert (await press(boss, "/sales/commission-rules", end="1"))[0] == 303
        assert "Month of Agent 1" in (await boss.get("/sales/month?who=a1&month=2030-01"))[1]


async def test_lists_are_filtered_sorted_and_exported_without_formulas(site: Site) -> None:
    async with site.visitor("supervisor") as boss:
        for n, title in enumerate(("=HYPERLINK(1)", "Fridge", "Phone")):
            await opens(boss, title=title, amount=str(100 * (n + 1)))
        status, text = await boss.get("/sales/opportunities?sort=-amount&stage=new")
        assert re.findall(r'data-row="(\d)"', text) == ["3", "2", "1"]
        status, text = await boss.get("/sales/opportunities?text=frid&sort=nonsense&owner=%27")
        assert status == 200 and re.findall(r'data-row="(\d)"', text) == []
        status, text = await boss.get("/sales/opportunities?format=csv&sort=amount")
        lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        assert [line[0] for line in lines] == ["Title", "'=HYPERLINK(1)", "Fridge", "Phone"] and lines[1][4] == "100.0"
        async with boss.session.get("/sales/products?format=xlsx") as response:
            assert response.status == 200 and (await response.read())[:2] == b"PK"


async def test_an_offer_and_its_answer_are_kept(site: Site) -> None:
    async with site.visitor("agent") as anna:
        sent = {"customer": "1", "product": "3", "answer": "later", "call": "c1", "next": "/sales/panel?customer=1"}
        assert await press(anna, "/sales/offers", **sent) == (303, "/sales/panel?customer=1")
        assert (await press(anna, "/sales/offers", **sent | {"answer": "maybe"}))[0] == 400
        assert (await press(anna, "/sales/offers", **sent | {"product": "99"}))[0] == 404
    async with site.engine.connect() as db:
        row = (await db.execute(select(sales_offer.c.answer, sales_offer.c.who, sales_offer.c.call))).one()
        assert tuple(row) == ("later", "a1", "c1")
        assert (await db.execute(select(commission_line.c.id))).first() is None


BAD = (
    ("/sales/new", {"customer": "99", "title": "x", "expected": "2030-01-01"}),
    ("/sales/new", {"customer": "1", "title": "x" * 201, "expected": "2030-01-01"}),
    ("/sales/new", {"customer": "1", "title": "x", "expected": "2030-02-30"}),
    ("/sales/new", {"customer": "1", "title": "x", "expected": "2030-01-01", "note": "n" * 20_001}),
    ("/sales/new", {"customer": "1", "title": "x", "expected": "2030-01-01", "amount": "9" * 30}),
    ("/sales/new", {"customer": "1", "title": "x", "expected": "2030-01-01", "note": "n" * 5_000_000}),
    ("/sales/orders/new", {"customer": "1", "sku1": "RICE", "note": "n" * 5_000_000}),
    ("/sales/leads/new", {"interest": "n" * 5_000_000, "name": "x"}),
    ("/sales/orders/new", {"customer": "1"}),
    ("/sales/orders/new", {"customer": "1", "sku1": "NOTHING"}),
    ("/sales/orders/new", {"customer": "1", "sku1": "RICE", "quantity1": "0"}),
    ("/sales/leads/new", {"interest": "tea"}),
)


async def test_bad_input_is_said_in_a_sentence_and_nothing_typed_is_lost(site: Site) -> None:
    async with site.visitor("agent") as anna:
        for path, fields in BAD:
            status, text = await paste(anna, path, fields)
            assert status == 400 and 'role="alert"' in text, (path, list(fields))
            for name in ("title", "note", "sku1", "interest"):
                if fields.get(name) and fields.get("customer") != "99":
                    assert fields[name] in text, name
