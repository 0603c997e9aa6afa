"""How complete a record is and how far it can be trusted: two scores, 0 to 100, with what is missing or doubtful. Pure.

Completeness: the weights of the fields that are filled, of those that this kind of customer has. A field weighs what it
is worth in a call: first to be reached and recognised, then to be understood, then to be sent something.

Accuracy: 100, less a penalty for each doubt. What nobody has looked at for two years is doubted too.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from cti_server.customers.numbers import INTERNAL_DIGITS
from cti_server.customers.records import Customer
from cti_server.customers.rules import is_day

WEIGHTS: Mapping[str, int] = {
    "name": 15,
    "phones": 20,
    "emails": 12,
    "street": 6,
    "city": 6,
    "postcode": 3,
    "language": 8,
    "owner": 8,
    "account": 6,
    "organisation": 4,
    "title": 2,
    "gender": 2,
    "birthday": 2,
    "consents": 6,
}
PERSONS_ONLY = frozenset({"organisation", "title", "gender", "birthday"})

PENALTIES: Mapping[str, int] = {
    "name_is_number": 25,
    "phone_unknown": 20,
    "email_wrong": 20,
    "shared_number": 15,
    "birthday_impossible": 15,
    "postcode_wrong": 10,
    "stale": 15,
}
STALE_S = 2 * 365 * 86_400.0
_OLDEST_YEARS = 120
_POSTCODES = {"CN": r"\d{6}", "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", "US": r"\d{5}(-\d{4})?", "DE": r"\d{5}"}
_EMAIL = re.compile(r"[^@\s]+@([a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """`missing`: names of fields, the weightiest first. `doubts`: words of `customer_doubt` in the locales."""

    completeness: int
    accuracy: int
    missing: list[str]
    doubts: list[str]


def score(one: Customer, *, now: float, this_year: int, others_with_number: int = 0) -> Score:
    """`others_with_number`: how many other customers of the same kind have one of the numbers."""
    counted = {name: weight for name, weight in WEIGHTS.items() if one.kind == "person" or name not in PERSONS_ONLY}
    missing = [name for name in counted if not getattr(one, name)]
    missing.sort(key=lambda name: -counted[name])
    filled = sum(counted.values()) - sum(counted[name] for name in missing)
    doubts = [word for word, holds in _DOUBTS.items() if holds(one, now, this_year)]
    if others_with_number:
        doubts.append("shared_number")
    return Score(
        completeness=round(100 * filled / sum(counted.values())),
        accuracy=max(0, 100 - sum(PENALTIES[word] for word in doubts)),
        missing=missing,
        doubts=sorted(doubts, key=lambda word: -PENALTIES[word]),
    )


def _name_is_number(one: Customer, *_: Any) -> bool:
    return bool(one.name) and not re.search(r"[^\W\d_]", one.name)


def _phone_unknown(one: Customer, *_: Any) -> bool:
    """One that no plan of numbers knows and that is too long for an extension of ours."""
    return any(not p.number.startswith("+") and len(p.number) > INTERNAL_DIGITS for p in one.phones)


def _email_wrong(one: Customer, *_: Any) -> bool:
    return any(not _EMAIL.fullmatch(address) for address in one.emails)


def _birthday_impossible(one: Customer, _: float, this_year: int) -> bool:
    if not one.birthday or one.birthday.startswith("--"):
        return False
    return not is_day(one.birthday) or not this_year - _OLDEST_YEARS <= int(one.birthday[:4]) <= this_year


def _postcode_wrong(one: Customer, *_: Any) -> bool:
    form = _POSTCODES.get(one.country)
    return bool(one.postcode and form) and not re.fullmatch(form or "", one.postcode, re.IGNORECASE)


def _stale(one: Customer, now: float, _: int) -> bool:
    return now - max(one.changed, one.last_contact or 0.0) > STALE_S


_DOUBTS: Mapping[str, Callable[[Customer, float, int], bool]] = {
    "name_is_number": _name_is_number,
    "phone_unknown": _phone_unknown,
    "email_wrong": _email_wrong,
    "birthday_impossible": _birthday_impossible,
    "postcode_wrong": _postcode_wrong,
    "stale": _stale,
}
