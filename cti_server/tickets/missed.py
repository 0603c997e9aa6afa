"""Callers to whom nobody talked become callback tasks: each stay once, and one task for a number while it is open.

It is settled by what settles a suggestion of the follow-ups, too: a call with that number in either direction that a
person answered, and a person who dismissed the suggestion. Such a task is closed by the system and says why.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.core.state import Call
from cti_server.customers.calls import customer_in, number_of
from cti_server.customers.match import match
from cti_server.customers.numbers import Plan, read
from cti_server.journal.tables import call as call_table
from cti_server.journal.tables import queue_entry
from cti_server.tickets import ties, writes
from cti_server.tickets.asking import ask
from cti_server.tickets.hand import Hand, Tables
from cti_server.tickets.model import New
from cti_server.tickets.rules import phone_key
from cti_server.tickets.tables import ticket, ticket_missed

GAVE_UP = ("abandoned", "short_abandoned")
Say = Callable[..., str]
"""A text of the locales in the site's language: what the system writes into tickets."""
_LONGEST_CALL_S = 3600.0


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """`entry`: the stay in the queue, or the call when it was in none. `at`: when they gave up, epoch seconds."""

    entry: str
    call: str
    number: str
    name: str
    queue: str
    at: float
    customer: int = 0


class Talked(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody talked with this number at this moment."""

    call: str
    number: str
    at: float


def missed_in(call: Call) -> list[Missed]:
    """The stays of an ended call that were given up, or the call itself when phones rang and nobody answered. Pure."""
    if call.direction != "inbound" or call.answered is not None or call.ended is None or not phone_key(call.ani):
        return []
    common: dict[str, Any] = {"call": call.id, "number": call.ani, "customer": customer_in(call)}
    common["name"] = call.caller_name if call.caller_name != call.ani else ""
    lost = [entry for entry in call.entries if entry.outcome in GAVE_UP]
    if lost:
        last = lost[-1]
        return [Missed(entry=last.id, queue=last.queue, at=last.ended or call.ended, **common)]
    rang = any(leg.role == "agent" for leg in call.legs)
    return [Missed(entry=call.id, queue="", at=call.ended, **common)] if rang and not call.entries else []


def talked_in(call: Call) -> Talked | None:
    """With whom somebody talked in this call. Pure."""
    number = number_of(call)
    if call.answered is None or not phone_key(number):
        return None
    return Talked(call=call.id, number=number, at=call.answered)


async def take(hand: Hand, found: Missed, plan: Plan, say: Say) -> int | None:
    """Make it a task, or part of the one that is open for this number. None when it is one already."""
    known = select(ticket_missed.c.ticket).where(ticket_missed.c.entry == found.entry)
    key = phone_key(found.number)
    if not key or (await hand.db.execute(known)).first() is not None:
        return None
    waiting = select(ticket.c.id).where(_open(key)).order_by(ticket.c.id).limit(1)
    ident = (await hand.db.execute(waiting)).scalar_one_or_none()
    if ident is None:
        ident = await _create(hand, found, plan, say)
    else:
        await ties.link_call(hand, ident, found.call)
        await hand.touch(ident)
    await hand.db.execute(insert(ticket_missed).values(entry=found.entry, ticket=ident, at=found.at))
    await ask(hand)
    return int(ident)


async def settle(hand: Hand, found: Talked, say: Say) -> None:
    """Somebody talked with this number: tasks for calls that it gave up before then are done."""
    last = select(func.max(ticket_missed.c.at)).where(ticket_missed.c.ticket == ticket.c.id).scalar_subquery()
    done = select(ticket.c.id).where(_open(phone_key(found.number)), last <= found.at)
    for ident in list(await hand.db.scalars(done)):
        await ties.link_call(hand, ident, found.call)
        given = {"status": "closed", "resolution": say("tickets.missed_talked")}
        await writes.set_fields(hand, ident, None, given)
    await ask(hand)


async def dismissed(hand: Hand, entry: str, login: str, say: Say) -> None:
    """A person said that nobody need be called back for this stay."""
    wanted = select(ticket.c.id).join(ticket_missed, ticket_missed.c.ticket == ticket.c.id)
    query = wanted.where(ticket_missed.c.entry == entry, ticket.c.is_open, ticket.c.channel == "missed")
    ident = (await hand.db.execute(query)).scalar_one_or_none()
    if ident is not None:
        given = {"status": "cancelled", "resolution": say("tickets.missed_dismissed", name=login)}
        await writes.set_fields(hand, ident, None, given)
        await ask(hand)


def on_dismissed(engine: AsyncEngine, of: Tables, say: Say) -> Callable[[str, str, float], Awaitable[None]]:
    """For `followups`, which knows nothing of tickets: what to call with the stay, the login and the moment."""

    async def told(entry: str, login: str, at: float) -> None:
        async with engine.begin() as db:
            await dismissed(Hand(db, login, at, of), entry, login, say)

    return told


async def untaken(db: AsyncConnection, since: float, limit: int) -> list[Missed]:
    """Stays of the journal that were given up since then and are no task yet, the oldest first."""
    c, q = call_table.c, queue_entry.c
    query = (
        select(q.id.label("entry"), q.call, c.ani.label("number"), c.caller_name.label("name"), q.queue, q.ended)
        .join(call_table, c.id == q.call)
        .outerjoin(ticket_missed, ticket_missed.c.entry == q.id)
        .where(
            q.interval >= since - 1800,
            q.queued >= since,
            q.outcome.in_(GAVE_UP),
            c.direction == "inbound",
            c.answered.is_(None),
            c.ended.is_not(None),
            ticket_missed.c.entry.is_(None),
        )
        .order_by(q.queued, q.id)
        .limit(limit)
    )
    rows = (await db.execute(query)).mappings()
    names = ("entry", "call", "number", "name", "queue")
    found = [Missed(at=row["ended"], **{name: row[name] for name in names}) for row in rows]
    return [each for each in found if phone_key(each.number)]


async def talks_since(db: AsyncConnection, numbers: Iterable[tuple[str, float]]) -> list[Talked]:
    """For each (number, since): the first call after that moment in which somebody talked with it."""
    c, found = call_table.c, []
    for number, since in numbers:
        key = phone_key(number)
        ours = or_(
            and_(c.direction == "inbound", _bare(c.ani).endswith(key, autoescape=True)),
            and_(c.direction == "outbound", _bare(c.dnis).endswith(key, autoescape=True)),
        )
        query = select(c.id, c.answered).where(ours, c.answered >= since, c.started >= since - _LONGEST_CALL_S)
        row = (await db.execute(query.order_by(c.started).limit(1))).first()
        if row is not None:
            found.append(Talked(call=row.id, number=number, at=row.answered))
    return found


def _bare(number: ColumnElement[str]) -> ColumnElement[str]:
    """A number as it arrived, without the signs that people group its digits by."""
    for sign in " -.()/":
        number = func.replace(number, sign, "")
    return number


async def waiting(db: AsyncConnection, since: float) -> Sequence[tuple[str, float]]:
    """Number and last call of the tasks that are open and were made since then."""
    last = func.max(ticket_missed.c.at)
    query = select(ticket.c.phone, last).join(ticket_missed, ticket_missed.c.ticket == ticket.c.id)
    open_ones = query.where(ticket.c.is_open, ticket.c.channel == "missed", ticket.c.created >= since)
    return [(row[0], row[1]) for row in await db.execute(open_ones.group_by(ticket.c.id, ticket.c.phone))]


async def _create(hand: Hand, found: Missed, plan: Plan, say: Say) -> int:
    number = read(found.number, plan).number
    customer = found.customer
    if not customer:
        candidates = await match(hand.db, plan, number=found.number)
        customer = candidates[0].id if len(candidates) == 1 else 0
    new = New(
        kind="callback",
        subject=say("tickets.missed_subject", number=found.name or number)[:200],
        customer=customer or None,
        phone=number,
        queue=found.queue,
        channel="missed",
        call=found.call,
    )
    return int((await writes.create(hand, new))["id"])


def _open(key: str) -> Any:
    return and_(ticket.c.phone_key == key, ticket.c.is_open, ticket.c.channel == "missed")
