"""The pages, the forms and the API over real HTTP."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import update

from cti_server import clock
from cti_server.customers import queries, timeline
from cti_server.customers.records import Customer
from cti_server.customers.rules import MOST_NOTES
from cti_server.customers.tables import customer
from cti_server.settings import Site as SiteSettings
from tests.customers.kit import NOW, add
from tests.journal.floor import Caller, opening
from tests.web.kit import Site, Visitor, running_site, web_settings

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def site(url: str, tmp_path: Path) -> AsyncIterator[Site]:
    settings = web_settings(tmp_path).model_copy(update={"site": SiteSettings(name="N", area_code="010")})
    async with running_site(tmp_path, settings=settings, url=url) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 600))
        yield site


async def record(site: Site, ident: int) -> Customer:
    async with site.engine.connect() as db:
        found = await queries.get(db, ident)
    assert found is not None
    return found


async def fields_of(visitor: Visitor, path: str) -> dict[str, str]:
    """What a browser would send back of a form that nobody touched."""
    _, page = await visitor.get(path)
    page = page[page.index('class="edit"') :]
    found = dict(re.findall(r'<input[^>]*name="([\w.]+)"[^>]*?value="([^"]*)"', page))
    found |= {
        name: next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
        for name, options in re.findall(r'<select name="([\w.]+)">(.*?)</select>', page, re.S)
    }
    found |= {
        name: text.lstrip("\n")
        for name, text in re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', page, re.S)
    }
    ticked = set(re.findall(r'type="checkbox" name="(\w+)" value="yes" checked', page))
    return {k: _plain(v) for k, v in found.items() if k not in ("do_not_call", "blocked") or k in ticked}


def _plain(text: str) -> str:
    return (
        text.replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )


async def send(visitor: Visitor, path: str, fields: dict[str, Any]) -> tuple[int, str]:
    return await visitor.post(path, {"csrf": await visitor.form_token("/customers")} | fields)


async def paste(visitor: Visitor, path: str, note: bytes) -> tuple[int, str]:
    """As a browser does it, in parts."""
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("csrf", await visitor.form_token("/customers"))
    form.add_field("note", io.BytesIO(note), content_type="text/plain; charset=utf-8", filename="")
    async with visitor.session.post(path, data=form, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def test_a_customer_is_made_found_and_read(site: Site) -> None:
    async with site.visitor("agent") as visitor:
        form = await fields_of(visitor, "/customers/new?number=010-8888+0000")
        assert form["phone"] == "" and form["kind"] == "person"
        new = {"name": f"王小明 {SCRIPT}", "kind": "person", "phone": "138 0013 8000", "tier": "3", "owner": "a2"}
        status, target = await send(visitor, "/customers/new", new | {"tags": "大客户，vip", "email": "w@example.com"})
        assert (status, target) == (303, "/customers/1")
        status, page = await visitor.get(target)
        assert status == 200 and SCRIPT not in page and "王小明 &lt;script&gt;" in page and "138 0013 8000" in page
        for search in ("wxm", "小明", "13800138000", "w@example", "008613800138000"):
            _, page = await visitor.get(f"/customers?text={search}")
            assert 'data-customer="1"' in page and SCRIPT not in page, search
        _, page = await visitor.get("/customers?text=nobody")
        assert "Nobody was found" in page
    one = await record(site, 1)
    assert (one.tier, one.owner, one.tags, one.created_by) == (3, "a2", ["vip", "大客户"], "agent")


async def test_a_form_that_nobody_touched_changes_nothing(site: Site) -> None:
    firm = await add(site.engine, "华北家电", kind="organisation")
    ident = await add(
        site.engine,
        'A "B" <c> & d\'e',
        "138 0013 8000",
        organisation=firm,
        since=1_600_000_000.0 // 86400 * 86400 - 8 * 3600,
        notes="\n 两行\n第二行",
        birthday="--05-31",
        do_not_call=True,
        language="fr",
        owner="a1",
        emails=["a@b.cn"],
    )
    async with site.visitor("supervisor") as visitor:
        form = await fields_of(visitor, f"/customers/{ident}/edit")
        both = {"phone": "138 0013 8000", "phone_kind": "mobile", "email": "a@b.cn"}
        status, target = await send(visitor, f"/customers/{ident}/edit", form | both)
    assert (status, target) == (303, f"/customers/{ident}")
    assert (await record(site, ident)).version == 1


async def test_the_second_editor_sees_the_change_of_the_first(site: Site) -> None:
    ident = await add(site.engine, "王小明", city="北京")
    async with site.visitor("supervisor") as anna, site.visitor("agent") as ben:
        path = f"/customers/{ident}/edit"
        form, other = await fields_of(anna, path), await fields_of(ben, path)
        assert (await send(anna, path, form | {"city": "上海", "street": "南京路 1 号"}))[0] == 303
        status, page = await send(ben, path, other | {"city": "广州", "title": "经理"})
        assert status == 409 and "supervisor has saved this record" in page
        assert 'data-both="city"' in page and "Stored now: <bdi>上海</bdi>" in page and 'data-both="street"' not in page
        assert (await record(site, ident)).city == "上海", "nothing was overwritten"
        again = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*?value="([^"]*)"', page[page.index('class="edit"') :]))
        assert (again["city"], again["street"], again["title"]) == ("广州", "南京路 1 号", "经理")
        again = {k: _plain(v) for k, v in again.items() if k not in ("do_not_call", "blocked")}
        assert (await send(ben, path, again | {"kind": "person"}))[0] == 303
    one = await record(site, ident)
    assert (one.version, one.city, one.street, one.title) == (3, "广州", "南京路 1 号", "经理")


async def test_a_change_beside_another_ones_is_asked_for_once_more(site: Site) -> None:
    ident = await add(site.engine, "王小明")
    async with site.visitor("supervisor") as anna, site.visitor("agent") as ben:
        path = f"/customers/{ident}/edit"
        form, other = await fields_of(anna, path), await fields_of(ben, path)
        assert (await send(anna, path, form | {"city": "上海"}))[0] == 303
        status, page = await send(ben, path, other | {"title": "经理", "seen": "{broken"})
        assert status == 409 and 'data-both="city"' in page, "without its marks nothing is taken for untouched"
        status, page = await send(ben, path, other | {"title": "经理"})
        assert status == 409 and "data-both" not in page and "Please look at it and save again" in page


async def test_nothing_that_was_written_is_lost(site: Site) -> None:
    ident = await add(site.engine, "王小明")
    async with site.visitor("agent") as visitor:
        path = f"/customers/{ident}/edit"
        form = await fields_of(visitor, path)
        bad = {
            "birthday": "31.5.1990",
            "organisation": "Nobody Ltd",
            "email": "no mail",
            "phone": "call me",
            "name": "",
        }
        status, page = await send(visitor, path, form | bad)
        assert status == 400 and all(f'value="{value}"' in page for value in bad.values() if value)
        assert page.count("field-wrong") == 5
        long = "长" * (MOST_NOTES + 1)
        status, page = await send(visitor, path, form | {"notes": long})
        assert status == 400 and f"{MOST_NOTES + 1} characters" in page and long in page
        status, page = await paste(visitor, f"/customers/{ident}/notes", b"x" * 5_000_000)
        assert status == 400 and "5000000 characters" in page and "x" * 5_000_000 in page
        assert (await paste(visitor, f"/customers/{ident}/notes", b"x" * 9_000_000))[0] == 413
        assert (await send(visitor, f"/customers/{ident}/notes", {"note": "回电\n明天"}))[0] == 303
        assert (await send(visitor, path, form | {"version": "x"}))[0] == 400
        _, page = await visitor.get(f"/customers/{ident}")
        assert "回电\n明天" in page
    assert (await record(site, ident)).version == 1


async def test_consent_and_owner_are_checked(site: Site) -> None:
    ident = await add(site.engine, "王小明")
    async with site.visitor("agent") as visitor:
        path = f"/customers/{ident}/consents"
        for wrong in ({"purpose": "everything"}, {"given": "maybe"}, {"source": "x" * 200}):
            assert (await send(visitor, path, {"purpose": "recording", "given": "yes", "source": ""} | wrong))[0] == 400
        assert (await send(visitor, path, {"purpose": "recording", "given": "no", "source": "by phone"}))[0] == 303
        _, page = await visitor.get(f"/customers/{ident}")
        assert 'data-consent="recording"' in page and "Refused" in page
        form = await fields_of(visitor, f"/customers/{ident}/edit")
        status, page = await send(visitor, f"/customers/{ident}/edit", form | {"owner": "nobody", "tier": "9"})
        assert status == 400 and (await record(site, ident)).owner == ""


async def test_the_list_is_paged_by_key_and_kept_as_a_file(site: Site) -> None:
    for n in range(55):
        await add(site.engine, f"客户 {n:02}", f"1370013{n:04}", at=NOW + n, tags=["all"])
    await add(site.engine, "=HYPERLINK(1)", "13800138000", at=NOW + 99, tags=["all"], owner="a1")
    async with site.visitor("supervisor", "zh") as visitor:
        _, page = await visitor.get("/customers?tag=all&sort=name")
        first = re.findall('data-customer="([0-9]+)"', page)
        after = _plain(re.findall('href="(/customers[^"]*)" rel="next"', page)[0])
        _, page = await visitor.get(after)
        second = re.findall('data-customer="([0-9]+)"', page)
        assert (len(first), len(second), len({*first, *second})) == (50, 6, 56)
        _, text = await visitor.get("/customers/list.csv?tag=all&sort=-changed")
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
        assert rows[0][:4] == ["编号", "类型", "名称", "电话"] and len(rows) == 57
        assert rows[1][2] == "'=HYPERLINK(1)" and rows[1][3] == "138 0013 8000"
        async with visitor.session.get("/customers/list.xlsx?text=HYPER") as answer:
            assert answer.status == 200 and (await answer.read())[:2] == b"PK"
        assert (await visitor.get("/customers?after=zzz&sort=body&tier=x&limit=9"))[0] == 200


async def test_a_record_that_is_no_more(site: Site) -> None:
    kept, gone, erased = await add(site.engine, "A"), await add(site.engine, "B"), await add(site.engine, "C")
    async with site.engine.begin() as db:
        await db.execute(update(customer).where(customer.c.id == gone).values(merged_into=kept))
        await db.execute(update(customer).where(customer.c.id == erased).values(erased=NOW, name=""))
    async with site.visitor("supervisor") as visitor:
        async with visitor.session.get(f"/customers/{gone}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"/customers/{kept}")
        status, page = await visitor.get(f"/customers/{erased}")
        assert status == 200 and "was erased" in page and "/edit" not in page
        for path in (
            f"/customers/{gone}/edit",
            f"/customers/{erased}/edit",
            "/customers/999",
            "/customers/99999999999",
        ):
            assert (path, (await visitor.get(path))[0]) == (path, 404)
        assert (await send(visitor, f"/customers/{gone}/notes", {"note": "x"}))[0] == 404
        _, page = await visitor.get("/customers")
        assert re.findall('data-customer="([0-9]+)"', page) == [str(kept)]


async def test_the_timeline_goes_on(site: Site) -> None:
    ident = await add(site.engine, "王小明", at=NOW - 1)
    async with site.engine.begin() as db:
        for n in range(45):
            await timeline.note(db, ident, at=NOW + n // 2, kind="note", ref="", what="note", said=f"note {n}")
        await timeline.note(
            db, ident, at=NOW + 99, kind="call", ref="c1", what="answered", direction="inbound", talk_s=65.0
        )
    async with site.visitor("supervisor") as visitor:
        seen: list[str] = []
        path = f"/customers/{ident}"
        while path:
            _, page = await visitor.get(path)
            seen += re.findall(r"note (\d+)<", page)
            assert ("talked 1:05" in page and "/calls/c1" in page) == (path == f"/customers/{ident}")
            path = next(iter(re.findall('hx-get="(/customers/[^"]*)" hx-target', page)), "")
        assert seen == [str(n) for n in reversed(range(45))]
        assert (await visitor.get(f"/customers/{ident}/timeline?before=x"))[0] == 200
        assert (await visitor.get("/customers/77/timeline"))[0] == 404


async def test_duplicates_and_people_of_an_organisation_are_shown(site: Site) -> None:
    firm = await add(site.engine, "华北家电", kind="organisation")
    one = await add(site.engine, "王小明", "13800138000", organisation=firm)
    await add(site.engine, "王晓明", "+86 13800138000")
    await add(site.engine, "李雷", "13900139000")
    async with site.visitor("agent") as visitor:
        _, page = await visitor.get(f"/customers/{one}")
        assert 'data-duplicates="1"' in page and "王晓明" in page and "李雷" not in page
        _, page = await visitor.get(f"/customers/{firm}")
        assert "王小明" in page and "data-duplicates" not in page
        _, page = await visitor.get("/customers/organisations?organisation=华北")
        assert page.strip() == '<option value="华北家电"></option>'
        _, page = await visitor.get("/customers/new?number=138-0013-8000")
        assert "This number is known already" in page and "王晓明" in page


async def test_the_panel_shows_one_several_or_the_way_to_a_new_one(site: Site) -> None:
    one = await add(site.engine, f"王小明{SCRIPT}", "13800138000", account="900100")
    two = await add(site.engine, "A", "13900139000"), await add(site.engine, "B", "13900139000")
    caller = Caller(site, "13800138000")  # type: ignore[arg-type]
    caller.arrive(clock.now())
    async with site.visitor("agent") as visitor:

        async def panel(query: str) -> tuple[str, list[str]]:
            status, page = await visitor.get(f"/customers/panel?{query}")
            assert status == 200 and SCRIPT not in page
            return re.findall('data-panel="(\\w+)"', page)[0], re.findall('href="/customers/([^"/]*)"', page)

        assert await panel("number=138+0013+8000") == ("one", [str(one)])
        assert await panel("number=13900139000") == ("several", [*map(str, two), "new?number=13900139000&amp;call="])
        assert await panel("number=13700137000") == ("none", ["new?number=13700137000&amp;call="])
        assert await panel(f"call={caller.id}") == ("one", [str(one)])
        assert await panel(f"customer={two[0]}") == ("one", [str(two[0])])
        assert (await panel("number="))[0] == (await panel("call=nothing&customer=x"))[0] == "none"


async def test_a_person_says_who_is_calling(site: Site) -> None:
    one, two = (
        await add(site.engine, "A", "13900139000"),
        await add(site.engine, "B", "13900139000", owner="a3", tier=2),
    )
    caller = Caller(site, "13900139000")  # type: ignore[arg-type]
    caller.arrive(clock.now())
    ended = Caller(site, "13700137000")  # type: ignore[arg-type]
    ended.arrive(clock.now() - 60)
    ended.give_up(clock.now() - 50)
    await site.writer.flush()
    async with site.visitor("agent") as visitor:
        _, page = await visitor.get(f"/customers/panel?call={caller.id}")
        assert page.count(f'name="call" value="{caller.id}"') == 2 and f"call={caller.id}" in page
        assert await send(visitor, f"/customers/{two}/call", {"call": caller.id}) == (303, f"/customers/{two}")
        data = site.state.calls[caller.id].data
        assert data == {"customer": str(two), "owner": "a3", "value": "2"}
        _, page = await visitor.get(f"/customers/panel?call={caller.id}")
        assert 'data-panel="one"' in page and ">B</bdi>" in page
        assert (await send(visitor, f"/customers/{one}/call", {"call": "nothing"}))[0] == 404
        form = await fields_of(visitor, f"/customers/new?number={ended.number}&call={ended.id}")
        assert form["call"] == ended.id
        assert (await send(visitor, "/customers/new", form | {"name": "C", "phone": ended.number}))[0] == 303
        _, page = await visitor.get("/customers/3")
        assert 'data-line="call"' in page and "left in the IVR" in page


async def test_the_sites_own_fields_are_asked_for(site: Site) -> None:
    field = {
        "id": "fridge",
        "label_en": "Fridge",
        "label_zh": "冰箱",
        "type": "choice",
        "choices": "单门，双门",
        "position": "",
    }
    ident = await add(site.engine, "王小明")
    async with site.visitor("supervisor") as visitor:
        for wrong in (
            {"id": "Not An Id"},
            {"label_en": ""},
            {"type": "secret"},
            {"choices": ""},
            {"label_en": "x" * 99},
        ):
            status, page = await send(visitor, "/customers/fields", field | wrong)
            assert status == 400 and 'role="alert"' in page
        assert (await send(visitor, "/customers/fields", field))[0] == 303
        form = await fields_of(visitor, f"/customers/{ident}/edit")
        status, page = await send(visitor, f"/customers/{ident}/edit", form | {"extra.fridge": "三门"})
        assert status == 400 and "Please choose one of the list" in page
        assert (await send(visitor, f"/customers/{ident}/edit", form | {"extra.fridge": "双门"}))[0] == 303
        _, page = await visitor.get(f"/customers/{ident}")
        assert "Fridge" in page and "双门" in page
        assert (await send(visitor, "/customers/fields/remove", {"id": "fridge"}))[0] == 303
        _, page = await visitor.get(f"/customers/{ident}")
        assert "Fridge" not in page
    assert (await record(site, ident)).extra == {"fridge": "双门"}


async def test_the_api_reads_writes_and_tells_of_conflicts(site: Site) -> None:
    headers = {"Authorization": f"Bearer {await site.token('agent')}"}
    async with site.visitor() as visitor:

        async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with visitor.session.request(
                method, f"/api/v1/customers{path}", json=body, headers=headers
            ) as answer:
                return answer.status, await answer.json(content_type=None)

        status, one = await ask("POST", "", {"name": "王小明", "phones": [{"number": "138 0013 8000"}], "owner": "a2"})
        assert (status, one["phones"][0]["number"], one["version"]) == (200, "+8613800138000", 1)
        path = f"/{one['id']}"
        assert (await ask("GET", path))[1] == one
        status, changed = await ask("PUT", path, {"version": 1, "city": "北京", "owner": "a2"})
        assert (status, changed["version"], changed["city"], changed["phones"]) == (200, 2, "北京", one["phones"])
        status, problem = await ask("PUT", path, {"version": 1, "city": "上海"})
        assert status == 409 and "is at version 2, saved by agent" in problem["detail"]
        for body in (
            {"version": 2, "colour": "red"},
            {"city": "x"},
            {"version": 2, "name": ""},
            {"version": 2, "owner": "nobody"},
            {"version": 2, "tier": 6},
            {"version": 2, "emails": ["x"]},
            {"version": 2, "organisation": 77},
            {"version": 2, "extra": {"a": 1}},
        ):
            assert (body, (await ask("PUT", path, body))[0]) == (body, 400)
        assert (await ask("PUT", "/99", {"version": 1}))[0] == (await ask("GET", "/x"))[0] == 404
        status, found = await ask("GET", "/match?number=0086-138-0013-8000")
        assert [c["id"] for c in found["items"]] == [one["id"]]
        assert (await ask("GET", "/match?number=anonymous"))[1] == {"items": []}
        for n in range(3):
            await ask("POST", "", {"name": f"客户 {n}", "kind": "organisation", "tags": ["x"]})
        _, page = await ask("GET", "?tag=x&sort=name&limit=2")
        _, last = await ask("GET", f"?tag=x&sort=name&limit=2&after={page['next']}")
        assert [row["name"] for row in (*page["items"], *last["items"])] == ["客户 0", "客户 1", "客户 2"]
        assert last["next"] == "" and page["items"][0]["tags"] == ["x"]
        _, lines = await ask("GET", f"{path}/timeline?limit=1")
        assert lines["items"][0]["what"] == "changed" and lines["items"][0]["data"]["fields"]["city"] == ["", "北京"]
        _, rest = await ask("GET", f"{path}/timeline?before={lines['next']}")
        assert [line["what"] for line in rest["items"]] == ["created"] and rest["next"] == 0
        assert json.dumps(page)


async def test_an_agent_may_not_manage_and_a_reviewer_sees_nobody(site: Site) -> None:
    ident = await add(site.engine, "王小明")
    async with site.visitor("agent") as visitor:
        assert (await visitor.get("/customers/fields"))[0] == (await visitor.get("/customers/list.csv"))[0] == 403
        _, page = await visitor.get("/customers")
        assert "/customers/fields" not in page and "list.csv" not in page
    async with site.visitor("reviewer") as visitor:
        for path in ("", f"/{ident}", "/panel?number=1"):
            assert (await visitor.get(f"/customers{path}"))[0] == 403
