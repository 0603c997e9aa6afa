"""The call list and the call page, as HTML."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.core import events as ev
from tests.web.kit import Site, running_site
from tests.web.test_api import a_day


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as running:
        await running.add_people()
        yield running


def rows(text: str) -> list[str]:
    return re.findall(r'<tr data-call="([^"]+)">', text)


async def test_the_filters_are_in_the_address(site: Site) -> None:
    await a_day(site)
    async with site.visitor("reviewer") as visitor:
        _, everything = await visitor.get("/calls")
        assert len(rows(everything)) == 7
        _, some = await visitor.get("/calls?outcome=abandoned&text=&first=&queue=support")
        assert len(rows(some)) == 2 and '<option value="abandoned" selected>' in some
        _, none = await visitor.get("/calls?last=2001-01-01")
        assert rows(none) == [] and "No call matches" in none
        assert rows((await visitor.get("/calls?agent=a1&direction=inbound"))[1])
        for bad in ("outcome=won", "first=soon", "first=9999-12-31", "cursor=x", "nonsense=1"):
            status, text = await visitor.get(f"/calls?{bad}")
            assert (status, "That did not work" in text) == (400, True), bad


async def test_pages_go_on_where_the_last_one_ended(site: Site) -> None:
    start = clock.now() - 5000
    site.do(
        *(
            ev.ChannelCreated(at=start + n, channel=f"9.{n}", linked=f"9.{n}", name=f"PJSIP/trunk-{n}", incoming=True)
            for n in range(120)
        )
    )
    await site.writer.flush()
    async with site.visitor("reviewer") as visitor:
        seen, path = [], "/calls?direction=inbound"
        while path:
            _, text = await visitor.get(path)
            seen += rows(text)
            older = re.search(r'href="([^"]+)" rel="next"', text)
            path = html.unescape(older[1]) if older else ""
        assert seen == [f"9.{n}" for n in reversed(range(120))]


async def test_the_call_page_tells_the_whole_call_in_both_languages(site: Site) -> None:
    await a_day(site)
    async with site.visitor("reviewer") as visitor:
        _, listed = await visitor.get("/calls?outcome=answered")
        path = f"/calls/{rows(listed)[0]}"
        for language, words in (
            (
                "en",
                ("What happened", "Waits in", "Offered to", "Answered by", "Call ended", "Legs", "Queues", "events"),
            ),
            ("zh", ("通话经过", "进入队列", "分配给", "接听", "通话结束", "通话分段", "排队", "个事件")),
        ):
            status, text = await visitor.get(path, headers={"Accept-Language": language})
            assert status == 200
            assert [word for word in words if word not in text] == []
            assert f'data-recordings-of="/recordings/of/{rows(listed)[0]}"' in text
            assert "offer_made" in text


async def test_the_reasons_of_an_offer_are_shown(site: Site) -> None:
    await a_day(site, 3)
    async with site.visitor("reviewer") as visitor:
        missed = rows((await visitor.get("/calls"))[1])[0]
        _, text = await visitor.get(f"/calls/{missed}")
        assert "Not taken by" in text and "No answer" in text


NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "محمد بن عبد الله",
    "N" * 300,
    "{{ 7 * 7 }}",
    "O'Hara & 子",
)


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_is_only_ever_text(site: Site, name: str) -> None:
    at = clock.now() - 60
    site.do(
        ev.ChannelCreated(
            at=at,
            channel="7.1",
            linked="7.1",
            name="PJSIP/trunk-1",
            number=name,
            caller_name=name,
            exten=name,
            incoming=True,
        ),
        ev.IvrStepped(at=at, channel="7.1", node="menu", label=name, result=name),
        ev.CallDataSet(at=at, channel="7.1", key=name, value=name),
        ev.ChannelEnded(at=at + 5, channel="7.1", cause=16),
    )
    await site.writer.flush()
    async with site.visitor("reviewer") as visitor:
        for path in ("/calls", "/calls/7.1"):
            status, text = await visitor.get(path)
            assert status == 200
            assert html.escape(name, quote=False) in text.replace("&#39;", "'").replace("&#34;", '"')
            assert "<script>alert" not in text and "<img src=x" not in text


async def test_an_unknown_call_is_a_clean_404(site: Site) -> None:
    async with site.visitor("reviewer") as visitor:
        for ident in ("1.2", "%3Cscript%3E", "..%2f..", "%00"):
            status, text = await visitor.get(f"/calls/{ident}")
            assert (status, "Not found" in text) == (404, True)
