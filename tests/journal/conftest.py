"""Each test of the journal runs on SQLite and on PostgreSQL, with the schema that the migrations make."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.db import open_engine
from cti_server.journal.load import Loaded, load
from cti_server.journal.writer import Writer
from cti_server.settings import Journal
from cti_server.tasks import Tasks
from tests.fresh import sqlite_database
from tests.journal.floor import Floor
from tests.services import Postgres, private_postgres

ZONE = ZoneInfo("Asia/Shanghai")
FAST = Journal(group_s=0.001, commit_timeout_s=5)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with private_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_database(tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    return server.migrated_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/cti.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url)
    yield engine
    await engine.dispose()


@dataclass
class Server:
    """A server reduced to center and journal."""

    loaded: Loaded
    floor: Floor
    writer: Writer
    tasks: Tasks

    async def kill(self) -> None:
        """Stop without writing anything more."""
        await self.tasks.close()

    async def stop(self) -> None:
        await self.writer.close()
        await self.tasks.close()


async def start_server(engine: AsyncEngine, data_dir: Path, options: Journal = FAST) -> Server:
    loaded = await load(engine, ZONE, data_dir)
    writer = Writer(engine, loaded.state, loaded.gatherer, data_dir=data_dir, last_seq=loaded.last_seq, options=options)
    tasks = Tasks()
    writer.start(tasks)
    return Server(loaded, Floor(loaded.state, writer.put), writer, tasks)
