"""Two records of one customer become one: nothing of the other's history is lost, and it can be undone.

Everything that pointed at the record that goes points at the one that stays; `customer_merge` keeps both as they were,
and what was moved. Who asks for the record that went is sent on by `merged_into`.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import pointers, queries
from cti_server.customers.initials import initials
from cti_server.customers.records import Conflict
from cti_server.customers.rules_merge import Side, merged
from cti_server.customers.tables import (
    customer,
    customer_consent,
    customer_email,
    customer_merge,
    customer_phone,
    customer_tag,
    timeline,
)
from cti_server.customers.timeline import note
from cti_server.journal.clean import text

Hook: TypeAlias = Callable[[AsyncConnection, int, int], Awaitable[None]]
MERGE_HOOKS: list[Hook] = []
"""`hook(connection, gone, kept)`, called before rows are moved: for what foreign keys do not tell, such as rows that
would be the same twice. A context adds its own when it is imported."""

_LISTS: tuple[tuple[Table, tuple[str, ...]], ...] = (
    (customer_phone, ("number", "extension")),
    (customer_email, ("address",)),
    (customer_tag, ("tag",)),
)


class NotMergeable(Exception):
    """One of them is not there, was merged or erased already, or it is the same one."""


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """One merge as it is kept. `before`: `kept` and `gone` as they were, `after` what was written, `moved` rows."""

    id: int
    at: float
    by: str
    kept: int
    gone: int
    before: dict[str, Any]


async def merge(
    connection: AsyncConnection,
    kept: tuple[int, int],
    gone: tuple[int, int],
    picks: Mapping[str, Side],
    *,
    at: float,
    by: str,
) -> None:
    """`kept`, `gone`: id and version as they were seen. Raises `NotMergeable`, and `Conflict` when one has changed."""
    if kept[0] == gone[0]:
        raise NotMergeable
    for ident, version in sorted((kept, gone)):
        await hold(connection, ident, version)
    stays, goes = await record(connection, kept[0]), await record(connection, gone[0])
    for hook in MERGE_HOOKS:
        await hook(connection, gone[0], kept[0])

    values = merged(stays, goes, picks)
    moved = await pointers.move(connection, gone[0], kept[0])
    for table in (timeline, customer_consent):
        moved[table.name] = await _move(connection, table, table.c.customer == gone[0], {"customer": kept[0]})
    members = (customer.c.organisation == gone[0]) & (customer.c.id != kept[0])
    moved["members"] = await _move(connection, customer, members, {"organisation": kept[0]})
    earlier = customer.c.merged_into == gone[0]
    moved["earlier"] = await _move(connection, customer, earlier, {"merged_into": kept[0]})
    for table, key in _LISTS:
        await _join_lists(connection, table, key, kept[0], gone[0])

    stored = values | {"extra": json.dumps(values["extra"], ensure_ascii=False)}
    stored |= {"initials": initials(values["name"], values["kind"] == "person")}
    change = {"changed": at, "changed_by": by}
    await connection.execute(update(customer).where(customer.c.id == kept[0]).values(**stored, **change))
    gone_to = {"merged_into": kept[0], "organisation": None}
    await connection.execute(update(customer).where(customer.c.id == gone[0]).values(**gone_to, **change))
    for ident in (kept[0], gone[0]):
        await pointers.forget_computed(connection, ident)
    before = {"kept": stays, "gone": goes, "after": values, "moved": moved}
    row = {"at": at, "by": by, "kept": kept[0], "gone": gone[0], "before": text(json.dumps(before, ensure_ascii=False))}
    made = await connection.execute(insert(customer_merge).values(row).returning(customer_merge.c.id))
    ref, said = str(made.scalar_one()), f"{goes['name']} (#{gone[0]})"
    await note(connection, kept[0], at=at, kind="change", ref=ref, what="merged", said=said, by=by)


async def merges_of(connection: AsyncConnection, ident: int) -> list[Merge]:
    """Those in which this customer stayed or went, the latest first."""
    which = (customer_merge.c.kept == ident) | (customer_merge.c.gone == ident)
    rows = await connection.execute(select(customer_merge).where(which).order_by(customer_merge.c.id.desc()))
    names = ("id", "at", "by", "kept", "gone")
    return [Merge(**{n: r[n] for n in names}, before=json.loads(r["before"])) for r in rows.mappings()]


async def undo(connection: AsyncConnection, ident: int, *, at: float, by: str) -> Merge:
    """Two records again. What has happened since stays with the one that stayed, and so do its later changes.

    Raises `NotMergeable` when the merge is undone already, one of them was erased, or they were merged again.
    """
    found = await connection.execute(select(customer_merge).where(customer_merge.c.id == ident))
    row = found.mappings().first()
    if row is None or not (before := json.loads(row["before"])):
        raise NotMergeable
    kept, gone, moved = row["kept"], row["gone"], before["moved"]
    c = customer.c
    back = {"merged_into": None, "organisation": before["gone"]["organisation"], "version": c.version + 1}
    back |= {"changed": at, "changed_by": by}
    was = (c.id == gone, c.merged_into == kept, c.erased.is_(None))
    if not (await connection.execute(update(customer).where(*was).values(**back))).rowcount:
        raise NotMergeable
    now = await record(connection, kept)
    if now["merged_into"] is not None or now["erased"] is not None:
        raise NotMergeable

    await pointers.move_back(connection, moved, gone, kept)
    for table in (timeline, customer_consent):
        which = (table.c.customer == kept) & table.c.id.in_(moved[table.name])
        await connection.execute(update(table).where(which).values(customer=gone))
    for name, column in (("members", c.organisation), ("earlier", c.merged_into)):
        which = (column == kept) & c.id.in_(moved[name])
        await connection.execute(update(customer).where(which).values({column.name: gone}))
    for table, key in _LISTS:
        await _part_lists(connection, table, key, before, kept, gone)
    values = {n: before["kept"][n] for n, was_then in before["after"].items() if now[n] == was_then}
    if "extra" in values:
        values["extra"] = json.dumps(values["extra"], ensure_ascii=False)
    if "name" in values:
        values["initials"] = before["kept"]["initials"]
    change = {"changed": at, "changed_by": by, "version": c.version + 1}
    await connection.execute(update(customer).where(c.id == kept).values(values | change))
    await pointers.forget_computed(connection, kept)
    line = (timeline.c.kind == "change") & (timeline.c.what == "merged") & (timeline.c.ref == str(ident))
    await connection.execute(update(timeline).where(line).values(text=f"#{gone}"))
    for one in (kept, gone):
        await note(connection, one, at=at, kind="change", ref=str(ident), what="parted", by=by)
    names = ("id", "at", "by", "kept", "gone")
    return Merge(**{n: row[n] for n in names}, before=before)


async def record(connection: AsyncConnection, ident: int) -> dict[str, Any]:
    """A customer's row with its numbers, addresses and tags, as JSON can keep it."""
    row = dict((await connection.execute(select(customer).where(customer.c.id == ident))).mappings().one())
    row["extra"] = json.loads(row["extra"])
    for table, key in _LISTS:
        order = table.c.get("position", table.c.get(key[0]))
        lines = await connection.execute(select(table).where(table.c.customer == ident).order_by(order))
        row[table.name] = [{n: v for n, v in line.items() if n not in ("id", "customer")} for line in lines.mappings()]
    return row


