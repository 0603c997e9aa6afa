"""The page, its buttons, the sound and the API over real HTTP."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from cti_server import clock
from cti_server.core import events as ev
from cti_server.followups.tables import voicemail_access
from cti_server.journal.tables import voicemail
from cti_server.settings import Pbx
from tests.followups.kit import gives_up, leaves_message, planned
from tests.journal.floor import AGENTS, opening
from tests.web.kit import Site, Visitor, running_site, web_settings

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Agent `a1` serves sales only; `agent` is the person at that phone."""
    settings = web_settings(tmp_path).model_copy(update={"pbx": Pbx(recordings_dir=tmp_path / "rec")})
    async with running_site(tmp_path, settings=settings) as site:
        await site.add_people()
        start = clock.now() - 7200
        agents = (ev.AgentConfig(id="a1", name="王小明", endpoint="PJSIP/a1", queues=("sales",)), *AGENTS[1:])
        opened = opening(start)
        opened[1] = ev.SiteConfigured(at=start, queues=opened[1].queues, agents=agents, default_queue="sales")  # type: ignore[attr-defined]
        site.do(*opened, *(ev.AgentLoggedOut(at=start, agent=a) for a in ("a1", "a2", "a3")))
        yield site


async def press(visitor: Visitor, page: str, action: str, **fields: str) -> tuple[int, str]:
    csrf = await visitor.form_token(page)
    return await visitor.post(f"/follow-ups/{action}", {"csrf": csrf, "next": page, **fields})


async def hears(visitor: Visitor, ident: str) -> int:
    async with visitor.session.get(f"/follow-ups/voicemails/{quote(ident)}/audio") as response:
        return response.status


async def shown(site: Site, visitor: Visitor, path: str, mark: str) -> list[str]:
    await site.writer.flush()
    status, text = await visitor.get(path)
    assert status == 200, text
    return re.findall(f'{mark}="([^"]*)"', text)


async def test_a_promise_is_cancelled_and_planned_again(site: Site) -> None:
    now = clock.now()
    site.do(planned("c1", "13800138000", now - 60, name=SCRIPT, queued=now - 300, not_before=now + 900, priority=2))
    async with site.visitor("supervisor") as visitor:
        assert await shown(site, visitor, "/follow-ups", "data-callback") == ["c1"]
        _, text = await visitor.get("/follow-ups")
        assert SCRIPT not in text and "&lt;script&gt;" in text and "Next try" in text

        assert await press(visitor, "/follow-ups?text=138", "callbacks/plan", id="c1") == (303, "/follow-ups?text=138")
        merged, again = site.published
        assert isinstance(merged, ev.CallbackEnded) and isinstance(again, ev.CallbackPlanned)
        assert (merged.callback, merged.outcome, merged.by) == ("c1", "merged", "supervisor")
        assert (again.queued, again.not_before, again.priority, again.name) == (now - 300, 0.0, 2, SCRIPT)
        assert again.callback != "c1" and again.by == "supervisor"
        assert await shown(site, visitor, "/follow-ups", "data-callback") == [again.callback]
        assert "Place 1 in the line" in (await visitor.get("/follow-ups"))[1]

        assert (await press(visitor, "/follow-ups", "callbacks/cancel", id=again.callback))[0] == 303
        assert await shown(site, visitor, "/follow-ups", "data-callback") == []
        assert await shown(site, visitor, "/follow-ups?state=cancelled", "data-callback") == [again.callback]
        assert (await press(visitor, "/follow-ups", "callbacks/cancel", id=again.callback))[0] == 303
        assert len(site.published) == 3, "there is nothing to cancel any more"

        assert (await press(visitor, "/follow-ups", "callbacks/plan", id=again.callback))[0] == 303
        third = site.published[-1]
        assert isinstance(third, ev.CallbackPlanned) and third.queued >= now, "made anew, it waits from now on"
        assert list(site.state.callbacks) == [third.callback]
        assert (await press(visitor, "/follow-ups", "callbacks/plan", id="nothing"))[0] == 404


async def test_a_callback_that_is_being_called_is_left_alone(site: Site) -> None:
    now = clock.now()
    site.do(
        planned("c1", "13800138000", now),
        ev.CallbackTried(at=now, callback="c1", channel="x1", first="agent", agent="a1", endpoint="PJSIP/a1"),
    )
    async with site.visitor("supervisor") as visitor:
        for action in ("cancel", "plan"):
            assert (await press(visitor, "/follow-ups", f"callbacks/{action}", id="c1"))[0] == 303
        assert site.published == []
        _, text = await visitor.get("/follow-ups")
        assert "Being called" in text and "callbacks/cancel" not in text


