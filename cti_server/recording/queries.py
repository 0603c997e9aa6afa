"""Reads and writes of the recording tables. All paths and ids go in as bound parameters."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.db import insert_into
from cti_server.journal import tables as journal
from cti_server.recording.files import Side
from cti_server.recording.rules import FLAGS, Segment
from cti_server.recording.seal import Sealed
from cti_server.recording.tables import recording

MOST_ROWS = 200


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """One row as pages and the API give it. Times in epoch seconds, lengths in seconds, energies in dBFS."""

    id: int
    call: str
    leg: str
    part: int
    agent: str
    endpoint: str
    started: float
    ended: float
    expected_s: float
    found_s: float | None
    status: str
    flags: list[str]
    note: str
    muted: list[tuple[float, float]]
    agent_rms_dbfs: float | None
    agent_peak_dbfs: float | None
    agent_silence: float | None
    caller_rms_dbfs: float | None
    caller_peak_dbfs: float | None
    caller_silence: float | None
    size: int | None
    sha256: str
    sealed: float | None


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What to list. Empty means any. `flag`: one of `rules.FLAGS`, or `any`. `since` <= started < `until`."""

    call: str = ""
    agent: str = ""
    status: str = ""
    flag: str = ""
    since: float | None = None
    until: float | None = None


async def insert(engine: AsyncEngine, segments: Sequence[Segment]) -> None:
    """Note segments as pending. One that is already there stays as it is, but for its call, which may have become
    part of another.
    """
    rows = [
        {
            "call": s.call,
            "leg": s.leg,
            "part": s.part,
            "agent": s.agent,
            "endpoint": s.endpoint,
            "started": s.started,
            "ended": s.ended,
            "talk_s": s.talk_s,
            "hold_s": s.hold_s,
            "muted": msgspec.json.encode(s.muted).decode(),
            "agent_file": s.agent_path,
            "caller_file": s.caller_path,
            "status": "pending",
            "flags": "",
            "note": "",
            "attempts": 0,
            "path": "",
            "sha256": "",
        }
        for s in segments
    ]
    async with engine.begin() as db:
        statement = insert_into(db, recording)
        statement = statement.on_conflict_do_update(
            index_elements=["leg", "part"], set_={"call": statement.excluded["call"]}
        )
        await db.execute(statement, rows)


async def pending(engine: AsyncEngine, limit: int, but: Sequence[int] = ()) -> list[tuple[int, int, Segment]]:
    """The oldest pending segments with their ids and attempts, without those of the ids `but`."""
    query = select(recording).where(recording.c.status == "pending", recording.c.id.not_in(but))
    async with engine.connect() as db:
        rows = (await db.execute(query.order_by(recording.c.id).limit(limit))).all()
    return [(row.id, row.attempts, _segment(row)) for row in rows]


async def store_sealed(engine: AsyncEngine, key: int, sealed: Sealed, at: float) -> None:
    await _set(
        engine,
        key,
        status="sealed",
        flags=_words(sealed.flags),
        note=sealed.note,
        found_s=sealed.seconds,
        rate=sealed.rate,
        **_levels("agent", sealed),
        **_levels("caller", sealed),
        path=sealed.path,
        size=sealed.size,
        sha256=sealed.sha256,
        sealed=at,
    )


def _levels(side: Side, sealed: Sealed) -> dict[str, float | None]:
    """The three figures of one side; null for a side that was not there."""
    level = sealed.agent if side == "agent" else sealed.caller
    there = f"missing_{side}" not in sealed.flags
    return {
        f"{side}_rms_dbfs": level.rms_dbfs if there else None,
        f"{side}_peak_dbfs": level.peak_dbfs if there else None,
        f"{side}_silence": level.silence if there else None,
    }


async def store_missing(engine: AsyncEngine, key: int, note: str) -> None:
    await _set(engine, key, status="missing", flags=_words(["missing"]), note=note, found_s=0.0)


async def store_failed(engine: AsyncEngine, key: int, note: str) -> None:
    await _set(engine, key, status="failed", flags=_words(["broken"]), note=note)


async def store_attempt(engine: AsyncEngine, key: int, note: str) -> None:
    """Stays pending: it will be tried again."""
    await _set(engine, key, attempts=recording.c.attempts + 1, note=note)


async def drop(engine: AsyncEngine, key: int) -> None:
    """Forget a segment in which nobody talked and nothing was written."""
    async with engine.begin() as db:
        await db.execute(recording.delete().where(recording.c.id == key, recording.c.status == "pending"))


