"""What the agent sees of a customer during a call: the one, several to choose from, or the way to a new record."""

from typing import Literal

import msgspec
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.core.state import State
from cti_server.customers import queries, timeline
from cti_server.customers.filled import written
from cti_server.customers.match import match
from cti_server.customers.numbers import Plan
from cti_server.customers.records import Customer
from cti_server.customers.rules import Candidate
from cti_server.customers.tables import call_customer
from cti_server.customers.timeline import Line
from cti_server.journal.clean import text
from cti_server.journal.tables import call as call_table

_LINES = 5


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """`found`: what it shows. `number`: with which a new record would begin. `call`: the one that it is about."""

    found: Literal["one", "several", "none"]
    number: str = ""
    call: str = ""
    one: Customer | None = None
    phones: tuple[str, ...] = ()
    several: tuple[Candidate, ...] = ()
    lines: tuple[Line, ...] = ()


async def panel_of(
    engine: AsyncEngine, state: State, plan: Plan, *, number: str = "", call: str = "", customer: str = ""
) -> Panel:
    """By an id, by a call (whom it was told or written down for, else its number), or by a number."""
    async with engine.connect() as db:
        ident = _ident(customer)
        account = ""
        if call and not ident:
            live = state.calls.get(state.aliases.get(call, call))
            if live is not None:
                ident, account = _ident(live.data.get("customer", "")), live.data.get("account", "")
                number = number or (live.dnis if live.direction == "outbound" else live.ani)
            else:
                ident, number = await _written_down(db, call, number)
        if ident and (shown := await _panel(db, ident, plan)):
            return replace(shown, number=number, call=call)
        found = await match(db, plan, number=number, account=account)
        if len(found) == 1 and (shown := await _panel(db, found[0].id, plan)):
            return replace(shown, number=number, call=call)
    return Panel(found="several" if found else "none", number=number, call=call, several=tuple(found))


async def _panel(db: AsyncConnection, ident: int, plan: Plan) -> Panel | None:
    """None for a record that is no more. One that was merged is the one it became."""
    one = await queries.get(db, ident)
    if one is not None and one.merged_into is not None:
        one = await queries.get(db, one.merged_into)
    if one is None or not one.active:
        return None
    lines = tuple(await timeline.lines(db, one.id, limit=_LINES))
    phones = tuple(written(phone, plan) for phone in one.phones)
    return Panel(found="one", one=one, phones=phones, lines=lines)


async def _written_down(db: AsyncConnection, call: str, number: str) -> tuple[int, str]:
    c = call_customer.c
    ident = (await db.execute(select(c.customer).where(c.call == text(call)))).scalar_one_or_none()
    query = select(call_table.c.direction, call_table.c.ani, call_table.c.dnis).where(call_table.c.id == text(call))
    row = (await db.execute(query)).first()
    if row is not None and not number:
        number = row.dnis if row.direction == "outbound" else row.ani
    return ident or 0, number


def _ident(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
