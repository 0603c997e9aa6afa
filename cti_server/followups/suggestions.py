"""Callers who gave up and to whom nobody has talked since. One line for each number, made from the records when asked.

A caller gave up in a stay whose outcome is abandoned or short_abandoned. That is settled by what came after it: a call
with the same number in either direction that a person answered, a callback that was kept, or somebody who dismissed
it; and by a callback that is still open, or a call from that number just now. Numbers are one as `rules.SAME_DIGITS`
says.
"""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, case, func, literal, null, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.db import insert_into
from cti_server.followups.rules import BETWEEN, SAME_DIGITS, Scope
from cti_server.followups.tables import dismissed_suggestion
from cti_server.journal.clean import text
from cti_server.journal.promises import OPEN
from cti_server.journal.tables import call, callback, queue_entry

GAVE_UP = ("abandoned", "short_abandoned")
_SLACK_S = 3600.0
"""A call that was answered in the time looked at may have begun so long before it."""
_FOR_GOOD = 1e12


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """`count`: how often this number gave up since somebody last talked to it. The rest is of the last time.

    `entry`: the stay in the queue; `queued`, `ended` in epoch seconds; `wait_s`: how long they waited.
    """

    entry: str
    call: str
    number: str
    name: str
    queue: str
    count: int
    queued: float
    ended: float
    wait_s: float


async def suggestions(
    engine: AsyncEngine, scope: Scope, since: float, *, queue: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[Suggestion], int]:
    """Those who came since `since` (epoch seconds), the latest first; and how many there are."""
    lost = _lost(since).subquery()
    wanted = [lost.c.rank == 1]
    if scope.queues is not None:
        wanted.append(lost.c.queue.in_(sorted(scope.queues)))
    if queue:
        wanted.append(lost.c.queue == text(queue))
    columns = [lost.c[field.name] for field in msgspec.structs.fields(Suggestion)]
    query = select(*columns, func.count().over().label("total")).where(*wanted)
    query = query.order_by(lost.c.ended.desc(), lost.c.entry.desc()).limit(limit).offset(offset)
    async with engine.connect() as db:
        rows = [dict(row) for row in (await db.execute(query)).mappings()]
        total = rows[0]["total"] if rows else 0
        if not rows and offset:
            total = (await db.execute(select(func.count()).select_from(lost).where(*wanted))).scalar_one()
    return [_suggestion(row) for row in rows], total


async def gave_up(engine: AsyncEngine, entry: str) -> Suggestion | None:
    """The stay of this id in which a caller gave up; None when there is none."""
    query = _stays().where(queue_entry.c.id == text(entry))
    async with engine.connect() as db:
        row = (await db.execute(query)).mappings().first()
    return _suggestion(dict(row) | {"count": 1}) if row else None


async def dismiss(engine: AsyncEngine, lost: Suggestion, login: str, at: float) -> None:
    """Not to be suggested any more, up to this time that they gave up. Who was first to say so stays."""
    row = {"entry": lost.entry, "number": lost.number, "through": lost.ended, "at": at, "login": login}
    async with engine.begin() as db:
        await db.execute(insert_into(db, dismissed_suggestion).values(row).on_conflict_do_nothing())


def _stays() -> Select[Any]:
    """Stays in which a caller from outside gave up, and left a number: a name such as `anonymous` has letters."""
    number = call.c.ani
    return (
        select(
            queue_entry.c.id.label("entry"),
            queue_entry.c.call,
            number.label("number"),
            call.c.caller_name.label("name"),
            queue_entry.c.queue,
            queue_entry.c.queued,
            queue_entry.c.ended,
            (queue_entry.c.wait_ms / 1000.0).label("wait_s"),
        )
        .join(call, call.c.id == queue_entry.c.call)
        .where(
            queue_entry.c.outcome.in_(GAVE_UP),
            call.c.direction == "inbound",
            func.length(number) >= 3,
            func.upper(number) == func.lower(number),
        )
    )


def _lost(since: float) -> Select[Any]:
    """Unsettled stays with `rank` (1: the last of its number) and `count`.

    Stays and what settles them are put into one list and looked at number by number. A join would be shorter, and takes
    minutes when the database knows nothing of the tables yet and goes through one for each row of the other.
    """
    stays = _stays().where(queue_entry.c.interval >= since - 1800, queue_entry.c.queued >= since).subquery()
    columns = [c for c in stays.columns if c.name not in ("ended", "number")]
    every = union_all(
        select(_ending(stays.c.number).label("ending"), stays.c.ended.label("at"), stays.c.number, *columns),
        *(
            select(ending, at, *(null().label(c.name) for c in (stays.c.number, *columns))).where(*conditions)
            for ending, at, *conditions in _settled(since)
        ),
    ).subquery()
    settled = func.max(case((every.c.entry.is_(None), every.c.at))).over(partition_by=every.c.ending)
    seen = select(every, settled.label("settled")).subquery()
    last = func.row_number().over(partition_by=seen.c.ending, order_by=(seen.c.at.desc(), seen.c.entry.desc()))
    return select(
        *(seen.c[c.name] for c in (*columns, stays.c.number)),
        seen.c.at.label("ended"),
        last.label("rank"),
        func.count().over(partition_by=seen.c.ending).label("count"),
    ).where(seen.c.entry.is_not(None), or_(seen.c.settled.is_(None), seen.c.settled < seen.c.at))


def _settled(since: float) -> list[tuple[Any, ...]]:
    """What settles: (ending of the number, until when, conditions). An open promise and a live call do it for good."""
    dismissed, recent = dismissed_suggestion.c, call.c.started >= since - _SLACK_S
    inbound, outbound = call.c.direction == "inbound", call.c.direction == "outbound"
    talked = call.c.answered.is_not(None)
    return [
        (_ending(call.c.ani), call.c.answered, recent, inbound, talked),
        (_ending(call.c.dnis), call.c.answered, recent, outbound, talked),
        (_ending(call.c.ani), literal(_FOR_GOOD), recent, inbound, call.c.ended.is_(None)),
        (_ending(callback.c.number), callback.c.ended, callback.c.state == "answered", callback.c.ended >= since),
        (_ending(callback.c.number), literal(_FOR_GOOD), callback.c.state.in_(OPEN)),
        (_ending(dismissed.number), dismissed.through, dismissed.through >= since),
    ]


def _ending(written: ColumnElement[str]) -> ColumnElement[str]:
    number = written
    for between in BETWEEN:
        number = func.replace(number, between, "")
    length = func.length(number)
    return case((length > SAME_DIGITS, func.substr(number, length - SAME_DIGITS + 1)), else_=number)


def _suggestion(row: dict[str, Any]) -> Suggestion:
    return Suggestion(**{name: row[name] for name in Suggestion.__struct_fields__})
