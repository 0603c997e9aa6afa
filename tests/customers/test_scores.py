"""What is missing lowers completeness by its weight; each doubt lowers accuracy by its penalty."""

from typing import Any

import msgspec
import pytest

from cti_server.customers.records import Consent, Customer, Phone
from cti_server.customers.rules_scores import PENALTIES, PERSONS_ONLY, STALE_S, WEIGHTS, Score, score

NOW = 1_750_000_000.0
_BLANK: dict[str, Any] = {
    f.name: {"str": "", "int": 0, "float": 0.0, "bool": False}.get(getattr(f.type, "__name__", ""))
    for f in msgspec.structs.fields(Customer)
}


def someone(**said: Any) -> Customer:
    lists: dict[str, Any] = {"phones": [], "emails": [], "tags": [], "consents": [], "extra": {}}
    return Customer(**_BLANK | lists | {"kind": "person", "changed": NOW} | said)


def of(**said: Any) -> Score:
    return score(someone(**said), now=NOW, this_year=2025)


def phone(number: str) -> Phone:
    return Phone(number=number, extension="", kind="mobile", raw=number)


FULL = {
    "name": "王芳", "phones": [phone("+8613800138000")], "emails": ["w@example.com"], "street": "建国路 1 号",
    "city": "北京", "postcode": "100022", "country": "CN", "language": "zh", "owner": "a1", "account": "17",
    "organisation": 3, "title": "经理", "gender": "female", "birthday": "1990-05-31",
    "consents": [Consent(purpose="recording", given=True, at=NOW, by="", source="")],
}  # fmt: skip


def test_everything_and_nothing() -> None:
    assert of(**FULL) == Score(completeness=100, accuracy=100, missing=[], doubts=[])
    assert of().completeness == 0 and of().missing[0] == "phones" and len(of().missing) == len(WEIGHTS)


def test_an_organisation_has_no_birthday() -> None:
    found = of(**{name: value for name, value in FULL.items() if name not in PERSONS_ONLY} | {"kind": "organisation"})
    assert (found.completeness, found.missing) == (100, [])


@pytest.mark.parametrize(
    ("said", "doubt"),
    [
        ({"name": "138 0013 8000"}, "name_is_number"),
        ({"phones": [phone("1380013800")]}, "phone_unknown"),
        ({"emails": ["w@localhost"]}, "email_wrong"),
        ({"birthday": "1880-01-01"}, "birthday_impossible"),
        ({"birthday": "2026-01-01"}, "birthday_impossible"),
        ({"postcode": "1000"}, "postcode_wrong"),
        ({"changed": NOW - STALE_S - 1}, "stale"),
    ],
)
def test_each_doubt_has_its_penalty(said: dict[str, Any], doubt: str) -> None:
    found = of(**FULL | said)
    assert (found.doubts, found.accuracy) == ([doubt], 100 - PENALTIES[doubt])


def test_what_is_no_doubt() -> None:
    assert (
        of(**FULL | {"phones": [phone("8001")], "birthday": "--02-29", "country": "FR", "postcode": "x"}).doubts == []
    )
    assert of(**FULL | {"changed": NOW - STALE_S - 1, "last_contact": NOW}).doubts == []


def test_a_number_that_others_have() -> None:
    found = score(someone(**FULL), now=NOW, this_year=2025, others_with_number=2)
    assert found.doubts == ["shared_number"]


def test_the_weights_are_shares_of_a_hundred() -> None:
    assert sum(WEIGHTS.values()) == 100 and all(hasattr(someone(), name) for name in WEIGHTS)
    assert set(_doubts()) == set(PENALTIES)


def _doubts() -> list[str]:
    worst = {"name": "1", "phones": [phone("1234567")], "emails": ["x"], "birthday": "1000-01-01", "country": "CN"}
    wrong = someone(**worst, postcode="1", changed=0.0)
    return score(wrong, now=NOW, this_year=2025, others_with_number=1).doubts
