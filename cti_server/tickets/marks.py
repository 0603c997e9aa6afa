"""Marking what is nearly or quite too late, at its time: the next moment is a column with an index.

A call after a complaint that nobody made in time is escalated by the system, whatever the site's rules say.
"""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.staff.tables import staff_user
from cti_server.tickets import sla, ties, writes
from cti_server.tickets.asking import ask
from cti_server.tickets.hand import SYSTEM, Hand, Row, Tables, row_of
from cti_server.tickets.missed import Say
from cti_server.tickets.rules import PRIORITIES
from cti_server.tickets.tables import ticket

_AT_ONCE = 100
_MARKS = (("first_due", "first_breached"), ("warn", "warned"), ("due", "breached"))


async def mark_due(engine: AsyncEngine, of: Tables, at: float, say: Say) -> int:
    """Mark all whose time has come by `at`, each in a transaction of its own; gives how many."""
    done = 0
    while True:
        wanted = select(ticket.c.id).where(ticket.c.next_mark <= at).order_by(ticket.c.next_mark).limit(_AT_ONCE)
        async with engine.connect() as db:
            found = list(await db.scalars(wanted))
        for ident in found:
            async with engine.begin() as db:
                await mark(Hand(db, SYSTEM, at, of), ident, say)
        done += len(found)
        if len(found) < _AT_ONCE:
            return done


async def mark(hand: Hand, ident: int, say: Say | None = None) -> None:
    """Mark one whose moment has come by the hand's time. `say` None: of what is long past nobody is told."""
    row = await row_of(hand.db, ident)
    if row["next_mark"] > hand.at:
        return
    fresh = _due_marks(row, hand.at)
    row |= fresh
    moment = row["next_mark"]
    row["next_mark"] = sla.next_mark(row)
    # Whoever changes the ticket at this moment sets its clock anew: then there is nothing to mark any more.
    this = (ticket.c.id == ident, ticket.c.next_mark == moment, ticket.c.version == row["version"])
    values = fresh | {"next_mark": row["next_mark"]}
    if not (await hand.db.execute(update(ticket).where(*this).values(values))).rowcount or not fresh:
        return
    await hand.told(row, *((mark, "", str(hand.at)) for mark in fresh))
    if say is not None and row["follows"] is not None and "breached" in fresh:
        await _escalate(hand, row, say)
    hand.did("warned" if set(fresh) == {"warned"} else "breached", ident)
    await ask(hand)


async def _escalate(hand: Hand, row: Row, say: Say) -> None:
    """Urgent from now on, and news for its owner and for all who lead; the complaint's history has it, too."""
    given = {"escalation": row["escalation"] + 1, "priority": len(PRIORITIES) - 1}
    await writes.set_fields(hand, row["id"], None, given)
    complaint = await row_of(hand.db, row["follows"])
    await hand.told(complaint, ("follow_up_late", "", row["number"]))
    said = say("tickets.follow_up_late", number=complaint["number"])
    await writes.comment(hand, row["id"], said, "inner", source="system")
    leads = select(staff_user.c.login).where(staff_user.c.role == "supervisor", staff_user.c.disabled.is_(False))
    known = {*await hand.db.scalars(leads), *(login for login in (row["owner"], complaint["owner"]) if login)}
    for login in sorted(known):
        await ties.watch(hand, row["id"], login, True, seen=0.0)


def _due_marks(row: Row, at: float) -> dict[str, float]:
    """The marks whose moment has come. What is breached by now need not be warned of any more, but is marked so."""
    waits = row["paused"] is not None and row["promised"] is None
    found = {}
    for moment, mark in _MARKS:
        answered = mark == "first_breached" and row["first_at"] is not None
        if row[moment] is not None and row[moment] <= at and row[mark] is None and not answered and not waits:
            found[mark] = at
    return found


def day_of(of: Tables, at: float) -> str:
    """The day at the site, YYYY-MM-DD."""
    return datetime.fromtimestamp(at, of("").zone).date().isoformat()