async def retry(engine: AsyncEngine, keys: Sequence[int] = ()) -> int:
    """Make failed and missing segments (all, or `keys`) pending again; how many."""
    change = update(recording).where(recording.c.status.in_(["failed", "missing"]))
    if keys:
        change = change.where(recording.c.id.in_(keys))
    async with engine.begin() as db:
        done = await db.execute(change.values(status="pending", flags="", note="", attempts=0))
    return done.rowcount


async def find(engine: AsyncEngine, key: int) -> Recording | None:
    async with engine.connect() as db:
        row = (await db.execute(select(recording).where(recording.c.id == key))).one_or_none()
    return _recording(row) if row else None


async def sealed_path(engine: AsyncEngine, key: int) -> str:
    """The sealed file's path below the configured folder; empty when there is none."""
    query = select(recording.c.path).where(recording.c.id == key, recording.c.status == "sealed")
    async with engine.connect() as db:
        return str((await db.execute(query)).scalar() or "")


async def of_call(engine: AsyncEngine, call: str) -> list[Recording]:
    """The segments of one call, in order."""
    async with engine.connect() as db:
        rows = (await db.execute(_filtered(select(recording), Filter(call=call)).order_by(recording.c.started))).all()
    return [_recording(row) for row in rows]


async def page(engine: AsyncEngine, wanted: Filter, limit: int = 50, offset: int = 0) -> tuple[list[Recording], int]:
    """The latest first, and how many there are. `limit` is cut to `MOST_ROWS`."""
    order = (recording.c.started.desc(), recording.c.id.desc())
    rows_of = _filtered(select(recording), wanted).order_by(*order).limit(min(limit, MOST_ROWS)).offset(offset)
    async with engine.connect() as db:
        rows = (await db.execute(rows_of)).all()
        total = (await db.execute(_filtered(select(func.count()).select_from(recording), wanted))).scalar_one()
    return [_recording(row) for row in rows], total


async def seals(engine: AsyncEngine, after: int, limit: int) -> list[tuple[int, str, str]]:
    """(id, path, SHA-256) of sealed files by id, those beyond `after`."""
    query = select(recording.c.id, recording.c.path, recording.c.sha256).where(
        recording.c.status == "sealed", recording.c.id > after
    )
    async with engine.connect() as db:
        rows = (await db.execute(query.order_by(recording.c.id).limit(limit))).all()
    return [(row.id, row.path, row.sha256) for row in rows]


async def unnoted_calls(engine: AsyncEngine, after: float, limit: int) -> list[str]:
    """The calls (as JSON) that began after `after` and are over, in which an agent talked on a leg without a row."""
    leg, call = journal.leg, journal.call
    noted = select(recording.c.id).where(recording.c.leg == leg.c.id).exists()
    legs = select(leg.c.call).where(leg.c.role == "agent", leg.c.talk_s > 0, leg.c.started > after, ~noted)
    over = (call.c.started > after, call.c.ended.is_not(None), call.c.id.in_(legs))
    query = select(call.c.body).where(*over).order_by(call.c.started)
    async with engine.connect() as db:
        return [row.body for row in (await db.execute(query.limit(limit))).all()]


async def _set(engine: AsyncEngine, key: int, **values: Any) -> None:
    async with engine.begin() as db:
        await db.execute(update(recording).where(recording.c.id == key).values(**values))


def _filtered(query: Select[Any], wanted: Filter) -> Select[Any]:
    for column in ("call", "agent", "status"):
        if value := getattr(wanted, column):
            query = query.where(recording.c[column] == value)
    if wanted.flag == "any":
        query = query.where(recording.c.flags != "")
    elif wanted.flag:
        word = wanted.flag if wanted.flag in FLAGS else "no such flag"
        query = query.where(recording.c.flags.contains(f" {word} ", autoescape=True))
    if wanted.since is not None:
        query = query.where(recording.c.started >= wanted.since)
    if wanted.until is not None:
        query = query.where(recording.c.started < wanted.until)
    return query


def _words(flags: Sequence[str]) -> str:
    return f" {' '.join(flags)} " if flags else ""


def _segment(row: Row[Any]) -> Segment:
    return Segment(
        call=row.call,
        leg=row.leg,
        part=row.part,
        agent=row.agent,
        endpoint=row.endpoint,
        started=row.started,
        ended=row.ended,
        talk_s=row.talk_s,
        hold_s=row.hold_s,
        muted=msgspec.json.decode(row.muted, type=tuple[tuple[float, float], ...]),
        agent_path=row.agent_file,
        caller_path=row.caller_file,
    )


def _recording(row: Row[Any]) -> Recording:
    values = dict(row._mapping)
    values["expected_s"] = round(row.talk_s + row.hold_s, 3)
    values["flags"] = row.flags.split()
    values["muted"] = msgspec.json.decode(row.muted, type=list[tuple[float, float]])
    return Recording(**{name: values[name] for name in Recording.__struct_fields__})
