"""A script is written, shown to the agent whose call it is for, walked through, and kept with the call."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server.callscripts import api, pages, panel
from cti_server.core import events as ev
from cti_server.staff import pages as staff_pages
from tests.desk.test_feed import caller_of
from tests.desk.test_pop import rings
from tests.journal.floor import T0, opening
from tests.web.kit import Site, running_site

SCRIPT = "<script>alert(1)</script>"
FORM = {
    "name": "Fault",
    "queue": "sales",
    "active": "1",
    "step.0.id": "hello",
    "step.0.text": f"Hello {{number}}, this is {{agent}} {SCRIPT}",
    "step.0.ask": "Broken?",
    "step.0.kind": "choice",
    "step.0.options": "Yes → what\nNo",
    "step.1.id": "what",
    "step.1.ask": "What is broken?",
    "step.1.kind": "text",
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, (staff_pages, panel, pages, api)) as site:
        await site.add_people()
        site.do(*opening())
        site.do(*(ev.AgentLoggedOut(at=T0, agent=agent) for agent in ("a2", "a3")))
        yield site


async def test_from_the_form_to_the_call(site: Site) -> None:
    caller = caller_of(site, "13800138000")
    caller.arrive(T0 + 1)
    caller.queue(T0 + 2, "sales")
    site.do(*rings(caller, T0 + 3))
    async with site.visitor("supervisor") as wu, site.visitor("agent") as anna:
        assert (await anna.get(f"/scripts/panel?call={caller.id}"))[0] == 204
        csrf = await wu.form_token("/scripts/new")
        assert await wu.post("/scripts/save", FORM | {"csrf": csrf}) == (303, "/scripts")
        status, text = await anna.get(f"/scripts/panel?call={caller.id}")
        assert status == 200 and 'data-step="hello"' in text and "Hello 13800138000, this is agent" in text
        assert "&lt;script&gt;" in text and SCRIPT not in text
        token = {"csrf": _token(text)}
        said = {"call": caller.id, "script": "1", "step": "hello"} | token
        assert 'role="alert"' in (await anna.post("/scripts/answer", said | {"answer": "Perhaps"}))[1]
        assert 'data-step="what"' in (await anna.post("/scripts/answer", said | {"answer": "Yes"}))[1]
        assert 'data-step="hello"' in (await anna.post("/scripts/answer", said | {"again": "1"}))[1]
        shown = (await anna.post("/scripts/answer", said | {"step": "what", "answer": "门坏了"}))[1]
        assert "data-script-end" in shown
        kept = await anna.get(f"/scripts/of-call?call={caller.id}")
        assert "门坏了" in kept[1] and "Broken?" in kept[1]
        headers = {"Authorization": f"Bearer {await site.token('reviewer')}"}
        async with wu.session.get(f"/api/v1/script-answers?call={caller.id}", headers=headers) as found:
            assert [each["answer"] for each in (await found.json())["items"]] == ["Yes", "门坏了"]


async def test_a_call_of_somebody_else_is_not_shown(site: Site) -> None:
    caller = caller_of(site, "13800138000")
    caller.arrive(T0 + 1)
    caller.queue(T0 + 2, "sales")
    async with site.visitor("agent") as anna:
        assert (await anna.get(f"/scripts/panel?call={caller.id}"))[0] == 404
        assert (await anna.get("/scripts/panel?call=nothing"))[0] == 404


async def test_what_is_wrong_is_said_and_nothing_typed_is_lost(site: Site) -> None:
    async with site.visitor("supervisor") as wu:
        csrf = {"csrf": await wu.form_token("/scripts/new")}
        status, text = await wu.post("/scripts/save", FORM | csrf | {"step.1.next": "nowhere", "name": ""})
        assert status == 422 and "nowhere" in text and "What is broken?" in text and "Yes -&gt; what" in text
        text = (await wu.post("/scripts/save", FORM | csrf | {"do": "add"}))[1]
        assert 'value="step-3"' in text
        assert 'value="what"' not in (await wu.post("/scripts/save", FORM | csrf | {"do": "remove.1"}))[1]
        await wu.post("/scripts/save", FORM | csrf)
        seen = FORM | csrf | {"id": "1", "version": "1"}
        assert await wu.post("/scripts/save", seen | {"name": "theirs"}) == (303, "/scripts")
        status, text = await wu.post("/scripts/save", seen | {"name": "mine"})
        assert status == 409 and 'value="mine"' in text and 'name="version" value="2"' in text
        assert [(await wu.get(path))[0] for path in ("/scripts", "/scripts/1", "/scripts/2", "/scripts/x")] == [
            200,
            200,
            404,
            404,
        ]


def _token(text: str) -> str:
    return text.split('name="csrf" value="')[1].split('"')[0]