@pytest.mark.slow
async def test_a_caller_who_gave_up_is_called_back_once(site: Site) -> None:
    entry = gives_up(site, "7.1", "138 0013 8000", clock.now() - 600)
    other = gives_up(site, "7.2", "+", clock.now() - 500)
    page = "/follow-ups/suggestions"
    async with site.visitor("supervisor") as visitor:
        assert await shown(site, visitor, page, "data-entry") == [entry]
        for _ in range(2):
            assert await press(visitor, page, "suggestions/plan", id=entry) == (303, page)
        (made,) = site.published
        assert isinstance(made, ev.CallbackPlanned)
        assert (made.callback, made.number, made.queue, made.call) == ("s-7.1-1", "13800138000", "sales", "7.1")
        assert await shown(site, visitor, page, "data-entry") == []
        site.do(ev.CallbackEnded(at=clock.now(), callback=made.callback, outcome="failed"))
        assert await shown(site, visitor, page, "data-entry") == [entry], "nobody has talked to them yet"
        await press(visitor, page, "suggestions/plan", id=entry)
        assert site.published[-1].callback not in ("s-7.1-1", "")  # type: ignore[attr-defined]
        assert (await press(visitor, page, "suggestions/plan", id=other))[0] == 404
        assert (await press(visitor, page, "suggestions/plan", id="nothing"))[0] == 404


async def test_a_suggestion_is_dismissed_in_the_page_and_the_api(site: Site) -> None:
    entry = gives_up(site, "7.1", "13800138000", clock.now() - 600, queue="support")
    headers = {"Authorization": f"Bearer {await site.token('supervisor')}"}
    page = "/follow-ups/suggestions?hours=4&queue=support"
    async with site.visitor("supervisor") as visitor:
        assert await shown(site, visitor, page, "data-entry") == [entry]
        answer = json.loads((await visitor.get("/api/v1/callback-suggestions", headers=headers))[1])
        assert (answer["total"], answer["items"][0]["wait_s"], answer["items"][0]["count"]) == (1, 40.0, 1)
        assert await press(visitor, page, "suggestions/dismiss", id=entry) == (303, page)
        assert await shown(site, visitor, page, "data-entry") == []
        answer = json.loads((await visitor.get("/api/v1/callback-suggestions?hours=168", headers=headers))[1])
        assert answer["items"] == []


async def test_a_message_is_heard_noted_and_done(site: Site) -> None:
    path = leaves_message(site, "5.1", "13800138000", name="王芳")
    page = "/follow-ups/voicemails"
    async with site.visitor("agent") as visitor:
        assert await shown(site, visitor, page, "data-voicemail") == ["5.1-sales"]
        async with visitor.session.get(f"{page}/5.1-sales/audio") as response:
            assert (response.status, response.content_type) == (200, "audio/wav")
            assert response.headers["Cache-Control"] == "private, no-store"
            assert await response.read() == path.read_bytes()
        async with visitor.session.get(f"{page}/5.1-sales/audio", headers={"Range": "bytes=100-199"}) as response:
            assert (response.status, await response.read()) == (206, path.read_bytes()[100:200])
        async with visitor.session.get(f"{page}/5.1-sales/audio?download=1") as response:
            assert response.headers["Content-Disposition"] == 'attachment; filename="voicemail-5.1-sales.wav"'
        note = {"id": "5.1-sales", "note": '要报价 "A&B"', "do": "note"}
        assert await press(visitor, page, "voicemails/task", **note) == (303, page)
        _, text = await visitor.get(page)
        assert "要报价 &#34;A&amp;B&#34;" in text and 'data-state="open"' in text
        assert (await press(visitor, page, "voicemails/task", **note | {"do": "done"}))[0] == 303
        assert await shown(site, visitor, page, "data-voicemail") == []
        _, text = await visitor.get(f"{page}?state=done&box=sales&text=138")
        assert 'data-state="done"' in text and "Done by" in text
        assert (await press(visitor, page, "voicemails/task", **note | {"do": "open"}))[0] == 303
        assert await shown(site, visitor, page, "data-voicemail") == ["5.1-sales"]
        for wrong in ({"do": "burn"}, {"note": "x" * 1001}, {"note": "\0"}, {"id": ""}, {"id": "x" * 300}):
            assert (await press(visitor, page, "voicemails/task", **note | wrong))[0] == 400
        assert (await press(visitor, page, "voicemails/task", **note | {"id": "nothing"}))[0] == 404
    async with site.engine.connect() as db:
        rows = (
            await db.execute(select(voicemail_access.c.voicemail, voicemail_access.c.login, voicemail_access.c.kind))
        ).all()
    assert [tuple(r) for r in rows] == [("5.1-sales", "agent", "play"), ("5.1-sales", "agent", "download")]


