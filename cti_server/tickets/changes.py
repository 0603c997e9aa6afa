"""How everybody else writes tickets: each function is one act of one person, in a transaction of the caller's.

What happened is told to the rules before it returns, so what they do is part of the same transaction. `of`: see
`hand.Tables`; `by`: a login, `system`, or empty for the customer. Raised: `Missing`, `Conflict`, `Refused`.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.tickets import rules, ties, writes
from cti_server.tickets.asking import ask
from cti_server.tickets.hand import SYSTEM, Conflict, Hand, Missing, Tables, checked, row_of
from cti_server.tickets.model import New, Ticket, ticket_of
from cti_server.tickets.writes import EDITABLE

__all__ = [
    "EDITABLE",
    "SYSTEM",
    "Conflict",
    "Missing",
    "Tables",
    "change",
    "comment",
    "create",
    "note",
    "tie",
    "walk",
    "watch",
]


async def create(db: AsyncConnection, new: New, *, by: str, at: float, of: Tables) -> Ticket:
    hand = Hand(db, by, at, of)
    ident = (await writes.create(hand, new))["id"]
    await ask(hand)
    return ticket_of(await row_of(db, ident))


async def change(
    db: AsyncConnection, ident: int, seen: int | None, wanted: Mapping[str, Any], *, by: str, at: float, of: Tables
) -> Ticket:
    """Set these fields. `seen`: the version that was looked at; None for who does not look (the system)."""
    if unknown := wanted.keys() - EDITABLE:
        raise ValueError(f"not to be changed: {', '.join(sorted(unknown))}")
    hand = Hand(db, by, at, of)
    await writes.set_fields(hand, ident, seen, checked(dict(wanted)))
    await ask(hand)
    return ticket_of(await row_of(db, ident))


async def comment(
    db: AsyncConnection,
    ident: int,
    said: str,
    kind: rules.CommentKind,
    *,
    by: str,
    at: float,
    of: Tables,
    sender: str = "",
    source: str = "page",
) -> int:
    """Add to the conversation; gives the comment's id."""
    hand = Hand(db, by, at, of)
    number = await writes.comment(hand, ident, said, kind, sender=sender, source=source)
    await ask(hand)
    return number


async def walk(db: AsyncConnection, ident: int, step: str, said: str, *, by: str, at: float, of: Tables) -> None:
    """Take a step of a complaint."""
    await writes.walk(Hand(db, by, at, of), ident, step, said)


async def note(db: AsyncConnection, ident: int, field: str, new: str, *, by: str, at: float, of: Tables) -> None:
    """A line of history for what is no column, such as a file."""
    hand = Hand(db, by, at, of)
    await hand.told(await row_of(db, ident), (field, "", new))
    await hand.touch(ident)


async def tie(
    db: AsyncConnection,
    ident: int,
    *,
    by: str,
    at: float,
    of: Tables,
    call: str = "",
    other: int | None = None,
    kind: rules.LinkKind | None = None,
) -> None:
    """Tie it to a call, or to another ticket; with `other` and no `kind` it is untied from that one."""
    hand = Hand(db, by, at, of)
    if call:
        await ties.link_call(hand, ident, call)
    if other is not None and kind is not None:
        await ties.link(hand, ident, other, kind)
    elif other is not None:
        await ties.unlink(hand, ident, other)


async def watch(db: AsyncConnection, ident: int, login: str, on: bool, *, by: str, at: float, of: Tables) -> None:
    """Let somebody watch it, or not any more."""
    await ties.watch(Hand(db, by, at, of), ident, login, on)
