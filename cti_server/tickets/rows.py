"""What every change of a ticket needs: its row, a line of history, a line on the timeline, values safe to store."""

from typing import Any, TypeAlias

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import timeline
from cti_server.journal.clean import text
from cti_server.tickets import rules
from cti_server.tickets.rules import MOST_SUBJECT, MOST_TEXT, MOST_WORD, PRIORITIES, Refused
from cti_server.tickets.tables import ticket, ticket_history

Row: TypeAlias = dict[str, Any]
_LONG = frozenset({"description", "resolution"})


class Missing(LookupError):
    """There is no such ticket."""


async def row_of(db: AsyncConnection, ident: int) -> Row:
    row = (await db.execute(select(ticket).where(ticket.c.id == ident))).mappings().first()
    if row is None:
        raise Missing(ident)
    return {str(name): value for name, value in row.items()}


async def told(db: AsyncConnection, row: Row, by: str, at: float, lines: list[tuple[str, str, str]]) -> None:
    common = {"ticket": row["id"], "at": at, "by": by, "version": row["version"]}
    rows = [common | {"field": field, "old": text(old), "new": text(new)} for field, old, new in lines]
    await db.execute(insert(ticket_history), rows)


async def line(db: AsyncConnection, row: Row, at: float, by: str, what: str) -> None:
    if row["customer"] is not None:
        about = {"number": row["number"], "ticket_kind": row["kind"]}
        ref, said = str(row["id"]), row["subject"]
        await timeline.note(db, row["customer"], at=at, kind="ticket", ref=ref, what=what, said=said, by=by, **about)


def as_text(name: str, row: Row) -> str:
    value = row[name]
    return "" if value is None else PRIORITIES[value] if name == "priority" else str(value)


def checked(values: Row) -> Row:
    """The same, safe to store: words from their lists, texts of their lengths. Raises Refused."""
    for name, value in values.items():
        if name in _LONG:
            values[name] = cut(value, MOST_TEXT)
        elif name == "subject":
            values[name] = cut(" ".join(value.split()), MOST_SUBJECT)
        elif name == "email":
            values[name] = cut(value, MOST_WORD).strip().lower()
        elif isinstance(value, str):
            values[name] = cut(value, MOST_WORD).strip()
    for name, allowed in (("kind", rules.KINDS), ("status", rules.STATUSES), ("priority", PRIORITIES)):
        if name in values and values[name] not in allowed:
            raise Refused("word", field=name, value=values[name])
    if "subject" in values and not values["subject"]:
        raise Refused("no_subject")
    if "priority" in values:
        values["priority"] = PRIORITIES.index(values["priority"])
    return values


def cut(value: str, most: int) -> str:
    if len(value) > most:
        raise Refused("too_long", has=len(value), most=most)
    return text(value)
