"""Pages, forms and API over real HTTP."""

import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from cti_server import clock
from cti_server.core import events as ev
from cti_server.customers.numbers import Plan
from cti_server.tickets import changes, contracts, missed
from cti_server.tickets.hand import Hand
from cti_server.tickets.model import New, Ticket
from cti_server.tickets.rules import MOST_TEXT
from cti_server.tickets.tables import service_contract, ticket, ticket_category, ticket_comment, ticket_target
from tests.followups.kit import caller, gives_up
from tests.journal.floor import opening
from tests.tickets.kit import a_customer, floor_of, of
from tests.tickets.test_files import EXE, PDF, PNG
from tests.web.kit import Site, Visitor, running_site

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def site(url: str, tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 7200))
        yield site


async def make(site: Site, **given: Any) -> Ticket:
    new = New(**({"kind": "inquiry", "subject": "Hours"} | given))
    async with site.engine.begin() as db:
        return await changes.create(db, new, by="agent", at=clock.now() - 60, of=of)


async def now_of(site: Site, ident: int) -> dict[str, Any]:
    async with site.engine.connect() as db:
        return dict((await db.execute(select(ticket).where(ticket.c.id == ident))).mappings().one())


async def press(visitor: Visitor, path: str, **fields: str) -> tuple[int, str]:
    csrf = await visitor.form_token("/tickets")
    return await visitor.post(path, {"csrf": csrf, **fields})


async def send(visitor: Visitor, path: str, files: list[tuple[str, bytes, str]], **fields: str) -> tuple[int, str]:
    """A form with files, byte for byte as a browser sends it."""
    fields = {"csrf": await visitor.form_token("/tickets"), **fields}
    parts = [f'form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    for name, data, said in files:
        parts.append(f'form-data; name="file"; filename="{name}"\r\nContent-Type: {said}\r\n\r\n'.encode() + data)
    body = b"".join(b"--BoundaryX\r\nContent-Disposition: " + part + b"\r\n" for part in parts) + b"--BoundaryX--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=BoundaryX"}
    async with visitor.session.post(path, data=io.BytesIO(body), headers=headers, allow_redirects=False) as response:
        return response.status, response.headers.get("Location", "") or await response.text()


async def shown(visitor: Visitor, path: str) -> list[int]:
    status, text = await visitor.get(path)
    assert status == 200, text
    return [int(ident) for ident in re.findall(r'<tr data-ticket="(\d+)"', text)]


async def test_the_list_is_filtered_by_its_address(site: Site) -> None:
    fang = await a_customer(site.engine, SCRIPT)
    one = await make(site, subject=SCRIPT, customer=fang, owner="agent", priority="urgent")
    two = await make(site, kind="fault", product="Boiler 9", team="field")
    three = await make(site, kind="repair", owner="supervisor")
    async with site.visitor("agent") as visitor:
        assert set(await shown(visitor, "/tickets")) == {one.id, two.id, three.id}
        assert (await shown(visitor, "/tickets?sort=-priority"))[0] == one.id
        for query, expected in (
            ("owner=me", [one.id]),
            ("owner=none", [two.id]),
            ("kind=repair", [three.id]),
            ("text=boiler", [two.id]),
            (f"text={three.number.lower()}", [three.id]),
            (f"customer={fang}", [one.id]),
            ("team=field&priority=normal", [two.id]),
            ("status=done", []),
            ("due=late", []),
            ("priority=urgent&status=all", [one.id]),
            ("kind=nonsense&owner=none", [two.id]),
        ):
            assert (query, await shown(visitor, f"/tickets?{query}")) == (query, expected)
        _, text = await visitor.get("/tickets")
        assert SCRIPT not in text and "&lt;script&gt;" in text
        assert len(await shown(visitor, "/tickets?limit=2")) == 2
        _, text = await visitor.get("/tickets?limit=2")
        following = re.findall(r'href="(/tickets\?[^"]*after=[^"]*)"', text)[0].replace("&amp;", "&")
        assert len(await shown(visitor, following)) == 1
        status, text = await visitor.get("/tickets/export.csv?status=all")
        assert (status, text.count("\n")) == (200, 4) and "'" not in text.partition("\n")[0]
        assert (await visitor.get(f"/tickets/{one.number.lower()}"))[0] == 303
        for gone in ("/tickets/999", "/tickets/T-2026-999999", "/tickets/%00", "/tickets/x"):
            assert (await visitor.get(gone))[0] == 404
    async with site.visitor("reviewer") as visitor:
        assert (await visitor.get("/tickets"))[0] == 403


