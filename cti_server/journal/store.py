"""What one transaction writes: journal rows, replaced records, and the figures of the half-hours that they touch.

The writer shares the loop with the callers, so each statement is built once: building costs several times what running
it does.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Delete, Select, Table, bindparam, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.core.events import Event
from cti_server.db import insert_into, upsert
from cti_server.journal import rollup
from cti_server.journal.clean import Row, clean, json_of
from cti_server.journal.gather import Gathered
from cti_server.journal.rollup import IntervalKey, chunks
from cti_server.journal.tables import (
    agent_span,
    call,
    callback,
    journal,
    leg,
    mark,
    offer,
    outage,
    queue_entry,
    snapshot,
    voicemail,
)

KEPT_SNAPSHOTS = 3


def journal_row(seq: int, cause: int, event: Event) -> Row:
    return clean(
        {
            "seq": seq,
            "at": event.at,
            "type": str(event.__struct_config__.tag),
            "channel": _subject(event),
            "cause": cause,
            "payload": json_of(event),
        }
    )


def _subject(event: Event) -> str:
    """The channel that an event is about; else the call, whose id is that of its first channel; else the promise.

    A stay in a queue is named after its call: `CALL#1`.
    """
    for name in ("channel", "entry", "call", "callback"):
        if found := getattr(event, name, ""):
            return str(found).partition("#")[0]
    return ""


async def last_seq(connection: AsyncConnection) -> int:
    """The highest sequence number that is committed; 0 for an empty journal."""
    return await connection.scalar(select(func.max(journal.c.seq))) or 0


async def add_events(connection: AsyncConnection, rows: Sequence[Row], *, again: bool = False) -> None:
    """`again`: rows that may be there already (from a spill file) are left as they are."""
    if not rows:
        return
    statement = insert_into(connection, journal).on_conflict_do_nothing() if again else insert(journal)
    await connection.execute(statement, list(rows))


async def write(connection: AsyncConnection, rows: Gathered) -> None:
    """Replace the records, then make the figures that they touch anew."""
    ids = [c.call["id"] for c in rows.calls]
    queue_keys = {(e["interval"], e["queue"]) for c in rows.calls for e in c.entries}
    agent_keys = {(r["interval"], r["agent"]) for c in rows.calls for r in (*c.legs, *c.offers) if r["agent"]}
    agent_keys |= {(s["interval"], s["agent"]) for s in rows.spans}
    queue_keys |= await _keys(connection, queue_entry, queue_entry.c.queue, [*ids, *rows.gone])
    for table in (leg, offer):
        agent_keys |= await _keys(connection, table, table.c.agent, [*ids, *rows.gone])

    for chunk in chunks(rows.gone):
        for column in (call.c.id, leg.c.call, queue_entry.c.call, offer.c.call):
            await connection.execute(_without(column), {"calls": chunk})
    for agent, start in rows.no_spans:
        this = (agent_span.c.agent == agent) & (agent_span.c.start == start)
        agent_keys |= {(i, agent) for i in await connection.scalars(select(agent_span.c.interval).where(this))}
        await connection.execute(delete(agent_span).where(this))

    await upsert(connection, call, [c.call for c in rows.calls])
    await upsert(connection, leg, [r for c in rows.calls for r in c.legs])
    await upsert(connection, queue_entry, [r for c in rows.calls for r in c.entries], keep="wrapup_ms")
    await upsert(connection, offer, [r for c in rows.calls for r in c.offers])
    await upsert(connection, agent_span, rows.spans)
    await upsert(connection, outage, rows.outages)
    await upsert(connection, callback, rows.callbacks)
    await upsert(connection, voicemail, rows.voicemails)

    wrapped = {s["call"] for s in rows.spans if s["status"] == "wrap_up" and s["call"]}
    with_entries = {c.call["id"] for c in rows.calls if c.entries}
    if wrapped - set(ids):
        queue_keys |= await _keys(connection, queue_entry, queue_entry.c.queue, sorted(wrapped - set(ids)))
    await rollup.wrapups(connection, sorted(wrapped | with_entries))
    await rollup.queues(connection, queue_keys)
    await rollup.agents(connection, agent_keys)


async def set_marks(connection: AsyncConnection, marks: Mapping[str, float]) -> None:
    await upsert(connection, mark, [{"name": name, "value": value} for name, value in marks.items()])


async def set_mark_once(connection: AsyncConnection, name: str, value: float) -> float:
    """Set it unless it is there. Gives what it is then."""
    row = insert_into(connection, mark).values(name=name, value=value).on_conflict_do_nothing()
    await connection.execute(row)
    return float(await connection.scalar(select(mark.c.value).where(mark.c.name == name)) or 0.0)


async def add_snapshot(connection: AsyncConnection, seq: int, at: float, schema: str, body: bytes) -> None:
    await upsert(connection, snapshot, [{"seq": seq, "at": at, "schema": schema, "body": body}])
    kept = select(snapshot.c.seq).order_by(snapshot.c.seq.desc()).limit(KEPT_SNAPSHOTS)
    numbers = list(await connection.scalars(kept))
    await connection.execute(delete(snapshot).where(snapshot.c.seq < numbers[-1]))


@cache
def _without(column: Column[Any]) -> Delete:
    return delete(column.table).where(column.in_(bindparam("calls", expanding=True)))


@cache
def _touched(table: Table, column: Column[Any]) -> Select[Any]:
    return select(table.c.interval, column).where(table.c.call.in_(bindparam("calls", expanding=True))).distinct()


async def _keys(
    connection: AsyncConnection, table: Table, column: Column[Any], calls: Sequence[str]
) -> set[IntervalKey]:
    found: set[IntervalKey] = set()
    for chunk in chunks(list(calls)):
        rows = await connection.execute(_touched(table, column), {"calls": chunk})
        found |= {(interval, name) for interval, name in rows if name}
    return found