async def test_an_agent_sees_the_own_queues_and_the_own_box_only(site: Site) -> None:
    now = clock.now()
    leaves_message(site, "5.1", "13800138000")
    leaves_message(site, "5.2", "13900139000", box="support")
    leaves_message(site, "5.3", "13700137000", box="agent-a1")
    leaves_message(site, "5.4", "13700137000", box="agent-a2")
    site.do(planned("c1", "1390001", now), planned("c2", "1390002", now, queue="support"))
    site.do(planned("c3", "1390003", now, queue="support", agent="a1"))
    gives_up(site, "7.1", "13800138001", now - 600)
    gives_up(site, "7.2", "13800138002", now - 500, queue="support")
    own = {"Authorization": f"Bearer {await site.token('agent')}"}
    async with site.visitor("agent") as visitor:
        assert await shown(site, visitor, "/follow-ups/voicemails", "data-voicemail") == ["5.3-agent-a1", "5.1-sales"]
        assert await shown(site, visitor, "/follow-ups/voicemails?box=support", "data-voicemail") == []
        assert set(await shown(site, visitor, "/follow-ups", "data-callback")) == {"c1", "c3"}
        assert await shown(site, visitor, "/follow-ups/suggestions", "data-entry") == ["7.1#1"]
        _, text = await visitor.get("/follow-ups")
        assert "callbacks/cancel" not in text and "/calls/" not in text
        for ident, status in (("5.1-sales", 200), ("5.2-support", 404), ("5.4-agent-a2", 404)):
            assert (ident, await hears(visitor, ident)) == (ident, status)
        task = {"id": "5.2-support", "do": "done", "note": ""}
        assert (await press(visitor, "/follow-ups", "voicemails/task", **task))[0] == 404
        assert (await press(visitor, "/follow-ups", "callbacks/cancel", id="c1"))[0] == 403
        assert (await press(visitor, "/follow-ups", "suggestions/dismiss", id="7.1#1"))[0] == 403
        for path, total in (("voicemails", 2), ("callbacks", 2), ("callback-suggestions", 1)):
            answer = json.loads((await visitor.get(f"/api/v1/{path}", headers=own))[1])
            assert (path, answer["total"]) == (path, total)
    async with site.visitor("supervisor") as visitor:
        assert len(await shown(site, visitor, "/follow-ups/voicemails", "data-voicemail")) == 4
        assert await hears(visitor, "5.4-agent-a2") == 200
    assert site.published == []


async def test_no_path_leads_out_of_the_folder(site: Site, tmp_path: Path) -> None:
    path = leaves_message(site, "5.1", "13800138000")
    path.rename(tmp_path / "secret.wav")
    (tmp_path / "rec" / "link.wav").symlink_to(tmp_path / "secret.wav")
    (tmp_path / "rec" / "key.txt").write_text("secret")
    await site.writer.flush()
    told = (str(tmp_path / "secret.wav"), "../secret.wav", "link.wav", "key.txt", "", ".", "/etc/passwd", "x" * 5000)
    async with site.visitor("supervisor") as visitor:
        for each in told:
            async with site.engine.begin() as db:
                await db.execute(update(voicemail).values(path=each))
            assert (each, await hears(visitor, "5.1-sales")) == (each, 404)
        _, text = await visitor.get("/follow-ups/voicemails")
        assert "not in the folder" in text and "<audio" not in text
        for ident in ("..%2f..%2fsecret.wav", "%00", "nothing", "x" * 200):
            assert (await visitor.get(f"/follow-ups/voicemails/{ident}/audio"))[0] == 404
        (tmp_path / "secret.wav").rename(path)
        assert await hears(visitor, "5.1-sales") == 200, "where the dialplan writes, whatever the PBX calls the folder"
    async with site.engine.connect() as db:
        assert len((await db.execute(select(voicemail_access))).all()) == 1, "nobody heard what was not played"


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_lists_are_filtered_and_paged_in_the_address(site: Site, language: str) -> None:
    now = clock.now()
    site.do(*(planned(f"c{n:03}", f"138{n:08}", now - 500 + n) for n in range(120)))
    async with site.visitor("supervisor", language) as visitor:
        first = await shown(site, visitor, "/follow-ups?queue=sales", "data-callback")
        assert (first[0], first[-1], len(first)) == ("c000", "c049", 50)
        _, text = await visitor.get("/follow-ups?queue=sales&page=2")
        assert 'href="/follow-ups?queue=sales&amp;page=3" rel="next"' in text
        assert 'href="/follow-ups?queue=sales&amp;page=1" rel="prev"' in text
        assert (">回拨" in text, ">Callbacks" in text) == (language == "zh", language == "en")
        assert 'data-count="callbacks">120<' in text
        assert len(await shown(site, visitor, "/follow-ups?page=3", "data-callback")) == 20
        assert await shown(site, visitor, "/follow-ups?page=4", "data-callback") == []
        for path in ("", "/voicemails", "/suggestions"):
            for query in ("page=0", "page=x", "odd=1", "state=lost", "hours=0", "hours=169", "text=%00"):
                status, _ = await visitor.get(f"/follow-ups{path}?{query}")
                assert status == 400, (path, query)
        assert (await press(visitor, "/follow-ups", "callbacks/cancel", id="c000", next="//evil.example"))[
            1
        ] == "/follow-ups"


async def test_a_name_of_a_call_in_the_address_is_whole(site: Site) -> None:
    """Ids of the PBX may hold what means something in an address."""
    leaves_message(site, "5#1?2", "13800138000")
    async with site.visitor("supervisor") as visitor:
        assert await shown(site, visitor, "/follow-ups/voicemails", "data-voicemail") == ["5#1?2-sales"]
        _, text = await visitor.get("/follow-ups/voicemails")
        assert f"/follow-ups/voicemails/{quote('5#1?2-sales')}/audio" in text
        assert await hears(visitor, "5#1?2-sales") == 200
