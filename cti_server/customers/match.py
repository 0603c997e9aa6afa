"""Who is it: by an account number, by a telephone number. Who was merged into another or erased is never found."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.numbers import Plan, read
from cti_server.customers.rules import Candidate, likely
from cti_server.customers.tables import customer, customer_phone, timeline
from cti_server.journal.clean import text

MOST = 20
"""Of one number that stands in more records, those in contact last."""

ACTIVE: ColumnElement[bool] = and_(customer.c.merged_into.is_(None), customer.c.erased.is_(None))
_LEAST_DIGITS = 2


async def by_number(connection: AsyncConnection, number: str, plan: Plan) -> list[Candidate]:
    """All who have this number, the most likely first. A number with fewer than two digits is nobody's."""
    said = read(text(number), plan)
    if sum(c.isdigit() for c in said.number) < _LEAST_DIGITS:
        return []
    phone = customer_phone.c
    exact = {}
    if said.extension:
        query = select(phone.customer).where(phone.number == said.number, phone.extension == said.extension)
        exact = dict.fromkeys((await connection.execute(query.limit(MOST))).scalars(), True)
    owners = select(phone.customer).where(phone.number == said.number)
    return likely(await _found(connection, customer.c.id.in_(owners), exact))


async def by_account(connection: AsyncConnection, account: str) -> list[Candidate]:
    """All who have this account number; spaces and hyphens in it do not matter."""
    bare = text(account).translate(str.maketrans("", "", " -"))
    if not bare:
        return []
    return likely(await _found(connection, customer.c.account.in_(sorted({bare, account.strip()}))))


async def by_id(connection: AsyncConnection, ident: int) -> list[Candidate]:
    """The active customer of this id, if there is one."""
    return await _found(connection, customer.c.id == ident)


async def match(connection: AsyncConnection, plan: Plan, *, number: str = "", account: str = "") -> Sequence[Candidate]:
    """By the account that was typed, if it is anybody's, else by the number."""
    found = await by_account(connection, account) if account else []
    return found or (await by_number(connection, number, plan) if number else [])


async def _found(
    connection: AsyncConnection, which: ColumnElement[bool], exact: dict[int, bool] | None = None
) -> list[Candidate]:
    ticket = exists().where(timeline.c.customer == customer.c.id, timeline.c.kind == "ticket")
    shared = [n for n in Candidate.__struct_fields__ if n in customer.c]
    latest = (customer.c.last_contact.desc().nulls_last(), customer.c.id)
    query = (
        select(*(customer.c[n] for n in shared), ticket.label("tickets"))
        .where(which, ACTIVE)
        .order_by(*latest)
        .limit(MOST)
    )
    rows = (await connection.execute(query)).mappings()
    return [
        Candidate(**{n: row[n] for n in shared}, tickets=bool(row["tickets"]), exact=row["id"] in (exact or {}))
        for row in rows
    ]
