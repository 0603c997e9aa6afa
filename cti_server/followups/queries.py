"""Reads of callbacks and messages, and what people note about messages. Every value is a bound parameter."""

from typing import Any, Literal, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.db import insert_into
from cti_server.followups.rules import Scope
from cti_server.followups.tables import callback_note, voicemail_task
from cti_server.journal.clean import text
from cti_server.journal.promises import OPEN
from cti_server.journal.tables import call, callback, leg, voicemail

MOST_ROWS = 200
MOST_NOTE = 1000

CallbackState = Literal["waiting", "calling", "answered", "failed", "cancelled", "merged"]
T = TypeVar("T", bound=msgspec.Struct)


class CallbackRow(msgspec.Struct, frozen=True, kw_only=True):
    """One promise. Times in epoch seconds. `call`: the one it was made in; `result_call`: the last attempt's.

    `queued`: since when the customer waits. `not_before`: the next attempt, 0 at once. `by`: who planned it, empty for
    the customer. `agent`: who called, or shall now. `why`: what became of the last attempt that failed. `place`: in the
    queue's line, from 1; null unless it waits and is due. `note`: for whoever calls.
    """

    id: str
    queue: str
    number: str
    name: str
    call: str
    planned: float
    queued: float
    priority: int
    not_before: float
    wanted: str
    by: str
    state: CallbackState
    attempts: int
    tried: float | None
    agent: str
    why: str
    ended: float | None
    ended_by: str
    result_call: str
    place: int | None = None
    note: str = ""


