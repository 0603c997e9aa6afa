"""verify finds what is wrong: a changed, a missing and an extra row, in records and in figures."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.journal.cli import db, journal
from cti_server.journal.tables import call, leg, queue_half_hour, snapshot
from cti_server.journal.verify import verify
from tests.journal.conftest import ZONE, start_server
from tests.journal.floor import opening


async def filled(engine: AsyncEngine, data_dir: Path) -> None:
    server = await start_server(engine, data_dir)
    server.floor.do(*opening())
    server.floor.day(callers=3)
    await server.stop()


async def test_each_kind_of_wrong_row_is_found(engine: AsyncEngine, tmp_path: Path) -> None:
    await filled(engine, tmp_path)
    async with engine.begin() as connection:
        ids = list(await connection.scalars(select(call.c.id).order_by(call.c.started)))
        whole = dict((await connection.execute(select(call).where(call.c.id == ids[0]))).mappings().one())
        await connection.execute(update(call).where(call.c.id == ids[0]).values(talk_s=call.c.talk_s + 0.001))
        await connection.execute(delete(leg).where(leg.c.call == ids[1]))
        await connection.execute(insert(call).values(whole | {"id": "nobody"}))
        await connection.execute(update(queue_half_hour).values(offered=queue_half_hour.c.offered + 1))
        await connection.execute(update(snapshot).values(body=b"{}"))

    report = await verify(engine, ZONE)

    kinds = {(d.table, d.expected is None, d.found is None) for d in report.differences}
    assert kinds == {
        ("call", False, False),
        ("call", True, False),
        ("leg", False, True),
        ("queue_half_hour", False, False),
        ("snapshot", False, False),
    }
    wrong = next(d for d in report.differences if d.ident == (ids[0],))
    assert wrong.expected == {"talk_s": whole["talk_s"]}
    assert not report


async def test_the_command_says_it_and_exits_with_one(engine: AsyncEngine, url: str, tmp_path: Path) -> None:
    await filled(engine, tmp_path)
    async with engine.begin() as connection:
        await connection.execute(update(queue_half_hour).values(abandoned=99))
    await engine.dispose()
    found = await run_apart("journal", ["verify", "--json"], url)
    assert found[0] == 1
    lines = [json.loads(line) for line in found[1].splitlines() if line.startswith("{")]
    assert {line["table"] for line in lines} == {"queue_half_hour"}
    assert all(line["found"] == {"abandoned": 99} for line in lines)


async def test_a_good_journal_exits_with_zero(engine: AsyncEngine, url: str, tmp_path: Path) -> None:
    await filled(engine, tmp_path)
    await engine.dispose()
    code, output = await run_apart("journal", ["verify"], url)
    assert (code, "0 differences" in output) == (0, True)


async def test_the_schema_commands(empty_url: str) -> None:
    assert (await run_apart("db", ["current"], empty_url))[0] == 1
    assert (await run_apart("db", ["upgrade"], empty_url))[0] == 0
    assert (await run_apart("db", ["current"], empty_url))[0] == 0


async def test_a_database_that_is_not_there_is_said_in_a_sentence() -> None:
    code, output = await run_apart("db", ["upgrade"], "postgresql+psycopg://cti@127.0.0.1:1/none")
    assert code == 1
    assert "the database cannot be used" in output


async def run_apart(group: str, arguments: list[str], url: str) -> tuple[int, str]:
    """The command in a thread of its own, because it runs a loop of its own."""
    import asyncio

    command = {"db": db, "journal": journal}[group]

    def work() -> tuple[int, str]:
        done = CliRunner().invoke(command, arguments, env={"CTI_DATABASE__URL": url, "CTI_SITE__TIME_ZONE": str(ZONE)})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            pytest.fail(repr(done.exception))
        return done.exit_code, done.output

    return await asyncio.to_thread(work)
