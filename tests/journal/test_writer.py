"""The writer: what is put is in the database, once, whatever the database does."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.db import open_engine
from cti_server.journal.load import encode_state, load
from cti_server.journal.spill import Spill
from cti_server.journal.tables import call, journal, mark
from cti_server.journal.verify import verify
from cti_server.settings import Journal
from tests.fresh import sqlite_database
from tests.journal.conftest import FAST, ZONE, start_server
from tests.journal.floor import T0, opening
from tests.journal.proxy import CuttingProxy
from tests.services import Postgres


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def numbers(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        return list(await connection.scalars(select(journal.c.seq).order_by(journal.c.seq)))


async def test_a_day_is_written_and_can_be_proved(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    server.floor.day(callers=7)
    await server.writer.flush()

    report = await verify(engine, ZONE)
    assert report.differences == []
    assert report.events == server.writer.seq
    async with engine.connect() as connection:
        outcomes = list(await connection.scalars(select(call.c.outcome).order_by(call.c.started)))
    assert outcomes == ["answered", "abandoned", "answered", "short_abandoned", "left_ivr", "answered", "abandoned"]
    await server.stop()


async def test_ticks_that_change_nothing_leave_only_a_mark(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    await server.writer.flush()
    before = server.writer.seq
    for second in range(10):
        server.floor.do(ev.Tick(at=T0 + 100 + second))
    await server.writer.flush()
    assert server.writer.seq == before
    async with engine.connect() as connection:
        alive = await connection.scalar(select(mark.c.value).where(mark.c.name == "alive"))
    assert alive == T0 + 109
    await server.stop()


async def test_a_group_is_one_transaction(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    server.floor.day(callers=20)
    await server.writer.flush()
    assert server.writer.counts.written == server.writer.seq
    assert server.writer.counts.groups == 1
    await server.stop()


@pytest.mark.slow
async def test_a_locked_sqlite_makes_events_wait_and_loses_none(tmp_path: Path) -> None:
    engine = open_engine(sqlite_database(tmp_path))
    server = await start_server(engine, tmp_path)
    locker = sqlite3.connect(tmp_path / "cti.db", isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")

    server.floor.do(*opening())
    server.floor.day(callers=3)
    await until(lambda: server.writer.counts.failures > 0)
    assert not server.writer.healthy
    assert server.writer.pending == server.writer.seq
    locker.execute("COMMIT")
    locker.close()
    await server.writer.flush()

    assert await numbers(engine) == list(range(1, server.writer.seq + 1))
    assert (await verify(engine, ZONE)).differences == []
    assert server.writer.healthy
    await server.stop()
    await engine.dispose()


@pytest.mark.slow
async def test_whatever_the_database_says_the_writer_goes_on(engine: AsyncEngine, tmp_path: Path) -> None:
    """A missing table is a mistake and no absence (on PostgreSQL also by name): events wait all the same."""
    server = await start_server(engine, tmp_path)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE journal RENAME TO taken_away"))
    server.floor.do(*opening())
    server.floor.day(callers=2)
    await until(lambda: server.writer.counts.failures > 1)
    assert not server.writer.healthy
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE taken_away RENAME TO journal"))
    await server.writer.flush()
    assert await numbers(engine) == list(range(1, server.writer.seq + 1))
    assert (await verify(engine, ZONE)).differences == []
    await server.stop()


@pytest.mark.services
async def test_a_database_that_goes_away_and_comes_back(postgres: Postgres, tmp_path: Path) -> None:
    engine = open_engine(postgres.migrated_database())
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    server.floor.day(callers=2)
    await server.writer.flush()

    await asyncio.to_thread(postgres.stop)
    try:
        server.floor.day(T0 + 10_000, callers=5)
        await until(lambda: server.writer.counts.failures > 1)
    finally:
        await asyncio.to_thread(postgres.start)
    await server.writer.flush()

    assert await numbers(engine) == list(range(1, server.writer.seq + 1))
    assert (await verify(engine, ZONE)).differences == []
    await server.stop()
    await engine.dispose()


@pytest.mark.services
async def test_a_commit_whose_answer_is_lost_is_not_written_twice(postgres: Postgres, tmp_path: Path) -> None:
    url = make_url(postgres.migrated_database())
    async with CuttingProxy(postgres.port) as proxy:
        engine = open_engine(url.set(port=proxy.port).render_as_string(hide_password=False))
        server = await start_server(engine, tmp_path)
        server.floor.do(*opening())
        await server.writer.flush()
        proxy.cut_next = True
        server.floor.day(callers=5)
        await server.writer.flush()

        assert proxy.cuts == 1
        assert server.writer.counts.failures == 1
        assert await numbers(engine) == list(range(1, server.writer.seq + 1))
        assert (await verify(engine, ZONE)).differences == []
        await server.stop()
        await engine.dispose()


@pytest.mark.services
async def test_beyond_the_bound_the_oldest_go_to_the_file(postgres: Postgres, tmp_path: Path) -> None:
    engine = open_engine(postgres.migrated_database())
    server = await start_server(engine, tmp_path, Journal(group_s=0.001, buffer_events=100, commit_timeout_s=5))
    server.floor.do(*opening())
    await server.writer.flush()

    await asyncio.to_thread(postgres.stop)
    try:
        for hour in range(6):
            server.floor.day(T0 + 10_000 * hour, callers=5)
            await asyncio.sleep(0.02)
        await until(lambda: server.writer.counts.failures > 1)
        assert server.writer.counts.spilled > 0
        assert server.writer.pending <= 300
        assert Spill(tmp_path)
    finally:
        await asyncio.to_thread(postgres.start)
    await server.writer.flush()

    assert await numbers(engine) == list(range(1, server.writer.seq + 1))
    assert (await verify(engine, ZONE)).differences == []
    assert not Spill(tmp_path)
    await server.stop()
    await engine.dispose()


@pytest.mark.services
async def test_a_server_that_ends_while_the_database_is_away_loses_nothing(postgres: Postgres, tmp_path: Path) -> None:
    engine = open_engine(postgres.migrated_database())
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    await server.writer.flush()
    await asyncio.to_thread(postgres.stop)
    try:
        server.floor.day(callers=5)
        await server.writer.close(timeout_s=0.2)
        await server.tasks.close()
    finally:
        await asyncio.to_thread(postgres.start)

    again = await start_server(engine, tmp_path)
    assert encode_state(again.loaded.state) == encode_state(server.floor.state)
    assert again.loaded.last_seq == server.writer.seq
    again.floor.do(ev.ServerStarted(at=T0 + 9000, node="n1", version="1", since=again.loaded.last_at, clean=False))
    await again.writer.flush()
    assert (await verify(engine, ZONE)).differences == []
    await again.stop()
    await engine.dispose()


async def test_names_that_a_database_refuses_are_no_trouble(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    caller = server.floor.caller("waits", T0)
    server.floor.do(
        ev.CallerIdChanged(at=T0 + 7, channel=caller.id, number="1\0'; DROP TABLE call; --", caller_name="王\ud83d\0"),
        ev.CallDataSet(at=T0 + 8, channel=caller.id, key="account", value="\0"),
    )
    caller.give_up(T0 + 9)
    await server.writer.flush()
    assert server.writer.counts.refused == 0
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(call)) == 1
    await server.stop()


async def test_a_stop_leaves_a_snapshot_to_start_from(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path, FAST)
    server.floor.do(*opening())
    server.floor.caller("waits", T0)
    server.floor.do(ev.ServerStopped(at=T0 + 10, node="n1"))
    await server.stop()

    again = await load(engine, ZONE, tmp_path)
    assert (again.clean, again.last_at, again.last_seq) == (True, T0 + 10, server.writer.seq)
    assert encode_state(again.state) == encode_state(server.floor.state)


@pytest.mark.services
async def test_a_backlog_that_needs_longer_than_the_timeout_gets_through(postgres: Postgres, tmp_path: Path) -> None:
    """The time for a commit starts far too short and doubles with each attempt."""
    engine = open_engine(postgres.migrated_database())
    server = await start_server(engine, tmp_path, Journal(group_s=0.001, commit_timeout_s=0.01))
    server.floor.do(*opening())
    for n in range(4):
        server.floor.day(T0 + 10_000 * n, callers=10)
    await server.writer.flush()
    assert server.writer.counts.failures > 0
    assert await numbers(engine) == list(range(1, server.writer.seq + 1))
    assert (await verify(engine, ZONE)).differences == []
    await server.stop()
    await engine.dispose()


@pytest.mark.services
async def test_a_frozen_database_is_waited_for_with_a_limit(postgres: Postgres, tmp_path: Path) -> None:
    """Stopped with SIGSTOP in the middle of work: connected, and no answer."""
    engine = open_engine(postgres.migrated_database())
    server = await start_server(engine, tmp_path, Journal(group_s=0.001, commit_timeout_s=0.5))
    server.floor.do(*opening())
    await server.writer.flush()
    frozen = children(postgres.pid())
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        server.floor.day(callers=5)
        await until(lambda: server.writer.counts.failures > 0)
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    await server.writer.flush()
    assert await numbers(engine) == list(range(1, server.writer.seq + 1))
    assert (await verify(engine, ZONE)).differences == []
    await server.stop()
    await engine.dispose()


def children(pid: int) -> list[int]:
    """The process and its children: PostgreSQL has one for each connection."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, found)]
