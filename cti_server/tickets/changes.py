"""The one writer of tickets. Each change is one transaction of the caller's, with a line of history for each field.

Two people who change one ticket: the second names the version that was seen, and gets `Conflict`. What a ticket's
change brings with it (clock, follow-up of a complaint, the customer's timeline) is done here and nowhere else.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.db import insert_into
from cti_server.journal.clean import text
from cti_server.tickets import rules, sla
from cti_server.tickets.model import New, Ticket, ticket_of
from cti_server.tickets.rows import Missing, Row, as_text, checked, cut, line, row_of, told
from cti_server.tickets.rules import MOST_TEXT, MOST_WORD, OPEN, STANDING, Refused
from cti_server.tickets.tables import (
    ticket,
    ticket_call,
    ticket_category,
    ticket_comment,
    ticket_link,
    ticket_number,
    ticket_pause,
    ticket_step,
    ticket_watcher,
)
from cti_server.tickets.winding import Tables, wind

EDITABLE = frozenset(
    "kind status priority escalation subject description customer phone email owner team category product serial"
    " queue resolution promised".split()
)
SYSTEM = "system"
_CLOCKED = frozenset({"status", "priority", "kind", "queue", "promised", "first_at"})
_TRIES = 20


class Conflict(Exception):
    """Somebody else changed the ticket since the version that was seen."""

    def __init__(self, ident: int, seen: int) -> None:
        super().__init__(f"ticket {ident} is not of version {seen} any more")
        self.ident, self.seen = ident, seen


async def create(db: AsyncConnection, new: New, *, by: str, at: float, of: Tables) -> Ticket:
    """Make a ticket. Raises Refused for values that cannot be."""
    given = {name: getattr(new, name) for name in New.__struct_fields__ if name not in ("call", "answered")}
    values = checked(given)
    if not values["subject"]:
        raise Refused("no_subject")
    if values["category"] is not None and not values["team"]:
        values["team"] = await _team_of(db, values["category"])
    year = datetime.fromtimestamp(at, of("").zone).year
    row: Row = {name: None for name in ticket.columns.keys() if name != "id"} | values  # noqa: SIM118
    row |= {"number": await _next_number(db, year), "status": "open" if values["owner"] else "new", "is_open": True}
    row |= {"escalation": 0, "resolution": "", "created": at, "created_by": by, "changed": at, "version": 1}
    row |= {"phone_key": rules.phone_key(row["phone"]), "first_at": at if new.answered else None}
    await wind(db, row, (), of, at)
    row["id"] = ident = (await db.execute(insert(ticket).values(row).returning(ticket.c.id))).scalar_one()
    await told(db, row, by, at, [("created", "", row["number"])])
    if new.call:
        await link_call(db, ident, new.call, by=by, at=at)
    await line(db, row, at, by, "created")
    return ticket_of(row)


async def change(
    db: AsyncConnection, ident: int, seen: int | None, wanted: Mapping[str, Any], *, by: str, at: float, of: Tables
) -> Ticket:
    """Set these fields. `seen`: the version that was looked at; None for who does not look (rules, the system).

    Raises Missing, Conflict, and Refused for what may not be.
    """
    if unknown := wanted.keys() - EDITABLE:
        raise ValueError(f"not to be changed: {', '.join(sorted(unknown))}")
    given = checked(dict(wanted))
    return await _set(db, ident, seen, given, by=by, at=at, of=of)


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
    """Add to the conversation; gives the comment's id.

    The first answer stops its clock. What the customer says makes a ticket that waits, or is done, open again.
    """
    said = cut(said, MOST_TEXT)
    if not said.strip():
        raise Refused("no_text")
    row = await row_of(db, ident)
    values = {"ticket": ident, "at": at, "by": by, "sender": cut(sender, MOST_WORD), "kind": kind}
    made = insert(ticket_comment).values(**values, text=said, source=source).returning(ticket_comment.c.id)
    number: int = (await db.execute(made)).scalar_one()
    if kind == "out" and row["first_at"] is None:
        await _set(db, ident, None, {"first_at": at}, by=by, at=at, of=of)
    elif kind == "in" and row["status"] not in ("new", "open"):
        await _set(db, ident, None, {"status": "open"}, by=by, at=at, of=of)
    else:
        await db.execute(update(ticket).where(ticket.c.id == ident).values(changed=at))
    if kind != "inner":
        await line(db, row, at, by or sender, "answered" if kind == "out" else "wrote")
    return number


async def walk(db: AsyncConnection, ident: int, step: str, said: str, *, by: str, at: float) -> None:
    """Take a step of a complaint: what was said or done. Raises Refused unless it is the next one."""
    said = cut(said, MOST_TEXT).strip()
    if not said:
        raise Refused("no_text")
    row = await row_of(db, ident)
    rules.may_step(row["kind"], await steps_done(db, ident), step)
    await _step(db, row, step, said, by, at)


async def link_call(db: AsyncConnection, ident: int, call: str, *, by: str, at: float) -> None:
    """Tie a call to a ticket; again does nothing."""
    values = {"ticket": ident, "call": text(call), "at": at, "by": by}
    done = await db.execute(insert_into(db, ticket_call).values(values).on_conflict_do_nothing())
    if done.rowcount:
        await told(db, await row_of(db, ident), by, at, [("call", "", text(call))])


async def link(db: AsyncConnection, ident: int, other: int, kind: rules.LinkKind, *, by: str, at: float) -> None:
    """Tie two tickets; another kind replaces the one that was. Raises Refused for a ticket and itself."""
    if ident == other:
        raise Refused("itself")
    one, two = await row_of(db, ident), await row_of(db, other)
    made = insert_into(db, ticket_link).values(ticket=ident, other=other, kind=kind, at=at, by=by)
    keys = [ticket_link.c.ticket, ticket_link.c.other]
    await db.execute(made.on_conflict_do_update(index_elements=keys, set_={"kind": kind, "at": at, "by": by}))
    await told(db, one, by, at, [("link", "", f"{kind} {two['number']}")])
    await told(db, two, by, at, [("link", "", f"{kind} {one['number']} ←")])


async def unlink(db: AsyncConnection, ident: int, other: int, *, by: str, at: float) -> None:
    gone = delete(ticket_link).where(ticket_link.c.ticket == ident, ticket_link.c.other == other)
    if (await db.execute(gone)).rowcount:
        one, two = await row_of(db, ident), await row_of(db, other)
        await told(db, one, by, at, [("link", two["number"], "")])
        await told(db, two, by, at, [("link", one["number"], "")])


async def watch(db: AsyncConnection, ident: int, login: str, on: bool, *, by: str, at: float) -> None:
    """Let somebody watch a ticket, or not any more."""
    row = await row_of(db, ident)
    if on:
        values = {"ticket": ident, "login": login, "seen": at}
        done = await db.execute(insert_into(db, ticket_watcher).values(values).on_conflict_do_nothing())
    else:
        this = (ticket_watcher.c.ticket == ident, ticket_watcher.c.login == login)
        done = await db.execute(delete(ticket_watcher).where(*this))
    if done.rowcount:
        await told(db, row, by, at, [("watcher", "" if on else login, login if on else "")])


async def note(db: AsyncConnection, ident: int, field: str, new: str, *, by: str, at: float, old: str = "") -> None:
    """A line of history for what is no column: a file, a mark of the clock, a rule that acted."""
    await told(db, await row_of(db, ident), by, at, [(field, old, new)])


async def steps_done(db: AsyncConnection, ident: int) -> list[str]:
    return list(await db.scalars(select(ticket_step.c.step).where(ticket_step.c.ticket == ident)))


# ---------------------------------------------------------------- what a change brings with it


async def _set(
    db: AsyncConnection, ident: int, seen: int | None, given: Row, *, by: str, at: float, of: Tables
) -> Ticket:
    before = await row_of(db, ident)
    for _ in range(_TRIES):
        if seen is not None and before["version"] != seen:
            raise Conflict(ident, seen)
        after = before | given
        if after["owner"] and not before["owner"] and after["status"] == before["status"] == "new":
            after["status"] = "open"
        if after["category"] != before["category"] and after["category"] is not None and not after["team"]:
            after["team"] = await _team_of(db, after["category"])
        rules.may_change(before, after, await steps_done(db, ident))
        changed = [name for name in (*sorted(EDITABLE), "first_at") if after[name] != before[name]]
        if not changed:
            return ticket_of(before)
        pause = _turn(before, after, at)
        after |= {"changed": at, "version": before["version"] + 1, "phone_key": rules.phone_key(after["phone"])}
        if _CLOCKED.intersection(changed):
            await wind(db, after, (pause,) if pause else (), of, at)
        this = (ticket.c.id == ident, ticket.c.version == before["version"])
        values = {name: value for name, value in after.items() if value != before[name]}
        if (await db.execute(update(ticket).where(*this).values(values))).rowcount:
            break
        before = await row_of(db, ident)
    else:
        raise Conflict(ident, before["version"])
    if pause:
        await db.execute(insert(ticket_pause).values(ticket=ident, start=pause[0], end=pause[1]))
    await told(db, after, by, at, [(name, as_text(name, before), as_text(name, after)) for name in changed])
    await _follow(db, before, after, by=by, at=at, of=of)
    return ticket_of(after)


def _turn(before: Row, after: Row, at: float) -> sla.Span | None:
    """What a change of status sets. Gives the pause that ends with it."""
    status, pause = after["status"], None
    if status == before["status"]:
        return None
    after["is_open"] = status in OPEN
    if status in STANDING:
        after["paused"] = at if before["paused"] is None else before["paused"]
    elif before["paused"] is not None:
        after["paused"] = None
        pause = (before["paused"], at) if at > before["paused"] else None
    after["closed"] = at if status in ("closed", "cancelled") else None
    if status in ("resolved", "closed"):
        after["resolved"] = at if before["resolved"] is None else before["resolved"]
        after["first_at"] = at if before["first_at"] is None else before["first_at"]
    else:
        after["resolved"] = None
    return pause


async def _follow(db: AsyncConnection, before: Row, after: Row, *, by: str, at: float, of: Tables) -> None:
    """The customer's timeline; the call after a complaint; and the complaint that such a call was for."""
    status = after["status"]
    if after["customer"] != before["customer"] and after["customer"] is not None:
        await line(db, after, at, by, "linked")
    if status == before["status"]:
        return
    if status in ("resolved", "closed", "cancelled"):
        await line(db, after, at, by, status)
    elif before["status"] in ("resolved", "closed", "cancelled"):
        await line(db, after, at, by, "reopened")
    if after["kind"] == "complaint" and status == "closed":
        await _plan_follow_up(db, after, by=by, at=at, of=of)
    if after["follows"] is not None and status in ("closed", "cancelled"):
        complaint = await row_of(db, after["follows"])
        if status == "closed" and "follow_up" not in await steps_done(db, complaint["id"]):
            await _step(db, complaint, "follow_up", after["resolution"], by, at)
        elif status == "cancelled":
            await told(db, complaint, by, at, [("follow_up", after["number"], after["resolution"])])


