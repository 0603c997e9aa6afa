"""Merging, consents, own fields and imports over the API."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.clients import Client, client
from tests.web.kit import Site, running_site


@pytest.fixture
async def site(url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        yield site


@pytest.fixture
async def boss(site: Site) -> AsyncIterator[Client]:
    async with client(site, "supervisor") as boss:
        yield boss


async def test_two_records_become_one_and_two_again(boss: Client) -> None:
    _, one = await boss("POST", "/customers", {"name": "王芳", "city": "上海", "phones": [{"number": "13800138000"}]})
    _, two = await boss("POST", "/customers", {"name": "王 芳", "city": "杭州", "tags": ["vip"]})
    path, seen = f"/customers/{one['id']}/merges", {"version": 1, "gone": two["id"], "gone_version": 1}
    assert (await boss("POST", path, seen | {"version": 7}))[0] == 409
    assert (await boss("POST", path, seen | {"gone": one["id"]}))[0] == 409
    assert (await boss("POST", "/customers/99/merges", seen))[0] == 404
    status, merges = await boss("POST", path, seen | {"picks": {"city": "gone"}})
    assert (status, [(m["kept"], m["gone"], m["undoable"]) for m in merges["items"]]) == (200, [(1, 2, True)])
    _, now = await boss("GET", "/customers/1")
    assert (now["name"], now["city"], now["tags"]) == ("王芳", "杭州", ["vip"])
    assert (await boss("GET", "/customers/2"))[1]["merged_into"] == 1
    undo = f"/customer-merges/{merges['items'][0]['id']}/undo"
    assert (await boss("POST", undo))[1]["items"][0]["undoable"] is False
    assert (await boss("POST", undo))[0] == 409
    assert ((await boss("GET", "/customers/1"))[1]["city"], (await boss("GET", "/customers/2"))[1]["merged_into"]) == (
        "上海",
        None,
    )


async def test_what_a_customer_agreed_to(site: Site, boss: Client) -> None:
    await boss("POST", "/customers", {"name": "Ann"})
    path = "/customers/1/consents"
    async with client(site, "agent") as anna:
        said = {"purpose": "marketing_call", "given": True, "source": "on the phone"}
        for given in (True, False):
            status, one = await anna("POST", path, said | {"given": given})
            last = [(each["purpose"], each["given"], each["by"]) for each in one["consents"]]
            assert (status, last) == (200, [("marketing_call", given, "agent")])
        assert (await anna("POST", path, {"purpose": "anything", "given": True}))[0] == 400
        assert (await anna("POST", "/customers/9/consents", said))[0] == 404
        assert (await anna("POST", "/customers/1/merges", {"version": 1, "gone": 2, "gone_version": 1}))[0] == 403


async def test_own_fields_are_made_changed_and_removed(boss: Client) -> None:
    new = {"id": "shoe_size", "label_en": "Shoe size", "type": "number"}
    status, fields = await boss("POST", "/customer-fields", new)
    assert (status, [(each["id"], each["label_zh"], each["type"]) for each in fields["items"]]) == (
        200,
        [("shoe_size", "Shoe size", "number")],
    )
    _, fields = await boss("POST", "/customer-fields", new | {"label_zh": "鞋码", "type": "text"})
    assert [(each["label_zh"], each["type"]) for each in fields["items"]] == [("鞋码", "number")]
    assert (await boss("POST", "/customer-fields", new | {"id": "colour", "type": "choice"}))[0] == 400
    assert (await boss("POST", "/customer-fields", new | {"id": "Not so"}))[0] == 400
    assert (await boss("DELETE", "/customer-fields/colour"))[0] == 404
    assert (await boss("DELETE", "/customer-fields/shoe_size"))[1]["items"] == []


async def ended(boss: Client, path: str) -> Any:
    """Asked again until it runs no more."""
    for _ in range(5000):
        _, job = await boss("GET", path)
        if job["state"] != "running":
            return job
    raise AssertionError("it runs for ever")


@pytest.mark.slow
async def test_a_file_is_sent_looked_at_tried_and_imported(boss: Client) -> None:
    text = "姓名,电话,备注\n王芳,13800138000,早班\n李雷,13900139000,\n,,没有人\n"
    sent = {"name": "C:\\lists\\客户.csv", "data": base64.b64encode(text.encode("gb18030")).decode()}
    status, job = await boss("POST", "/imports", sent)
    assert (status, job["name"], job["encoding"], job["mapping"]) == (
        200,
        "客户.csv",
        "gb18030",
        ["name", "phone", "notes"],
    )
    path = f"/imports/{job['id']}"
    assert (await boss("POST", f"{path}/look", {"encoding": "none-such"}))[0] == 400
    assert (await boss("POST", f"{path}/look", {"encoding": "gb18030"}))[1]["sample"][1][0] == "王芳"
    assert (await boss("PUT", path, {"mapping": ["name"]}))[0] == 400
    assert (await boss("PUT", path, {"mapping": ["", "", "notes"]}))[0] == 400
    assert (await boss("PUT", path, {"mapping": ["name", "phone", ""]}))[1]["mapping"] == ["name", "phone", ""]
    assert (await boss("POST", f"{path}/do", {"do": "resume"}))[0] == 409
    assert (await boss("POST", f"{path}/do", {"do": "try"}))[0] == 200
    tried = await ended(boss, path)
    assert (tried["state"], tried["created"], tried["bad"]) == ("checked", 2, 1)
    assert (await boss("GET", "/customers"))[1]["items"] == []
    assert (await boss("POST", f"{path}/do", {"do": "start"}))[0] == 200
    done = await ended(boss, path)
    assert (done["state"], done["created"], done["bad"]) == ("done", 2, 1)
    assert {each["name"] for each in (await boss("GET", "/customers"))[1]["items"]} == {"王芳", "李雷"}
    (bad,) = (await boss("GET", f"{path}/bad"))[1]["items"]
    assert (bad["line"], bad["cells"][2]) == (4, "没有人") and bad["why"]
    assert (await boss("POST", f"{path}/do", {"do": "start"}))[0] == 409
    assert (await boss("DELETE", path))[0] == 200 and (await boss("GET", path))[0] == 404
    old_excel = base64.b64encode(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99).decode()
    assert (await boss("POST", "/imports", sent | {"data": old_excel}))[0] == 400
    assert (await boss("GET", "/imports"))[1]["items"] == []
