"""Calls on the timeline of the customer they were with: each once, whatever is done twice."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.core.records import parties
from cti_server.core.state import Call
from cti_server.customers import timeline
from cti_server.customers.match import match
from cti_server.customers.numbers import Plan
from cti_server.customers.tables import call_customer, customer
from cti_server.customers.tables import timeline as lines
from cti_server.db import insert_into
from cti_server.journal import tables as journal
from cti_server.journal.clean import text
from cti_server.journal.projections import outcome

Hook: TypeAlias = Callable[[AsyncConnection, Call, int], Awaitable[None]]
CALL_HOOKS: list[Hook] = []
"""`hook(connection, call, customer)`: it was written down with whom a call was, or somebody says who it was. For what
another context tells of the call on the timeline; it adds its hook when it is imported."""
_FAR = 2**31


def number_of(call: Call) -> str:
    """The number at the customer's end, as the PBX told it; empty for a call between colleagues."""
    if call.direction == "internal":
        return ""
    return call.dnis if call.direction == "outbound" else call.ani


def customer_in(call: Call) -> int:
    """Whose call it is by what travels with it; 0 while that is not known."""
    said = call.data.get("customer", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 11 and int(said) < _FAR else 0


async def write_call(db: AsyncConnection, call: Call, plan: Plan) -> int:
    """Write down with whom a call was that has ended, and a line for it; gives the customer, 0 for nobody.

    Whom it was told to be, else the one and only who has the number. A call that is written down already stays so.
    """
    if call.direction == "internal" or call.ended is None:
        return 0
    account = call.data.get("account", "")
    found = [one.id for one in await match(db, plan, number=number_of(call), account=account)]
    ident = await still(db, customer_in(call)) or (found[0] if len(found) == 1 else 0)
    if not ident:
        return 0
    how = "person" if found != [ident] else "account" if account else "number"
    row = {"call": text(call.id), "customer": ident, "how": how, "at": call.ended, "by": ""}
    fresh = insert_into(db, call_customer).values(row).on_conflict_do_nothing().returning(call_customer.c.call)
    if (await db.execute(fresh)).first() is not None:
        await _line(db, ident, call)
        for hook in CALL_HOOKS:
            await hook(db, call, ident)
    return ident


async def say_who(db: AsyncConnection, call: str, ident: int, *, at: float, by: str) -> bool:
    """A person says with whom a call was that has ended: its line moves there. False when there is no such call."""
    row = (await db.execute(select(journal.call.c.body).where(journal.call.c.id == text(call)))).first()
    ended = msgspec.json.decode(row.body, type=Call) if row is not None else None
    if ended is None or ended.ended is None or not await still(db, ident):
        return False
    values = {"customer": ident, "how": "person", "at": at, "by": by}
    written = insert_into(db, call_customer).values(call=ended.id, **values)
    await db.execute(written.on_conflict_do_update(index_elements=[call_customer.c.call], set_=values))
    await db.execute(delete(lines).where(lines.c.kind == "call", lines.c.ref == ended.id))
    await _line(db, ident, ended)
    for hook in CALL_HOOKS:
        await hook(db, ended, ident)
    return True


async def unwritten(db: AsyncConnection, after: float, limit: int) -> Sequence[Call]:
    """Calls that have ended, began after `after`, are with a known customer or of an outage, and are not written."""
    c = journal.call.c
    known = or_(c.recovered, c.body.contains('"customer":"'))
    query = (
        select(c.body)
        .outerjoin(call_customer, call_customer.c.call == c.id)
        .where(
            c.started > after, c.ended.is_not(None), c.direction != "internal", known, call_customer.c.call.is_(None)
        )
        .order_by(c.started)
        .limit(limit)
    )
    return [msgspec.json.decode(body, type=Call) for body in (await db.execute(query)).scalars()]


async def still(db: AsyncConnection, ident: int) -> int:
    """The customer of this id, or the one that it became part of; 0 for one that is no more."""
    seen: set[int] = set()
    while ident and ident not in seen:
        seen.add(ident)
        row = (
            await db.execute(select(customer.c.merged_into, customer.c.erased).where(customer.c.id == ident))
        ).first()
        if row is None or row.erased is not None:
            return 0
        if row.merged_into is None:
            return ident
        ident = row.merged_into
    return 0


async def _line(db: AsyncConnection, ident: int, call: Call) -> None:
    assert call.ended is not None
    talked = [leg for leg in call.legs if leg.role == "agent" and leg.agent and leg.answered is not None]
    agents = {leg.endpoint for leg in call.legs if leg.role == "agent"}
    await timeline.note(
        db,
        ident,
        at=call.started,
        kind="call",
        ref=text(call.id),
        what=outcome(call),
        direction=call.direction,
        number=text(number_of(call)),
        queue=call.entries[-1].queue if call.entries else "",
        agent=max(talked, key=lambda leg: leg.answered or 0.0).agent if talked else "",
        talk_s=round(sum(p.talk_s for p in parties(call, call.ended) if p.endpoint in agents), 1),
    )
    later = or_(customer.c.last_contact.is_(None), customer.c.last_contact < call.ended)
    await db.execute(update(customer).where(customer.c.id == ident, later).values(last_contact=call.ended))
