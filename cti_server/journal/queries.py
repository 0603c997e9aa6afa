"""Async reads for pages and API. Every value is a bound parameter; columns to sort by come from a fixed list."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.core.events import EVENT_TYPES, Event
from cti_server.core.state import Call
from cti_server.journal.clean import Row, text
from cti_server.journal.codes import CODES
from cti_server.journal.tables import agent_span, call, callback, journal, leg, offer, outage, queue_entry

SORTS = ("started", "ani", "dnis", "wait_s", "talk_s")
MAX_LIMIT = 500
_KINDS = {str(kind.__struct_config__.tag): kind for kind in EVENT_TYPES}
_PROMISES = ("callback_planned", "callback_tried", "callback_missed", "callback_ended")
_LISTED = [c for c in call.columns if c.name != "body"]


class BadQuery(ValueError):
    """The filter cannot be used; the text says why, in words for the caller of the API."""


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Empty fields do not filter. `since` <= started < `until`, epoch seconds. `text`: part of a number, name or id.

    `code`: that an agent gave; `-` for none.
    """

    since: float | None = None
    until: float | None = None
    ani: str = ""
    dnis: str = ""
    agent: str = ""
    queue: str = ""
    outcome: str = ""
    direction: str = ""
    code: str = ""
    text: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: the cursor of the following page; empty on the last one."""

    rows: list[Row]
    next: str = ""


class CallDetail(msgspec.Struct, frozen=True, kw_only=True):
    """`row`: as in the list; `call`: the whole Call; the rest in order of time."""

    row: Row
    call: Call
    legs: list[Row]
    entries: list[Row]
    offers: list[Row]


async def calls(
    engine: AsyncEngine,
    wanted: CallFilter,
    *,
    sort: str = "started",
    order: Literal["asc", "desc"] = "desc",
    limit: int = 50,
    cursor: str = "",
) -> Page:
    """One page of calls. Pages go on from the last row's key, so new calls neither repeat nor hide a row.

    Raises `BadQuery` for a column, a limit or a cursor that cannot be used.
    """
    if sort not in SORTS:
        raise BadQuery(f"calls cannot be sorted by {sort!r}; one of: {', '.join(SORTS)}")
    if order not in ("asc", "desc"):
        raise BadQuery("order is 'asc' or 'desc'")
    if not 1 <= limit <= MAX_LIMIT:
        raise BadQuery(f"limit is 1 to {MAX_LIMIT}")
    column = call.c[sort]
    conditions = _conditions(wanted)
    if cursor:
        value, ident = _decode(cursor, number=sort not in ("ani", "dnis"))
        further = (column < value, call.c.id < ident) if order == "desc" else (column > value, call.c.id > ident)
        conditions.append(or_(further[0], and_(column == value, further[1])))
    keys = (column.desc(), call.c.id.desc()) if order == "desc" else (column.asc(), call.c.id.asc())
    async with engine.connect() as connection:
        found = await connection.execute(select(*_LISTED).where(*conditions).order_by(*keys).limit(limit + 1))
        rows = [dict(row) for row in found.mappings()]
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows=rows, next=_encode(rows[-1][sort], rows[-1]["id"]) if more else "")


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(call.c.started >= wanted.since)
    if wanted.until is not None:
        found.append(call.c.started < wanted.until)
    for name in ("ani", "dnis", "outcome", "direction"):
        if value := getattr(wanted, name):
            found.append(call.c[name] == text(value))
    if wanted.agent:
        found.append(call.c.id.in_(select(leg.c.call).where(leg.c.agent == text(wanted.agent))))
    if wanted.queue:
        found.append(call.c.id.in_(select(queue_entry.c.call).where(queue_entry.c.queue == text(wanted.queue))))
    if wanted.code:
        found += [codes.having(wanted.code) for codes in CODES]
    if wanted.text:
        columns = (call.c.ani, call.c.dnis, call.c.caller_name, call.c.id)
        found.append(or_(*(c.icontains(text(wanted.text), autoescape=True) for c in columns)))
    return found


def _encode(value: Any, ident: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([value, ident])).decode()


def _decode(cursor: str, *, number: bool) -> tuple[Any, str]:
    try:
        value, ident = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=tuple[float | str, str])
        if isinstance(value, str) == number:
            raise ValueError("the other kind of column")
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise BadQuery("the cursor is not one that was given out") from error
    return value, text(ident)


async def one_call(engine: AsyncEngine, ident: str) -> CallDetail | None:
    """All about one call; None when there is none of this id."""
    async with engine.connect() as connection:
        row = (await connection.execute(select(call).where(call.c.id == text(ident)))).mappings().first()
        if row is None:
            return None
        parts: list[list[Row]] = []
        for table, order in ((leg, leg.c.started), (queue_entry, queue_entry.c.queued), (offer, offer.c.made)):
            query = select(table).where(table.c.call == row["id"]).order_by(order, table.c.id)
            parts.append([dict(r) for r in (await connection.execute(query)).mappings()])
    return CallDetail(
        row={name: value for name, value in row.items() if name != "body"},
        call=msgspec.json.decode(row["body"], type=Call),
        legs=parts[0],
        entries=parts[1],
        offers=parts[2],
    )


async def call_events(engine: AsyncEngine, ident: str, limit: int = 1000) -> list[Row]:
    """The journal's events about this call: seq, at, type, cause and the Event as plain data.

    With those of the callbacks that were promised in it or that it is, wherever they were promised and tried last.
    """
    async with engine.connect() as connection:
        legs = await connection.scalars(select(leg.c.id).where(leg.c.call == text(ident)))
        rows = await _events(connection, journal.c.channel.in_([text(ident), *legs]), limit)
        if promises := {row["payload"]["callback"] for row in rows if row["type"] in _PROMISES}:
            query = select(callback.c.call, callback.c.channel).where(callback.c.id.in_(promises))
            elsewhere = {channel for each in await connection.execute(query) for channel in each if channel}
            of_them = and_(journal.c.channel.in_(elsewhere), journal.c.type.in_(_PROMISES))
            more = await _events(connection, or_(journal.c.channel.in_(promises), of_them), limit)
            rows += [row for row in more if row["payload"]["callback"] in promises]
    return list({row["seq"]: row for row in sorted(rows, key=lambda row: row["seq"])}.values())


async def _events(connection: AsyncConnection, which: ColumnElement[bool], limit: int) -> list[Row]:
    query = select(journal.c.seq, journal.c.at, journal.c.type, journal.c.cause, journal.c.payload)
    found = await connection.execute(query.where(which).order_by(journal.c.seq).limit(limit))
    return [dict(row) | {"payload": msgspec.json.decode(row["payload"])} for row in found.mappings()]


def events_of(rows: Iterable[Row]) -> list[Event]:
    """The Events of such rows; one that an older version wrote and this one does not know is left out."""
    found: list[Event] = []
    for row in rows:
        if (kind := _KINDS.get(row["type"])) is not None:
            try:
                found.append(msgspec.convert(row["payload"], kind))
            except msgspec.ValidationError:
                continue
    return found


async def outages(engine: AsyncEngine, since: float, until: float) -> list[Row]:
    """Gaps that touch the time from `since` to `until`, the oldest first."""
    touching = and_(outage.c.since < until, or_(outage.c.until.is_(None), outage.c.until > since))
    async with engine.connect() as connection:
        rows = await connection.execute(select(outage).where(touching).order_by(outage.c.since))
        return [dict(row) for row in rows.mappings()]


async def agent_day(engine: AsyncEngine, agent: str, since: float, until: float) -> Sequence[Row]:
    """What one agent did, stretch by stretch; a stretch is cut at the half-hours."""
    touching = and_(agent_span.c.start < until, or_(agent_span.c.end.is_(None), agent_span.c.end > since))
    query = select(agent_span).where(agent_span.c.agent == text(agent), touching).order_by(agent_span.c.start)
    async with engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(query)).mappings()]
