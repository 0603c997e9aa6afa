"""What is computed each night: when, by whom, and by hand."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.cli import cli
from cti_server.db import open_engine
from cti_server.sales import orders, products
from cti_server.sales.nightly import keep_pairs, next_night
from cti_server.sales.queries import Origin
from cti_server.sales.tables import product_pair
from cti_server.tasks import Tasks
from tests.fresh import sqlite_database
from tests.sales.kit import ANNA, T0, ZONE, a_customer, at, stocked


def test_the_night_is_the_sites() -> None:
    assert next_night(at("2026-03-10", 2), ZONE) == at("2026-03-10", 3)
    assert next_night(at("2026-03-10", 3), ZONE) == at("2026-03-11", 3)
    assert next_night(at("2026-12-31", 23), ZONE) == at("2027-01-01", 3)


async def filled(engine: AsyncEngine) -> None:
    async with engine.begin() as db:
        await stocked(db)
        for n in range(5):
            who = await a_customer(db, f"客户{n}")
            lines = await products.lines_of(db, [("RICE", 1), ("OIL", 1)] if n < 3 else [("BAR", 1)], T0, "CNY")
            await orders.place(db, ANNA, who, lines, T0, currency="CNY", owner="a1", origin=Origin())


async def count(engine: AsyncEngine) -> int:
    async with engine.connect() as db:
        return int((await db.execute(select(func.count()).select_from(product_pair))).scalar_one())


async def test_who_leads_makes_up_for_the_night_that_was_missed(tmp_path: Path) -> None:
    engine, tasks = open_engine(sqlite_database(tmp_path)), Tasks()
    await filled(engine)
    _ = tasks.start(keep_pairs(engine, ZONE), "what is bought together")
    looks = 0
    while not (found := await count(engine)) and (looks := looks + 1) < 1000:
        pass
    assert found == 2
    await tasks.close()
    await engine.dispose()


def test_it_is_computed_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sqlite_database(tmp_path)

    async def fill() -> None:
        engine = open_engine(url)
        await filled(engine)
        await engine.dispose()

    asyncio.run(fill())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CTI_DATABASE__URL", url)
    done = CliRunner().invoke(cli, ["sales", "pairs"])
    assert (done.exit_code, done.output) == (0, "2 pairs of products\n"), done.output
