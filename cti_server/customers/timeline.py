"""What happened with a customer, whoever it was that dealt with it: one line each, written by every context."""

import json
from typing import Any

import msgspec
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import news
from cti_server.customers.tables import timeline
from cti_server.journal.clean import text

_TOPICS = {"change": "customer", "note": "note"}
"""Of what is about the customer; its `ref` is the customer. All else is its own topic."""
_TOLD_ELSEWHERE = ("ticket", "call")
"""They happen without a customer, too: tickets and webhooks see to them themselves."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `kind` and `ref`: what it is about; `what`: the word for what happened to it."""

    id: int
    at: float
    kind: str
    ref: str
    what: str
    text: str
    by: str
    data: dict[str, Any]


async def note(
    connection: AsyncConnection,
    customer: int,
    *,
    at: float,
    kind: str,
    ref: str,
    what: str,
    said: str = "",
    by: str = "",
    **data: Any,
) -> None:
    """Write one line, in the transaction of what it tells of, and tell it. `kind`: see `tables.timeline`.

    `data`: JSON values.
    """
    row = {"customer": customer, "at": at, "kind": kind, "ref": ref, "what": what, "by": by}
    await connection.execute(insert(timeline).values(**row, text=text(said), data=json.dumps(data, ensure_ascii=False)))
    if kind not in _TOLD_ELSEWHERE:
        about = str(customer) if kind in _TOPICS else ref
        told = data | {"customer": customer}
        await news.tell(connection, _TOPICS.get(kind, kind), what, about, at=at, by=by, **told)


async def lines(connection: AsyncConnection, customer: int, *, before: int = 0, limit: int = 50) -> list[Line]:
    """The latest first. `before`: the id of the last line of the page before."""
    query = select(timeline).where(timeline.c.customer == customer)
    if before:
        last = (await connection.execute(select(timeline.c.at).where(timeline.c.id == before))).scalar_one_or_none()
        if last is not None:
            older = (timeline.c.at < last) | ((timeline.c.at == last) & (timeline.c.id < before))
            query = query.where(older)
    rows = await connection.execute(query.order_by(timeline.c.at.desc(), timeline.c.id.desc()).limit(limit))
    names = ("id", "at", "kind", "ref", "what", "text", "by")
    return [Line(**{name: row[name] for name in names}, data=json.loads(row["data"])) for row in rows.mappings()]


async def counts(connection: AsyncConnection, customer: int) -> dict[str, int]:
    """How many lines of each kind there are; changes of the record are not counted."""
    query = select(timeline.c.kind, func.count()).where(timeline.c.customer == customer, timeline.c.kind != "change")
    found = await connection.execute(query.group_by(timeline.c.kind).order_by(timeline.c.kind))
    return {kind: count for kind, count in found.all()}
