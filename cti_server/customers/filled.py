"""A form about a customer: filled in from a record or by what was sent; and what it says, as `Details`. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cti_server.customers.numbers import Plan, shown
from cti_server.customers.records import Customer, Phone
from cti_server.customers.rules import Details, Field, is_day

_PLAIN = (
    *("kind", "name", "title", "gender", "birthday", "language", "country", "region", "city", "street", "postcode"),
    *("stage", "owner", "account", "terms", "notes"),
)
_YES_NO = ("do_not_call", "blocked")
_BLANK_ROWS = 1


class Filled(msgspec.Struct, kw_only=True):
    """Every field as text, as the browser shows it. `organisation`: its name. `since`: YYYY-MM-DD, the site's day."""

    values: dict[str, str] = {}
    phones: list[tuple[str, str]] = []
    emails: list[str] = []
    extra: dict[str, str] = {}

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def phone_rows(self) -> list[tuple[str, str]]:
        """With an empty one to write into."""
        return [*self.phones, *[("", "")] * _BLANK_ROWS]

    @property
    def email_rows(self) -> list[str]:
        return [*self.emails, *[""] * _BLANK_ROWS]


def from_record(one: Customer, plan: Plan, zone: ZoneInfo) -> Filled:
    values = {name: str(getattr(one, name)) for name in _PLAIN}
    values |= {"tier": str(one.tier), "organisation": one.organisation_name, "tags": ", ".join(one.tags)}
    values |= {name: "yes" if getattr(one, name) else "" for name in _YES_NO}
    values["since"] = "" if one.since is None else datetime.fromtimestamp(one.since, zone).date().isoformat()
    return Filled(
        values=values,
        phones=[(written(phone, plan), phone.kind) for phone in one.phones],
        emails=list(one.emails),
        extra={key: _said(value) for key, value in one.extra.items()},
    )


def from_form(sent: Mapping[str, Sequence[Any]], fields: Sequence[Field]) -> Filled:
    """What was sent, as it is; a file or a NUL in a field is nothing."""

    def all_of(name: str) -> list[str]:
        return [value.replace("\0", "").replace("\r\n", "\n") for value in sent.get(name, ()) if isinstance(value, str)]

    def one_of(name: str) -> str:
        return next(iter(all_of(name)), "")

    kinds = [*all_of("phone_kind"), *[""] * 50]
    names = (*_PLAIN, *_YES_NO, "tier", "organisation", "tags", "since")
    return Filled(
        values={name: one_of(name) for name in names},
        phones=[(number, kind) for number, kind in zip(all_of("phone"), kinds, strict=False) if number.strip()],
        emails=[address for address in all_of("email") if address.strip()],
        extra={field.id: one_of(f"extra.{field.id}") for field in fields},
    )


def details(filled: Filled, organisation: int | None, zone: ZoneInfo) -> tuple[dict[str, Any], dict[str, str]]:
    """Values of `Details`, and what is wrong with others: the name of a field, and a word of `customers.wrong`.

    `organisation`: the id that its name stands for.
    """
    values: dict[str, Any] = {name: filled.get(name) for name in _PLAIN} | {"organisation": organisation}
    values |= {name: filled.get(name) == "yes" for name in _YES_NO}
    values["tier"] = int(filled.get("tier")) if filled.get("tier") in "012345" and filled.get("tier") else 0
    values["phones"] = [{"number": number, "kind": kind} for number, kind in filled.phones]
    values |= {"emails": filled.emails, "extra": dict(filled.extra)}
    values["tags"] = [tag for tag in re.split(r"[,\uff0c\u3001;\n]", filled.get("tags")) if tag.strip()]
    found: dict[str, str] = {}
    if filled.get("organisation").strip() and organisation is None:
        found["organisation"] = "organisation"
    since = filled.get("since").strip()
    if since and (not is_day(since) or since < "1000"):
        found["since"] = "date"
    elif since:
        values["since"] = datetime.fromisoformat(since).replace(tzinfo=zone).timestamp()
    fine: dict[str, Any] = {}
    for name, value in values.items():
        try:
            fine[name] = getattr(msgspec.convert({name: value}, Details), name)
        except msgspec.ValidationError:
            found[name] = "value"
    return fine | ({} if "since" in fine or "since" in found else {"since": None}), found


def marks(filled: Filled) -> str:
    """What a form was when it was given out: a short mark of each field, for `mended`."""
    return json.dumps({name: _mark(value) for name, value in _flat(filled).items()}, separators=(",", ":"))


def mended(mine: Filled, seen: str, now: Filled) -> tuple[Filled, dict[str, str]]:
    """My form on the record as somebody else has made it: what I did not touch is theirs, by the `marks` I had `seen`.

    With it, what both of us changed: each field with the value that is stored now.
    """
    try:
        known = json.loads(seen)
    except ValueError:
        known = {}
    known = known if isinstance(known, dict) else {}
    ours, theirs = _flat(mine), _flat(now)
    untouched = {name for name, value in ours.items() if known.get(name) == _mark(value)}
    both = {
        name: theirs[name]
        for name, value in ours.items()
        if name in theirs and name not in untouched and known.get(name) != _mark(theirs[name]) and theirs[name] != value
    }
    result = Filled(
        values={k: now.values.get(k, v) if k in untouched else v for k, v in mine.values.items()},
        phones=now.phones if "phones" in untouched else mine.phones,
        emails=now.emails if "emails" in untouched else mine.emails,
        extra={k: now.extra.get(k, "") if f"extra.{k}" in untouched else v for k, v in mine.extra.items()},
    )
    return result, both


def written(phone: Phone, plan: Plan) -> str:
    """The number as people write it, its extension behind it; read again it is the same."""
    return f"{shown(phone.number, plan)} ext {phone.extension}" if phone.extension else shown(phone.number, plan)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _mark(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:12]


def _flat(filled: Filled) -> dict[str, str]:
    phones = ", ".join(f"{number} {kind}".strip() for number, kind in filled.phones)
    lists = {"phones": phones, "emails": ", ".join(filled.emails)}
    return filled.values | lists | {f"extra.{key}": value for key, value in filled.extra.items()}