async def test_from_a_call_to_a_ticket_and_back(site: Site) -> None:
    now = clock.now()
    fang = await a_customer(site.engine)
    one = caller(floor_of(site), "7.1", "13800138000")
    one.arrive(now - 60)
    site.do(ev.CallDataSet(at=now - 59, channel="7.1", key="account", value="4711"))
    one.queue(now - 50, "support")
    one.agent_answers(now - 40)
    await site.writer.flush()
    async with site.visitor("agent") as visitor:
        _, text = await visitor.get("/tickets/of-call?call=7.1")
        assert "/tickets/new?call=7.1" in text
        _, text = await visitor.get("/tickets/new?call=7.1")
        assert "4711" in text and f'value="{fang}" checked' in text and "13800138000" in text
        status, target = await send(
            visitor,
            "/tickets/new",
            [("door.png", PNG, "image/png")],
            call="7.1",
            kind="fault",
            subject="Door is bent",
            description="as said",
            priority="high",
            customer=str(fang),
            phone="13800138000",
            queue="support",
            owner="agent",
        )
        assert status == 303, target
        ident = int(target.rpartition("/")[2])
        made = await now_of(site, ident)
        assert (made["channel"], made["queue"], made["phone"], made["customer"]) == (
            "call",
            "support",
            "+8613800138000",
            fang,
        )
        assert made["first_at"] is not None, "somebody talks with the customer"
        assert site.state.calls["7.1"].data["ticket"] == made["number"]
        _, text = await visitor.get("/tickets/of-call?call=7.1")
        assert f'data-ticket="{ident}"' in text
        _, text = await visitor.get(f"/tickets/panel?customer={fang}&call=7.1")
        assert f'data-ticket="{ident}"' in text
        _, text = await visitor.get(f"/customers/{fang}")
        assert "opened" in text and f"/tickets/{ident}" in text
        other = await make(site, subject="an older one", customer=fang)
        _, text = await visitor.get("/tickets/new?call=7.1")
        assert "an older one" in text
        assert (await press(visitor, f"/tickets/{other.id}/tie", call="7.1"))[0] == 303
        _, text = await visitor.get("/tickets/of-call?call=7.1")
        assert f'data-ticket="{other.id}"' in text
        assert (await press(visitor, f"/tickets/{other.id}/tie", call="nothing"))[0] == 422
        for wrong in ("/tickets/of-call", "/tickets/panel?customer=x", "/tickets/panel"):
            assert (await visitor.get(wrong))[0] == 400
    async with site.visitor("supervisor") as visitor:
        assert 'hx-get="/tickets/of-call?call=7.1"' in (await visitor.get("/calls/7.1"))[1]


async def test_the_second_editor_sees_the_first_s_change(site: Site) -> None:
    made = await make(site)
    path = f"/tickets/{made.id}/edit"
    async with site.visitor("agent") as first, site.visitor("supervisor") as second:
        both = {"version": "1", "status": "new", "subject": made.subject, "team": ""}
        assert (await press(first, path, **both, owner="agent", priority="high"))[0] == 303
        status, text = await press(second, path, **both, owner="", priority="normal", product="Boiler")
        assert status == 409
        assert "Somebody else changed this" in text and "normal" in text.lower()
        assert 'name="product" value="Boiler"' in text, "what was typed still stands"
        assert f'name="version" value="{(await now_of(site, made.id))["version"]}"' in text
        now = await now_of(site, made.id)
        assert (now["owner"], now["priority"], now["product"]) == ("agent", 2, "")
        again = {"version": str(now["version"]), "product": "Boiler"}
        assert (await press(second, path, **again))[0] == 303
        now = await now_of(site, made.id)
        assert (now["owner"], now["product"]) == ("agent", "Boiler")


