"""Reads and writes of one customer. Whoever changes a record names the version that was seen."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import timeline
from cti_server.customers.fields import all_fields
from cti_server.customers.initials import initials
from cti_server.customers.numbers import Plan, is_mobile, read
from cti_server.customers.records import Conflict, Consent, Customer, Invalid, Phone
from cti_server.customers.rules import Details, PhoneGiven, changed, tidy, wrong
from cti_server.customers.tables import (
    customer,
    customer_consent,
    customer_email,
    customer_phone,
    customer_tag,
)
from cti_server.journal.clean import clean, text
from cti_server.settings import Settings

_OWN = tuple(f.name for f in msgspec.structs.fields(Details) if f.name not in ("phones", "emails", "tags", "extra"))
_TOLD = 200
"""Characters of a value that the timeline keeps of a change."""


def plan_of(settings: Settings) -> Plan:
    """How numbers are read at this site."""
    return Plan(settings.site.country, settings.site.area_code)


async def create(
    connection: AsyncConnection, details: Mapping[str, Any], plan: Plan, *, at: float, by: str, what: str = "created"
) -> int:
    """A new customer of values of `Details`; its id. `what`: the word of its first line of history.

    Raises `Invalid`.
    """
    values = msgspec.structs.asdict(Details()) | await _checked(connection, {"name": ""} | dict(details))
    row = {name: values[name] for name in _OWN}
    row |= {"initials": initials(values["name"], values["kind"] == "person"), "extra": _json(values["extra"])}
    row |= {"orders": 0, "spent": 0, "version": 1, "created": at, "created_by": by, "changed": at, "changed_by": by}
    made = await connection.execute(insert(customer).values(clean(row)).returning(customer.c.id))
    ident: int = made.scalar_one()
    await _write_lists(connection, ident, values, plan)
    await timeline.note(connection, ident, at=at, kind="change", ref="1", what=what, by=by)
    return ident


async def get(connection: AsyncConnection, ident: int) -> Customer | None:
    """The record, also one that was merged or erased."""
    row = (await connection.execute(select(customer).where(customer.c.id == ident))).mappings().first()
    if row is None:
        return None
    values = {name: row[name] for name in Customer.__struct_fields__ if name in row}
    name = ""
    if row["organisation"] is not None:
        of = select(customer.c.name).where(customer.c.id == row["organisation"])
        name = (await connection.execute(of)).scalar_one_or_none() or ""
    emails = select(customer_email.c.address).where(customer_email.c.customer == ident)
    tags = select(customer_tag.c.tag).where(customer_tag.c.customer == ident)
    return Customer(
        **values
        | {
            "organisation_name": name,
            "extra": json.loads(row["extra"]),
            "phones": (await phones_of(connection, [ident])).get(ident, []),
            "emails": list((await connection.execute(emails.order_by(customer_email.c.position))).scalars()),
            "tags": sorted((await connection.execute(tags)).scalars()),
            "consents": await consents(connection, ident),
        }
    )


async def update_one(
    connection: AsyncConnection,
    ident: int,
    version: int,
    changes: Mapping[str, Any],
    plan: Plan,
    *,
    at: float,
    by: str,
) -> Customer | None:
    """Change what `changes` names (values of `Details`); gives the record as it is then.

    None when there is no active customer of this id. Raises `Conflict` when `version` is not the last one, and
    `Invalid`. What is the same as before is no change, and no new version.
    """
    before = await get(connection, ident)
    if before is None or not before.active:
        return None
    if before.version != version:
        raise Conflict(before)
    given = await _checked(connection, changes, ident)
    if "extra" in given:
        given["extra"] = {key: value for key, value in (before.extra | given["extra"]).items() if value is not None}
    if "phones" in given:
        as_given = {(phone.number, phone.extension): phone.raw for phone in before.phones}
        given["phones"] = [
            msgspec.structs.replace(phone, raw=as_given.get((phone.number, phone.extension), phone.raw))
            for phone in _different(given["phones"], plan)
        ]
    if "tags" in given:
        given["tags"] = sorted(given["tags"])
    new = {name: now for name, (_, now) in changed(_values(before), given).items()}
    if not new:
        return before
    row = {name: new[name] for name in _OWN if name in new} | {"changed": at, "changed_by": by, "version": version + 1}
    if "name" in new or "kind" in new:
        row["initials"] = initials(given.get("name", before.name), given.get("kind", before.kind) == "person")
    if "extra" in new:
        row["extra"] = _json(new["extra"])
    this = update(customer).where(customer.c.id == ident, customer.c.version == version)
    if (await connection.execute(this.values(clean(row)))).rowcount == 0:
        now = await get(connection, ident)
        assert now is not None
        raise Conflict(now)
    await _write_lists(connection, ident, new, plan)
    fields = _history(_values(before), new)
    ref = str(version + 1)
    await timeline.note(connection, ident, at=at, kind="change", ref=ref, what="changed", by=by, fields=fields)
    return await get(connection, ident)


async def add_note(connection: AsyncConnection, ident: int, said: str, *, at: float, by: str) -> None:
    await timeline.note(connection, ident, at=at, kind="note", ref="", what="note", said=said, by=by)


async def say_consent(
    connection: AsyncConnection, ident: int, purpose: str, given: bool, *, at: float, by: str, source: str
) -> None:
    """One more line of what the customer agreed to or took back; earlier ones stay."""
    row = {"customer": ident, "purpose": purpose, "given": given, "at": at, "by": by, "source": text(source)}
    await connection.execute(insert(customer_consent).values(row))
    what = "consent_given" if given else "consent_refused"
    await timeline.note(connection, ident, at=at, kind="change", ref=purpose, what=what, said=source, by=by)


async def consents(connection: AsyncConnection, ident: int) -> list[Consent]:
    """The last word on each purpose."""
    rows = await connection.execute(
        select(customer_consent)
        .where(customer_consent.c.customer == ident)
        .order_by(customer_consent.c.at, customer_consent.c.id)
    )
    last = {row["purpose"]: Consent(**{n: row[n] for n in Consent.__struct_fields__}) for row in rows.mappings()}
    return [last[purpose] for purpose in sorted(last)]


async def phones_of(connection: AsyncConnection, idents: Sequence[int]) -> dict[int, list[Phone]]:
    """The numbers of several customers, in the order in which people put them."""
    c = customer_phone.c
    query = select(c.customer, c.number, c.extension, c.kind, c.raw).where(c.customer.in_(idents))
    found: dict[int, list[Phone]] = {}
    for row in (await connection.execute(query.order_by(c.customer, c.position, c.id))).mappings():
        found.setdefault(row["customer"], []).append(Phone(**{n: row[n] for n in Phone.__struct_fields__}))
    return found


async def tags_of(connection: AsyncConnection, idents: Sequence[int]) -> dict[int, list[str]]:
    query = select(customer_tag.c.customer, customer_tag.c.tag).where(customer_tag.c.customer.in_(idents))
    found: dict[int, list[str]] = {}
    for ident, tag in (await connection.execute(query.order_by(customer_tag.c.tag))).all():
        found.setdefault(ident, []).append(tag)
    return found


async def all_tags(connection: AsyncConnection, most: int = 500) -> list[str]:
    return list((await connection.execute(select(customer_tag.c.tag).distinct().order_by("tag").limit(most))).scalars())


async def _write_lists(connection: AsyncConnection, ident: int, values: Mapping[str, Any], plan: Plan) -> None:
    """Numbers, addresses and tags, those of them that are given, in place of what there is."""
    rows: dict[Any, list[dict[str, Any]]] = {}
    if "phones" in values:
        phones = [_phone(p, plan) if isinstance(p, PhoneGiven) else p for p in _different(values["phones"], plan)]
        rows[customer_phone] = [msgspec.structs.asdict(p) | {"position": n} for n, p in enumerate(phones)]
    if "emails" in values:
        rows[customer_email] = [{"address": address, "position": n} for n, address in enumerate(values["emails"])]
    if "tags" in values:
        rows[customer_tag] = [{"tag": tag} for tag in values["tags"]]
    for table, lines in rows.items():
        await connection.execute(delete(table).where(table.c.customer == ident))
        if lines:
            await connection.execute(insert(table), [clean({"customer": ident} | line) for line in lines])


def _phone(given: PhoneGiven | Phone, plan: Plan) -> Phone:
    if isinstance(given, Phone):
        return given
    number = read(text(given.number), plan)
    kind = given.kind or ("mobile" if is_mobile(number.number) else "work")
    return Phone(number=number.number, extension=number.extension, kind=kind, raw=number.raw)


def _different(phones: Sequence[PhoneGiven | Phone], plan: Plan) -> list[Phone]:
    """Each number with its extension once, as it was first given."""
    found: dict[tuple[str, str], Phone] = {}
    for phone in phones:
        made = _phone(phone, plan)
        found.setdefault((made.number, made.extension), made)
    return list(found.values())


def _values(one: Customer) -> dict[str, Any]:
    return {f.name: getattr(one, f.name) for f in msgspec.structs.fields(Details)}


def _json(extra: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in extra.items() if value is not None}, ensure_ascii=False)


async def _checked(connection: AsyncConnection, given: Mapping[str, Any], ident: int = 0) -> dict[str, Any]:
    """The values, tidy. Raises `Invalid`."""
    fields = await all_fields(connection) if given.get("extra") else []
    values = tidy({name: _storable(value) for name, value in given.items()}, fields)
    found = wrong(values, fields)
    if (organisation := values.get("organisation")) is not None:
        c = customer.c
        query = select(c.id).where(c.id == organisation, c.kind == "organisation", c.merged_into.is_(None))
        if organisation == ident or (await connection.execute(query)).first() is None:
            found["organisation"] = "organisation"
    if found:
        raise Invalid(found)
    return values


def _storable(value: Any) -> Any:
    """Texts without what no column takes, so that what is equal afterwards is found to be equal before."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {text(key): _storable(each) for key, each in value.items()}
    return value


def _history(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What the timeline keeps of a change: each field with the value before and after, long ones cut."""
    told = {name: (_told(before[name]), _told(value)) for name, value in after.items() if name != "extra"}
    if "extra" in after:
        old, new = before["extra"], after["extra"]
        differs = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        told |= {f"extra.{key}": (_told(old.get(key)), _told(new.get(key))) for key in differs}
    return told


def _told(value: Any) -> Any:
    if isinstance(value, str):
        return text(value[:_TOLD])
    if isinstance(value, list):
        return [phone.number if isinstance(phone, Phone) else text(str(phone)) for phone in value]
    return value
