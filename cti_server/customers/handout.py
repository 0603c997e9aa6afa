"""Everything about one person as one ZIP: JSON with all rows, the same as CSV tables, and the sound of their calls.

Rows of other contexts are found by what points at the customer (`pointers`), and what they know by a number, an address
or a call only comes from `ROW_HOOKS`; files come from `FILE_HOOKS`.
"""

import json
import tempfile
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import pointers
from cti_server.customers.numbers import Plan
from cti_server.customers.person import Subject, subject_of
from cti_server.customers.tables import (
    customer,
    customer_consent,
    customer_email,
    customer_merge,
    customer_phone,
    customer_tag,
    timeline,
)
from cti_server.customers.value.tables import customer_value
from cti_server.journal.tables import call, callback, leg, queue_entry, voicemail
from cti_server.settings import Settings
from cti_server.web.export import as_csv

Rows: TypeAlias = dict[str, list[dict[str, Any]]]
Files: TypeAlias = list[tuple[str, Path]]
Hook: TypeAlias = Callable[[AsyncConnection, Subject, Settings], Awaitable[Files]]
FILE_HOOKS: list[Hook] = []
"""`hook(connection, subject, settings)`: files of another context that are there, with their names in the ZIP."""
RowHook: TypeAlias = Callable[[AsyncConnection, Subject], Awaitable[Rows]]
ROW_HOOKS: list[RowHook] = []
"""`hook(connection, subject)`: rows of another context, by their table, that do not point at the customer."""
_CHUNK = 500
_HIDDEN = frozenset({"content", "sha256", "stored", "path", "agent_file", "caller_file", "phone_key"})
"""Columns that say nothing of a person: where files lie, and what other columns say already."""
_OF_STAFF = frozenset({"commission_line", "opportunity_share", "order_share", "ticket_watcher"})
"""Tables about those who work here."""


async def gather(connection: AsyncConnection, ident: int, plan: Plan, settings: Settings) -> tuple[Rows, Files]:
    """All rows by their table, and all files by their names."""
    subject = await subject_of(connection, ident, plan)
    own = (customer_phone, customer_email, customer_tag, customer_consent, customer_value, timeline)
    rows: Rows = {"customer": await _all(connection, select(customer).where(customer.c.id.in_(subject.ids)))}
    for table in own:
        rows[table.name] = await _all(connection, select(table).where(table.c.customer.in_(subject.ids)))
    merges = customer_merge.c.kept.in_(subject.ids) | customer_merge.c.gone.in_(subject.ids)
    rows["customer_merge"] = [
        row if {row["kept"], row["gone"]} <= set(subject.ids) else row | {"before": "{}"}
        for row in await _all(connection, select(customer_merge).where(merges))
    ]
    found: Rows = {}
    for each in subject.ids:
        _add(found, await pointers.rows_of(connection, each))
    for row_hook in ROW_HOOKS:
        _add(found, await row_hook(connection, subject))
    _add(rows, found)
    _add(rows, await pointers.below(connection, found))
    for start in range(0, len(subject.calls), _CHUNK):
        calls = subject.calls[start : start + _CHUNK]
        legs = select(leg.c.id).where(leg.c.call.in_(calls))
        for table, which in (
            (call, call.c.id.in_(calls)),
            (queue_entry, queue_entry.c.call.in_(calls)),
            (voicemail, voicemail.c.channel.in_(legs)),
        ):
            rows.setdefault(table.name, []).extend(await _all(connection, select(table).where(which)))
    promised = callback.c.number.in_(subject.numbers)
    rows["callback"] = await _all(connection, select(callback).where(promised))
    files = [file for hook in FILE_HOOKS for file in await hook(connection, subject, settings)]
    shown = {name: [_shown(r) for r in lines] for name, lines in rows.items() if lines and name not in _OF_STAFF}
    shown["files"] = [{"name": name} for name, _ in files]
    return shown, files


def pack(rows: Mapping[str, Sequence[Mapping[str, Any]]], files: Iterable[tuple[str, Path]]) -> IO[bytes]:
    """The ZIP as an open file without a name, at its beginning. Blocks. A file that is gone meanwhile is left out."""
    out = tempfile.TemporaryFile()  # noqa: SIM115  whoever reads it closes it
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customer.json", json.dumps(rows, ensure_ascii=False, indent=1))
        for name, lines in rows.items():
            if lines:
                titles = list(dict.fromkeys(key for line in lines for key in line))
                table = as_csv(titles, [[line.get(title) for title in titles] for line in lines])
                archive.writestr(f"tables/{name}.csv", table)
        for name, path in files:
            if path.is_file():
                archive.write(path, name, zipfile.ZIP_STORED)
    out.seek(0)
    return out


def _add(rows: Rows, more: Rows) -> None:
    """Each row once."""
    for name, lines in more.items():
        there = rows.setdefault(name, [])
        there += [line for line in lines if line not in there] if there else lines


async def _all(connection: AsyncConnection, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in (await connection.execute(query)).mappings()]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _HIDDEN and not isinstance(value, bytes)}
