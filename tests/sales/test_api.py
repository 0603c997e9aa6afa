"""`/api/v1/products`, `opportunities`, `orders`: made, read, changed; who is second is told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.sales.kit import a_customer, stocked
from tests.web.clients import Client, client
from tests.web.kit import Site, running_site


@pytest.fixture
async def site(url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        async with site.engine.begin() as connection:
            await a_customer(connection)
            await stocked(connection)
        yield site


@pytest.fixture
async def boss(site: Site) -> AsyncIterator[Client]:
    async with client(site, "supervisor") as boss:
        yield boss


@pytest.fixture
async def anna(site: Site) -> AsyncIterator[Client]:
    async with client(site, "agent") as anna:
        yield anna


async def test_a_product_is_made_and_changed(boss: Client, anna: Client) -> None:
    status, made = await boss("POST", "/products", {"sku": "TEA", "name_zh": "茶叶", "amount": 8850})
    assert (status, made["id"], made["amount"], made["name_en"]) == (200, 5, 8850, "茶叶")
    new = {"sku": "TEA", "name_en": "Tea", "amount": 7900, "version": 1}
    status, changed = await boss("PUT", "/products/5", new)
    assert (status, changed["amount"], changed["version"]) == (200, 7900, 2)
    assert (await boss("PUT", "/products/5", new))[0] == 409
    assert (await boss("PUT", "/products/5", {"sku": "RICE", "version": 2}))[0] == 400
    assert (await boss("PUT", "/products/99", {"sku": "X", "name_en": "X", "version": 1}))[0] == 404
    assert (await anna("PUT", "/products/5", new))[0] == 403
    status, page = await anna("GET", "/products?sort=sku&limit=3")
    assert [item["sku"] for item in page["items"]] == ["BAR", "OIL", "RICE"] and page["next"]
    status, rest = await anna("GET", f"/products?sort=sku&limit=3&after={page['next']}")
    assert [item["sku"] for item in rest["items"]] == ["TEA", "TV-55"] and rest["next"] == ""


async def test_an_opportunity_goes_its_way(boss: Client, anna: Client) -> None:
    given = {"customer": 1, "title": "Kitchen", "expected": "2030-01-31", "amount": 5000}
    status, made = await anna("POST", "/opportunities", given)
    assert (status, made["owner"], made["probability"], made["shares"]) == (200, "a1", 10, {"a1": 100})
    status, moved = await anna("PUT", "/opportunities/1", {"version": 1, "stage": "proposal"})
    assert (status, moved["probability"], moved["version"]) == (200, 50, 2)
    status, problem = await anna("PUT", "/opportunities/1", {"version": 1, "stage": "new"})
    assert status == 409 and "agent saved this" in problem["detail"]
    assert (await anna("PUT", "/opportunities/1", {"version": 1}))[0] == 409
    assert (await anna("PUT", "/opportunities/1", {"version": 2, "status": "lost"}))[0] == 400
    status, lost = await anna("PUT", "/opportunities/1", {"version": 2, "status": "lost", "reason": "price"})
    assert (status, lost["status"], lost["reason"]) == (200, "lost", "price")
    status, again = await anna("PUT", "/opportunities/1", {"version": 3, "status": "open", "amount": 7000})
    assert (status, again["status"], again["amount"], again["closed"]) == (200, "open", 7000, None)
    status, problem = await boss("POST", "/opportunities", given)
    assert status == 409 and "already selling" in problem["detail"]
    status, shared = await boss("POST", "/opportunities", given | {"share_percent": 25})
    assert (status, shared["shares"]) == (200, {"a1": 75, "supervisor": 25})
    assert (await boss("POST", "/opportunities", given | {"owner": "nobody"}))[0] == 400
    status, mine = await boss("GET", "/opportunities?owner=supervisor&status=open")
    assert [item["id"] for item in mine["items"]] == [2]
    assert (await anna("GET", "/opportunities/99"))[0] == 404
    assert (await anna("GET", "/opportunities?status=gone"))[0] == 400


async def test_an_order_costs_what_the_list_says(boss: Client, anna: Client) -> None:
    given = {"customer": 1, "title": "Kitchen", "expected": "2030-01-31"}
    await anna("POST", "/opportunities", given)
    lines = [{"sku": "TV-55"}, {"sku": "OIL", "quantity": 3}]
    status, made = await anna("POST", "/orders", {"customer": 1, "opportunity": 1, "lines": lines})
    assert (status, made["total"], made["state"]) == (200, 335_885, "unpaid")
    assert [(line["sku"], line["total"]) for line in made["lines"]] == [("TV-55", 329_900), ("OIL", 5_985)]
    status, won = await anna("GET", "/opportunities/1")
    assert (won["status"], won["amount"]) == ("won", 335_885)
    wrong: dict[str, Any]
    for wrong in ({"lines": []}, {"lines": [{"sku": "NO"}]}, {"lines": [{"sku": "OIL", "unit_price": 1}]}):
        assert (await anna("POST", "/orders", {"customer": 1} | wrong))[0] == 400
    assert (await anna("PUT", "/orders/1", {"version": 9, "status": "delivered"}))[0] == 409
    status, done = await anna("PUT", "/orders/1", {"version": 1, "status": "delivered"})
    assert (status, done["status"], done["state"]) == (200, "delivered", "unpaid")
    assert (await anna("PUT", "/orders/1", {"version": 2, "status": "cancelled"}))[0] == 400
    status, found = await boss("GET", "/orders?state=unpaid&customer=1")
    assert [item["id"] for item in found["items"]] == [1]


async def test_an_order_for_somebody_elses_customer(boss: Client, anna: Client) -> None:
    await anna("POST", "/opportunities", {"customer": 1, "title": "Kitchen", "expected": "2030-01-31"})
    order = {"customer": 1, "lines": [{"sku": "OIL"}]}
    status, problem = await boss("POST", "/orders", order)
    assert status == 409 and "already selling" in problem["detail"]
    assert (await boss("POST", "/orders", order | {"share_percent": 100}))[0] == 400
    assert (await boss("POST", "/orders", order | {"share_percent": 40}))[0] == 200
    assert (await anna("GET", "/orders/1"))[1]["owner"] == "supervisor", "who shares it sees it"
    assert (await anna("POST", "/orders", order))[0] == 200
