"""Reads and writes of what agents noted of calls."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.core.state import Call
from cti_server.db import insert_into
from cti_server.journal.clean import text
from cti_server.wrapup.codes import all_codes
from cti_server.wrapup.rules import MOST_NOTE, Refused, Talk, chosen_from
from cti_server.wrapup.tables import call_note


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What was noted of one talk. `at`: last saved; `began`: the talk. Times in epoch seconds."""

    leg: str
    call: str
    agent: str
    queue: str
    code: str
    note: str
    began: float
    at: float
    by: str
    version: int


class Conflict(Exception):
    """Somebody has saved since. `now`: what is stored; None when it is no more."""

    def __init__(self, now: Note | None) -> None:
        super().__init__("saved by somebody else")
        self.now = now


async def of_call(connection: AsyncConnection, call: Call) -> list[Note]:
    """In order of time; also of calls that became part of this one."""
    legs = [leg.id for leg in call.legs]
    which = or_(call_note.c.call == text(call.id), call_note.c.leg.in_(legs))
    rows = await connection.execute(select(call_note).where(which).order_by(call_note.c.began, call_note.c.leg))
    return [Note(**row) for row in rows.mappings()]


async def of_legs(connection: AsyncConnection, legs: Sequence[str]) -> dict[str, Note]:
    rows = await connection.execute(select(call_note).where(call_note.c.leg.in_(legs)))
    return {row["leg"]: Note(**row) for row in rows.mappings()}


async def one(connection: AsyncConnection, leg: str) -> Note | None:
    return (await of_legs(connection, [leg])).get(leg)


async def save(
    connection: AsyncConnection,
    talk: Talk,
    seen: int,
    *,
    code: str | UnsetType = UNSET,
    note: str | UnsetType = UNSET,
    at: float,
    by: str,
) -> Note:
    """Store what is given on the version that was seen, 0 for none; gives what is stored now.

    The same once more (an answer was lost on its way) is no conflict. Raises Conflict, and Refused for a code that
    cannot be chosen here or a note that is too long.
    """
    given: dict[str, Any] = {}
    if note is not UNSET:
        if len(note) > MOST_NOTE:
            raise Refused("too_long", count=len(note), most=MOST_NOTE)
        given["note"] = text(note)
    if code is not UNSET:
        given["code"] = text(code)
    before = await one(connection, talk.leg)
    if before is not None and before.version != seen:
        if before.by == by and all(getattr(before, name) == value for name, value in given.items()):
            return before
        raise Conflict(before)
    chosen = given.get("code", "")
    kept = before is not None and before.code == chosen
    if chosen and not kept and chosen not in await _choices(connection, talk.queue):
        raise Refused("no_such_code", id=chosen)
    if before is None:
        if seen:
            raise Conflict(None)
        blank = {"code": "", "note": ""} | given
        row = {"leg": talk.leg, "call": talk.call, "agent": talk.agent, "queue": talk.queue, "began": talk.began}
        values = row | blank | {"at": at, "by": by, "version": 1}
        made = insert_into(connection, call_note).values(values).on_conflict_do_nothing().returning(call_note.c.leg)
        if (await connection.execute(made)).first() is None:
            raise Conflict(await one(connection, talk.leg))
    else:
        this = (call_note.c.leg == talk.leg, call_note.c.version == seen)
        values = given | {"at": at, "by": by, "version": seen + 1}
        if not (await connection.execute(update(call_note).where(*this).values(values))).rowcount:
            raise Conflict(await one(connection, talk.leg))
    stored = await one(connection, talk.leg)
    assert stored is not None
    return stored


async def _choices(connection: AsyncConnection, queue: str) -> set[str]:
    return {code.id for code in chosen_from(await all_codes(connection), queue)}


async def without_code(connection: AsyncConnection, legs: Iterable[str]) -> set[str]:
    """Those of these talks that have no code."""
    wanted = set(legs)
    return wanted - {leg for leg, note in (await of_legs(connection, sorted(wanted))).items() if note.code}
