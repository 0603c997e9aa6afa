"""Making and changing a ticket, and what that brings with it: the clock, the customer's timeline, a complaint's call.

Nobody outside this folder writes a ticket by these: `changes` does, and lets the rules know.
"""

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from cti_server.customers.tables import customer
from cti_server.db import insert_into
from cti_server.tickets import rules, sla, ties
from cti_server.tickets.hand import Conflict, Hand, Row, as_text, checked, fitting, row_of
from cti_server.tickets.model import New
from cti_server.tickets.rules import MOST_TEXT, MOST_WORD, OPEN, STANDING, Refused
from cti_server.tickets.tables import ticket, ticket_category, ticket_comment, ticket_number, ticket_pause, ticket_step
from cti_server.tickets.winding import wind

EDITABLE = frozenset(
    "kind status priority escalation subject description customer phone email owner team category product serial"
    " queue resolution promised".split()
)
_CLOCKED = frozenset({"status", "priority", "kind", "queue", "promised", "first_at"})
_DONE = ("resolved", "closed", "cancelled")
_NOT_COLUMNS = ("call", "answered")
_TRIES = 20


async def create(hand: Hand, new: New) -> Row:
    """Make a ticket. Raises Refused for values that cannot be."""
    values = checked({name: getattr(new, name) for name in New.__struct_fields__ if name not in _NOT_COLUMNS})
    await _known(hand, values)
    row: Row = {column.name: None for column in ticket.columns if column.name != "id"} | values
    row |= {"number": await _next_number(hand), "status": "open" if values["owner"] else "new", "is_open": True}
    row |= {"escalation": 0, "resolution": "", "created": hand.at, "created_by": hand.by, "changed": hand.at}
    row |= {"phone_key": rules.phone_key(row["phone"]), "first_at": hand.at if new.answered else None, "version": 1}
    await wind(hand, row, ())
    row["id"] = (await hand.db.execute(insert(ticket).values(row).returning(ticket.c.id))).scalar_one()
    await hand.told(row, ("created", "", row["number"]))
    if new.call:
        await ties.link_call(hand, row["id"], new.call)
    await hand.line(row, "created")
    hand.did("created", row["id"])
    return row


async def set_fields(hand: Hand, ident: int, seen: int | None, given: Row) -> Row:
    """Set these columns. Raises Missing, Conflict, and Refused for what may not be."""
    before = await row_of(hand.db, ident)
    for _ in range(_TRIES):
        if seen is not None and before["version"] != seen:
            raise Conflict(ident, seen)
        after = before | given
        if after["owner"] and not before["owner"] and after["status"] == before["status"] == "new":
            after["status"] = "open"
        if any(after[name] != before[name] for name in ("category", "customer")):
            await _known(hand, after)
        rules.may_change(before, after, await steps_done(hand, ident))
        changed = [name for name in (*sorted(EDITABLE), "first_at") if after[name] != before[name]]
        if not changed:
            return before
        pause = _turn(before, after, hand.at)
        after |= {"changed": hand.at, "version": before["version"] + 1, "phone_key": rules.phone_key(after["phone"])}
        if _CLOCKED.intersection(changed):
            await wind(hand, after, (pause,) if pause else ())
        this = (ticket.c.id == ident, ticket.c.version == before["version"])
        values = {name: value for name, value in after.items() if value != before[name]}
        if (await hand.db.execute(update(ticket).where(*this).values(values))).rowcount:
            break
        before = await row_of(hand.db, ident)
    else:
        raise Conflict(ident, before["version"])
    if pause:
        await hand.db.execute(insert(ticket_pause).values(ticket=ident, start=pause[0], end=pause[1]))
    await hand.told(after, *((name, as_text(name, before), as_text(name, after)) for name in changed))
    hand.did("updated", ident)
    await _follow(hand, before, after)
    return after


async def comment(
    hand: Hand, ident: int, said: str, kind: rules.CommentKind, *, sender: str = "", source: str = "page"
) -> int:
    """Add to the conversation; gives the comment's id.

    The first answer stops its clock. What the customer says makes a ticket that waits, or is done, open again.
    """
    said = fitting(said, MOST_TEXT)
    if not said.strip():
        raise Refused("no_text")
    row = await row_of(hand.db, ident)
    values = {"ticket": ident, "at": hand.at, "by": hand.by, "sender": fitting(sender, MOST_WORD), "kind": kind}
    made = insert(ticket_comment).values(**values, text=said, source=source).returning(ticket_comment.c.id)
    number: int = (await hand.db.execute(made)).scalar_one()
    if kind == "out" and row["first_at"] is None:
        await set_fields(hand, ident, None, {"first_at": hand.at})
    elif kind == "in" and row["status"] not in ("new", "open"):
        await set_fields(hand, ident, None, {"status": "open"})
    else:
        await hand.touch(ident)
    words = {"out": "answered", "in": "wrote"}
    await hand.tell(row, words.get(kind, "commented"), comment=number)
    if kind != "inner":
        await hand.line(row, "answered" if kind == "out" else "wrote", by=sender)
        hand.did("answered" if kind == "out" else "replied", ident)
    return number