async def test_a_refusal_keeps_what_was_typed(site: Site) -> None:
    made = await make(site)
    async with site.visitor("agent", language="zh") as visitor:
        version = {"version": "1"}
        status, text = await press(visitor, f"/tickets/{made.id}/edit", **version, status="cancelled", product="冰箱")
        assert status == 422 and "请在“处理结果”中写明取消的原因" in text and "冰箱" in text
        status, text = await press(visitor, f"/tickets/{made.id}/edit", **version, owner="nobody")
        assert status == 422 and "nobody" in text
        long = "说" * (MOST_TEXT + 1)
        status, text = await press(visitor, f"/tickets/{made.id}/comment", text=long, kind="inner")
        assert status == 422 and long in text and "100001" in text
        pasted = "x" * 5_000_000
        status, text = await send(visitor, f"/tickets/{made.id}/comment", [], text=pasted, kind="inner")
        assert status == 422 and pasted in text, "five megabytes, and nothing is lost"
        status, text = await press(visitor, "/tickets/new", kind="fault", subject=" ", description="门坏了")
        assert status == 422 and "门坏了" in text and "工单需要一个主题" in text
        assert (await press(visitor, "/tickets/999/comment", text="x"))[0] == 404
    async with site.engine.connect() as db:
        assert (await db.execute(select(ticket_comment))).first() is None


async def test_an_attachment_is_what_it_says_or_is_not_kept(site: Site) -> None:
    made = await make(site)
    path = f"/tickets/{made.id}/comment"
    async with site.visitor("agent") as visitor:
        for name, data, said, word in (
            ("invoice.pdf", PNG, "application/pdf", "says that it is a PDF, but inside it is a picture"),
            ("setup.txt", EXE, "text/plain", "is a program"),
        ):
            status, text = await send(visitor, path, [(name, data, said)], text="look", kind="out")
            assert status == 422 and word in text and ">look</textarea>" in text
        async with site.engine.connect() as db:
            assert (await db.execute(select(ticket_comment))).first() is None, "nor is the comment"
        sent = [("发票 1.pdf", PDF, "application/pdf"), ("page.html", b"<html><script>x</script>", "text/html")]
        assert (await send(visitor, path, sent, text="look", kind="out", then="waiting"))[0] == 303
        assert (await now_of(site, made.id))["status"] == "waiting"
        _, text = await visitor.get(f"/tickets/{made.id}")
        first, second = re.findall(rf'href="(/tickets/{made.id}/files/\d+)"', text)
        async with visitor.session.get(first) as response:
            assert await response.read() == PDF
            assert response.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E5%8F%91")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.content_type == "application/pdf"
        async with visitor.session.get(second) as response:
            assert response.headers["Content-Disposition"].startswith("attachment")
            assert "sandbox" in response.headers["Content-Security-Policy"]
        other = await make(site)
        assert (await visitor.get(first.replace(f"/{made.id}/", f"/{other.id}/")))[0] == 404


async def test_a_complaint_in_forms(site: Site) -> None:
    made = await make(site, kind="complaint", owner="agent")
    async with site.visitor("agent") as visitor:
        path = f"/tickets/{made.id}"
        status, text = await press(visitor, f"{path}/step", step="make_good", text="a voucher")
        assert status == 422 and "the next one is “Apologise”" in text
        for step in ("apologise", "restate", "empathise", "make_good"):
            assert (await press(visitor, f"{path}/step", step=step, text="so"))[0] == 303
        status, text = await press(visitor, f"{path}/edit", version="1", status="closed", resolution="paid back")
        assert status == 303, text
        async with site.engine.connect() as db:
            call = (await db.execute(select(ticket).where(ticket.c.follows == made.id))).mappings().one()
        status, text = await press(visitor, f"/tickets/{call['id']}/edit", version="1", status="cancelled")
        assert status == 422 and "cannot be dropped silently" in text
        _, text = await visitor.get(path)
        assert call["number"] in text


