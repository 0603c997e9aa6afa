"""One row of a file as a draft of a customer, or why it cannot be one. Pure.

An empty cell says nothing: on an update what is there stays. A row is taken whole or comes back whole.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
from msgspec import Meta

from cti_server.customers import numbers
from cti_server.customers.imports import cells
from cti_server.customers.imports.columns import EXTRA, PHONES
from cti_server.customers.initials import initials
from cti_server.customers.numbers import Plan
from cti_server.customers.rules import Details, Field, typed, wrong

_MOST_UNKNOWN = 20
MOST_QUOTED = 60
"""Characters of a cell that a reason repeats."""


class Reason(msgspec.Struct, frozen=True):
    """`word`: of `import_reason` in the locales; `field`: what it is about; `value`: what stood there."""

    word: str
    field: str = ""
    value: str = ""


class Phone(msgspec.Struct, frozen=True):
    number: str
    extension: str
    raw: str
    kind: str


class Draft(msgspec.Struct, kw_only=True):
    """What a row says of a customer. `values`: columns of `customer`; `company`: to which a person belongs, by name."""

    line: int
    cells: list[str]
    values: dict[str, Any]
    phones: list[Phone] = []
    emails: list[str] = []
    tags: list[str] = []
    extra: dict[str, Any] = {}
    company: str = ""


class Bad(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    cells: list[str]
    reasons: list[Reason]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How rows are read. `mapping`: a field for each column; `owners`: an agent's id by its id and by its name, both in
    small letters. `keep_unknown`: numbers that no plan knows are taken as they are."""

    mapping: list[str]
    plan: Plan
    owners: dict[str, str] = {}
    fields: list[Field] = []
    keep_unknown: bool = False


def longest(field: str) -> int:
    """How many characters a field takes; the limits are those of `customers.rules.Details`."""
    return _LONGEST.get(field, 1000)


def read_row(line: int, row: Sequence[str], reading: Reading) -> Draft | Bad | None:
    """None for an empty row. `line`: as people count, the headings being the first."""
    if not any(row):
        return None
    draft, reasons = Draft(line=line, cells=list(row), values={}), []
    for field, cell in zip(reading.mapping, row, strict=False):
        if field and cell:
            reasons += _take(draft, field, cell, reading)
    _name(draft)
    if not draft.values.get("name"):
        reasons.append(Reason("name_missing", "name"))
    elif draft.phones and not reasons:
        _once(draft)
    return Bad(line=line, cells=draft.cells, reasons=reasons) if reasons else draft


def _take(draft: Draft, field: str, cell: str, reading: Reading) -> list[Reason]:
    if len(cell) > longest(field):
        return [Reason("too_long", field, f"{len(cell):,} / {longest(field):,}")]
    if field in PHONES:
        return _phones(draft, field, cell, reading)
    if field.startswith(EXTRA):
        return _extra(draft, field.removeprefix(EXTRA), cell, reading.fields)
    if field == "email":
        for part in cells.many(cell):
            if (address := cells.email(part)) is None:
                return [Reason("email", field, part[:MOST_QUOTED])]
            if address not in draft.emails:
                draft.emails.append(address)
        return []
    if field == "tags":
        draft.tags += [tag for tag in cells.many(cell) if tag not in draft.tags]
        return [Reason("too_long", field, tag[:MOST_QUOTED]) for tag in draft.tags if len(tag) > 50]
    if field == "notes":
        draft.values["notes"] = "\n".join(filter(None, (draft.values.get("notes"), cell)))
        return []
    if field == "organisation":
        draft.company = " ".join(cell.split())
        return []
    if field == "owner":
        value: Any = reading.owners.get(cell.lower())
    else:
        value = _READ.get(field, _text)(cell)
    if value is None:
        return [Reason(field if field in _READ or field == "owner" else "unreadable", field, cell[:MOST_QUOTED])]
    draft.values[field] = value
    return []


def _phones(draft: Draft, field: str, cell: str, reading: Reading) -> list[Reason]:
    whole = numbers.read(cell, reading.plan)
    parts = [cell] if whole.known else cells.numbers(cell)
    for part in parts:
        read = numbers.read(part, reading.plan)
        digits = read.number.isascii() and read.number.isdigit()
        inside = digits and len(read.number) <= numbers.INTERNAL_DIGITS
        if not (read.known or inside or (reading.keep_unknown and digits and len(read.number) <= _MOST_UNKNOWN)):
            return [Reason("number_unknown" if digits else "number", field, part[:MOST_QUOTED])]
        kind = PHONES[field] or ("mobile" if read.known and numbers.is_mobile(read.number) else "work")
        draft.phones.append(Phone(read.number, read.extension, part[: numbers.MOST], kind))
    return []


def _extra(draft: Draft, key: str, cell: str, fields: Sequence[Field]) -> list[Reason]:
    known = next((field for field in fields if field.id == key), None)
    value = typed(cells.day(cell) or cell, known) if known and known.type == "date" else known and typed(cell, known)
    if known is None or wrong({"extra": {key: value}}, [known]):
        return [Reason("unreadable", EXTRA + key, cell[:MOST_QUOTED])]
    draft.extra[key] = value
    return []


def _name(draft: Draft) -> None:
    """A row with a company and nobody in it is that company; one with a number only is called by it."""
    values = draft.values
    if values.get("kind") == "organisation" or (draft.company and not values.get("name")):
        values["kind"], values["name"] = "organisation", values.get("name") or draft.company
        draft.company = ""
    if not values.get("name") and draft.phones:
        values["name"] = draft.phones[0].raw
    if values.get("name"):
        values["initials"] = initials(values["name"], values.get("kind") != "organisation")


def _once(draft: Draft) -> None:
    kept = {(phone.number, phone.extension): phone for phone in reversed(draft.phones)}
    draft.phones = [
        phone for phone in dict.fromkeys(draft.phones) if kept.get((phone.number, phone.extension)) is phone
    ]


def _text(cell: str) -> str | None:
    """One line; an invisible cell is nothing."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "" for c in cell).split()) or None


def _account(cell: str) -> str | None:
    return None if wrong({"account": cell}) else cell


def _since(cell: str) -> float | None:
    """Noon of the day, UTC: the same day in most of the world's zones."""
    day = cells.day(cell)
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC).timestamp() if day else None


_READ: Mapping[str, Callable[[str], Any]] = {
    "kind": cells.kind,
    "gender": cells.gender,
    "birthday": cells.birthday,
    "language": cells.language,
    "country": cells.country,
    "do_not_call": cells.yes_no,
    "blocked": cells.yes_no,
    "account": _account,
    "since": _since,
}


def _limits() -> dict[str, int]:
    found = {
        "birthday": 40,
        "organisation": 200,
        "email": 2000,
        "tags": 2000,
        "country": 100,
        "language": 40,
        "since": 40,
    }
    for field in msgspec.structs.fields(Details):
        limits = [meta.max_length for meta in get_args(field.type) if isinstance(meta, Meta) and meta.max_length]
        if limits and field.name not in found and field.name not in ("emails", "tags", "phones"):
            found[field.name] = limits[0]
    return found


_LONGEST = _limits()
