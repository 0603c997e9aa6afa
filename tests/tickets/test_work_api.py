"""Tickets over the API: links, calls, watchers, steps, files, contracts and reminders, service levels, categories."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.tickets.kit import a_customer
from tests.web.clients import Client, client
from tests.web.kit import Site, running_site
from tests.web.test_api import a_day


@pytest.fixture
async def site(url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        yield site


@pytest.fixture
async def anna(site: Site) -> AsyncIterator[Client]:
    async with client(site, "agent") as anna:
        for kind in ("complaint", "fault"):
            assert (await anna("POST", "/tickets", {"kind": kind, "subject": "It hums"}))[0] == 200
        yield anna


async def test_tickets_are_tied_to_one_another_and_to_calls(site: Site, anna: Client) -> None:
    await a_day(site, 2)
    status, ties = await anna("POST", "/tickets/1/links", {"other": 2, "kind": "caused_by"})
    assert (status, [(link["id"], link["kind"], link["back"]) for link in ties["links"]]) == (
        200,
        [(2, "caused_by", False)],
    )
    _, back = await anna("GET", "/tickets/2/links")
    assert [(link["id"], link["back"]) for link in back["links"]] == [(1, True)]
    assert (await anna("POST", "/tickets/1/links", {"other": 1}))[0] == 400
    assert (await anna("POST", "/tickets/1/links", {"other": 99}))[0] == 400
    assert (await anna("POST", "/tickets/99/links", {"other": 1}))[0] == 404
    assert (await anna("DELETE", "/tickets/2/links/1"))[0] == 404, "who named the link takes it away"
    assert (await anna("DELETE", "/tickets/1/links/2"))[1]["links"] == []
    async with client(site, "reviewer") as reviewer:
        call = (await reviewer("GET", "/calls"))[1]["items"][0]["id"]
        assert (await reviewer("POST", "/tickets/1/calls", {"call": call}))[0] == 403
    assert (await anna("POST", "/tickets/1/calls", {"call": call}))[1]["calls"] == [call]
    assert (await anna("POST", "/tickets/1/calls", {"call": "nobody's"}))[0] == 400
    assert (await anna("POST", "/tickets/77/calls", {"call": call}))[0] == 404
    assert (await anna("PUT", "/tickets/1/watch", {"on": True}))[1]["watchers"] == ["agent"]
    assert (await anna("PUT", "/tickets/1/watch", {"on": False}))[1]["watchers"] == []
    assert (await anna("PUT", "/tickets/77/watch", {"on": True}))[0] == 404


async def test_a_complaint_is_walked_step_by_step(anna: Client) -> None:
    said = {"step": "apologise", "text": "We are sorry"}
    assert (await anna("POST", "/tickets/1/steps", {"step": "make_good", "text": "a voucher"}))[0] == 400
    status, steps = await anna("POST", "/tickets/1/steps", said)
    assert (status, [each["step"] for each in steps["items"]], steps["next"]) == (200, ["apologise"], "restate")
    assert (await anna("POST", "/tickets/1/steps", said | {"step": "restate", "text": " "}))[0] == 400
    assert (await anna("POST", "/tickets/2/steps", said))[0] == 400, "a fault has no steps"
    assert (await anna("POST", "/tickets/9/steps", said))[0] == 404


async def test_a_file_is_sent_and_fetched(site: Site, anna: Client) -> None:
    _, said = await anna("POST", "/tickets/1/comments", {"text": "see the file"})
    file = {"name": "../../说明.txt", "data": base64.b64encode("你好".encode()).decode(), "comment": said["id"]}
    status, made = await anna("POST", "/tickets/1/files", file)
    assert (status, made["name"], made["size"], made["comment"]) == (200, "说明.txt", 6, said["id"])
    headers = {"Authorization": f"Bearer {await site.token('agent')}"}
    async with site.visitor() as visitor:
        assert await visitor.get(f"/api/v1/tickets/1/files/{made['id']}", headers=headers) == (200, "你好")
    assert (await anna("POST", "/tickets/2/files", file))[0] == 400, "a comment of another ticket"
    lies = {"name": "photo.png", "data": base64.b64encode(b"MZ" + b"\0" * 80).decode()}
    assert (await anna("POST", "/tickets/1/files", lies))[0] == 400
    assert (await anna("POST", "/tickets/1/files", {"name": "a.txt", "data": ""}))[0] == 400
    assert (await anna("POST", "/tickets/1/files", {"name": "a.txt", "data": "no base64!"}))[0] == 400
    assert (await anna("POST", "/tickets/9/files", {"name": "a.txt", "data": "aGVsbG8="}))[0] == 404


async def test_a_contract_is_made_changed_reminded_of_and_ended(site: Site, anna: Client) -> None:
    who = await a_customer(site.engine)
    new = {"customer": who, "product": "Fridge", "begins": "2020-01-01", "ends": "2021-12-31", "serial": "F-1"}
    status, made = await anna("POST", "/contracts", new)
    assert (status, made["product"], made["kind"], made["version"]) == (200, "Fridge", "warranty", 1)
    assert (await anna("POST", "/contracts", new | {"customer": 999}))[0] == 400
    assert (await anna("POST", "/contracts", new | {"ends": "2019-01-01", "serial": "F-2"}))[0] == 400
    path = f"/contracts/{made['id']}"
    change = new | {"ends": "2090-01-01", "version": 1}
    assert (await anna("PUT", path, change))[0] == 400, "longer than anybody promises"
    status, changed = await anna(
        "PUT", path, new | {"kind": "service", "every_months": 6, "ends": "2032-12-31", "version": 1}
    )
    assert (status, changed["kind"], changed["version"]) == (200, "service", 2) and changed["remind_for"]
    assert (await anna("PUT", path, new | {"version": 1}))[0] == 409
    assert [each["id"] for each in (await anna("GET", f"/contracts?state=running&customer={who}"))[1]["items"]] == [1]
    status, reminded = await anna("POST", f"{path}/remind", {"ticket": True})
    assert (status, reminded["reminder"]) == (200, 3) and reminded["remind_for"] > changed["remind_for"]
    assert (await anna("POST", f"{path}/end", {"version": 1}))[0] == 409
    assert (await anna("POST", f"{path}/end", {"version": 2}))[1]["ended"] is not None
    assert [each["id"] for each in (await anna("GET", "/contracts?state=over"))[1]["items"]] == [1]
    assert (await anna("GET", "/contracts/9"))[0] == (await anna("PUT", "/contracts/9", change))[0] == 404


async def test_service_levels_and_categories(site: Site, anna: Client) -> None:
    async with client(site, "supervisor") as boss:
        _, usual = await anna("GET", "/ticket-targets")
        assert [(t["kind"], t["priority"], t["version"]) for t in usual["items"]] == [
            ("", priority, 0) for priority in ("low", "normal", "high", "urgent")
        ]
        mine = {"kind": "fault", "priority": "urgent", "version": 0, "first_s": 600, "resolve_s": None}
        status, found = await boss("PUT", "/ticket-targets", mine)
        assert (status, found["items"][4]) == (200, mine | {"version": 1, "first_s": 600.0})
        assert (await boss("PUT", "/ticket-targets", mine))[0] == 409, "there is one by now"
        assert (await boss("PUT", "/ticket-targets", mine | {"version": 1, "first_s": -1}))[0] == 400
        assert (await boss("PUT", "/ticket-targets", mine | {"version": 1, "first_s": 60}))[0] == 200
        this = {"kind": "fault", "priority": "urgent", "version": 1}
        assert (await boss("POST", "/ticket-targets/remove", this))[0] == 409
        assert (await boss("POST", "/ticket-targets/remove", this | {"version": 2}))[1] == usual

        status, top = await boss("POST", "/ticket-categories", {"name": "  Fridges ", "name_zh": "冰箱"})
        assert (status, top["name"], top["version"]) == (200, "Fridges", 1)
        _, below = await boss("POST", "/ticket-categories", {"name": "Doors", "parent": top["id"]})
        assert (await boss("POST", "/ticket-categories", {"name": "Hinges", "parent": below["id"]}))[0] == 400
        changed = {"name": "Doors and seals", "parent": top["id"], "version": 1}
        assert (await boss("PUT", f"/ticket-categories/{below['id']}", changed))[1]["version"] == 2
        assert (await boss("PUT", f"/ticket-categories/{below['id']}", changed))[0] == 409
        assert (await boss("PUT", "/ticket-categories/99", changed))[0] == 404
        _, all_of_them = await anna("GET", "/ticket-categories")
        assert [one["name"] for one in all_of_them["items"]] == ["Fridges", "Doors and seals"]