async def test_watching_linking_and_giving_several_to_somebody(site: Site) -> None:
    one, two = await make(site), await make(site)
    async with site.visitor("agent") as visitor:
        assert (await press(visitor, f"/tickets/{one.id}/watch", on="1"))[0] == 303
        assert await shown(visitor, "/tickets?watch=news") == []
        async with site.visitor("supervisor") as other:
            assert (await press(other, f"/tickets/{one.id}/comment", text="news", kind="inner"))[0] == 303
        assert await shown(visitor, "/tickets?watch=news") == [one.id]
        await visitor.get(f"/tickets/{one.id}")
        assert await shown(visitor, "/tickets?watch=news") == [], "it was looked at"
        tie = {"other": two.number.lower(), "kind": "duplicate_of"}
        assert (await press(visitor, f"/tickets/{one.id}/tie", **tie))[0] == 303
        assert "Has the duplicate" in (await visitor.get(f"/tickets/{two.id}"))[1]
        assert (await press(visitor, f"/tickets/{one.id}/tie", other="T-1", kind="related"))[0] == 422
        csrf = await visitor.form_token("/tickets")
        form = [("csrf", csrf), ("owner", "supervisor"), ("next", "/tickets?owner=none")]
        both = [*form, ("id", str(one.id)), ("id", str(two.id))]
        async with visitor.session.post("/tickets/assign", data=both, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/tickets?owner=none")
        assert {(await now_of(site, each.id))["owner"] for each in (one, two)} == {"supervisor"}
        assert (await press(visitor, "/tickets/assign", owner="reviewer", id=str(one.id)))[0] == 400


async def test_contracts_are_made_shown_at_the_call_and_reminded_of(site: Site) -> None:
    fang = await a_customer(site.engine)
    given = {"kind": "warranty", "product": "Fridge BCD", "serial": "S-1", "begins": "2026-01-01", "ends": "2090-12-31"}
    async with site.visitor("agent") as visitor:
        status, text = await press(visitor, "/tickets/contracts/new", **given)
        assert status == 422 and "no such customer" in text
        given["customer"] = str(fang)
        status, text = await press(visitor, "/tickets/contracts/new", **given | {"ends": "2025-01-01"})
        assert status == 422 and "ends before it begins" in text and 'value="Fridge BCD"' in text
        given["ends"] = "2060-12-31"
        status, target = await press(visitor, "/tickets/contracts/new", **given)
        assert status == 303
        assert (await press(visitor, "/tickets/contracts/new", **given))[0] == 422, "the same once more"
        _, text = await visitor.get(f"/tickets/panel?customer={fang}")
        assert "In warranty until 2060-12-31" in text
        fits = await make(site, customer=fang, product="fridge bcd")
        assert 'data-covers="yes"' in (await visitor.get(f"/tickets/{fits.id}"))[1]
        other = await make(site, customer=fang, product="Kettle")
        assert 'data-covers="no"' in (await visitor.get(f"/tickets/{other.id}"))[1]
        assert (await press(visitor, target, **given, version="1", notes="kept"))[0] == 303
        status, text = await press(visitor, target, **given, version="1", notes="mine")
        assert status == 409 and "kept" in text and ">mine</textarea>" in text
        assert (await press(visitor, f"{target}/end", version="1"))[0] == 409
        assert (await press(visitor, f"{target}/end", version="2"))[0] == 303
        _, text = await visitor.get(f"/tickets/panel?customer={fang}")
        assert "Warranty not in force" in text and "In warranty" not in text
        soon = {"kind": "service", "customer": fang, "number": "", "product": "Boiler", "serial": "", "notes": ""}
        soon |= {
            "begins": "2026-01-01",
            "ends": "2200-01-01",
            "every_months": 0,
            "remind_days": 0,
            "make_ticket": False,
        }
        async with site.engine.begin() as db:
            hand = Hand(db, "agent", clock.now(), of)
            with pytest.raises(Exception, match="contract_days"):
                await contracts.save(hand, None, 0, soon, "2026-01-01")
            ident = await contracts.save(hand, None, 0, soon | {"ends": "2027-01-01", "remind_days": 366}, "2026-01-02")
        status, target = await press(visitor, f"/tickets/contracts/{ident}/remind", ticket="1")
        assert status == 303 and re.fullmatch(r"/tickets/\d+", target)
        assert (await press(visitor, f"/tickets/contracts/{ident}/remind", ticket="1"))[1].endswith("state=due")
    async with site.engine.connect() as db:
        assert (await db.execute(select(service_contract.c.remind_on).order_by(service_contract.c.id))).all()[1][
            0
        ] == ""


async def test_settings_are_kept_with_their_versions(site: Site) -> None:
    async with site.visitor("supervisor") as visitor:
        post = "/tickets/settings/targets"
        fields = {"kind": "", "priority": "normal", "version": "0", "first": "0.5", "resolve": ""}
        assert (await press(visitor, post, **fields))[0] == 303
        assert (await press(visitor, post, **fields))[0] == 409
        assert (await press(visitor, post, **fields | {"version": "1", "first": "soon"}))[0] == 422
        assert (await press(visitor, post, **fields | {"version": "1", "resolve": "2"}))[0] == 303
        assert (await press(visitor, post, **fields | {"kind": "war"}))[0] == 400
        async with site.engine.connect() as db:
            row = (await db.execute(select(ticket_target))).one()
        assert tuple(row) == ("", 1, 1800.0, 7200.0, 2)
        post = "/tickets/settings/categories"
        assert (await press(visitor, post, name="Fridges", name_zh="冰箱", team="white goods"))[0] == 303
        assert (await press(visitor, post, name="Doors", parent="1"))[0] == 303
        assert (await press(visitor, post, name="Hinges", parent="2"))[0] == 422, "two levels only"
        assert (await press(visitor, post, id="1", version="9", name="x"))[0] == 409
        assert (await press(visitor, post, id="1", version="1", name="Cooling", retired="1"))[0] == 303
        async with site.engine.connect() as db:
            row = (await db.execute(select(ticket_category).where(ticket_category.c.id == 1))).mappings().one()
        assert (row["name"], row["retired"], row["version"]) == ("Cooling", True, 2)
    async with site.visitor("agent") as visitor:
        assert (await visitor.get("/tickets/settings"))[0] == 403


async def test_a_dismissed_suggestion_ends_its_task(site: Site) -> None:
    entry = gives_up(site, "7.1", "13800138000", clock.now() - 600)
    await site.writer.flush()
    found = missed.Missed(entry=entry, call="7.1", number="13800138000", name="", queue="sales", at=clock.now() - 560)
    async with site.engine.begin() as db:
        hand = Hand(db, "system", clock.now(), of)
        ident = await missed.take(hand, found, Plan("CN"), lambda key, **values: key)
    assert ident is not None
    async with site.visitor("supervisor") as visitor:
        page = "/follow-ups/suggestions"
        csrf = await visitor.form_token(page)
        fields = {"csrf": csrf, "next": page, "id": entry}
        assert (await visitor.post(f"{page}/dismiss", fields))[0] == 303
    now = await now_of(site, ident)
    assert (now["status"], now["resolution"]) == ("cancelled", "supervisor said that nobody need be called back.")


async def call_api(site: Site, method: str, path: str, body: Any = None, login: str = "agent") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {await site.token(login)}"}
    async with (
        aiohttp.ClientSession(site.address, headers=headers) as session,
        session.request(method, f"/api/v1{path}", json=body) as response,
    ):
        return response.status, json.loads(await response.text())


async def test_the_api_makes_reads_changes_and_comments(site: Site) -> None:
    status, made = await call_api(site, "POST", "/tickets", {"kind": "fault", "subject": "Door", "priority": "high"})
    assert (status, made["priority"], made["channel"], made["version"]) == (200, "high", "api", 1)
    path = f"/tickets/{made['id']}"
    status, changed = await call_api(site, "PUT", path, {"version": 1, "owner": "agent", "customer": None})
    assert (status, changed["owner"], changed["version"]) == (200, "agent", 2)
    status, refused = await call_api(site, "PUT", path, {"version": 1, "owner": ""})
    assert (status, refused["title"]) == (409, "Conflict")
    assert (await call_api(site, "POST", f"{path}/comments", {"text": "on our way", "kind": "out"}))[0] == 200
    status, whole = await call_api(site, "GET", path)
    assert (status, whole["comments"][0]["text"], whole["ticket"]["status"]) == (200, "on our way", "open")
    assert [line["field"] for line in whole["history"]][:2] == ["created", "owner"]
    status, page = await call_api(site, "GET", "/tickets?owner=me&sort=-created")
    assert (status, [one["number"] for one in page["items"]]) == (200, [made["number"]])
    assert (await call_api(site, "GET", "/tickets?status=done"))[1]["items"] == []
    for method, where, body, expected in (
        ("POST", "/tickets", {"kind": "fault", "subject": " "}, 400),
        ("POST", "/tickets", {"kind": "fault", "subject": "x", "customer": 999}, 400),
        ("POST", "/tickets", {"kind": "fault", "subject": "x", "owner": "nobody"}, 400),
        ("POST", "/tickets", {"kind": "fault", "subject": "x", "call": "nothing"}, 400),
        ("POST", "/tickets", {"kind": "war", "subject": "x"}, 400),
        ("PUT", path, {"version": 3, "status": "cancelled"}, 400),
        ("PUT", "/tickets/999", {"version": 2, "owner": ""}, 404),
        ("PUT", "/tickets/x", {"version": 2, "owner": ""}, 404),
        ("GET", "/tickets/999", None, 404),
        ("POST", "/tickets/999/comments", {"text": "x"}, 404),
        ("POST", f"{path}/comments", {"text": " "}, 400),
        ("GET", "/tickets?status=nonsense", None, 400),
    ):
        status, said = await call_api(site, method, where, body)
        assert (method, where, status) == (method, where, expected)
        assert status == 404 or said["detail"], (where, said)
    assert (await call_api(site, "GET", "/tickets", login="reviewer"))[0] == 403
