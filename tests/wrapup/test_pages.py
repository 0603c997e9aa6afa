"""The administrators' page of codes, the notes on the page of a call, and the API."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.core import events as ev
from tests.journal.floor import opening
from tests.web.kit import Site, Visitor, running_site
from tests.wrapup.conftest import settings_of
from tests.wrapup.kit import Json, only, talking

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def site(tmp_path: Path, url: str) -> AsyncIterator[Site]:
    """On SQLite and on PostgreSQL."""
    async with running_site(tmp_path, settings=settings_of(tmp_path), url=url) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 7200))
        yield site


async def press(visitor: Visitor, **fields: str) -> tuple[int, str]:
    csrf = await visitor.form_token("/wrapup/codes")
    return await visitor.post("/wrapup/codes", {"csrf": csrf, "position": "1", **fields})


def version_of(page: str, code: str) -> str:
    part = page.partition(f'data-code="{code}"')[2]
    found = re.search(r'name="version" value="(\d+)"', part)
    assert found is not None
    return found[1]


async def test_a_code_is_added_changed_and_retired(site: Site) -> None:
    async with site.visitor("administrator") as visitor, site.visitor("agent") as agent:
        status, page = await visitor.get("/wrapup/codes")
        assert status == 200 and 'data-code="complaint"' in page and "a code is required: Sales." in page
        new = {"id": "refund", "name_en": SCRIPT, "name_zh": "退款", "parent": "service", "queues": "support"}
        assert await press(visitor, **new, version="0") == (303, "/wrapup/codes#refund")
        _, page = await visitor.get("/wrapup/codes")
        assert SCRIPT not in page and "&lt;script&gt;" in page and version_of(page, "refund") == "1"
        _, offered = await Json(agent).get("/desk/codes?queue=support")
        assert "refund" in [code["id"] for code in offered["items"]]
        _, offered = await Json(agent).get("/desk/codes?queue=sales")
        assert "refund" not in [code["id"] for code in offered["items"]]
        status, text = await press(visitor, **new, version="0")
        assert status == 409 and "There is a code refund already." in text
        changed = new | {"name_en": "Refund", "retired": "1"}
        assert (await press(visitor, **changed, version="1"))[0] == 303
        status, text = await press(visitor, **changed | {"name_en": "Mine"}, version="1")
        assert status == 409 and "Nothing was overwritten" in text and 'value="Mine"' in text
        _, offered = await Json(agent).get("/desk/codes?queue=support")
        assert "refund" not in [code["id"] for code in offered["items"]]
        for wrong, words in (
            ({"id": "Größe"}, "An id has"),
            ({"id": "x", "name_zh": " "}, "both languages"),
            ({"id": "x", "parent": "complaint"}, "A group has no group"),
            ({"id": "x", "name_en": "n" * 101}, "at most 100"),
        ):
            status, text = await press(visitor, **new | wrong, version="0")
            assert (status, words in text) == (422, True), wrong
        assert (await agent.get("/wrapup/codes"))[0] == 403


async def test_the_page_of_a_call_and_the_api_tell_what_was_noted(site: Site) -> None:
    only(site, "a1")
    caller, leg = talking(site)
    async with site.visitor("agent") as visitor, site.visitor("reviewer") as reader:
        anna = Json(visitor)
        await anna.save(caller.id, version=0, note=f"{SCRIPT} محمد")
        caller.end_talk(clock.now() - 10, leg)
        await anna.save(caller.id, version=1, code="complaint")
        await site.writer.flush()
        status, page = await reader.get(f"/calls/{caller.id}")
        assert status == 200 and f"/wrapup/of-call?call={caller.id}" in page
        status, part = await reader.get(f"/wrapup/of-call?call={caller.id}")
        assert status == 200 and SCRIPT not in part and "محمد" in part
        assert "Complaint" in part and "Agent 1" in part
        assert (await reader.get("/wrapup/of-call?call=1.1"))[0] == 404
        assert (await visitor.get(f"/wrapup/of-call?call={caller.id}"))[0] == 403
        told = Json(reader)
        _, said = await told.get("/api/v1/call-notes?code=complaint&agent=a1&queue=sales")
        assert [(n["call"], n["leg"], n["version"]) for n in said["items"]] == [(caller.id, leg, 2)]
        for nothing in ("code=-", "code=solved", "since=99999999999", "until=1"):
            assert (await told.get(f"/api/v1/call-notes?{nothing}"))[1]["items"] == []
        _, said = await told.get("/api/v1/dispositions")
        assert next(code for code in said["items"] if code["id"] == "other")["needs_note"]


async def test_the_calls_are_listed_by_their_code(site: Site) -> None:
    only(site, "a1")
    async with site.visitor("agent") as visitor, site.visitor("reviewer") as reader:
        anna, made = Json(visitor), []
        for n, code in enumerate(("solved", "complaint", "")):
            caller, leg = talking(site, at=clock.now() - 900 + 200 * n)
            if code:
                await anna.save(caller.id, version=0, code=code)
            caller.end_talk(clock.now() - 800 + 200 * n, leg)
            site.do(ev.WrapUpEnded(at=clock.now() - 790 + 200 * n, agent="a1"))
            made.append(caller.id)
        await site.writer.flush()
        for query, expected in (("solved", made[:1]), ("complaint", made[1:2]), ("-", made[2:]), ("nonsense", [])):
            status, page = await reader.get(f"/calls?code={query}")
            assert status == 200 and re.findall(r'data-call="([^"]+)"', page) == expected, query
        _, page = await reader.get("/calls")
        assert page.count("Problem solved") == 2, "in the list, and in the filter"