async def walk(hand: Hand, ident: int, step: str, said: str) -> None:
    """Take a step of a complaint: what was said or done. Raises Refused unless it is the next one."""
    said = fitting(said, MOST_TEXT).strip()
    if not said:
        raise Refused("no_text")
    row = await row_of(hand.db, ident)
    rules.may_step(row["kind"], await steps_done(hand, ident), step)
    await _step(hand, row, step, said)


async def steps_done(hand: Hand, ident: int) -> list[str]:
    return list(await hand.db.scalars(select(ticket_step.c.step).where(ticket_step.c.ticket == ident)))


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


async def _follow(hand: Hand, before: Row, after: Row) -> None:
    """The customer's timeline; the call after a complaint; and the complaint that such a call was for."""
    status = after["status"]
    if after["customer"] != before["customer"] and after["customer"] is not None:
        await hand.line(after, "linked")
    if status == before["status"]:
        return
    if status in _DONE:
        await hand.line(after, status)
    elif before["status"] in _DONE:
        await hand.line(after, "reopened")
    if after["kind"] == "complaint" and status == "closed":
        await _plan_follow_up(hand, after)
    if after["follows"] is not None:
        await _followed(hand, after)


async def _followed(hand: Hand, call: Row) -> None:
    """What a complaint learns of the call after it: made, not made and why, or to be made again."""
    complaint = await row_of(hand.db, call["follows"])
    if call["status"] == "cancelled":
        await hand.told(complaint, ("follow_up", call["number"], call["resolution"]))
    elif call["is_open"]:
        await _unmake_follow_up(hand, complaint["id"])
    elif "follow_up" not in await steps_done(hand, complaint["id"]):
        await _step(hand, complaint, "follow_up", call["resolution"])


async def _unmake_follow_up(hand: Hand, complaint: int) -> None:
    this = (ticket_step.c.ticket == complaint, ticket_step.c.step == "follow_up")
    await hand.db.execute(delete(ticket_step).where(*this))


async def _plan_follow_up(hand: Hand, complaint: Row) -> None:
    waiting = select(ticket.c.id).where(ticket.c.follows == complaint["id"], ticket.c.is_open)
    if (await hand.db.execute(waiting)).first() is not None:
        return
    await _unmake_follow_up(hand, complaint["id"])
    kept = {name: complaint[name] for name in ("customer", "phone", "email", "owner", "team", "product", "queue")}
    new = New(
        kind="callback",
        subject=complaint["subject"],
        description=complaint["resolution"],
        priority="high",
        channel="system",
        follows=complaint["id"],
        promised=sla.follow_up_by(hand.of(complaint["queue"]), hand.at),
        answered=True,
        **kept,
    )
    made = await create(hand, new)
    await ties.link(hand, made["id"], complaint["id"], "follow_up_of")


async def _step(hand: Hand, row: Row, step: str, said: str) -> None:
    await hand.db.execute(insert(ticket_step).values(ticket=row["id"], step=step, at=hand.at, by=hand.by, text=said))
    await hand.touch(row["id"])
    await hand.told(row, ("step", "", step))


async def _next_number(hand: Hand) -> str:
    year = datetime.fromtimestamp(hand.at, hand.of("").zone).year
    first = insert_into(hand.db, ticket_number).values(year=year, last=1)
    more = first.on_conflict_do_update(index_elements=[ticket_number.c.year], set_={"last": ticket_number.c.last + 1})
    return rules.number(year, (await hand.db.execute(more.returning(ticket_number.c.last))).scalar_one())


async def _known(hand: Hand, values: Row) -> None:
    """Raises Refused for a customer or a category that is not there. A category brings its team."""
    if values["customer"] is not None:
        found = await hand.db.execute(select(customer.c.id).where(customer.c.id == values["customer"]))
        if found.first() is None:
            raise Refused("no_customer")
    if values["category"] is not None:
        named = select(ticket_category.c.team).where(ticket_category.c.id == values["category"])
        row = (await hand.db.execute(named)).first()
        if row is None:
            raise Refused("no_category")
        values["team"] = values["team"] or row.team
