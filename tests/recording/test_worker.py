"""The recorder on a real database and real files: sealed, flagged, taken up again after a restart."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.state import Call, Leg
from cti_server.journal import tables as journal
from cti_server.recording import queries, seal
from cti_server.recording.queries import Filter
from tests.recording.kit import call, rows, running, settings, settled, until, write_pair
from tests.recording.tones import AGENT_HZ, header, loudest_hz, write_wav


async def test_answered_call_is_sealed_linked_and_measured(tmp_path: Path, engine: AsyncEngine) -> None:
    pair = write_pair(tmp_path)
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call())
        [row] = await settled(engine)
        await until(lambda: _gone(*pair))
    assert (row.call, row.leg, row.agent, row.status, row.flags) == ("call-1.2", "1.2", "anna", "sealed", [])
    assert (row.expected_s, row.found_s) == (pytest.approx(3.0), 3.0)
    assert row.agent_rms_dbfs == pytest.approx(-13.5, abs=0.2)
    path = await queries.sealed_path(engine, row.id)
    assert seal.check(tmp_path / "sealed", path, row.sha256) == ""
    assert loudest_hz(tmp_path / "sealed" / path, 0) == AGENT_HZ


async def _gone(*paths: Path) -> bool:
    return not any(path.exists() for path in paths)


async def test_noting_twice_and_after_a_restart_makes_one_row(tmp_path: Path, engine: AsyncEngine) -> None:
    pair = write_pair(tmp_path)
    config = settings(tmp_path, keep_originals=True)
    for _ in range(2):
        async with running(config, engine) as recorder:
            recorder.note(call())
            recorder.note(call())
            [row] = await settled(engine)
    assert row.status == "sealed" and all(path.exists() for path in pair)


async def test_a_recording_follows_its_call_into_another(tmp_path: Path, engine: AsyncEngine) -> None:
    write_pair(tmp_path)
    consult = call()
    consult.ended = None
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(consult)
        [row] = await settled(engine)
        assert row.call == "call-1.2"
        customers = msgspec.structs.replace(consult, id="call-1.1", ended=consult.legs[0].ended)
        recorder.joined({"call-1.2": "call-1.1"})
        recorder.note(customers)
        await until(lambda: _belongs_to(engine, "call-1.1"))
        assert recorder._seen == {}
    [row] = await rows(engine)
    assert (row.call, row.status) == ("call-1.1", "sealed")


async def _belongs_to(engine: AsyncEngine, ident: str) -> bool:
    return [row.call for row in await rows(engine)] == [ident]


async def test_file_still_written_is_waited_for(tmp_path: Path, engine: AsyncEngine) -> None:
    agent, _ = write_pair(tmp_path)
    body = agent.read_bytes()[44:]
    agent.write_bytes(header(0) + body[: len(body) // 2])
    async with running(settings(tmp_path, settle_s=60), engine) as recorder:
        recorder.note(call())
        await until(lambda: _has_rows(engine))
        await asyncio.sleep(0.3)
        assert [r.status for r in await rows(engine)] == ["pending"]
        agent.write_bytes(header(len(body)) + body)
        [row] = await settled(engine)
    assert (row.found_s, row.flags) == (3.0, [])


async def _has_rows(engine: AsyncEngine) -> bool:
    return bool(await rows(engine))


async def test_file_never_closed_is_sealed_flagged_and_its_original_kept(tmp_path: Path, engine: AsyncEngine) -> None:
    agent, _ = write_pair(tmp_path)
    agent.write_bytes(header(0) + agent.read_bytes()[44:])
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call())
        [row] = await settled(engine)
    assert (row.status, row.flags, row.found_s) == ("sealed", ["truncated"], 3.0)
    assert agent.exists()


@pytest.mark.parametrize(("recorded", "why"), [(True, "no such file"), (False, "Nobody recorded it")])
async def test_missing_one_is_flagged_with_a_sentence(
    tmp_path: Path, engine: AsyncEngine, recorded: bool, why: str
) -> None:
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call(recorded=recorded))
        [row] = await settled(engine)
    assert (row.status, row.flags) == ("missing", ["missing"]) and why in row.note


async def test_call_without_an_answer_expects_nothing(tmp_path: Path, engine: AsyncEngine) -> None:
    write_pair(tmp_path, "9.9")
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call("8.8", recorded=False, answered=False))
        recorder.note(call("9.9"))
        assert [r.leg for r in await settled(engine)] == ["9.9"]


async def test_silent_side_is_flagged(tmp_path: Path, engine: AsyncEngine) -> None:
    _, caller = write_pair(tmp_path)
    write_wav(caller, 0, 3)
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call())
        [row] = await settled(engine)
    assert row.flags == ["silent_caller"] and row.caller_silence == 1.0
    assert [r.id for r in (await queries.page(engine, Filter(flag="silent_caller")))[0]] == [row.id]
    assert (await queries.page(engine, Filter(flag="silent_agent"))) == ([], 0)


async def test_side_that_was_not_there_has_no_energy(tmp_path: Path, engine: AsyncEngine) -> None:
    agent, caller = write_pair(tmp_path)
    agent.unlink()
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call())
        [row] = await settled(engine)
    assert row.flags == ["missing_agent"] and row.agent_rms_dbfs is None and row.caller_rms_dbfs == -13.5
    assert caller.exists(), "the one original that there is stays"


async def test_broken_file_fails_once_and_retry_mends_it(tmp_path: Path, engine: AsyncEngine) -> None:
    pair = write_pair(tmp_path)
    for path in pair:
        path.write_bytes(b"nonsense")
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call())
        [row] = await settled(engine)
    assert (row.status, row.flags) == ("failed", ["broken"]) and "not a WAV" in row.note
    write_pair(tmp_path)
    assert await queries.retry(engine, [row.id]) == 1
    async with running(settings(tmp_path), engine):
        [row] = await settled(engine)
    assert (row.status, row.flags, row.note) == ("sealed", [], "")


async def test_disk_that_takes_nothing_is_not_tried_for_ever(
    tmp_path: Path, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cti_server.recording.worker._RETRY_S", 0.01)
    pair = write_pair(tmp_path)
    (tmp_path / "sealed").write_text("a file where the folder should be")
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call())
        [row] = await settled(engine)
    assert row.status == "failed" and row.note.startswith("The ")
    assert all(path.exists() for path in pair)


async def test_pending_rows_are_taken_up_after_a_restart(tmp_path: Path, engine: AsyncEngine) -> None:
    agent, caller = write_pair(tmp_path)
    hidden = agent.rename(agent.with_suffix(".hidden"))
    async with running(settings(tmp_path, settle_s=60), engine) as recorder:
        recorder.note(call())
        await until(lambda: _has_rows(engine))
    os.rename(hidden, agent)
    async with running(settings(tmp_path), engine):
        [row] = await settled(engine)
    assert row.status == "sealed" and not caller.exists()


async def test_what_the_journal_knows_and_the_table_lacks_is_caught_up(tmp_path: Path, engine: AsyncEngine) -> None:
    write_pair(tmp_path)
    lost = call()
    leg = lost.legs[0]
    body = msgspec.json.encode(lost).decode()
    async with engine.begin() as db:
        await db.execute(journal.call.insert().values(_row(journal.call, lost, body=body)))
        await db.execute(journal.leg.insert().values(_row(journal.leg, leg, call=lost.id, talk_s=3.0)))
    async with running(settings(tmp_path), engine):
        [found] = await settled(engine)
    assert (found.call, found.status) == (lost.id, "sealed")


def _row(table: Table, source: Call | Leg, **more: object) -> dict[str, object]:
    """The columns of `table` from `source` where it has them, and nothing (0, "") where it has not."""
    blank = {column.name: column.type.python_type() for column in table.columns if not column.nullable}
    same = {c.name: getattr(source, c.name) for c in table.columns if hasattr(source, c.name)}
    return {**blank, **same, **more}


@pytest.mark.slow
async def test_loop_is_free_while_a_long_call_is_joined(tmp_path: Path, engine: AsyncEngine) -> None:
    write_pair(tmp_path, seconds=600)
    turns = 0
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call(seconds=600))
        while not (found := await rows(engine)) or found[0].status == "pending":
            turns += 1
            await asyncio.sleep(0.005)
    assert found[0].found_s == 600.0 and turns > 5
