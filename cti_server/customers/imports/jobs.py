"""Imports as rows: what was sent, how far it is, what came of it, which rows could not be taken."""

import asyncio
import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.imports.child import Seen
from cti_server.customers.imports.match import Duplicates
from cti_server.customers.imports.rules import Bad, Reason
from cti_server.customers.imports.tables import import_bad, import_job
from cti_server.customers.imports.write import Written
from cti_server.journal.clean import clean, text

State: TypeAlias = Literal["mapping", "checked", "running", "done", "cancelled", "interrupted", "failed"]
RESUMABLE: tuple[State, ...] = ("cancelled", "interrupted")
QUIET_S = 60.0
"""After so long without a word of it a running import is taken for interrupted: its node is gone."""
KEPT_S = 30 * 86_400.0
"""How long the file and the bad rows of an import are kept: they are personal data."""
_MOST_CELL = 20_000
_COUNTS = ("total", "done", "created", "updated", "skipped", "organisations", "bad")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One import. `total` and `done` count rows of the file without its headings."""

    id: int
    name: str
    at: float
    by: str
    state: State
    dry: bool
    cancel: bool
    kind: str
    encoding: str
    delimiter: str
    first_row: bool
    sample: list[list[str]]
    mapping: list[str]
    duplicates: Duplicates
    keep_unknown: bool
    total: int
    done: int
    created: int
    updated: int
    skipped: int
    organisations: int
    bad: int
    size: int
    error: dict[str, str]
    finished: float | None

    @property
    def rows(self) -> int:
        """How many rows there are to take."""
        return max(0, self.total - self.first_row)

    @property
    def headings(self) -> list[str]:
        return self.sample[0] if self.first_row and self.sample else []


async def create(engine: AsyncEngine, name: str, content: bytes, *, by: str, at: float) -> int:
    packed = await asyncio.to_thread(zlib.compress, content, 1)
    row = {
        "name": text(name)[:200],
        "at": at,
        "by": by,
        "state": "mapping",
        "dry": True,
        "node": "",
        "beat": at,
        "cancel": False,
        "kind": "",
        "encoding": "",
        "delimiter": "",
        "first_row": True,
        "sample": "[]",
        "mapping": "[]",
        "duplicates": "skip",
        "keep_unknown": False,
        "size": len(content),
        "error": "{}",
        "content": packed,
    }
    async with engine.begin() as db:
        made = await db.execute(insert(import_job).values(row | dict.fromkeys(_COUNTS, 0)).returning(import_job.c.id))
        return int(made.scalar_one())


async def content(engine: AsyncEngine, ident: int) -> bytes | None:
    """The file; None when it is not kept any more."""
    async with engine.connect() as db:
        packed = await db.scalar(select(import_job.c.content).where(import_job.c.id == ident))
    return None if packed is None else await asyncio.to_thread(zlib.decompress, packed)


async def find(engine: AsyncEngine, ident: int) -> Job | None:
    async with engine.connect() as db:
        row = (await db.execute(select(*_columns()).where(import_job.c.id == ident))).mappings().first()
    return _job(row) if row else None


async def latest(engine: AsyncEngine, limit: int = 50) -> list[Job]:
    async with engine.connect() as db:
        rows = await db.execute(select(*_columns()).order_by(import_job.c.id.desc()).limit(limit))
        return [_job(row) for row in rows.mappings()]


async def note_look(engine: AsyncEngine, ident: int, seen: Seen) -> None:
    """What the file is, and a fresh guess at its columns."""
    sample = [[cell.replace("\0", "") for cell in row] for row in seen.sample]
    await _set(
        engine,
        import_job.c.id == ident,
        state="mapping",
        kind=seen.kind,
        encoding=seen.encoding,
        delimiter=seen.delimiter,
        first_row=seen.first_row,
        sample=text(json.dumps(sample, ensure_ascii=False)),
        mapping=json.dumps(seen.mapping),
        total=seen.total,
        error="{}",
    )


async def choose(
    engine: AsyncEngine, ident: int, mapping: Sequence[str], first_row: bool, duplicates: Duplicates, keep: bool
) -> bool:
    """What people chose on the preview. False when the import has begun."""
    before = (import_job.c.id == ident) & import_job.c.state.in_(("mapping", "checked", "failed"))
    chosen = {"mapping": json.dumps(list(mapping)), "first_row": first_row, "duplicates": duplicates}
    return await _set(engine, before, state="mapping", keep_unknown=keep, **chosen)


async def begin(engine: AsyncEngine, ident: int, *, dry: bool, node: str, at: float) -> bool:
    """Mark as running, from the first row on; False when it is running, or was done."""
    async with engine.begin() as db:
        ready = (import_job.c.id == ident) & import_job.c.state.in_(("mapping", "checked"))
        counts = {name: 0 for name in _COUNTS if name != "total"}
        values = {"state": "running", "dry": dry, "node": node, "beat": at, "cancel": False, "finished": None} | counts
        done = await db.execute(update(import_job).where(ready, import_job.c.content.is_not(None)).values(values))
        if done.rowcount:
            await db.execute(delete(import_bad).where(import_bad.c.job == ident))
        return bool(done.rowcount)


async def resume(engine: AsyncEngine, ident: int, *, node: str, at: float) -> bool:
    """Go on where it stopped; False when it did not stop, or cannot go on."""
    stopped = (import_job.c.id == ident) & import_job.c.state.in_(RESUMABLE) & import_job.c.content.is_not(None)
    return await _set(engine, stopped, state="running", node=node, beat=at, cancel=False, finished=None)


async def take(connection: AsyncConnection, ident: int, node: str, at: float) -> bool:
    """The first thing of a batch's transaction: we are still at it, and nobody wants it stopped."""
    mine = (import_job.c.id == ident) & (import_job.c.state == "running") & (import_job.c.node == node)
    still = update(import_job).where(mine, import_job.c.cancel.is_(False)).values(beat=at)
    return bool((await connection.execute(still)).rowcount)


