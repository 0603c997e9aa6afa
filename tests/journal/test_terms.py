"""The journal takes nothing from a term that is over."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.journal import store
from cti_server.journal.load import load
from cti_server.journal.spill import Spill
from cti_server.journal.tables import journal, mark
from cti_server.journal.terms import Fenced, check_term, journal_name, next_term
from cti_server.journal.writer import Writer
from cti_server.tasks import Tasks
from tests.journal.conftest import FAST, ZONE
from tests.journal.floor import T0, Floor, opening


async def count(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(journal)) or 0


async def writer_of(engine: AsyncEngine, folder: Path, term: int, told: list[str]) -> tuple[Writer, Floor, Tasks]:
    loaded, tasks = await load(engine, ZONE), Tasks()
    writer = Writer(
        engine,
        loaded.state,
        loaded.gatherer,
        data_dir=folder,
        last_seq=loaded.last_seq,
        options=FAST,
        term=term,
        marks=lambda: {"input_ms": 12.0, "input_n": float(term)},
        fenced=lambda: told.append(f"term {term} is over"),
    )
    writer.start(tasks)
    return writer, Floor(loaded.state, writer.put), tasks


async def test_terms_are_counted_from_one(engine: AsyncEngine) -> None:
    assert [await next_term(engine) for _ in range(3)] == [1, 2, 3]


async def test_the_writer_of_an_older_term_writes_nothing_more(engine: AsyncEngine, tmp_path: Path) -> None:
    told: list[str] = []
    old, old_floor, old_tasks = await writer_of(engine, tmp_path / "a", await next_term(engine), told)
    old_floor.do(*opening())
    await old.flush()
    written = await count(engine)
    new, new_floor, new_tasks = await writer_of(engine, tmp_path / "b", await next_term(engine), told)
    old_floor.do(ev.AgentPaused(at=T0 + 5, agent="a1", code="from the old one"))
    while not told:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert told == ["term 1 is over"]
    assert await count(engine) == written
    new_floor.do(ev.AgentPaused(at=T0 + 6, agent="a1", code="tea"))
    await new.flush()
    await new.close()
    await old.close()
    assert old.counts.lost > 0, "and it says so"
    assert not Spill(tmp_path / "a"), "what is refused does not come back later"
    assert (await load(engine, ZONE)).state.agents["a1"].pause_code == "tea"
    await old_tasks.close()
    await new_tasks.close()


async def test_how_far_inputs_were_read_is_committed_with_what_came_of_them(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    writer, floor, tasks = await writer_of(engine, tmp_path, await next_term(engine), [])
    floor.do(*opening())
    await writer.flush()
    marks = (await load(engine, ZONE)).marks
    assert (marks["input_ms"], marks["input_n"], marks["term"]) == (12.0, 1.0, 1.0)
    await writer.close()
    await tasks.close()


async def test_events_spilled_in_a_term_that_was_followed_by_anothers_stay_out(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    term = await next_term(engine)
    spill = Spill(tmp_path)
    rows = [store.journal_row(n, n, ev.AgentResumed(at=T0, agent="a1")) for n in (1, 2)]
    spill.append(rows, term)
    assert await spill.take_in(engine) == 2
    await next_term(engine)
    spill.append([store.journal_row(3, 3, ev.AgentResumed(at=T0, agent="a1"))], term)
    assert await spill.take_in(engine) == 0
    assert await count(engine) == 2


async def test_a_commit_under_way_ends_before_the_next_term_begins(engine: AsyncEngine) -> None:
    await next_term(engine)
    async with engine.begin() as connection:
        await check_term(connection, 1)
        await store.set_marks(connection, {"records": 1})
        beginning = asyncio.ensure_future(next_term(engine))
        await asyncio.sleep(0.2)
        assert not beginning.done()
    assert await beginning == 2
    async with engine.begin() as connection:
        with pytest.raises(Fenced):
            await check_term(connection, 1)


async def test_a_journal_keeps_its_name(engine: AsyncEngine) -> None:
    first = await journal_name(engine)
    assert len(first) == 13
    assert await journal_name(engine) == first
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(mark)) == 1
