"""What a person may ask for by law, and the one change of what was written: their numbers and names become pseudonyms.

Events stay, with their times, order and causes, and so do all figures. Only texts change, by one function and
everywhere the same: in the Events, in the records made of them and in the snapshots. So the journal still gives the
records that are there, and `journal verify` finds nothing. Why and at what price: docs/decisions/what-is-erased.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, Table, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.clean import json_of
from cti_server.journal.rollup import chunks
from cti_server.journal.tables import call, callback, journal, leg, offer, queue_entry, snapshot, voicemail

LEAST_DIGITS = 6
"""A shorter number is replaced only where it is the whole of a text: within others it may mean anything."""
_OWN_DIGITS = 10
"""A shorter one is looked for between other signs only: ids of channels are moments, ten digits that may contain it."""
_AROUND_S = 10.0
_STORED = ("body", "payload")
"""Columns that are JSON."""
_IDS = frozenset(
    "agent agents aliases box branches bridge by call callback caller calling campaign cause_text channel channels "
    "chosen config default_queue dial_status direction ended_by endpoint endpoints engagement entries entry "
    "hangup_by held_by held_for id ids intent key kind language last_call linked mode node offer offers outcome "
    "peer queue queues role schema script site state status team tried trunks type wanted".split()
)
"""Names of fields whose texts are ids or words of ours, and of all that the configuration says: an account `17` or a
name that an agent has, too, is not looked for there."""
_INPUTS = frozenset({"data"})
"""Of a call: whatever its keys are, the values are what callers typed. In the Events they are all called `value`."""
_BY_NUMBER = frozenset({"last_agents"})
"""Objects whose keys are numbers. Other keys are names of fields, and somebody may be called `number`."""

Swap = Mapping[str, str]


def redactor(numbers: Swap, names: Swap) -> Callable[..., Any]:
    """A function that gives any JSON value with the numbers and names replaced, keys of objects too.

    A name or a short number is replaced where it is the whole of a text. Replacing twice changes nothing more.
    """
    whole = {**names, **numbers}
    long = sorted((n for n in numbers if _digits(n) >= LEAST_DIGITS), key=lambda n: (-len(n), n))
    within = re.compile("|".join(_alone(n) for n in long)) if long else None

    def inside(value: str) -> str:
        return within.sub(lambda found: numbers[found[0]], value) if within else value

    def walk(value: Any, name: str = "", ours: bool = False) -> Any:
        """`name`: of the field; `ours`: it is, or is below, one of `_IDS`."""
        if isinstance(value, str):
            return inside(value) if ours else whole.get(value, inside(value))
        if isinstance(value, list):
            return [walk(each, name, ours) for each in value]
        if isinstance(value, dict):
            known = numbers if name in _BY_NUMBER else {}
            below = ours or name in _BY_NUMBER
            return {
                known.get(key, inside(key)): walk(each, key, name not in _INPUTS and (below or key in _IDS))
                for key, each in value.items()
            }
        return value

    return walk


def _digits(text: str) -> int:
    return sum(sign.isdigit() for sign in text)


def _alone(number: str) -> str:
    return re.escape(number) if len(number) >= _OWN_DIGITS else rf"(?<!\d){re.escape(number)}(?!\d)"


async def calls_of(connection: AsyncConnection, numbers: Iterable[str]) -> set[str]:
    """The calls from or to any of these numbers, as dialled. Reads through all legs."""
    found: set[str] = set()
    for chunk in chunks(sorted(numbers)):
        inbound = select(call.c.id).where(call.c.ani.in_(chunk))
        outbound = select(call.c.id).where(call.c.dnis.in_(chunk), call.c.direction == "outbound")
        dialled = select(leg.c.call).where(leg.c.number.in_(chunk))
        for query in (inbound, outbound, dialled):
            found |= set(await connection.scalars(query))
    return found


async def redact(
    connection: AsyncConnection, calls: Sequence[str], numbers: Swap, names: Swap, *, since: float, until: float
) -> int:
    """Replace them in all that the journal knows of these calls, which have ended, and of promises to these numbers.

    `since` to `until`: also in the Events of this time that name a number (those that were just told of it). Gives how
    many Events were changed. To be done in one transaction.
    """
    walk = redactor(numbers, names)
    promised = select(callback.c.id).where(callback.c.number.in_(sorted(numbers)))
    subjects = {*calls, *(await connection.scalars(promised))}
    spans = [(since, until)]
    for chunk in chunks(sorted(calls)):
        subjects |= set(await connection.scalars(select(leg.c.id).where(leg.c.call.in_(chunk))))
        rows = await connection.execute(select(call.c.started, call.c.ended).where(call.c.id.in_(chunk)))
        spans += [(started - _AROUND_S, (ended or started) + _AROUND_S) for started, ended in rows]

    changed = 0
    for chunk in chunks(sorted(subjects)):
        changed += await _rewrite(connection, journal, journal.c.channel.in_(chunk), walk)
    if named := _names_any([*numbers, *names]):
        for begin, end in spans:
            changed += await _rewrite(connection, journal, and_(journal.c.at.between(begin, end), *named), walk)
    for chunk in chunks(sorted(calls)):
        await _rewrite(connection, call, call.c.id.in_(chunk), walk)
        for table in (leg, queue_entry, offer):
            await _rewrite(connection, table, table.c.call.in_(chunk), walk)
    for chunk in chunks(sorted(subjects)):
        await _rewrite(connection, callback, callback.c.id.in_(chunk) | callback.c.call.in_(chunk), walk)
        await _rewrite(connection, voicemail, voicemail.c.channel.in_(chunk), walk)
    for seq, body in (await connection.execute(select(snapshot.c.seq, snapshot.c.body))).all():
        new = msgspec.json.encode(walk(msgspec.json.decode(body)))
        if new != body:
            await connection.execute(update(snapshot).where(snapshot.c.seq == seq).values(body=new))
    return changed


def _names_any(texts: Sequence[str]) -> list[ColumnElement[bool]]:
    """Payloads that may have one of them in it; the function decides."""
    return [or_(*(journal.c.payload.contains(each, autoescape=True) for each in texts))] if texts else []


async def _rewrite(
    connection: AsyncConnection, table: Table, which: ColumnElement[bool], walk: Callable[..., Any]
) -> int:
    """The texts of these rows, JSON taken apart and put together again; how many rows changed."""
    keys = list(table.primary_key.columns)
    texts = [column for column in table.columns if column.type.python_type is str]
    query: Select[Any] = select(*keys, *(c for c in texts if c not in keys)).where(which)
    changed = 0
    for row in (await connection.execute(query)).mappings().all():
        new = {column.name: _walked(column.name, row[column.name], walk) for column in texts}
        new = {name: value for name, value in new.items() if value != row[name]}
        if new:
            this = and_(*(key == row[key.name] for key in keys))
            await connection.execute(update(table).where(this).values(new))
            changed += 1
    return changed


def _walked(name: str, value: str, walk: Callable[..., Any]) -> Any:
    if name in _STORED:
        return json_of(walk(msgspec.json.decode(value)))
    return walk(value, name, name in _IDS)
