"""Customers who are perhaps the same: a number, an address of mail, or name and organisation in common."""

from typing import Any, Literal

import msgspec
from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.tables import customer, customer_email, customer_phone

Why = Literal["number", "email", "name"]
MOST = 100


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two ids, the older record first. `what`: what they have in common."""

    first: int
    second: int
    why: Why
    what: str
    first_name: str = ""
    second_name: str = ""


async def pairs(connection: AsyncConnection, limit: int = MOST) -> list[Pair]:
    """The likeliest first: number, then mail, then name; each two customers once. Reads through the tables."""
    found: dict[tuple[int, int], Pair] = {}
    queries: tuple[tuple[Why, Select[Any]], ...] = (("number", _numbers()), ("email", _emails()), ("name", _names()))
    for why, query in queries:
        for row in (await connection.execute(query.limit(limit))).all():
            first, second, what, one, other = row
            pair = Pair(first=first, second=second, why=why, what=what, first_name=one, second_name=other)
            found.setdefault((first, second), pair)
    return list(found.values())[:limit]


_A, _B = customer.alias("one"), customer.alias("other")
_BOTH = and_(
    _A.c.merged_into.is_(None),
    _B.c.merged_into.is_(None),
    _A.c.erased.is_(None),
    _B.c.erased.is_(None),
    _A.c.kind == _B.c.kind,
)


def _numbers() -> Select[Any]:
    a, b = customer_phone.alias(), customer_phone.alias()
    shared = select(customer_phone.c.number, customer_phone.c.extension)
    shared = shared.group_by(customer_phone.c.number, customer_phone.c.extension)
    several = shared.having(func.count() > 1).subquery()
    return (
        select(a.c.customer, b.c.customer, a.c.number, _A.c.name, _B.c.name)
        .select_from(several)
        .join(a, and_(a.c.number == several.c.number, a.c.extension == several.c.extension))
        .join(b, and_(b.c.number == a.c.number, b.c.extension == a.c.extension, b.c.customer > a.c.customer))
        .join(_A, _A.c.id == a.c.customer)
        .join(_B, _B.c.id == b.c.customer)
        .where(_BOTH)
        .order_by(a.c.customer, b.c.customer)
    )


def _emails() -> Select[Any]:
    a, b = customer_email.alias(), customer_email.alias()
    shared = select(customer_email.c.address).group_by(customer_email.c.address).having(func.count() > 1).subquery()
    return (
        select(a.c.customer, b.c.customer, a.c.address, _A.c.name, _B.c.name)
        .select_from(shared)
        .join(a, a.c.address == shared.c.address)
        .join(b, and_(b.c.address == a.c.address, b.c.customer > a.c.customer))
        .join(_A, _A.c.id == a.c.customer)
        .join(_B, _B.c.id == b.c.customer)
        .where(_BOTH)
        .order_by(a.c.customer, b.c.customer)
    )


def _names() -> Select[Any]:
    """One name and one organisation, or two organisations of one name. There are many 王芳."""
    alike = func.coalesce(_A.c.organisation, 0) == func.coalesce(_B.c.organisation, 0)
    known = (_A.c.organisation.is_not(None)) | (_A.c.kind == "organisation")
    return (
        select(_A.c.id, _B.c.id, _A.c.name, _A.c.name, _B.c.name)
        .join_from(_A, _B, and_(_B.c.name == _A.c.name, _B.c.id > _A.c.id))
        .where(_BOTH, alike, known)
        .order_by(_A.c.id, _B.c.id)
    )
