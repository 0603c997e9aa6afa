"""The demo's customers into the tables, many at once, with the checks and the readings of `customers.queries`."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.fields import save_field
from cti_server.customers.imports import bulk
from cti_server.customers.initials import initials
from cti_server.customers.numbers import Plan, read
from cti_server.customers.rules import Details, tidy, wrong
from cti_server.customers.tables import (
    customer,
    customer_consent,
    customer_email,
    customer_phone,
    customer_tag,
    timeline,
)
from cti_server.demo.business.people import FIELDS, Person

BY = "demo"
_LISTS = ("phones", "emails", "tags")
_Rows = list[dict[str, Any]]


async def write_people(connection: AsyncConnection, people: Sequence[Person], plan: Plan) -> list[int]:
    """The ids, in their order. Raises ValueError for one that the checks of a form would refuse."""
    for field in FIELDS:
        await save_field(connection, field)
    firms = [person for person in people if person.firm]
    if list(people[: len(firms)]) != firms:
        raise ValueError("organisations come first")
    idents = await bulk.add_with_ids(connection, customer, [_row(person, None) for person in firms])
    others = people[len(firms) :]
    rows = [_row(person, None if person.works_for is None else idents[person.works_for]) for person in others]
    idents += await bulk.add_with_ids(connection, customer, rows)
    phones: _Rows = []
    emails: _Rows = []
    tags: _Rows = []
    consents: _Rows = []
    lines: _Rows = []
    for ident, person in zip(idents, people, strict=True):
        phones += _phones(ident, person, plan)
        emails += [
            {"customer": ident, "address": mail, "position": n} for n, mail in enumerate(person.details["emails"])
        ]
        tags += [{"customer": ident, "tag": tag} for tag in person.details["tags"]]
        lines.append(line(ident, person.created, "change", "1", "created", BY))
        for purpose, given, at, source in person.consents:
            common = {"customer": ident, "purpose": purpose, "given": given}
            consents.append(common | {"at": at, "by": BY, "source": source})
            what = "consent_given" if given else "consent_refused"
            lines.append(line(ident, at, "change", purpose, what, BY, source))
        lines += [line(ident, at, "note", "", "note", BY, said) for at, said in person.notes]
    tables = (customer_phone, phones), (customer_email, emails), (customer_tag, tags), (customer_consent, consents)
    for table, new in (*tables, (timeline, lines)):
        await bulk.add(connection, table, new)
    return idents


def line(ident: int, at: float, kind: str, ref: str, what: str, by: str, said: str = "", **data: Any) -> dict[str, Any]:
    """One line of a customer's timeline, as `timeline.note` writes it."""
    about = {"customer": ident, "at": at, "kind": kind, "ref": ref, "what": what, "text": said, "by": by}
    return about | {"data": json.dumps(data, ensure_ascii=False)}


def _row(person: Person, organisation: int | None) -> dict[str, Any]:
    given = msgspec.convert(person.details | {"organisation": organisation}, Details)
    values = tidy(msgspec.structs.asdict(given), FIELDS)
    if found := wrong(values, FIELDS):
        raise ValueError(f"{given.name}: {found}")
    row = {name: value for name, value in values.items() if name not in _LISTS}
    row |= {"initials": initials(given.name, given.kind == "person")}
    row |= {"extra": json.dumps(values["extra"], ensure_ascii=False), "orders": 0, "spent": 0, "version": 1}
    return row | {"created": person.created, "created_by": BY, "changed": person.created, "changed_by": BY}


def _phones(ident: int, person: Person, plan: Plan) -> _Rows:
    found = []
    for position, given in enumerate(person.details["phones"]):
        number = read(given["number"], plan)
        about = {"number": number.number, "extension": number.extension, "raw": number.raw, "kind": given["kind"]}
        found.append({"customer": ident, "position": position} | about)
    return found