class VoicemailRow(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `at`: when it was left, epoch seconds. `done`: null while somebody still has to do it."""

    id: str
    box: str
    number: str
    name: str
    call: str
    at: float
    duration_s: float
    done: float | None
    done_by: str
    note: str
    noted: float | None
    noted_by: str


class Message(VoicemailRow, frozen=True, kw_only=True):
    """The same with what finds its sound: `path` as the PBX told it."""

    channel: str
    path: str


async def callbacks(
    engine: AsyncEngine,
    scope: Scope,
    *,
    state: CallbackState | Literal["open", ""] = "",
    queue: str = "",
    words: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[CallbackRow], int]:
    """Open ones by how long the customer waits, any others the latest first; and how many there are.

    `words`: part of a number or a name.
    """
    wanted = [_seen(scope)]
    if state:
        wanted.append(callback.c.state.in_(OPEN) if state == "open" else callback.c.state == state)
    if queue:
        wanted.append(callback.c.queue == text(queue))
    if words:
        wanted.append(_has(words, callback.c.number, callback.c.name))
    line = state in ("open", *OPEN)
    order = (callback.c.queued, callback.c.id) if line else (callback.c.planned.desc(), callback.c.id.desc())
    query = _callback_query().where(*wanted).order_by(*order)
    count = select(func.count()).select_from(callback).where(*wanted)
    return await _page(engine, query, count, CallbackRow, limit, offset)


async def one_callback(engine: AsyncEngine, ident: str, scope: Scope) -> CallbackRow | None:
    query = _callback_query().where(callback.c.id == text(ident), _seen(scope))
    async with engine.connect() as db:
        row = (await db.execute(query)).mappings().first()
    return _shaped(row, CallbackRow) if row else None


async def is_open(engine: AsyncEngine, queue: str, number: str) -> bool:
    """Whether the records have an open promise to this number in this queue."""
    query = select(callback.c.id).where(
        callback.c.state.in_(OPEN), callback.c.queue == queue, callback.c.number == number
    )
    async with engine.connect() as db:
        return (await db.execute(query.limit(1))).first() is not None


async def voicemails(
    engine: AsyncEngine,
    scope: Scope,
    *,
    state: Literal["open", "done", ""] = "",
    box: str = "",
    words: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[Message], int]:
    """The latest first, and how many there are. `words`: part of a number or a name."""
    wanted: list[ColumnElement[bool]] = [] if scope.boxes is None else [voicemail.c.box.in_(sorted(scope.boxes))]
    if state == "open":
        wanted.append(voicemail_task.c.done.is_(None))
    elif state == "done":
        wanted.append(voicemail_task.c.done.is_not(None))
    if box:
        wanted.append(voicemail.c.box == text(box))
    tables = voicemail.outerjoin(voicemail_task, voicemail_task.c.voicemail == voicemail.c.id)
    if words:
        wanted.append(_has(words, call.c.ani, call.c.caller_name))
        tables = tables.outerjoin(leg, leg.c.id == voicemail.c.channel).outerjoin(call, call.c.id == leg.c.call)
    count = select(func.count()).select_from(tables).where(*wanted)
    query = _voicemail_query().where(*wanted).order_by(voicemail.c.at.desc(), voicemail.c.id.desc())
    return await _page(engine, query, count, Message, limit, offset)


async def one_voicemail(engine: AsyncEngine, ident: str, scope: Scope) -> Message | None:
    """None when there is none of this id, or none for this person."""
    async with engine.connect() as db:
        message = await voicemail_of(db, ident)
    return message if message and scope.has_box(message.box) else None


async def voicemail_of(connection: AsyncConnection, ident: str) -> Message | None:
    row = (await connection.execute(_voicemail_query().where(voicemail.c.id == text(ident)))).mappings().first()
    return _shaped(row, Message) if row else None


async def note_voicemail(
    engine: AsyncEngine, ident: str, login: str, at: float, *, done: bool | None, note: str | None
) -> None:
    """Done, open again, or (None) as it is; with another note, or as it was. Who was first to do it stays."""
    values: dict[str, Any] = {}
    if note is not None:
        values |= {"note": text(note)[:MOST_NOTE], "noted": at, "noted_by": login}
    fresh = {"voicemail": ident, "done": None, "done_by": "", "note": "", "noted": None, "noted_by": ""}
    async with engine.begin() as db:
        await db.execute(insert_into(db, voicemail_task).values(fresh).on_conflict_do_nothing())
        this = voicemail_task.c.voicemail == ident
        if values:
            await db.execute(update(voicemail_task).where(this).values(values))
        if done is True:
            mark = update(voicemail_task).where(this, voicemail_task.c.done.is_(None))
            await db.execute(mark.values(done=at, done_by=login))
        elif done is False:
            await db.execute(update(voicemail_task).where(this).values(done=None, done_by=""))


def _callback_query() -> Select[Any]:
    """The call that came of a promise is the one in which the first leg of the last attempt is."""
    columns = [c for c in callback.columns if c.name not in ("channel", "agent")]
    agent = func.coalesce(func.nullif(callback.c.agent, ""), call.c.agent, "").label("agent")
    made = leg.c.id == callback.c.channel
    tables = callback.outerjoin(leg, made).outerjoin(call, call.c.id == leg.c.call)
    tables = tables.outerjoin(callback_note, callback_note.c.callback == callback.c.id)
    more = func.coalesce(leg.c.call, "").label("result_call"), func.coalesce(callback_note.c.note, "").label("note")
    return select(*columns, agent, *more).select_from(tables)


def _voicemail_query() -> Select[Any]:
    """Who left it is whose call the channel belongs to, also when that call became part of another."""
    tables = (
        voicemail.outerjoin(voicemail_task, voicemail_task.c.voicemail == voicemail.c.id)
        .outerjoin(leg, leg.c.id == voicemail.c.channel)
        .outerjoin(call, call.c.id == leg.c.call)
    )
    empty = [voicemail_task.c.done_by, voicemail_task.c.note, voicemail_task.c.noted_by]
    return select(
        *(voicemail.c[name] for name in ("id", "box", "at", "duration_s", "channel", "path")),
        func.coalesce(call.c.ani, "").label("number"),
        func.coalesce(call.c.caller_name, "").label("name"),
        func.coalesce(call.c.id, "").label("call"),
        voicemail_task.c.done,
        voicemail_task.c.noted,
        *(func.coalesce(column, "").label(column.name) for column in empty),
    ).select_from(tables)


def _seen(scope: Scope) -> ColumnElement[bool]:
    if scope.queues is None:
        return true()
    own = callback.c.queue.in_(sorted(scope.queues))
    return or_(own, callback.c.wanted == scope.agent) if scope.agent else own


def _has(words: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    return or_(*(column.icontains(text(words), autoescape=True) for column in columns))


async def _page(
    engine: AsyncEngine, query: Select[Any], count: Select[Any], shape: type[T], limit: int, offset: int
) -> tuple[list[T], int]:
    async with engine.connect() as db:
        rows = (await db.execute(query.limit(min(limit, MOST_ROWS)).offset(offset))).mappings().all()
        total = (await db.execute(count)).scalar_one()
    return [_shaped(row, shape) for row in rows], total


def _shaped(row: Any, shape: type[T]) -> T:
    """The columns that the struct names (the keys of a row are SQLAlchemy's own strings)."""
    found = {f.name: row[f.name] for f in msgspec.structs.fields(shape) if f.name in row}
    return msgspec.convert(found, shape)
