"""A person of whom every context has something: handed out whole, merged and parted whole, erased whole."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.customers import erasure, handout, merge, pointers, queries
from cti_server.customers.person import subject_of
from cti_server.customers.tables import call_customer
from cti_server.db import metadata
from cti_server.followups.tables import voicemail_task
from cti_server.journal.tables import voicemail
from cti_server.journal.verify import verify
from cti_server.recording.tables import recording
from cti_server.sales.paper_tables import sales_order
from cti_server.sales.tables import lead
from cti_server.tickets.tables import service_contract, ticket, ticket_file
from tests.customers.everything import Everything, files_in, put, settings_in
from tests.customers.kit import BEIJING, NOW, add
from tests.customers.test_erasure import NAME, NUMBER, day, erase, traces
from tests.journal.conftest import ZONE, Server
from tests.journal.floor import T0

pytestmark = pytest.mark.slow

__all__ = ["day"]
MAIL = "fang@example.com"
OTHER = "李伟伟"


async def fill(engine: AsyncEngine, server: Server, ident: int, folder: Path) -> None:
    """The customer of `day`, and another one, in every context."""
    async with engine.begin() as db:
        call = await db.scalar(select(call_customer.c.call).where(call_customer.c.customer == ident))
        left = (await db.execute(select(voicemail.c.id, voicemail.c.channel))).one()
        whole = Everything(folder, NAME, NUMBER, MAIL, str(call), str(left.channel), left.id)
        await whole.fill(db, ident)
    other = await add(engine, OTHER, "13900139000", at=T0)
    async with engine.begin() as db:
        theirs = Everything(folder, OTHER, "13900139000", "li@example.com", "elsewhere", "77.1")
        await theirs.fill(db, other)


async def test_every_context_forgets_the_person_and_no_one_else(
    engine: AsyncEngine, day: tuple[Server, int], tmp_path: Path
) -> None:
    server, ident = day
    settings = settings_in(tmp_path)
    await fill(engine, server, ident, tmp_path)
    kept = {name for name in files_in(tmp_path) if "77.1" in name or "/2" in name}
    assert {"lead", "ticket", "payment", "recording", "mail_in", "import_job", "rule_firing"} <= await traces(engine)
    async with engine.connect() as db:
        of_other = await db.scalar(select(func.count()).where(ticket.c.subject.contains(OTHER)))

    await erase(engine, server, ident)
    assert await traces(engine) == set()
    assert set(files_in(tmp_path)) > kept
    await erasure.sweep(engine, settings)
    assert set(files_in(tmp_path)) == kept and len(kept) == 5
    assert await traces(engine) == set()

    async with engine.connect() as db:
        assert await db.scalar(select(func.count()).where(ticket.c.subject.contains(OTHER))) == of_other == 2
        (amount,) = await db.scalars(select(sales_order.c.total).where(sales_order.c.customer == ident))
        serials = list(await db.scalars(select(service_contract.c.serial).where(service_contract.c.customer == ident)))
        assert await db.scalar(select(func.count()).where(recording.c.status == "erased", recording.c.path == "")) == 1
        assert await db.scalar(select(func.count()).select_from(ticket_file)) == 1
        done = await db.scalar(select(voicemail_task.c.noted).where(voicemail_task.c.noted_by == "erased"))
    assert amount == 0 and len(set(serials)) == 2 and done is not None
    await server.stop()
    assert (await verify(engine, ZONE)).differences == []


async def test_what_cannot_be_deleted_now_is_deleted_in_the_night(
    engine: AsyncEngine, day: tuple[Server, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ident = day
    settings = settings_in(tmp_path)
    await fill(engine, server, ident, tmp_path)
    before = files_in(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only")

    await erase(engine, server, ident)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", refuse)
        await erasure.sweep(engine, settings)
    assert files_in(tmp_path) == before
    await erasure.sweep(engine, settings)
    left = [name for name in files_in(tmp_path) if "77.1" not in name and "/2" not in name]
    assert left == []
    await server.stop()


async def test_all_of_it_is_handed_out_and_nothing_of_another(
    engine: AsyncEngine, day: tuple[Server, int], tmp_path: Path
) -> None:
    server, ident = day
    await fill(engine, server, ident, tmp_path)
    parted = await add(engine, "陈静静", "13700137000", at=T0)
    async with engine.begin() as db:
        await merge.merge(db, (ident, 1), (parted, 1), {}, at=T0 + 9500, by="wu")
        (one,) = await merge.merges_of(db, ident)
        await merge.undo(db, one.id, at=T0 + 9600, by="wu")
    async with engine.connect() as db:
        rows, files = await handout.gather(db, ident, BEIJING, settings_in(tmp_path))
    with handout.pack(rows, files) as packed, zipfile.ZipFile(packed) as archive:
        names = archive.namelist()
        told = json.loads(archive.read("customer.json"))
        for name in names:
            said = archive.read(name).decode("utf-8-sig")
            assert "陈静静" not in said and "13700137000" not in said and OTHER not in said, name
        tables = {n.removeprefix("tables/")[:-4]: archive.read(n) for n in names if n.startswith("tables/")}
        sound = {name: archive.read(name) for name in names if not name.startswith(("tables/", "customer.json"))}
    await server.stop()

    assert {name.partition("/")[0] for name in sound} == {"recordings", "messages", "attachments", "letters"}
    assert all(NAME in body.decode() for body in sound.values())
    assert set(tables) == set(told) and len(told["lead"]) == 2 and len(told["ticket"]) == 2
    wanted = "call callback customer_consent mail_in opportunity order_line payment quote recording return_order "
    wanted += "sales_offer sales_order service_contract ticket_comment ticket_link timeline voicemail voicemail_task"
    assert set(wanted.split()) <= set(tables)
    assert not {"commission_line", "ticket_watcher", "snapshot"} & set(tables)
    for name, lines in told.items():
        parsed = list(csv.reader(io.StringIO(tables[name].decode("utf-8-sig"))))
        assert tables[name].startswith(b"\xef\xbb\xbf") and len(parsed) == 1 + len(lines), name
        cells = [cell for line in parsed[1:] for cell in line]
        assert not [c for c in cells if c.startswith(("=", "+", "@", "-")) and not c[1:].replace(".", "").isdigit()]
        keys = [json.dumps(line, sort_keys=True) for line in lines]
        assert len(keys) == len(set(keys)), name


async def owners(engine: AsyncEngine) -> dict[str, dict[tuple[Any, ...], int]]:
    """Whose each row of each context is."""
    found: dict[str, dict[tuple[Any, ...], int]] = {}
    async with engine.connect() as db:
        for column in pointers.pointers():
            keys = list(column.table.primary_key.columns)
            rows = (await db.execute(select(*keys, column.label("whose")).where(column.is_not(None)))).all()
            found[f"{column.table.name}.{column.name}"] = {tuple(row[:-1]): row.whose for row in rows}
    return found


async def test_rows_of_every_context_follow_a_merge_and_come_back(engine: AsyncEngine, tmp_path: Path) -> None:
    kept, gone = [await add(engine, name, number) for name, number in ((NAME, NUMBER), (OTHER, "13900139000"))]
    async with engine.begin() as db:
        for n, (ident, name) in enumerate(((kept, NAME), (gone, OTHER))):
            await Everything(tmp_path, name, f"1380013800{n}", f"{n}@example.com", f"c{n}", f"1.{n}").fill(db, ident)
        same = {"kind": "warranty", "product": "TV", "serial": "1", "begins": "2026-01-01"}
        for ident in (kept, gone):
            await put(db, "service_contract", customer=ident, **same)
    before = await owners(engine)
    assert {name for name, rows in before.items() if set(rows.values()) != {kept, gone}} == set()
    async with engine.begin() as db:
        await merge.merge(db, (kept, 1), (gone, 1), {}, at=NOW, by="wu")
    after = await owners(engine)
    left = {name: [key for key, whose in rows.items() if whose == gone] for name, rows in after.items()}
    assert {name for name, rows in left.items() if rows} == {"service_contract.customer"}, "the like of it is there"
    assert len(left["service_contract.customer"]) == 1
    assert {name: set(rows) for name, rows in after.items()} == {name: set(rows) for name, rows in before.items()}

    async with engine.connect() as db:
        subject = await subject_of(db, kept, BEIJING)
        (one,) = await merge.merges_of(db, kept)
    assert subject.ids == (kept, gone)
    async with engine.begin() as db:
        fresh = await put(db, lead, customer=kept, name="since then")
        await merge.undo(db, one.id, at=NOW + 1, by="wu")
    assert await owners(engine) == before | {"lead.customer": before["lead.customer"] | {(fresh,): kept}}


def test_every_table_with_a_customer_is_tried() -> None:
    tried = {column.table.name for column in pointers.pointers()}
    known = "account_claim call_customer lead opportunity quote return_order sales_offer sales_order service_contract"
    assert tried <= {*known.split(), "ticket"}, "add rows of the new table to tests/customers/everything.py"
    assert metadata.tables.keys() >= tried


@pytest.mark.parametrize(("name", "account"), [("number", "17"), ("a1", "a1"), ("sales", "callback"), ("Anna", "")])
async def test_a_name_like_a_word_of_ours_breaks_nothing(
    engine: AsyncEngine, day: tuple[Server, int], name: str, account: str
) -> None:
    server, ident = day
    async with engine.begin() as db:
        await queries.update_one(db, ident, 1, {"name": name, "account": account}, BEIJING, at=T0, by="anna")
    agents = {ident: agent.config.name for ident, agent in server.floor.state.agents.items()}
    await erase(engine, server, ident, 2)
    await server.stop()
    assert (await verify(engine, ZONE)).differences == []
    assert {ident: agent.config.name for ident, agent in server.floor.state.agents.items()} == agents
