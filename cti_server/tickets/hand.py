"""Who writes, when, and by which calendars; and what every write needs: a row, its lines, values safe to store."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import news
from cti_server.customers import timeline
from cti_server.ivr.calendar import Timetable
from cti_server.journal.clean import text
from cti_server.tickets import rules
from cti_server.tickets.rules import MOST_SUBJECT, MOST_TEXT, MOST_WORD, PRIORITIES, Refused
from cti_server.tickets.tables import ticket, ticket_history

Row: TypeAlias = dict[str, Any]
Tables: TypeAlias = Callable[[str], Timetable]
"""`Calendars.of`: by which a queue opens and closes; the site's own calendar for an empty id."""

SYSTEM = "system"
_LONG = frozenset({"description", "resolution"})


class Missing(LookupError):
    """There is no such ticket."""


class Conflict(Exception):
    """Somebody else changed the ticket since the version that was seen."""

    def __init__(self, ident: int, seen: int) -> None:
        super().__init__(f"ticket {ident} is not of version {seen} any more")
        self.ident, self.seen = ident, seen


@dataclass(slots=True)
class Hand:
    """One transaction's writer. `by`: a login, `rule:ID`, `system`, or empty for the customer. `at`: epoch seconds.

    `happened`: (event, ticket) in order, for the rules to be asked about; see `asking`.
    """

    db: AsyncConnection
    by: str
    at: float
    of: Tables
    happened: list[tuple[str, int]] = field(default_factory=list)

    def did(self, event: str, ident: int) -> None:
        if (event, ident) not in self.happened:
            self.happened.append((event, ident))

    async def told(self, row: Row, *lines: tuple[str, str, str]) -> None:
        """Lines of history: field, old, new."""
        common = {"ticket": row["id"], "at": self.at, "by": self.by, "version": row["version"]}
        rows = [common | {"field": name, "old": text(old), "new": text(new)} for name, old, new in lines]
        await self.db.execute(insert(ticket_history), rows)
        names = sorted({name for name, _, _ in lines})
        await self.tell(row, "created" if "created" in names else "changed", fields=names)

    async def tell(self, row: Row, what: str, **more: Any) -> None:
        """Those outside who want to know of tickets."""
        names = ("customer", "number", "kind", "status")
        data = {name: row[name] for name in names} | {"priority": PRIORITIES[row["priority"]]} | more
        await news.tell(self.db, "ticket", what, str(row["id"]), at=self.at, by=self.by, **data)

    async def line(self, row: Row, what: str, by: str = "") -> None:
        """A line on the customer's timeline."""
        if row["customer"] is not None:
            await timeline.note(
                self.db,
                row["customer"],
                at=self.at,
                kind="ticket",
                ref=str(row["id"]),
                what=what,
                said=row["subject"],
                by=by or self.by,
                number=row["number"],
                ticket_kind=row["kind"],
            )

    async def touch(self, ident: int) -> None:
        await self.db.execute(update(ticket).where(ticket.c.id == ident).values(changed=self.at))


async def row_of(db: AsyncConnection, ident: int) -> Row:
    """Raises Missing."""
    row = (await db.execute(select(ticket).where(ticket.c.id == ident))).mappings().first()
    if row is None:
        raise Missing(ident)
    return {str(name): value for name, value in row.items()}


def as_text(name: str, row: Row) -> str:
    """A field as history has it."""
    value = row[name]
    return "" if value is None else PRIORITIES[value] if name == "priority" else str(value)


def checked(values: Row) -> Row:
    """The same, safe to store: words from their lists, texts of their lengths, priorities numbers. Raises Refused."""
    for name, value in values.items():
        if name in _LONG:
            values[name] = fitting(value, MOST_TEXT)
        elif name == "subject":
            values[name] = fitting(" ".join(value.split()), MOST_SUBJECT)
        elif name == "email":
            values[name] = fitting(value, MOST_WORD).strip().lower()
        elif isinstance(value, str):
            values[name] = fitting(value, MOST_WORD).strip()
    for name, allowed in (("kind", rules.KINDS), ("status", rules.STATUSES), ("priority", PRIORITIES)):
        if name in values and values[name] not in allowed:
            raise Refused("word", field=name, value=values[name])
    if "subject" in values and not values["subject"]:
        raise Refused("no_subject")
    if "priority" in values:
        values["priority"] = PRIORITIES.index(values["priority"])
    return values


def fitting(value: str, most: int) -> str:
    """The text without what no database takes. Raises Refused when it is too long: nothing is cut off silently."""
    if len(value) > most:
        raise Refused("too_long", has=len(value), most=most)
    return text(value)
