"""Reads of tickets. Every value is a bound parameter."""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, func, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.tables import customer
from cti_server.staff.tables import staff_user
from cti_server.tickets.model import Category, Change, Comment, File, Linked, StepDone, Ticket, ticket_of
from cti_server.tickets.rules import FAR
from cti_server.tickets.tables import (
    ticket,
    ticket_call,
    ticket_category,
    ticket_comment,
    ticket_file,
    ticket_history,
    ticket_link,
    ticket_step,
    ticket_watcher,
)

T = TypeVar("T", bound=msgspec.Struct)
MOST_LINES = 500


class Person(msgspec.Struct, frozen=True):
    """Somebody who can own tickets. `agent`: whose phone is theirs, or empty."""

    login: str
    name: str
    role: str
    agent: str


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket with everything that its page shows. `comments`, `history`: in order of time."""

    ticket: Ticket
    comments: list[Comment]
    history: list[Change]
    files: list[File]
    steps: list[StepDone]
    links: list[Linked]
    calls: list[str]
    watchers: list[str]


async def one(db: AsyncConnection, ident: int) -> Ticket | None:
    row = (await db.execute(select(ticket).where(ticket.c.id == ident))).mappings().first()
    return None if row is None else ticket_of(row)


async def by_number(db: AsyncConnection, number: str) -> Ticket | None:
    row = (await db.execute(select(ticket).where(ticket.c.number == number))).mappings().first()
    return None if row is None else ticket_of(row)


async def whole(db: AsyncConnection, ident: int) -> Whole | None:
    found = await one(db, ident)
    if found is None:
        return None
    latest = select(ticket_history).where(ticket_history.c.ticket == ident).order_by(ticket_history.c.id.desc())
    said = select(ticket_comment).where(ticket_comment.c.ticket == ident).order_by(ticket_comment.c.id.desc())
    attached = select(ticket_file).where(ticket_file.c.ticket == ident).order_by(ticket_file.c.id)
    steps = select(ticket_step).where(ticket_step.c.ticket == ident).order_by(ticket_step.c.at)
    calls = select(ticket_call.c.call).where(ticket_call.c.ticket == ident).order_by(ticket_call.c.at)
    watchers = select(ticket_watcher.c.login).where(ticket_watcher.c.ticket == ident)
    return Whole(
        ticket=found,
        comments=(await _all(db, said.limit(MOST_LINES), Comment))[::-1],
        history=(await _all(db, latest.limit(MOST_LINES), Change))[::-1],
        files=await _all(db, attached.limit(MOST_LINES), File),
        steps=await _all(db, steps, StepDone),
        links=await links(db, ident),
        calls=list(await db.scalars(calls)),
        watchers=sorted(await db.scalars(watchers)),
    )


async def links(db: AsyncConnection, ident: int) -> list[Linked]:
    """The other tickets that it is tied to, whichever of the two named the link."""
    names = (ticket.c.id, ticket.c.number, ticket.c.subject, ticket.c.status)
    there = select(ticket_link.c.kind, ticket_link.c.at, literal(0).label("back"), *names).join(
        ticket, ticket.c.id == ticket_link.c.other
    )
    back = select(ticket_link.c.kind, ticket_link.c.at, literal(1).label("back"), *names).join(
        ticket, ticket.c.id == ticket_link.c.ticket
    )
    both = union_all(there.where(ticket_link.c.ticket == ident), back.where(ticket_link.c.other == ident)).subquery()
    rows = await db.execute(select(both).order_by(both.c.at, both.c.id))
    return [
        Linked(kind=r["kind"], back=bool(r["back"]), **{n: r[n] for n in ("id", "number", "subject", "status")})
        for r in rows.mappings()
    ]


async def changes_since(db: AsyncConnection, ident: int, seen: int) -> list[Change]:
    """What others changed after the version that somebody looked at."""
    later = (ticket_history.c.ticket == ident, ticket_history.c.version > seen)
    return await _all(db, select(ticket_history).where(*later).order_by(ticket_history.c.id), Change)


async def of_call(db: AsyncConnection, call: str) -> list[Ticket]:
    mine = select(ticket_call.c.ticket).where(ticket_call.c.call == call)
    rows = await db.execute(select(ticket).where(ticket.c.id.in_(mine)).order_by(ticket.c.id))
    return [ticket_of(row) for row in rows.mappings()]


async def of_customer(db: AsyncConnection, ident: int, limit: int = 20) -> list[Ticket]:
    """Open ones first, the most urgent of them at the top; then those that are done, the latest first."""
    mine = select(customer.c.id).where(or_(customer.c.id == ident, customer.c.merged_into == ident))
    order = (ticket.c.is_open.desc(), ticket.c.next_due, ticket.c.changed.desc())
    rows = await db.execute(select(ticket).where(ticket.c.customer.in_(mine)).order_by(*order).limit(limit))
    return [ticket_of(row) for row in rows.mappings()]


async def owed_follow_ups(db: AsyncConnection, now: float, limit: int = 20) -> list[Ticket]:
    """Calls after a complaint that should have been made: they are shown before everything else."""
    late = (ticket.c.is_open, ticket.c.next_due <= now, ticket.c.follows.is_not(None), ticket.c.promised <= now)
    rows = await db.execute(select(ticket).where(*late).order_by(ticket.c.promised).limit(limit))
    return [ticket_of(row) for row in rows.mappings()]


async def counts(db: AsyncConnection, login: str, now: float) -> dict[str, int]:
    """For the tabs of the list: how many are mine, late, nobody's, and watched with news."""
    mine, open_ = ticket.c.owner == login, ticket.c.is_open
    news = select(func.count()).select_from(ticket_watcher.join(ticket, ticket.c.id == ticket_watcher.c.ticket))
    asked: dict[str, Select[Any]] = {
        "mine": select(func.count()).where(mine, open_),
        "late": select(func.count()).where(ticket.c.next_due <= now),
        "nobodys": select(func.count()).where(ticket.c.owner == "", open_),
        "news": news.where(ticket_watcher.c.login == login, ticket_watcher.c.seen < ticket.c.changed),
    }
    return {name: (await db.execute(query)).scalar_one() for name, query in asked.items()}


