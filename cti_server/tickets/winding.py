"""Setting the clock of a row: by the calendar of its queue, the target of its kind and priority, and its pauses."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.tickets import sla
from cti_server.tickets.hand import Hand, Row
from cti_server.tickets.tables import ticket_pause, ticket_target


async def wind(hand: Hand, row: Row, more: Sequence[sla.Span]) -> None:
    """Set the clock of a row. `more`: pauses that are not in the table yet."""
    pauses: list[sla.Span] = list(more)
    if row.get("id") is not None:
        wanted = select(ticket_pause.c.start, ticket_pause.c.end).where(ticket_pause.c.ticket == row["id"])
        pauses += [(start, end) for start, end in await hand.db.execute(wanted)]
    facts = sla.Facts(
        created=row["created"],
        first_at=row["first_at"],
        paused=row["paused"],
        pauses=pauses,
        promised=row["promised"],
        done=row["status"] in ("resolved", "closed", "cancelled"),
    )
    wound = sla.clock(hand.of(row["queue"]), facts, await target_of(hand.db, row["kind"], row["priority"]))
    if not facts.done:
        row |= {name: getattr(wound, name) for name in ("first_due", "first_warn", "due", "warn")}
        # A mark is of a moment: when that has moved into the time to come, there is something to mark again.
        for moment, mark in (("first_due", "first_breached"), ("warn", "warned"), ("due", "breached")):
            if row[mark] is not None and row[moment] is not None and row[moment] > hand.at:
                row[mark] = None
    row["next_due"] = wound.next_due
    row["next_mark"] = sla.next_mark(row)


async def target_of(db: AsyncConnection, kind: str, priority: int) -> sla.Target:
    """The kind's own target, else that of all kinds, else ours."""
    wanted = (ticket_target.c.kind.in_(("", kind)), ticket_target.c.priority == priority)
    rows = (await db.execute(select(ticket_target).where(*wanted).order_by(ticket_target.c.kind.desc()))).mappings()
    found = rows.first()
    return sla.DEFAULTS[priority] if found is None else sla.Target(found["first_s"], found["resolve_s"])
