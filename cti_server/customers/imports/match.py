"""Whom a row means: the customer with its account number, or with one of its numbers. Also rows of the same file."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeAlias

from sqlalchemy import select
from sqlalchemy import text as sql_text
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.imports.rules import Draft
from cti_server.customers.tables import customer, customer_phone

Duplicates: TypeAlias = Literal["skip", "update", "create"]
DUPLICATES: tuple[Duplicates, ...] = ("skip", "update", "create")
Key: TypeAlias = tuple[str, str, str]
"""What two rows of one customer have in common: a number with its extension, or an account."""
_CHUNK = 500


def keys(draft: Draft) -> list[Key]:
    found: list[Key] = [("number", phone.number, phone.extension) for phone in draft.phones]
    if account := draft.values.get("account"):
        found.append(("account", account, ""))
    return found


async def known(connection: AsyncConnection, drafts: Iterable[Draft]) -> dict[Key, set[int]]:
    """The active customers that have any of the keys.

    While a table fills, PostgreSQL has no figures of it yet and would read all of it each time: it is told to use the
    index, for this transaction.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(sql_text("SET LOCAL enable_seqscan = off"))
    wanted = {key for draft in drafts for key in keys(draft)}
    found: dict[Key, set[int]] = {}
    for chunk in _chunks(sorted({number for kind, number, _ in wanted if kind == "number"})):
        c = customer_phone.c
        numbers = select(c.number, c.extension, c.customer).where(c.number.in_(chunk))
        for number, extension, ident in await connection.execute(numbers):
            if ("number", number, extension) in wanted:
                found.setdefault(("number", number, extension), set()).add(ident)
    for chunk in _chunks(sorted({account for kind, account, _ in wanted if kind == "account"})):
        accounts = select(customer.c.account, customer.c.id).where(customer.c.account.in_(chunk))
        for account, ident in await connection.execute(accounts):
            found.setdefault(("account", account, ""), set()).add(ident)
    active = await _active(connection, {ident for idents in found.values() for ident in idents})
    return {key: idents & active for key, idents in found.items() if idents & active}


async def _active(connection: AsyncConnection, idents: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for chunk in _chunks(sorted(idents)):
        query = select(customer.c.id).where(customer.c.id.in_(chunk))
        query = query.where(customer.c.merged_into.is_(None), customer.c.erased.is_(None))
        found |= set(await connection.scalars(query))
    return found


async def records(connection: AsyncConnection, idents: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The rows of these customers, kept from others' changes until the end of the transaction."""
    found: dict[int, dict[str, Any]] = {}
    for chunk in _chunks(sorted(set(idents))):
        query = select(customer).where(customer.c.id.in_(chunk)).order_by(customer.c.id).with_for_update()
        found |= {row["id"]: dict(row) for row in (await connection.execute(query)).mappings()}
    return found


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