async def saw(db: AsyncConnection, ident: int, login: str, at: float) -> None:
    """Whoever watches a ticket has looked at it."""
    this = (ticket_watcher.c.ticket == ident, ticket_watcher.c.login == login)
    await db.execute(update(ticket_watcher).where(*this).values(seen=at))


async def people(db: AsyncConnection) -> list[Person]:
    """Everybody who may work on tickets, by name."""
    wanted = select(staff_user.c.login, staff_user.c.name, staff_user.c.role, staff_user.c.agent)
    rows = await db.execute(
        wanted.where(staff_user.c.disabled.is_(False), staff_user.c.role != "reviewer").order_by(staff_user.c.name)
    )
    return [Person(**row) for row in rows.mappings()]


async def names(db: AsyncConnection) -> dict[str, str]:
    """The name of every login, also of those who are gone."""
    rows = await db.execute(select(staff_user.c.login, staff_user.c.name))
    return {row.login: row.name for row in rows}


async def categories(db: AsyncConnection) -> list[Category]:
    """All, each behind the one that it belongs to."""
    found = await _all(db, select(ticket_category).order_by(ticket_category.c.name), Category)
    tops = [each for each in found if each.parent is None]
    return [each for top in tops for each in (top, *(below for below in found if below.parent == top.id))]


async def next_mark(db: AsyncConnection) -> float:
    """The next moment at which some ticket is to be marked; FAR for none."""
    return float((await db.execute(select(func.min(ticket.c.next_mark)))).scalar_one() or FAR)


async def _all(db: AsyncConnection, query: Select[Any], shape: type[T]) -> list[T]:
    rows = (await db.execute(query)).mappings()
    return [msgspec.convert({name: row[name] for name in shape.__struct_fields__}, shape) for row in rows]
