"""`/api/v1/rules`: read, checked, written on the version that was seen, and moved."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.clients import Client, client
from tests.web.kit import running_site


@pytest.fixture
async def boss(url: str, tmp_path: Path) -> AsyncIterator[Client]:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        async with client(site, "supervisor") as boss:
            yield boss


NEW = {
    "subject": "order",
    "event": "placed",
    "name": "large",
    "condition": "total > 100",
    "acts": [{"do": "notify", "give": {"who": "owner", "text": "{number}"}}],
    "active": True,
}


async def test_a_rule_is_checked_written_and_changed(boss: Client) -> None:
    assert await boss("POST", "/rules/check", NEW) == (200, {"problems": []})
    status, found = await boss("POST", "/rules/check", NEW | {"condition": "\ntotall > 100"})
    (wrong,) = found["problems"]
    assert (status, wrong["key"], wrong["line"], wrong["column"]) == (200, "no_field_near", 2, 1)
    assert "totall" in wrong["text"]
    status, made = await boss("POST", "/rules", NEW)
    assert (status, made["id"], made["version"], made["acts"], made["active"]) == (200, 1, 1, NEW["acts"], True)
    for bad in ({"condition": "1 +"}, {"event": "eaten"}, {"subject": "weather"}, {"acts": [{"do": "explode"}]}):
        status, said = await boss("POST", "/rules", NEW | bad)
        assert status == 400 and said["detail"]
    change = {name: NEW[name] for name in ("name", "condition", "acts")} | {"version": 1}
    status, changed = await boss("PUT", "/rules/1", change)
    assert (status, changed["version"], changed["active"], changed["event"]) == (200, 2, False, "")
    status, said = await boss("PUT", "/rules/1", change)
    assert status == 409 and "version 2" in said["detail"]
    assert (await boss("GET", "/rules/1"))[1] == changed
    assert (await boss("GET", "/rules/9"))[0] == (await boss("PUT", "/rules/9", change))[0] == 404
    assert (await boss("PUT", "/rules/1", change | {"version": 2, "condition": "nothing"}))[0] == 400


async def test_the_order_is_changed_and_what_rules_did_is_read(boss: Client) -> None:
    for name in ("one", "two"):
        await boss("POST", "/rules", NEW | {"name": name})
    status, rules = await boss("POST", "/rules/2/move", {"earlier": True})
    assert (status, [each["name"] for each in rules["items"]]) == (200, ["two", "one"])
    assert (await boss("POST", "/rules/9/move", {"earlier": True}))[0] == 404
    _, who = await boss("POST", "/customers", {"name": "王芳"})
    await boss("POST", "/products", {"sku": "TV", "name_en": "TV", "amount": 300_000})
    await boss("POST", "/orders", {"customer": who["id"], "lines": [{"sku": "TV"}]})
    _, page = await boss("GET", "/rule-firings?subject=order&ref=1")
    assert [(each["name"], each["outcome"]) for each in page["items"]] == [("one", "done"), ("two", "done")]
    assert page["items"][0]["matched"][0]["saw"] == {"total": 3000.0}