async def _plan_follow_up(db: AsyncConnection, complaint: Row, *, by: str, at: float, of: Tables) -> None:
    waiting = select(ticket.c.id).where(ticket.c.follows == complaint["id"], ticket.c.is_open)
    if (await db.execute(waiting)).first() is not None:
        return
    await db.execute(
        delete(ticket_step).where(ticket_step.c.ticket == complaint["id"], ticket_step.c.step == "follow_up")
    )
    kept = {name: complaint[name] for name in ("customer", "phone", "email", "owner", "team", "product", "queue")}
    new = New(
        kind="callback",
        subject=complaint["subject"],
        description=complaint["resolution"],
        priority="high",
        channel="system",
        follows=complaint["id"],
        promised=sla.follow_up_by(of(complaint["queue"]), at),
        **kept,
    )
    made = await create(db, new, by=by, at=at, of=of)
    await link(db, made.id, complaint["id"], "follow_up_of", by=by, at=at)


async def _step(db: AsyncConnection, row: Row, step: str, said: str, by: str, at: float) -> None:
    await db.execute(insert(ticket_step).values(ticket=row["id"], step=step, at=at, by=by, text=said))
    await db.execute(update(ticket).where(ticket.c.id == row["id"]).values(changed=at))
    await told(db, row, by, at, [("step", "", step)])


async def _next_number(db: AsyncConnection, year: int) -> str:
    first = insert_into(db, ticket_number).values(year=year, last=1)
    following = first.on_conflict_do_update(
        index_elements=[ticket_number.c.year], set_={"last": ticket_number.c.last + 1}
    )
    return rules.number(year, (await db.execute(following.returning(ticket_number.c.last))).scalar_one())


async def _team_of(db: AsyncConnection, category: int) -> str:
    found = await db.execute(select(ticket_category.c.team).where(ticket_category.c.id == category))
    row = found.first()
    if row is None:
        raise Refused("no_category")
    return str(row.team)


__all__ = ["EDITABLE", "SYSTEM", "Conflict", "Missing", "Tables", "change", "comment", "create", "link", "link_call"]
