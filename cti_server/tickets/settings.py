"""Changing the service levels and the categories of tickets. Who saves names the version seen.

Each raises Refused: `conflict` when somebody else was faster.
"""

from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.tickets import sla
from cti_server.tickets.hand import fitting
from cti_server.tickets.rules import MOST_WORD, PRIORITIES, Refused
from cti_server.tickets.tables import ticket_category, ticket_target


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What is promised for a kind (empty: all without one of their own) and a priority (its index).

    Seconds of opening hours to the first answer and to the resolution; None: nothing. `version` 0: the center's own.
    """

    kind: str
    priority: int
    first_s: float | None
    resolve_s: float | None
    version: int


async def levels(db: AsyncConnection) -> list[Level]:
    """Those for all kinds by priority, then those of single kinds."""
    own = {(row["kind"], row["priority"]): row for row in (await db.execute(select(ticket_target))).mappings()}
    found = []
    for kind, priority in [("", n) for n in range(len(PRIORITIES))] + sorted(key for key in own if key[0]):
        row, ours = own.get((kind, priority)), sla.DEFAULTS[priority]
        first_s, resolve_s = (row["first_s"], row["resolve_s"]) if row else (ours.first_s, ours.resolve_s)
        version = row["version"] if row else 0
        found.append(Level(kind=kind, priority=priority, first_s=first_s, resolve_s=resolve_s, version=version))
    return found


async def save_target(
    db: AsyncConnection, kind: str, priority: int, seen: int, first_s: float | None, resolve_s: float | None
) -> None:
    """`kind`: empty for all that have none of their own. `seen`: 0 for one that is new. Seconds; None: nothing owed."""
    values = {"first_s": first_s, "resolve_s": resolve_s}
    if seen:
        changed = update(ticket_target).where(*_this(kind, priority, seen)).values(**values, version=seen + 1)
        if not (await db.execute(changed)).rowcount:
            raise Refused("conflict")
        return
    try:
        await db.execute(insert(ticket_target).values(kind=kind, priority=priority, version=1, **values))
    except IntegrityError:
        raise Refused("conflict") from None


async def remove_target(db: AsyncConnection, kind: str, priority: int, seen: int) -> None:
    """What the center brings along holds again."""
    if not (await db.execute(delete(ticket_target).where(*_this(kind, priority, seen)))).rowcount:
        raise Refused("conflict")


def _this(kind: str, priority: int, seen: int) -> tuple[Any, ...]:
    c = ticket_target.c
    return c.kind == kind, c.priority == priority, c.version == seen


async def save_category(
    db: AsyncConnection,
    ident: int | None,
    seen: int,
    *,
    name: str,
    name_zh: str = "",
    team: str = "",
    parent: int | None = None,
    retired: bool = False,
) -> int:
    """Make one (`ident` None) or change it; its id. Under another one there are no further ones."""
    words = {"name": name, "name_zh": name_zh, "team": team}
    values: dict[str, Any] = {key: fitting(" ".join(word.split()), MOST_WORD) for key, word in words.items()}
    values |= {"retired": retired, "parent": parent}
    if not values["name"]:
        raise Refused("no_text")
    if parent is not None:
        above = select(ticket_category.c.id).where(ticket_category.c.id == parent, ticket_category.c.parent.is_(None))
        if parent == ident or (await db.execute(above)).first() is None:
            raise Refused("no_category")
    if ident is None:
        made = insert(ticket_category).values(**values, version=1).returning(ticket_category.c.id)
        return int((await db.execute(made)).scalar_one())
    this = (ticket_category.c.id == ident, ticket_category.c.version == seen)
    if not (await db.execute(update(ticket_category).where(*this).values(**values, version=seen + 1))).rowcount:
        raise Refused("conflict")
    return ident
