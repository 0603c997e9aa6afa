"""One recorded day for all tests of the simulation."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cti_server.settings import Settings
from cti_server.simulate.day import Day, read
from tests.fresh import sqlite_database
from tests.simulate.recorded import SINCE, UNTIL, ZONE, day, record, site


@dataclass(frozen=True)
class Recorded:
    """`known`: what truly was; `day`: what the journal at `url` tells of it."""

    url: str
    settings: Settings
    known: Day
    day: Day


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    folder: Path = tmp_path_factory.mktemp("simulate")
    url = sqlite_database(folder)
    known, settings = day(callers=240, agents=4, hours=2.4), site(agents=4)

    async def make() -> Day:
        engine = await record(url, folder, known, settings)
        try:
            return await read(engine, ZONE, SINCE, UNTIL)
        finally:
            await engine.dispose()

    yield Recorded(url, settings, known, asyncio.run(make()))
