"""Whole imports on both databases: tried, taken, updated, stopped, gone on with; the bad rows come back."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.customers import queries
from cti_server.customers.imports import child, jobs, parent
from cti_server.customers.imports.jobs import Job
from cti_server.customers.imports.match import Duplicates
from cti_server.customers.imports.run import Imports
from cti_server.customers.imports.tables import import_job
from cti_server.customers.tables import customer, customer_phone, timeline
from cti_server.settings import Server, Settings
from tests.customers.imports_kit import as_csv, as_xlsx, people, talk_here
from tests.customers.kit import add


@pytest.fixture(autouse=True)
def near(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's work in this process, but for the tests that are marked as slow: it takes a second to start."""
    if "slow" not in request.keywords:
        monkeypatch.setattr(parent, "_talk", talk_here)


@pytest.fixture
def imports(engine: AsyncEngine, tmp_path: Path) -> Imports:
    return Imports(Settings(server=Server(data_dir=tmp_path)), engine)


async def sent(imports: Imports, engine: AsyncEngine, content: bytes, duplicates: Duplicates = "skip") -> int:
    ident = await jobs.create(engine, "people.csv", content, by="anna", at=clock.now())
    await imports.look(ident)
    job = await jobs.find(engine, ident)
    assert job is not None and await jobs.choose(engine, ident, job.mapping, job.first_row, duplicates, False)
    return ident


async def run(imports: Imports, engine: AsyncEngine, ident: int, *, dry: bool = False) -> Job:
    assert await jobs.begin(engine, ident, dry=dry, node="node1", at=clock.now())
    await imports.run(ident)
    found = await jobs.find(engine, ident)
    assert found is not None
    return found


async def count(engine: AsyncEngine, kind: str = "person") -> int:
    async with engine.connect() as db:
        return await db.scalar(select(func.count()).select_from(customer).where(customer.c.kind == kind)) or 0


async def test_with_a_third_of_bad_rows_the_good_ones_are_in_and_the_bad_ones_come_back(
    imports: Imports, engine: AsyncEngine
) -> None:
    ident = await sent(imports, engine, as_csv(people(200, bad=0.3), "gb18030"))
    job = await jobs.find(engine, ident)
    assert job is not None and (job.encoding, job.first_row, job.rows) == ("gb18030", True, 200)
    assert job.mapping == ["name", "mobile", "email", "organisation", "street", "account", "notes"]

    tried = await run(imports, engine, ident, dry=True)
    assert (tried.state, tried.created, tried.bad, await count(engine)) == ("checked", 140 + 20, 40, 0)

    done = await run(imports, engine, ident)
    assert (done.state, done.done, done.created, done.bad, done.organisations) == ("done", 200, 160, 40, 7)
    assert await count(engine) + await count(engine, "organisation") == 160 + 7
    assert await jobs.content(engine, ident) is None
    back = await jobs.bad_rows(engine, ident)
    assert len(back) == 40 and back[0].cells[:2] == ["王芳0", "138001000"]
    assert [(reason.word, reason.value) for reason in back[0].reasons] == [("number_unknown", "138001000")]
    async with engine.connect() as db:
        lines = await db.scalar(select(func.count()).select_from(timeline).where(timeline.c.what == "imported"))
        one = await queries.get(db, await db.scalar(select(customer.c.id).where(customer.c.account == "A4")) or 0)
    assert lines == 167
    assert one is not None and one.organisation_name == "公司4" and one.phones[0].number == "+8613800130004"
    assert one.notes == "=1+1" and one.initials.startswith("wf") and one.created_by == "anna"


@pytest.mark.slow
async def test_a_workbook(imports: Imports, engine: AsyncEngine) -> None:
    ident = await sent(imports, engine, as_xlsx([["Name", "Phone", "Notes"], ["Tom Baker", 13800138000, "hi"]]))
    assert (await run(imports, engine, ident)).created == 1
    async with engine.connect() as db:
        assert await db.scalar(select(customer_phone.c.number)) == "+8613800138000"


@pytest.mark.parametrize(("duplicates", "counts"), [("skip", (2, 0, 2)), ("update", (2, 2, 0)), ("create", (4, 0, 0))])
async def test_rows_of_customers_who_are_known(
    imports: Imports, engine: AsyncEngine, duplicates: Duplicates, counts: tuple[int, int, int]
) -> None:
    known = await add(engine, "王芳", "138 0013 8000", city="上海", notes="old")
    rows = [
        ["姓名", "手机", "城市", "邮箱", "标签"],
        ["王芳芳", "0086 138-0013-8000", "", "wang@example.com", "VIP"],
        ["李伟", "13900139000", "北京", "", ""],
        ["李伟", "+86 139 0013 9000", "广州", "", ""],
        ["张敏", "13700137000", "", "", ""],
    ]
    ident = await sent(imports, engine, as_csv(rows), duplicates)
    tried = await run(imports, engine, ident, dry=True)
    assert (tried.created, tried.updated, tried.skipped, tried.bad) == (*counts, 0)
    job = await run(imports, engine, ident)
    assert (job.created, job.updated, job.skipped, job.bad) == (*counts, 0)
    async with engine.connect() as db:
        now = await queries.get(db, known)
        cities = set(await db.scalars(select(customer.c.city).where(customer.c.name == "李伟")))
    assert now is not None and now.city == "上海" and now.notes == "old" and len(now.phones) == 1
    if duplicates == "update":
        assert (now.name, now.initials, now.emails, now.tags) == ("王芳芳", "wff", ["wang@example.com"], ["VIP"])
        assert now.version == 2 and now.changed_by == "anna" and cities == {"广州"}
    else:
        assert now.name == "王芳" and now.version == 1


