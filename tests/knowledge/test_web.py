"""The pages of the knowledge base, its panel and its API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server.knowledge import api, pages
from cti_server.staff import pages as staff_pages
from tests.web.kit import Site, running_site

SCRIPT = "<script>alert(1)</script>"
FORM = {
    "language": "en",
    "question": f"Why {SCRIPT}?",
    "answer": f"Because {SCRIPT}",
    "category": "repair",
    "active": "1",
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, (staff_pages, pages, api)) as site:
        await site.add_people()
        yield site


async def test_written_found_read_and_helped(site: Site) -> None:
    async with site.visitor("supervisor") as wu, site.visitor("agent") as anna:
        csrf = await wu.form_token("/knowledge/new")
        assert await wu.post("/knowledge/save", FORM | {"csrf": csrf}) == (303, "/knowledge/1")
        for path in ("/knowledge?q=because", "/knowledge/1", "/knowledge/panel?q=because", "/knowledge/panel"):
            status, text = await anna.get(path)
            assert status == 200 and "&lt;script&gt;" in text and SCRIPT not in text, path
        assert await wu.post("/knowledge/1/helped", {"csrf": csrf}) == (303, "/knowledge/1")
        assert "Helped 1 times" in (await anna.get("/knowledge/1"))[1]
        assert (await anna.get("/knowledge/1/edit"))[0] == 403
        assert [(await anna.get(path))[0] for path in ("/knowledge/2", "/knowledge/x", f"/knowledge/{2**40}")] == [
            404
        ] * 3


async def test_what_was_typed_is_kept_when_it_is_refused(site: Site) -> None:
    async with site.visitor("supervisor") as wu:
        csrf = await wu.form_token("/knowledge/new")
        status, text = await wu.post("/knowledge/save", FORM | {"csrf": csrf, "language": "fr"})
        assert status == 422 and "Choose a language." in text and "Because &lt;script&gt;" in text
        await wu.post("/knowledge/save", FORM | {"csrf": csrf})
        await wu.post("/knowledge/save", FORM | {"csrf": csrf, "id": "1", "version": "1", "answer": "theirs"})
        status, text = await wu.post(
            "/knowledge/save", FORM | {"csrf": csrf, "id": "1", "version": "1", "answer": "mine"}
        )
        assert status == 409 and "theirs" in text and ">mine</textarea>" in text
        assert await wu.post("/knowledge/save", FORM | {"csrf": csrf, "id": "1", "version": "2"}) == (
            303,
            "/knowledge/1",
        )


async def test_the_api(site: Site) -> None:
    headers = {"Authorization": f"Bearer {await site.token('supervisor')}"}
    async with site.visitor() as machine:
        body = {"language": "zh", "question": "保修期多长？", "answer": "两年。"}
        async with machine.session.post("/api/v1/knowledge", json=body, headers=headers) as made:
            assert (made.status, (await made.json())["version"]) == (200, 1)
        async with machine.session.get("/api/v1/knowledge?q=保修", headers=headers) as found:
            assert [each["answer"] for each in (await found.json())["items"]] == ["两年。"]
        changed = body | {"answer": "三年。", "version": 1}
        for status in (200, 409):
            async with machine.session.put("/api/v1/knowledge/1", json=changed, headers=headers) as saved:
                assert saved.status == status
