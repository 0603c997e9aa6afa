"""Scripts and answers, as they are kept: nothing overwritten, every version of a script readable."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.callscripts.rules import Match, Step
from cti_server.callscripts.tables import call_script, call_script_version, script_answer
from cti_server.db import insert_into
from cti_server.journal.clean import text

MOST_NAME = 120


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """Empty `language`, `dnis`, `campaign`, `queue`, `stage` and `tier` 0: for any call. Times in epoch seconds."""

    id: int
    name: str
    language: str
    active: bool
    dnis: str
    campaign: str
    queue: str
    stage: str
    tier: int
    steps: list[Step]
    created: float
    created_by: str
    changed: float
    changed_by: str
    version: int

    @property
    def match(self) -> Match:
        return Match(**{name: getattr(self, name) for name in Match.__struct_fields__})


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`question`: as it was asked; `version`: of the script, when it was answered."""

    call: str
    script: int
    name: str
    step: str
    version: int
    question: str
    answer: str
    at: float
    by: str


class Conflict(Exception):
    """Somebody else saved it meanwhile; `now` is how it is."""

    def __init__(self, now: Script) -> None:
        super().__init__(f"script {now.id} has version {now.version}")
        self.now = now


CONTENT = ("name", "language", "active", "dnis", "campaign", "queue", "stage", "tier", "steps")


async def scripts(engine: AsyncEngine, active: bool = False) -> list[Script]:
    """By name. `active`: those only that agents are shown."""
    query = select(call_script).order_by(call_script.c.name, call_script.c.id)
    async with engine.connect() as db:
        found = await db.execute(query.where(call_script.c.active) if active else query)
        return [_script(row) for row in found.mappings()]


async def one(engine: AsyncEngine, ident: int) -> Script | None:
    async with engine.connect() as db:
        return await _one(db, ident)


async def add(engine: AsyncEngine, content: Mapping[str, Any], at: float, by: str) -> Script:
    """`content`: by the names in `CONTENT`, without faults."""
    values = _values(content) | {"created": at, "created_by": by, "changed": at, "changed_by": by, "version": 1}
    async with engine.begin() as db:
        (ident,) = (await db.execute(insert(call_script).values(values))).inserted_primary_key or (0,)
        return await _kept(db, ident, at, by)


async def save(
    engine: AsyncEngine, ident: int, seen: int, content: Mapping[str, Any], at: float, by: str
) -> Script | None:
    """None when there is none. Raises `Conflict` unless `seen` is its version."""
    values = _values(content) | {"changed": at, "changed_by": by, "version": seen + 1}
    async with engine.begin() as db:
        mine = update(call_script).where(call_script.c.id == ident, call_script.c.version == seen)
        if (await db.execute(mine.values(values))).rowcount != 1:
            now = await _one(db, ident)
            if now is None:
                return None
            raise Conflict(now)
        return await _kept(db, ident, at, by)


async def answers(engine: AsyncEngine, call: str) -> list[Answer]:
    """Of one call, in the order of time."""
    a = script_answer.c
    columns = [a[name] for name in Answer.__struct_fields__ if name != "name"]
    query = select(*columns, call_script.c.name).join(call_script, call_script.c.id == a.script)
    async with engine.connect() as db:
        rows = (await db.execute(query.where(a.call == text(call)).order_by(a.at, a.step))).mappings()
        return [Answer(**row) for row in rows]


async def answered(
    engine: AsyncEngine, call: str, script: Script, step: Step, question: str, said: str, at: float, by: str
) -> None:
    """Once for each step of a script in a call; said again, the last answer counts."""
    key = {"call": text(call), "script": script.id, "step": step.id}
    said_now = {"version": script.version, "question": text(question)[:400], "answer": text(said), "at": at, "by": by}
    async with engine.begin() as db:
        saved = insert_into(db, script_answer).values(key | said_now)
        await db.execute(saved.on_conflict_do_update(index_elements=["call", "script", "step"], set_=said_now))


def _values(content: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: content[name] for name in CONTENT}
    cleaned = {name: text(str(values[name])) for name in ("name", "language", "dnis", "campaign", "queue", "stage")}
    return values | cleaned | {"steps": text(msgspec.json.encode(values["steps"]).decode())}


async def _kept(db: AsyncConnection, ident: int, at: float, by: str) -> Script:
    now = await _one(db, ident)
    assert now is not None
    steps = msgspec.json.encode(now.steps).decode()
    version = {"script": ident, "version": now.version, "at": at, "by": by, "steps": steps}
    await db.execute(insert(call_script_version).values(version))
    return now


async def _one(db: AsyncConnection, ident: int) -> Script | None:
    found = (await db.execute(select(call_script).where(call_script.c.id == ident))).mappings().first()
    return _script(found) if found else None


def _script(row: Mapping[Any, Any]) -> Script:
    return Script(**{**row, "steps": msgspec.json.decode(row["steps"], type=list[Step])})
