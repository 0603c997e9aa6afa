"""What may be written about a customer, what is wrong with it, and who of several it most likely is. Pure."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

Kind = Literal["person", "organisation"]
Gender = Literal["", "female", "male", "other"]
Stage = Literal["", "exploring", "forming", "stable", "declining"]
PhoneKind = Literal["mobile", "work", "home", "fax", "other"]
FieldType = Literal["text", "number", "date", "yes_no", "choice"]
Value: TypeAlias = str | int | float | bool

KINDS: tuple[Kind, ...] = ("person", "organisation")
GENDERS: tuple[Gender, ...] = ("", "female", "male", "other")
STAGES: tuple[Stage, ...] = ("", "exploring", "forming", "stable", "declining")
PHONE_KINDS: tuple[PhoneKind, ...] = ("mobile", "work", "home", "fax", "other")
FIELD_TYPES: tuple[FieldType, ...] = ("text", "number", "date", "yes_no", "choice")
PURPOSES = ("recording", "marketing_call", "marketing_mail", "marketing_message")
MOST_NOTES = 20_000
HIGHEST_TIER = 5
_MOST_TEXT = 1000
_FARTHEST = 1e15

_Name = Annotated[str, Meta(max_length=200)]
_Word = Annotated[str, Meta(max_length=100)]
_Short = Annotated[str, Meta(max_length=40)]


class PhoneGiven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number in any form that people write, with its extension in it. Empty `kind`: as the plan of numbers says."""

    number: Annotated[str, Meta(max_length=64)]
    kind: Literal["", PhoneKind] = ""


class Details(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people write of a customer. `organisation`: the id of that to which a person belongs.

    `since`: customer since, epoch seconds. `extra`: the site's own fields by their ids.
    """

    kind: Kind = "person"
    name: _Name = ""
    title: _Word = ""
    gender: Gender = ""
    birthday: Annotated[str, Meta(max_length=10)] = ""
    organisation: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    language: Annotated[str, Meta(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})?)?$")] = ""
    country: Annotated[str, Meta(pattern=r"^([A-Z]{2})?$")] = ""
    region: _Word = ""
    city: _Word = ""
    street: Annotated[str, Meta(max_length=300)] = ""
    postcode: Annotated[str, Meta(max_length=20)] = ""
    stage: Stage = ""
    tier: Annotated[int, Meta(ge=0, le=HIGHEST_TIER)] = 0
    owner: _Word = ""
    do_not_call: bool = False
    blocked: bool = False
    account: _Short = ""
    since: Annotated[float, Meta(ge=-1e11, le=1e11)] | None = None
    terms: _Name = ""
    notes: Annotated[str, Meta(max_length=MOST_NOTES)] = ""
    phones: Annotated[list[PhoneGiven], Meta(max_length=20)] = []
    emails: Annotated[list[Annotated[str, Meta(max_length=254)]], Meta(max_length=20)] = []
    tags: Annotated[list[Annotated[str, Meta(max_length=50)]], Meta(max_length=50)] = []
    extra: dict[_Short, Value | None] = {}


Changes: type[Any] = msgspec.defstruct(
    "CustomerChanges",
    [
        ("version", Annotated[int, Meta(ge=1, le=2**31 - 1)]),
        *((f.name, f.type | UnsetType, UNSET) for f in msgspec.structs.fields(Details)),
    ],
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    namespace={"__doc__": "Those of `Details` that shall change, and the `version` that was seen."},
)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One of the site's own fields. `choices`: of a choice."""

    id: str
    label_en: str
    label_zh: str
    type: FieldType
    choices: list[str] = []
    position: int = 0


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who may be meant. `owner`: an agent's id. `tickets`: has had tickets. `exact`: the extension fits."""

    id: int
    kind: Kind
    name: str
    owner: str
    tier: int
    stage: str
    language: str
    account: str
    do_not_call: bool
    blocked: bool
    last_contact: float | None
    tickets: bool = False
    exact: bool = False


def likely(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The most likely first: the extension fits, was in contact last, has tickets, has an owner, is worth more."""

    def rank(one: Candidate) -> tuple[object, ...]:
        return (not one.exact, -(one.last_contact or 0.0), not one.tickets, not one.owner, -one.tier, one.id)

    return sorted(candidates, key=rank)


def tidy(given: Mapping[str, Any], fields: Sequence[Field] = ()) -> dict[str, Any]:
    """Values of `Details` without spaces around them, nothing empty or twice in a list, mail in lower case."""
    tidied: dict[str, Any] = {}
    for name, value in given.items():
        if name == "emails":
            value = _once(part.strip().lower() for part in value)
        elif name == "tags":
            value = _once(" ".join(part.split()) for part in value)
        elif name == "phones":
            value = [phone for phone in value if phone.number.strip()]
        elif name == "extra":
            value = {key: typed(value[key], field) for key, field in _by_id(fields).items() if key in value} | {
                key: said for key, said in value.items() if key not in _by_id(fields)
            }
        elif isinstance(value, str):
            value = value.strip() if name == "notes" else " ".join(value.split())
        tidied[name] = value
    return tidied


def wrong(values: Mapping[str, Any], fields: Sequence[Field] = ()) -> dict[str, str]:
    """What cannot be stored of tidy values: the name of each field, and a word of the locales `customers.wrong`."""
    found: dict[str, str] = {}
    if "name" in values and not values["name"]:
        found["name"] = "name"
    if values.get("birthday") and not is_day(values["birthday"].replace("--", "2000-", 1)):
        found["birthday"] = "date"
    if any(not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+", mail) for mail in values.get("emails", ())):
        found["emails"] = "mail"
    if any("," in tag or "," in tag for tag in values.get("tags", ())):
        found["tags"] = "tag"
    if any(not any(c.isdigit() for c in phone.number) for phone in values.get("phones", ())):
        found["phones"] = "number"
    if values.get("account") and not re.fullmatch(r"[\x21-\x7e]+", values["account"]):
        found["account"] = "account"
    known = _by_id(fields)
    for key, value in values.get("extra", {}).items():
        if key not in known:
            found[f"extra.{key}"] = "field"
        elif value is not None and not _fits(value, known[key]):
            found[f"extra.{key}"] = known[key].type
    return found


def typed(value: Value | None, field: Field) -> Value | None:
    """A value as its field's type wants it, where it can be read so; None for an empty one."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = value.strip()
        if field.type == "number":
            try:
                number = float(value.replace(",", ""))
            except ValueError:
                return value
            return int(number) if number.is_integer() and abs(number) < _FARTHEST else number
        if field.type == "yes_no" and value.lower() in ("yes", "true", "1", "是", "on"):
            return True
        if field.type == "yes_no" and value.lower() in ("no", "false", "0", "否", "off"):
            return False
    return value


def is_day(value: str) -> bool:
    """YYYY-MM-DD of a day that exists."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What of `after` differs: the value before, and the one now."""
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}


def _fits(value: Value, field: Field) -> bool:
    match field.type:
        case "text":
            return isinstance(value, str) and len(value) <= _MOST_TEXT
        case "number":
            if isinstance(value, bool | str):
                return False
            return math.isfinite(value) and abs(value) < _FARTHEST
        case "date":
            return isinstance(value, str) and is_day(value)
        case "yes_no":
            return isinstance(value, bool)
        case "choice":
            return value in field.choices


def _by_id(fields: Sequence[Field]) -> dict[str, Field]:
    return {field.id: field for field in fields}


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
