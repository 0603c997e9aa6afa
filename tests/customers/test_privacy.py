"""The page by which a person's data is handed out or erased, over real HTTP."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from cti_server import clock
from cti_server.core import events as ev
from cti_server.customers import erasure, nightly, queries, timeline
from cti_server.customers.tables import call_customer
from cti_server.journal.tables import call, leg
from cti_server.recording.tables import recording
from cti_server.tasks import Tasks
from tests.customers.everything import Everything, files_in, settings_in
from tests.customers.kit import BEIJING, add
from tests.customers.test_erasure import ACCOUNT, NAME, NUMBER, traces
from tests.journal.floor import Caller, opening
from tests.tickets.kit import floor_of
from tests.web.clients import client
from tests.web.kit import Site, Visitor, running_site

pytestmark = pytest.mark.slow


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, settings=settings_in(tmp_path)) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 600))
        yield site


@pytest.fixture
async def ident(site: Site, tmp_path: Path) -> int:
    """Somebody who talked, with a row in every context."""
    now = clock.now()
    caller = Caller(floor_of(site), NUMBER)
    caller.arrive(now - 500)
    caller.queue(now - 499)
    caller.end_talk(now - 400, caller.agent_answers(now - 498))
    site.do(ev.Tick(at=now - 300))
    await site.writer.flush()
    made = await add(site.engine, NAME, NUMBER, emails=["fang@example.com"], account=ACCOUNT)
    async with site.engine.begin() as db:
        row = {"call": caller.id, "customer": made, "how": "number", "at": now, "by": ""}
        await db.execute(insert(call_customer).values(row))
        whole = Everything(tmp_path, NAME, NUMBER, "fang@example.com", caller.id, caller.id)
        await whole.fill(db, made)
    return made


async def send(visitor: Visitor, path: str, **fields: str) -> tuple[int, str]:
    return await visitor.post(path, {"csrf": await visitor.form_token("/customers")} | fields)


def counts(page: str) -> dict[str, str]:
    parts = page.split('data-kept="')[1:]
    return {part.partition('"')[0]: part.partition(">")[2].partition("<")[0] for part in parts}


async def test_what_is_kept_is_counted_and_handed_out(site: Site, ident: int) -> None:
    async with site.visitor("supervisor") as visitor:
        status, page = await visitor.get(f"/customers/{ident}/privacy")
        assert status == 200
        wanted = {"timeline": "1", "call": "1", "ticket": "2", "sales_order": "1", "voicemail": "0", "recordings": "1"}
        assert counts(page) == wanted
        token = await visitor.form_token(f"/customers/{ident}/privacy")
        async with visitor.session.post(f"/customers/{ident}/handout", data={"csrf": token}) as answer:
            body = await answer.read()
            assert answer.status == 200 and answer.headers["Content-Type"] == "application/zip"
            assert answer.headers["Cache-Control"] == "private, no-store"
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            told = json.loads(archive.read("customer.json"))
            assert archive.testzip() is None and "tables/ticket.csv" in archive.namelist()
        assert told["customer"][0]["name"] == NAME and len(told["files"]) == 3
        for path in ("privacy", "handout", "erase"):
            post = path != "privacy"
            there = f"/customers/999/{path}"
            status, _ = await (send(visitor, there, number="999", version="1") if post else visitor.get(there))
            assert status == 404, path
    async with site.engine.connect() as db:
        assert (await timeline.lines(db, ident))[0].what == "exported"


@pytest.mark.parametrize("login", ["agent", "supervisor", "administrator"])
async def test_only_who_manages_customers_may(site: Site, ident: int, login: str) -> None:
    async with site.visitor(login) as visitor:
        may = (await visitor.get(f"/customers/{ident}/privacy"))[0]
        erased = (await send(visitor, f"/customers/{ident}/erase", number=str(ident + 1), version="1"))[0]
    assert (may, erased) in {(403, 403), (200, 422)} and (login != "agent" or may == 403)


async def test_nobody_is_erased_by_a_slip(site: Site, ident: int) -> None:
    path = f"/customers/{ident}/erase"
    async with site.visitor("supervisor") as visitor:
        status, page = await send(visitor, path, number=str(ident + 1), version="1")
        assert status == 422 and "Nothing was erased. It is" in page
        for version in ("", "x", "9" * 30, "-1"):
            assert (await send(visitor, path, number=str(ident), version=version))[0] == 400
        async with site.engine.begin() as db:
            await queries.update_one(db, ident, 1, {"city": "北京"}, BEIJING, at=clock.now(), by="anna")
        status, page = await send(visitor, path, number=str(ident), version="1")
        assert status == 409 and "changed meanwhile" in page and 'name="version" value="2"' in page
        assert not [event for event in site.published if isinstance(event, ev.CallerErased)], "nothing was told"

        caller = Caller(floor_of(site), NUMBER)
        caller.arrive(clock.now())
        status, page = await send(visitor, path, number=str(ident), version="2")
        assert status == 409 and "on the phone just now" in page
    assert {"customer", "ticket", "call"} <= await traces(site.engine)


async def test_a_call_that_begins_meanwhile_stops_it(site: Site, ident: int, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = Caller(floor_of(site), NUMBER)

    async def ring(*_: object) -> None:
        caller.arrive(clock.now())

    monkeypatch.setattr(erasure, "ERASE_HOOKS", [*erasure.ERASE_HOOKS, ring])
    async with site.visitor("supervisor") as visitor:
        status, page = await send(visitor, f"/customers/{ident}/erase", number=str(ident), version="1")
    assert status == 409 and "on the phone just now" in page
    assert {"customer", "ticket", "sales_order"} - await traces(site.engine) <= {"sales_order"}


@pytest.mark.slow
async def test_erased_everywhere_and_said_so(site: Site, ident: int, tmp_path: Path) -> None:
    assert len(files_in(tmp_path)) == 5
    async with site.visitor("supervisor") as visitor:
        status, where = await send(visitor, f"/customers/{ident}/erase", number=f" #{ident}", version="1")
        assert (status, where) == (303, f"/customers/{ident}")
        status, page = await visitor.get(where)
        assert status == 200 and NAME not in page and NUMBER not in page
        assert (await visitor.get(f"/customers/{ident}/privacy"))[0] == 404
        assert (await send(visitor, f"/customers/{ident}/handout"))[0] == 404
        assert (await send(visitor, f"/customers/{ident}/erase", number=str(ident), version="2"))[0] == 404
        for path in ("/tickets/1", "/sales/orders", "/sales/leads", "/recordings", "/calls", "/tickets?status=all"):
            status, page = await visitor.get(path)
            assert status == 200 and NAME not in page and NUMBER not in page, path
    assert await traces(site.engine) == set() and files_in(tmp_path) == []
    async with site.engine.connect() as db:
        assert len(list(await db.scalars(select(call.c.id)))) == 1
        assert {number for number in await db.scalars(select(leg.c.number))} <= {"", f"erased-{ident}-1"} | {
            f"erased-{ident}-{n}" for n in range(10)
        }


async def test_a_sweep_that_failed_is_done_at_the_next_start(
    site: Site, ident: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    async with site.visitor("supervisor") as visitor:
        with monkeypatch.context() as broken:
            broken.setattr(Path, "unlink", refuse)
            status, _ = await send(visitor, f"/customers/{ident}/erase", number=str(ident), version="1")
        assert status == 303 and len(files_in(tmp_path)) == 5
    tasks = Tasks()
    _ = tasks.start(nightly.keep_customers(site.engine, site.settings), "night")
    while files_in(tmp_path):  # noqa: ASYNC110  files do not say that they are gone
        await asyncio.sleep(0.01)
    await tasks.close()
    async with site.engine.connect() as db:
        assert list(await db.scalars(select(recording.c.path))) == [""]


async def test_programs_hand_out_and_erase_too(site: Site, ident: int) -> None:
    async with client(site, "supervisor") as boss:
        async with boss.session.get(f"/api/v1/customers/{ident}/handout", headers=boss.headers) as answer:
            with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
                assert json.loads(archive.read("customer.json"))["customer"][0]["name"] == NAME
        path, this = f"/customers/{ident}/erase", {"number": ident, "version": 1}
        assert (await boss("POST", path, this | {"number": ident + 1}))[0] == 400
        assert (await boss("POST", path, this | {"version": 7}))[0] == 409
        assert (await boss("POST", "/customers/999/erase", {"number": 999, "version": 1}))[0] == 404
        assert await boss("POST", path, this) == (200, {"id": ident})
        assert (await boss("POST", path, this))[0] == 404, "there is nobody any more"
        for _ in range(2):
            made = {"name": "Ann Lee", "phones": [{"number": "13800138000"}]}
            assert (await boss("POST", "/customers", made))[0] == 200
        _, found = await boss("GET", "/customer-duplicates")
        assert [(pair["why"], pair["first_name"]) for pair in found["items"]] == [("number", "Ann Lee")]
