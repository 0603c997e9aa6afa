"""A batch of drafts into the tables, in the caller's transaction: new customers, changed ones, and unclear ones."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import queries
from cti_server.customers.imports import bulk
from cti_server.customers.imports.match import Duplicates, Key, keys, known, records
from cti_server.customers.imports.rules import Bad, Draft, Reason
from cti_server.customers.initials import initials
from cti_server.customers.rules import Details
from cti_server.customers.tables import customer, customer_email, customer_phone, customer_tag, timeline
from cti_server.journal.clean import clean, text

_STATEMENT = 200
"""Rows of one statement: while a longer one is put together the loop would not get to its calls."""
_TOLD = 200

_BLANK = {
    f.name: getattr(Details(), f.name)
    for f in msgspec.structs.fields(Details)
    if f.name not in ("phones", "emails", "tags", "extra")
}


class Written(msgspec.Struct):
    created: int = 0
    updated: int = 0
    skipped: int = 0
    organisations: int = 0
    bad: list[Bad] = []


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Who imports, and what is done with rows of customers who are known. `ref`: the import's id, for the timeline."""

    duplicates: Duplicates
    at: float
    by: str
    ref: str


async def write(connection: AsyncConnection, drafts: Sequence[Draft], batch: Batch) -> Written:
    """All of them. Raises what the database raises; then nothing of the batch is written."""
    there = await known(connection, drafts)
    rows = await records(connection, {ident for idents in there.values() for ident in idents})
    sorted_ = sort(drafts, there, rows, batch.duplicates, {})
    written = sorted_.written
    companies, written.organisations = await _companies(connection, sorted_, batch)
    await _create(connection, sorted_.new, companies, batch)
    changed = await _update(connection, sorted_.known, rows, companies, batch)
    unchanged = len(sorted_.known) - changed
    written.skipped += unchanged
    written.updated -= unchanged
    return written


class Sorted(msgspec.Struct):
    """`new`: drafts to create; `known`: what is to change, by customer."""

    new: list[Draft] = []
    known: dict[int, Draft] = {}
    written: Written = msgspec.field(default_factory=Written)


def sort(
    drafts: Sequence[Draft],
    there: dict[Key, set[int]],
    rows: dict[int, dict[str, Any]],
    duplicates: Duplicates,
    seen: dict[Key, Draft],
) -> Sorted:
    """Whom each draft means. `seen`: drafts of this file that are not in the tables yet, which are added to. Pure."""
    found = Sorted()
    for draft in drafts:
        of_draft = keys(draft)
        idents = {ident for key in of_draft for ident in there.get(key, ())}
        first = next((seen[key] for key in of_draft if key in seen), None)
        if duplicates == "create" or not (idents or first):
            found.new.append(draft)
            found.written.created += 1
            seen |= {key: draft for key in of_draft if key not in seen}
        elif duplicates == "skip":
            found.written.skipped += 1
        elif first and not idents:
            _add(first, draft)
            found.written.updated += 1
            seen |= {key: first for key in of_draft}
        elif (ident := _one(idents, rows, draft)) is None:
            told = ", ".join(f"#{ident}" for ident in sorted(idents)[:5])
            found.written.bad.append(
                Bad(line=draft.line, cells=draft.cells, reasons=[Reason("several", "phone", told)])
            )
        else:
            _add(found.known.setdefault(ident, Draft(line=draft.line, cells=draft.cells, values={})), draft)
            found.written.updated += 1
    return found


def _one(idents: set[int], rows: dict[int, dict[str, Any]], draft: Draft) -> int | None:
    """Of several customers with a number the one of the same name."""
    if len(idents) == 1:
        return next(iter(idents))
    same = [ident for ident in idents if ident in rows and rows[ident]["name"] == draft.values["name"]]
    return same[0] if len(same) == 1 else None


def _add(to: Draft, more: Draft) -> None:
    """A later row says it better: what it says is taken, what it does not say stays."""
    to.values |= more.values
    to.extra |= more.extra
    to.company = more.company or to.company
    to.phones += [p for p in more.phones if (p.number, p.extension) not in {(q.number, q.extension) for q in to.phones}]
    to.emails += [address for address in more.emails if address not in to.emails]
    to.tags += [tag for tag in more.tags if tag not in to.tags]


async def _companies(connection: AsyncConnection, found: Sorted, batch: Batch) -> tuple[dict[str, int], int]:
    """The organisations that the rows name, made where there are none; and how many were made."""
    names = sorted({text(d.company) for d in (*found.new, *found.known.values()) if d.company})
    companies: dict[str, int] = {}
    active = (customer.c.merged_into.is_(None), customer.c.erased.is_(None), customer.c.kind == "organisation")
    for start in range(0, len(names), _STATEMENT):
        chunk = names[start : start + _STATEMENT]
        query = select(customer.c.name, customer.c.id).where(customer.c.name.in_(chunk), *active)
        companies |= {name: ident for name, ident in await connection.execute(query.order_by(customer.c.id.desc()))}
    missing = [
        Draft(line=0, cells=[], values={"name": name, "kind": "organisation", "initials": initials(name, False)})
        for name in names
        if name not in companies
    ]
    made = await _create(connection, missing, {}, batch)
    return companies | {draft.values["name"]: ident for draft, ident in zip(missing, made, strict=True)}, len(missing)


