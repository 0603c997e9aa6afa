"""One person in all that is kept: the records that are theirs, the ways their numbers were written, their calls."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.numbers import Plan, arrivals
from cti_server.customers.tables import call_customer, customer, customer_email, customer_phone, timeline
from cti_server.journal.redact import calls_of
from cti_server.journal.tables import call


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """`ids`: of the record and those merged into it. `numbers`: theirs alone, as stored, given and dialled.

    `names`: as stored and as callers were shown. `calls`: theirs. `numbered`: these, and all others in which one of the
    numbers is, whoever it was that called.
    """

    ids: tuple[int, ...]
    numbers: tuple[str, ...]
    names: tuple[str, ...]
    accounts: tuple[str, ...]
    emails: tuple[str, ...]
    calls: tuple[str, ...]
    numbered: tuple[str, ...]


async def subject_of(connection: AsyncConnection, ident: int, plan: Plan) -> Subject:
    """Everything by which the data of a customer is found. A number that another customer has, too, is left to them."""
    c = customer.c
    merged = select(c.id).where((c.id == ident) | (c.merged_into == ident)).order_by(c.id)
    ids = list(await connection.scalars(merged))
    rows = (await connection.execute(select(c.name, c.account).where(c.id.in_(ids)))).all()
    emails = select(customer_email.c.address).where(customer_email.c.customer.in_(ids))
    numbers = await _numbers(connection, ids, plan)
    by_number = await calls_of(connection, numbers)
    linked = set(await connection.scalars(select(call_customer.c.call).where(call_customer.c.customer.in_(ids))))
    told = select(timeline.c.ref).where(timeline.c.customer.in_(ids), timeline.c.kind == "call")
    linked |= set(await connection.scalars(told)) - {""}
    others: set[str] = set()
    shown: set[str] = set()  # of a call to them the name is that of whoever rang them
    for chunk in _chunks(sorted(by_number | linked)):
        of_others = call_customer.c.call.in_(chunk) & call_customer.c.customer.not_in(ids)
        others |= set(await connection.scalars(select(call_customer.c.call).where(of_others)))
        theirs = call.c.id.in_(chunk) & (call.c.direction == "inbound")
        shown |= set(await connection.scalars(select(call.c.caller_name).where(theirs)))
    names = {*(row.name for row in rows), *(shown if not others else ())}
    return Subject(
        ids=tuple(ids),
        numbers=tuple(sorted(numbers)),
        names=tuple(sorted(names - {"", *numbers})),
        accounts=tuple(sorted({row.account for row in rows} - {""})),
        emails=tuple(await connection.scalars(emails.order_by(customer_email.c.address))),
        calls=tuple(sorted((linked | by_number) - others)),
        numbered=tuple(sorted(linked | by_number)),
    )


async def _numbers(connection: AsyncConnection, ids: Sequence[int], plan: Plan) -> set[str]:
    phone = customer_phone.c
    phones = (await connection.execute(select(phone.number, phone.raw).where(phone.customer.in_(ids)))).all()
    others = select(phone.number).where(phone.number.in_([p.number for p in phones]), phone.customer.not_in(ids))
    shared = set(await connection.scalars(others))
    own = {p.number for p in phones} - shared
    forms = {form.replace("P", "+", 1) for number in own for form in arrivals(number, plan)}
    return (own | forms | {p.raw for p in phones if p.number in own}) - {""}


def _chunks(values: Sequence[str], size: int = 500) -> list[Sequence[str]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