async def test_what_is_the_same_is_no_change(imports: Imports, engine: AsyncEngine) -> None:
    known = await add(engine, "王芳", "13800138000")
    content = as_csv([["姓名", "手机"], ["王芳", "138 0013 8000"]])
    job = await run(imports, engine, await sent(imports, engine, content, "update"))
    assert (job.updated, job.skipped) == (0, 1)
    async with engine.connect() as db:
        now = await queries.get(db, known)
    assert now is not None and now.version == 1


async def test_of_several_with_a_number_the_one_of_that_name_or_none(imports: Imports, engine: AsyncEngine) -> None:
    first = await add(engine, "王芳", "13800138000")
    await add(engine, "李伟", "13800138000")
    rows = [["姓名", "手机", "城市"], ["王芳", "13800138000", "北京"], ["陈静", "13800138000", "广州"]]
    ident = await sent(imports, engine, as_csv(rows), "update")
    job = await run(imports, engine, ident)
    assert (job.updated, job.bad) == (1, 1)
    (back,) = await jobs.bad_rows(engine, ident)
    assert back.reasons[0].word == "several" and back.cells == rows[2]
    async with engine.connect() as db:
        now = await queries.get(db, first)
    assert now is not None and now.city == "北京"


async def test_a_cell_of_five_megabytes_comes_back_with_a_reason(imports: Imports, engine: AsyncEngine) -> None:
    rows = [["姓名", "备注"], ["王芳", "长" * 1_700_000], ["李伟", "short"]]
    ident = await sent(imports, engine, as_csv(rows))
    job = await run(imports, engine, ident)
    assert (job.created, job.bad) == (1, 1)
    (back,) = await jobs.bad_rows(engine, ident)
    assert back.reasons[0].word == "too_long" and len(back.cells[1]) < 30_000


async def test_an_import_that_was_stopped_goes_on_and_does_nothing_twice(
    imports: Imports, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = await sent(imports, engine, as_csv(people(2500)))
    counted = jobs.count

    async def stop_after_one(*args: object) -> None:
        await counted(*args)  # type: ignore[arg-type]
        monkeypatch.setattr(jobs, "count", counted)
        imports._closing = True

    monkeypatch.setattr(jobs, "count", stop_after_one)
    cut = await run(imports, engine, ident)
    assert (cut.state, cut.done, cut.created) == ("interrupted", child.BATCH, child.BATCH)
    imports._closing = False
    assert await imports.resume(ident)
    await imports._tasks.finish()
    done = await jobs.find(engine, ident)
    assert done is not None and (done.state, done.done, done.created) == ("done", 2500, 2500)
    assert await count(engine) == 2500 and not await imports.resume(ident)


async def test_cancelled_between_two_batches(imports: Imports, engine: AsyncEngine) -> None:
    ident = await sent(imports, engine, as_csv(people(1500)))
    assert await jobs.begin(engine, ident, dry=False, node="node1", at=clock.now())
    await jobs.cancel(engine, ident)
    await imports.run(ident)
    job = await jobs.find(engine, ident)
    assert job is not None and (job.state, job.done, await count(engine)) == ("cancelled", 0, 0)


async def test_a_batch_that_fails_leaves_nothing_of_itself(
    imports: Imports, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = await sent(imports, engine, as_csv(people(50)))

    async def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(jobs, "count", fail)
    job = await run(imports, engine, ident)
    assert (job.state, job.error["word"]) == ("interrupted", "database")
    assert (await count(engine), await count(engine, "organisation")) == (0, 0)


async def test_what_a_dead_node_was_doing_is_interrupted(imports: Imports, engine: AsyncEngine) -> None:
    ident = await sent(imports, engine, as_csv(people(5)))
    now = clock.now()
    assert await jobs.begin(engine, ident, dry=False, node="node1", at=now)
    assert not await jobs.begin(engine, ident, dry=False, node="node2", at=now)
    await jobs.note_interrupted(engine, now + jobs.QUIET_S / 2)
    assert [job.state for job in await jobs.latest(engine)] == ["running"]
    await jobs.note_interrupted(engine, now + jobs.QUIET_S + 1)
    assert [job.state for job in await jobs.latest(engine)] == ["interrupted"]
    assert await jobs.resume(engine, ident, node="node1", at=now)
    await imports.start()
    assert [job.state for job in await jobs.latest(engine)] == ["interrupted"]


async def test_files_and_bad_rows_are_forgotten_after_a_month(imports: Imports, engine: AsyncEngine) -> None:
    ident = await sent(imports, engine, as_csv(people(10, bad=1)))
    await run(imports, engine, ident, dry=True)
    await jobs.forget_old(engine, clock.now() + jobs.KEPT_S + 1)
    job = await jobs.find(engine, ident)
    assert job is not None and job.sample == [] and await jobs.bad_rows(engine, ident) == []
    assert await jobs.content(engine, ident) is None


async def test_two_files_at_once(imports: Imports, engine: AsyncEngine) -> None:
    first, second = [await sent(imports, engine, as_csv(people(1200)), "create") for _ in range(2)]
    await asyncio.gather(run(imports, engine, first), run(imports, engine, second))
    async with engine.connect() as db:
        states = list(await db.scalars(select(import_job.c.state)))
    assert states == ["done", "done"] and await count(engine) == 2400


@pytest.mark.slow
async def test_a_file_that_cannot_be_read_says_why(imports: Imports, engine: AsyncEngine) -> None:
    ident = await jobs.create(engine, "x.xlsx", b"PK\x03\x04 nothing", by="anna", at=clock.now())
    async with engine.begin() as db:
        await db.execute(import_job.update().values(mapping=json.dumps(["name"]), total=2))
    job = await run(imports, engine, ident)
    assert (job.state, job.error) == ("failed", {"word": "broken_workbook"})
