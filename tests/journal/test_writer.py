"""The writer: what is put is in the database, once, whatever the database does."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.journal.load import encode_state, load
from cti_server.journal.tables import call
from cti_server.journal.verify import verify
from tests.journal.conftest import ZONE, start_server
from tests.journal.floor import T0, opening


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


async def test_after_a_kill_the_state_is_the_same(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    server.floor.day(callers=3)
    server.floor.caller("waits", T0 + 5000)
    await server.writer.flush()
    await server.kill()

    again = await load(engine, ZONE, tmp_path)

    assert encode_state(again.state) == encode_state(server.floor.state)
    assert (again.last_seq, again.clean) == (server.writer.seq, False)
