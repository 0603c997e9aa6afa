"""What a ticket is tied to: calls, other tickets, those who watch it."""

from sqlalchemy import delete, insert

from cti_server.db import insert_into
from cti_server.journal.clean import text
from cti_server.tickets.hand import Hand, row_of
from cti_server.tickets.rules import LinkKind, Refused
from cti_server.tickets.tables import ticket_call, ticket_link, ticket_watcher

_BACK = "←"
"""In history: the other ticket named the link."""


async def link_call(hand: Hand, ident: int, call: str) -> None:
    """Tie a call to a ticket; again does nothing."""
    values = {"ticket": ident, "call": text(call), "at": hand.at, "by": hand.by}
    if (await hand.db.execute(insert_into(hand.db, ticket_call).values(values).on_conflict_do_nothing())).rowcount:
        await hand.told(await row_of(hand.db, ident), ("call", "", text(call)))


async def link(hand: Hand, ident: int, other: int, kind: LinkKind) -> None:
    """Tie two tickets; another kind replaces the one that was. Raises Refused for a ticket and itself."""
    if ident == other:
        raise Refused("itself")
    one, two = await row_of(hand.db, ident), await row_of(hand.db, other)
    this = (ticket_link.c.ticket == ident, ticket_link.c.other == other)
    await hand.db.execute(delete(ticket_link).where(*this))
    values = {"ticket": ident, "other": other, "kind": kind, "at": hand.at, "by": hand.by}
    await hand.db.execute(insert(ticket_link).values(values))
    await hand.told(one, ("link", "", f"{kind} {two['number']}"))
    await hand.told(two, ("link", "", f"{kind} {one['number']} {_BACK}"))


async def unlink(hand: Hand, ident: int, other: int) -> None:
    gone = delete(ticket_link).where(ticket_link.c.ticket == ident, ticket_link.c.other == other)
    if (await hand.db.execute(gone)).rowcount:
        one, two = await row_of(hand.db, ident), await row_of(hand.db, other)
        await hand.told(one, ("link", two["number"], ""))
        await hand.told(two, ("link", one["number"], ""))


async def watch(hand: Hand, ident: int, login: str, on: bool, seen: float | None = None) -> None:
    """Let somebody watch a ticket, or not any more. `seen`: up to when they know it; None: up to now."""
    row = await row_of(hand.db, ident)
    if on:
        values = {"ticket": ident, "login": login, "seen": hand.at if seen is None else seen}
        done = await hand.db.execute(insert_into(hand.db, ticket_watcher).values(values).on_conflict_do_nothing())
    else:
        this = (ticket_watcher.c.ticket == ident, ticket_watcher.c.login == login)
        done = await hand.db.execute(delete(ticket_watcher).where(*this))
    if done.rowcount:
        await hand.told(row, ("watcher", "" if on else login, login if on else ""))