async def _create(
    connection: AsyncConnection, drafts: Sequence[Draft], companies: dict[str, int], batch: Batch
) -> list[int]:
    fresh = {"orders": 0, "spent": 0, "version": 1, "created": batch.at, "created_by": batch.by}
    fresh |= {"changed": batch.at, "changed_by": batch.by}
    rows = [
        _BLANK | fresh | d.values | {"organisation": companies.get(text(d.company)), "extra": _json(d.extra)}
        for d in drafts
    ]
    made = await bulk.add_with_ids(connection, customer, rows)
    await _add_lists(connection, list(zip(made, drafts, strict=True)), {}, {}, {})
    await bulk.add(connection, timeline, [_line(ident, batch, "imported", batch.ref, {}) for ident in made])
    return made


async def _update(
    connection: AsyncConnection,
    drafts: dict[int, Draft],
    rows: dict[int, dict[str, Any]],
    companies: dict[str, int],
    batch: Batch,
) -> int:
    """How many differ from what is there."""
    if not drafts:
        return 0
    phones = await queries.phones_of(connection, list(drafts))
    tags = await queries.tags_of(connection, list(drafts))
    emails: dict[int, list[str]] = {}
    c = customer_email.c
    for ident, address in await connection.execute(select(c.customer, c.address).where(c.customer.in_(drafts))):
        emails.setdefault(ident, []).append(address)

    changes: dict[int, dict[str, Any]] = {}
    lists: list[tuple[int, Draft]] = []
    for ident, draft in drafts.items():
        new = dict(clean(dict(draft.values)))
        if draft.company:
            new["organisation"] = companies[text(draft.company)]
        if draft.extra:
            new["extra"] = _json(json.loads(rows[ident]["extra"]) | draft.extra)
        new = {name: value for name, value in new.items() if rows[ident][name] != value}
        have = {(phone.number, phone.extension) for phone in phones.get(ident, ())}
        more = any((p.number, p.extension) not in have for p in draft.phones)
        more = more or not set(draft.emails) <= set(emails.get(ident, ()))
        if more or not set(draft.tags) <= set(tags.get(ident, ())):
            lists.append((ident, draft))
        elif not new:
            continue
        changes[ident] = new
    await _add_lists(connection, lists, phones, emails, tags)
    columns = sorted({name for new in changes.values() for name in new})
    statement = update(customer).where(customer.c.id == bindparam("this"))
    statement = statement.values(
        {name: bindparam(f"new_{name}") for name in columns}
        | {"version": customer.c.version + 1, "changed": batch.at, "changed_by": batch.by}
    )
    parameters = [
        {"this": ident} | {f"new_{name}": new.get(name, rows[ident][name]) for name in columns}
        for ident, new in changes.items()
    ]
    for start in range(0, len(parameters), _STATEMENT):
        await connection.execute(statement, parameters[start : start + _STATEMENT])
        await asyncio.sleep(0)
    lines = [
        _line(ident, batch, "changed", str(rows[ident]["version"] + 1), _history(rows[ident], new))
        for ident, new in changes.items()
    ]
    await bulk.add(connection, timeline, lines)
    return len(changes)


async def _add_lists(
    connection: AsyncConnection,
    drafts: Sequence[tuple[int, Draft]],
    phones: dict[int, list[Any]],
    emails: dict[int, list[str]],
    tags: dict[int, list[str]],
) -> None:
    """Numbers, addresses and tags that are not there yet, behind those that are."""
    numbers, addresses, words = [], [], []
    for ident, draft in drafts:
        have = {(phone.number, phone.extension) for phone in phones.get(ident, ())}
        fresh = [p for p in draft.phones if (p.number, p.extension) not in have]
        numbers += [
            {"customer": ident, "position": place} | msgspec.structs.asdict(phone)
            for place, phone in enumerate(fresh, len(have))
        ]
        kept = emails.get(ident, [])
        new = [address for address in draft.emails if address not in kept]
        addresses += [{"customer": ident, "address": a, "position": p} for p, a in enumerate(new, len(kept))]
        words += [{"customer": ident, "tag": tag} for tag in draft.tags if tag not in tags.get(ident, ())]
    await bulk.add(connection, customer_phone, numbers)
    await bulk.add(connection, customer_email, addresses)
    await bulk.add(connection, customer_tag, words)


def _line(ident: int, batch: Batch, what: str, ref: str, fields: dict[str, Any]) -> dict[str, Any]:
    data = {"fields": fields, "import": batch.ref} if fields else {}
    row = {"customer": ident, "at": batch.at, "kind": "change", "ref": ref, "what": what, "text": "", "by": batch.by}
    return row | {"data": json.dumps(data, ensure_ascii=False)}


def _history(before: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    hidden = ("initials", "extra")
    return {name: (_told(before[name]), _told(value)) for name, value in new.items() if name not in hidden}


def _told(value: Any) -> Any:
    return value[:_TOLD] if isinstance(value, str) else value


def _json(extra: dict[str, Any]) -> str:
    return text(json.dumps(extra, ensure_ascii=False))