async def hold(connection: AsyncConnection, ident: int, version: int) -> None:
    """A new version of it, so that nobody else can change it any more before we are done."""
    active = (customer.c.merged_into.is_(None), customer.c.erased.is_(None))
    held = update(customer).where(customer.c.id == ident, customer.c.version == version, *active)
    if (await connection.execute(held.values(version=version + 1))).rowcount:
        return
    now = await queries.get(connection, ident)
    if now is None or not now.active:
        raise NotMergeable
    raise Conflict(now)


async def _move(
    connection: AsyncConnection, table: Table, which: ColumnElement[bool], to: Mapping[str, int]
) -> list[Any]:
    """The ids of the rows that were moved."""
    moved = list(await connection.scalars(select(table.c.id).where(which).order_by(table.c.id)))
    await connection.execute(update(table).where(which).values(to))
    return moved


async def _join_lists(connection: AsyncConnection, table: Table, key: tuple[str, ...], kept: int, gone: int) -> None:
    """What is not on the kept record's list yet comes behind it."""
    columns = [table.c[name] for name in key]
    have = {tuple(row) for row in (await connection.execute(select(*columns).where(table.c.customer == kept))).all()}
    rows = [dict(row) for row in (await connection.execute(select(table).where(table.c.customer == gone))).mappings()]
    await connection.execute(delete(table).where(table.c.customer == gone))
    fresh = [row | {"customer": kept} for row in rows if tuple(row[name] for name in key) not in have]
    if "position" in table.c:
        last = await connection.scalar(select(func.max(table.c.position)).where(table.c.customer == kept))
        fresh = [row | {"position": row["position"] + 1 + (-1 if last is None else last)} for row in fresh]
    if fresh:
        await connection.execute(insert(table), fresh)


async def _part_lists(
    connection: AsyncConnection, table: Table, key: tuple[str, ...], before: dict[str, Any], kept: int, gone: int
) -> None:
    """The gone record's list as it was; from the kept one goes what only came by the merge."""
    had = {tuple(row[name] for name in key) for row in before["kept"][table.name]}
    for row in before["gone"][table.name]:
        if tuple(row[name] for name in key) not in had:
            same = (table.c[name] == row[name] for name in key)
            await connection.execute(delete(table).where(table.c.customer == kept, *same))
    if rows := [row | {"customer": gone} for row in before["gone"][table.name]]:
        await connection.execute(insert(table), rows)
