"""The law: snapshot + later events = full replay, bit for bit; and what a crash leaves is made whole."""

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.apply import apply
from cti_server.core.state import State
from cti_server.journal.load import encode_state, load, steps
from cti_server.journal.tables import call, journal, mark, queue_half_hour, snapshot
from cti_server.journal.verify import verify
from cti_server.settings import Journal
from tests.journal.conftest import ZONE, start_server
from tests.journal.floor import T0, opening


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


@pytest.mark.parametrize("callers", [1, 4, 9])
async def test_snapshot_and_later_events_are_a_full_replay(engine: AsyncEngine, tmp_path: Path, callers: int) -> None:
    server = await start_server(engine, tmp_path, Journal(group_s=0.0, snapshot_events=100))
    server.floor.do(*opening())
    for n in range(6):
        server.floor.day(T0 + 10_000 * n, callers=callers)
        server.floor.caller("waits", T0 + 10_000 * n + 9000)
        await server.writer.flush()
    await server.kill()

    async with engine.connect() as connection:
        kept = list(await connection.scalars(select(snapshot.c.seq)))
        replayed = State()
        async for step in steps(connection, 0):
            for event in step.events:
                apply(replayed, event)
    assert 1 <= len(kept) <= 3
    assert max(kept) > 0
    assert encode_state((await load(engine, ZONE, tmp_path)).state) == encode_state(replayed)
    assert (await verify(engine, ZONE)).differences == []


@pytest.mark.slow
async def test_steps_come_as_they_were_made_across_pages(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    for n in range(75):
        server.floor.day(T0 + 10_000 * n, callers=5)
    await server.writer.flush()
    made = [s.events for s in server.floor.steps if not (len(s.events) == 1 and type(s.events[0]).__name__ == "Tick")]
    async with engine.connect() as connection:
        assert [step.events async for step in steps(connection, 0)] == made
    assert server.writer.seq > 5000
    await server.stop()


async def test_a_snapshot_of_another_form_is_not_read(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    await server.stop()
    async with engine.begin() as connection:
        await connection.execute(update(snapshot).values(schema="older", body=b'{"at": 5}'))
    assert encode_state((await load(engine, ZONE, tmp_path)).state) == encode_state(server.floor.state)


async def test_records_that_a_crash_left_out_are_made_up(engine: AsyncEngine, tmp_path: Path) -> None:
    """The journal reaches further than the records: as if the server died between the two."""
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    await server.writer.flush()
    before = server.writer.seq
    server.floor.day(callers=4)
    await server.writer.flush()
    await server.kill()
    async with engine.begin() as connection:
        await connection.execute(update(mark).where(mark.c.name == "records").values(value=before))
        for table in (call, queue_half_hour):
            await connection.execute(delete(table))

    again = await start_server(engine, tmp_path)
    await again.writer.flush()

    assert (await verify(engine, ZONE)).differences == []
    async with engine.connect() as connection:
        assert len((await connection.execute(select(call.c.id))).all()) == 4
    await again.stop()


async def test_an_event_of_a_later_version_is_counted_and_passed_over(engine: AsyncEngine, tmp_path: Path) -> None:
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    await server.stop()
    seq = server.writer.seq + 1
    row = {"seq": seq, "cause": seq, "at": T0, "type": "call_whistled", "channel": ""}
    async with engine.begin() as connection:
        await connection.execute(insert(journal).values(row | {"payload": '{"type": "call_whistled", "at": 1}'}))
        await connection.execute(update(mark).where(mark.c.name == "records").values(value=seq))
    loaded = await load(engine, ZONE, tmp_path)
    assert (loaded.unknown, loaded.last_seq) == (1, seq)
    assert (await verify(engine, ZONE)).unknown == 1