async def count(connection: AsyncConnection, ident: int, rows: int, written: Written, bad: Sequence[Bad]) -> None:
    """The last thing of it: how far we are, and what could not be taken."""
    c = import_job.c
    more = {"created": written.created, "updated": written.updated, "skipped": written.skipped}
    more |= {"organisations": written.organisations, "bad": len(bad), "done": rows}
    values = {name: c[name] + number for name, number in more.items()}
    await connection.execute(update(import_job).where(c.id == ident).values(values))
    if bad:
        await connection.execute(insert(import_bad), [_bad_row(ident, each) for each in bad])


async def finish(
    engine: AsyncEngine, ident: int, state: State, at: float, error: Mapping[str, str] | None = None
) -> None:
    """The file goes when all of it is in."""
    values: dict[str, Any] = {
        "state": state,
        "finished": at,
        "error": json.dumps(dict(error or {}), ensure_ascii=False),
    }
    if state == "done":
        values["content"] = None
    await _set(engine, (import_job.c.id == ident) & (import_job.c.state == "running"), **values)


async def cancel(engine: AsyncEngine, ident: int) -> None:
    await _set(engine, (import_job.c.id == ident) & (import_job.c.state == "running"), cancel=True)


async def remove(engine: AsyncEngine, ident: int) -> bool:
    """Away with it and what it kept; what it imported stays. False while it runs."""
    async with engine.begin() as db:
        quiet = (import_job.c.id == ident) & (import_job.c.state != "running")
        if not (await db.execute(update(import_job).where(quiet).values(content=None))).rowcount:
            return False
        await db.execute(delete(import_bad).where(import_bad.c.job == ident))
        await db.execute(delete(import_job).where(import_job.c.id == ident))
        return True


async def note_interrupted(engine: AsyncEngine, now: float, node: str = "") -> None:
    """Running ones of which nobody has heard for `QUIET_S`; with `node`, all that it began before it started anew."""
    c = import_job.c
    gone = (c.state == "running") & ((c.node == node) if node else (c.beat < now - QUIET_S))
    await _set(engine, gone, state="interrupted", finished=now)


async def forget_old(engine: AsyncEngine, now: float) -> None:
    """Files and bad rows of imports that are older than `KEPT_S`. The counts stay."""
    async with engine.begin() as db:
        old = (import_job.c.at < now - KEPT_S) & (import_job.c.state != "running")
        await db.execute(update(import_job).where(old).values(content=None, sample="[]"))
        jobs = select(import_job.c.id).where(old)
        await db.execute(delete(import_bad).where(import_bad.c.job.in_(jobs)))


async def bad_rows(engine: AsyncEngine, ident: int, limit: int = 0) -> list[Bad]:
    query = select(import_bad).where(import_bad.c.job == ident).order_by(import_bad.c.line)
    async with engine.connect() as db:
        rows = (await db.execute(query.limit(limit) if limit else query)).all()
    return [
        Bad(line=row.line, cells=json.loads(row.cells), reasons=[Reason(*each) for each in json.loads(row.reasons)])
        for row in rows
    ]


def _bad_row(ident: int, bad: Bad) -> dict[str, Any]:
    """A cell of megabytes is cut: the file that people have still has it whole."""
    kept = [cell if len(cell) <= _MOST_CELL else cell[:_MOST_CELL] + "…" for cell in bad.cells]
    reasons = [[reason.word, reason.field, reason.value] for reason in bad.reasons]
    shown = {name: json.dumps(value, ensure_ascii=False) for name, value in (("cells", kept), ("reasons", reasons))}
    return clean(
        {"job": ident, "line": bad.line} | {name: value.replace("\\u0000", "") for name, value in shown.items()}
    )


def _columns() -> list[Any]:
    return [import_job.c[name] for name in Job.__struct_fields__]


def _job(row: Mapping[Any, Any]) -> Job:
    values = {name: row[name] for name in Job.__struct_fields__}
    return Job(**values | {name: json.loads(values[name]) for name in ("sample", "mapping", "error")})


async def _set(engine: AsyncEngine, which: ColumnElement[bool], **values: Any) -> bool:
    async with engine.begin() as db:
        return bool((await db.execute(update(import_job).where(which).values(values))).rowcount)
