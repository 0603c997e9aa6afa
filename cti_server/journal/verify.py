"""Rebuild every record and figure from the journal alone, in memory, and compare with the tables, row by row.

The half-hours are summed here in Python (`projections`) and there in SQL (`rollup`). Snapshots on the way are compared
with the replayed State, byte for byte.
"""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.core.apply import apply
from cti_server.core.state import State
from cti_server.core.touched import Touched
from cti_server.journal.clean import Row
from cti_server.journal.gather import Gathered, Gatherer
from cti_server.journal.load import encode_state, schema_of_state, steps
from cti_server.journal.projections import agent_half_hours, queue_half_hours, with_wrapup
from cti_server.journal.tables import (
    agent_half_hour,
    agent_span,
    call,
    callback,
    leg,
    mark,
    offer,
    outage,
    queue_entry,
    queue_half_hour,
    snapshot,
    voicemail,
)

Ident = tuple[Any, ...]
_TABLES = (call, leg, queue_entry, offer, agent_span, queue_half_hour, agent_half_hour, outage, callback, voicemail)


class Difference(msgspec.Struct, frozen=True):
    """`expected`: from the journal; `found`: in the table. None: there is no such row. Only differing columns."""

    table: str
    ident: Ident
    expected: Row | None
    found: Row | None


class Report(msgspec.Struct):
    events: int = 0
    rows: int = 0
    unknown: int = 0
    differences: list[Difference] = []

    def __bool__(self) -> bool:
        """True when all is as it should be."""
        return not self.differences


async def verify(engine: AsyncEngine, zone: ZoneInfo) -> Report:
    """Compare. Reads in one transaction, so it may run beside a server that writes."""
    report = Report()
    async with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = await connection.execution_options(isolation_level="REPEATABLE READ")
        reached = int(await connection.scalar(select(mark.c.value).where(mark.c.name == "records")) or 0)
        expected = await _rebuild(connection, zone, reached, report)
        for table in _TABLES:
            rows = (await connection.execute(select(table))).mappings()
            found = {_ident(table, row): dict(row) for row in rows}
            report.rows += len(found)
            report.differences += _compare(table, expected[table.name], found)
    return report


async def _rebuild(
    connection: AsyncConnection, zone: ZoneInfo, reached: int, report: Report
) -> dict[str, dict[Ident, Row]]:
    state = State()
    gatherer = Gatherer(state, zone)
    tables: dict[str, dict[Ident, Row]] = {table.name: {} for table in _TABLES}
    kept = select(snapshot.c.seq).where(snapshot.c.schema == schema_of_state())
    snapshots = set(await connection.scalars(kept))
    async for step in steps(connection, 0, reached):
        touched = Touched()
        for event in step.events:
            touched.add(apply(state, event))
        if step.events:
            gatherer.feed(step.events, touched)
            _keep(tables, gatherer.take())
        report.events += len(step.events)
        report.unknown += len(step.unknown)
        if step.seq in snapshots:
            body = await connection.scalar(select(snapshot.c.body).where(snapshot.c.seq == step.seq))
            if body != encode_state(state):
                report.differences.append(Difference("snapshot", (step.seq,), {"body": "replayed"}, {"body": "other"}))
    entries = with_wrapup(tables["queue_entry"].values(), tables["agent_span"].values())
    tables["queue_entry"] = {(row["id"],): row for row in entries}
    tables["queue_half_hour"] = dict(queue_half_hours(entries))
    figures = agent_half_hours(tables["agent_span"].values(), tables["leg"].values(), tables["offer"].values())
    tables["agent_half_hour"] = dict(figures)
    return tables


def _keep(tables: dict[str, dict[Ident, Row]], rows: Gathered) -> None:
    for gone in rows.gone:
        tables["call"].pop((gone,), None)
        for name in ("leg", "queue_entry", "offer"):
            tables[name] = {ident: row for ident, row in tables[name].items() if row["call"] != gone}
    for key in rows.no_spans:
        tables["agent_span"].pop(key, None)
    for one in rows.calls:
        tables["call"][one.call["id"],] = one.call
        for name, many in (("leg", one.legs), ("queue_entry", one.entries), ("offer", one.offers)):
            table = next(t for t in _TABLES if t.name == name)
            tables[name] |= {_ident(table, row): row for row in many}
    tables["agent_span"] |= {(row["agent"], row["start"]): row for row in rows.spans}
    tables["outage"] |= {(row["since"],): row for row in rows.outages}
    tables["callback"] |= {(row["id"],): row for row in rows.callbacks}
    tables["voicemail"] |= {(row["id"],): row for row in rows.voicemails}


def _ident(table: Table, row: Any) -> Ident:
    return tuple(row[column.name] for column in table.primary_key.columns)


def _compare(table: Table, expected: dict[Ident, Row], found: dict[Ident, Row]) -> Iterator[Difference]:
    for ident in sorted(expected.keys() | found.keys()):
        want, have = expected.get(ident), found.get(ident)
        if want is None or have is None:
            yield Difference(table.name, ident, want, have)
            continue
        columns = [name for name in want if want[name] != have[name]]
        if columns:
            yield Difference(
                table.name, ident, {name: want[name] for name in columns}, {name: have[name] for name in columns}
            )
