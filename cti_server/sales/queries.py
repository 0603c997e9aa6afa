"""What all reads and writes of sales have in common: who asks, what they may see, changes that overwrite nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Table,
    and_,
    exists,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.customers.numbers import Plan, read
from cti_server.customers.tables import call_customer, customer, customer_phone
from cti_server.journal.clean import clean
from cti_server.journal.tables import call, leg
from cti_server.sales.paper_tables import order_share, quote, sales_order
from cti_server.sales.rules import Refused
from cti_server.sales.tables import opportunity, opportunity_share
from cti_server.staff.tables import staff_user

Row = dict[str, Any]
MOST_FOUND = 20


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `who`: as owners are named; `login`: as whoever did something is named; `everything`: sees all."""

    who: str
    login: str
    everything: bool = False


def doer(me: Me) -> Me:
    """The same person, who is told what came of what they just did, even when a rule gave it to somebody else."""
    return msgspec.structs.replace(me, everything=True)


class Changed(Exception):
    """Somebody else saved the row first. `now`: the row as it is. Nothing was written."""

    def __init__(self, now: Row) -> None:
        super().__init__("changed by somebody else")
        self.now = now


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The call that something comes of, as far as there is one."""

    call: str = ""
    campaign: str = ""
    dnis: str = ""


def seen(me: Me, table: Table) -> ColumnElement[bool]:
    """Which rows with an `owner` a person may see: the own ones, nobody's, and those with a share."""
    if me.everything:
        return true()
    own = [table.c.owner.in_([me.who, ""])]
    if table is opportunity:
        own.append(table.c.id.in_(select(opportunity_share.c.opportunity).where(opportunity_share.c.who == me.who)))
    elif table is quote:
        mine = select(opportunity_share.c.opportunity).where(opportunity_share.c.who == me.who)
        own.append(table.c.opportunity.in_(mine))
    elif table is sales_order:
        own.append(table.c.id.in_(select(order_share.c.order).where(order_share.c.who == me.who)))
    return or_(*own)


def reached(me: Me, table: Table) -> ColumnElement[bool]:
    """Which rows a person may open one by one: those of `seen`, and what came of a call that this person has served.

    So whoever a call is transferred to goes on where the one before stopped.
    """
    if me.everything:
        return true()
    here = (leg.c.answered.is_not(None), leg.c.answered.is_(None) & leg.c.ended.is_(None))
    served = exists().where(leg.c.call == table.c.call, leg.c.agent == me.who, or_(*here))
    return or_(seen(me, table), and_(table.c.call != "", served))


async def one(connection: AsyncConnection, query: Select[Any]) -> Row | None:
    row = (await connection.execute(query)).mappings().first()
    return dict(row) if row else None


async def every(connection: AsyncConnection, query: Select[Any]) -> list[Row]:
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def add(connection: AsyncConnection, table: Table, **values: Any) -> int:
    """Insert a row; gives its id."""
    done = await connection.execute(insert(table).values(clean(values)))
    return int(done.inserted_primary_key[0])  # type: ignore[index]


async def change(
    connection: AsyncConnection, table: Table, ident: int, version: int, by: str, at: float, **values: Any
) -> None:
    """Change a row that is still as it was seen. Raises Changed when it is not, and LookupError when there is none."""
    values = clean(values) | {"version": version + 1, "changed": at, "changed_by": by}
    this = update(table).where(table.c.id == ident, table.c.version == version).values(values)
    if (await connection.execute(this)).rowcount == 0:
        now = await one(connection, select(table).where(table.c.id == ident))
        if now is None:
            raise LookupError(ident)
        raise Changed(now)


def limited(values: Mapping[str, str], **most: int) -> dict[str, str]:
    """The texts, stripped. Raises Refused for one that is longer than `most` of its name says."""
    found = {name: value.strip() for name, value in values.items()}
    for name, longest in most.items():
        if len(found.get(name, "")) > longest:
            raise Refused("too_long", most=longest, length=len(found[name]))
    return found


async def customer_of(connection: AsyncConnection, ident: int) -> Row | None:
    """The record that is used today: of a duplicate, the one it was merged into. None for one that was erased."""
    for _ in range(5):
        row = await one(connection, select(customer).where(customer.c.id == ident))
        if row is None or row["merged_into"] is None:
            return None if row is None or row["erased"] is not None else row
        ident = row["merged_into"]
    return None


async def find_customers(connection: AsyncConnection, words: str) -> list[Row]:
    """By part of the name, its initials, the account number or a telephone number."""
    numbers = select(customer_phone.c.customer).where(customer_phone.c.number.icontains(words, autoescape=True))
    found = or_(
        customer.c.name.icontains(words, autoescape=True),
        customer.c.initials.istartswith(words, autoescape=True),
        customer.c.account == words,
        customer.c.id.in_(numbers),
    )
    query = select(customer.c.id, customer.c.name, customer.c.city, customer.c.owner).where(found, _alive())
    return await every(connection, query.order_by(customer.c.name, customer.c.id).limit(MOST_FOUND))


def whole(value: str) -> int | None:
    """An id as it stands in an address; None when it is none."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _alive() -> ColumnElement[bool]:
    return customer.c.merged_into.is_(None) & customer.c.erased.is_(None)


async def call_of(connection: AsyncConnection, ident: str, plan: Plan) -> tuple[Origin, list[Row], Row] | None:
    """What is known of a call: where it came from, whose it may be (the surest first), and its row.

    `plan`: how numbers are read here.
    """
    row = await one(connection, select(call).where(call.c.id == ident))
    if row is None:
        return None
    origin = Origin(call=row["id"], campaign=row["campaign"], dnis=row["dnis"])
    named = await one(connection, select(call_customer.c.customer).where(call_customer.c.call == ident))
    if named and (known := await customer_of(connection, named["customer"])):
        return origin, [known], row
    number = row["dnis"] if row["direction"] == "outbound" else row["ani"]
    phones = select(customer_phone.c.customer).where(customer_phone.c.number == read(number, plan).number)
    query = select(customer).where(customer.c.id.in_(phones), _alive()).order_by(customer.c.changed.desc())
    return origin, await every(connection, query.limit(MOST_FOUND)), row


def calls_like(ident: str) -> CompoundSelect[Any]:
    """The ids under which a call was known: its own, and those of calls that became part of it."""
    return select(leg.c.id).where(leg.c.call == ident).union(select(literal(ident)))


async def people(engine: AsyncEngine, agents: Mapping[str, str]) -> dict[str, str]:
    """The names of all who may own something: agents, and those who sign in and have no phone."""
    query = select(staff_user.c.login, staff_user.c.name).where(staff_user.c.agent == "").order_by(staff_user.c.login)
    async with engine.connect() as connection:
        others = {row.login: row.name or row.login for row in await connection.execute(query)}
    return others | dict(agents)


def shared(rows: Iterable[Row]) -> dict[str, int]:
    return {row["who"]: row["percent"] for row in rows}
