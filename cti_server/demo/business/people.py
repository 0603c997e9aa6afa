"""Customers: persons and organisations who never were, in two languages. Pure."""

import random
from typing import Any

import msgspec
from pypinyin import lazy_pinyin

from cti_server.customers.rules import PURPOSES, Field
from cti_server.demo.business import names, numbers
from cti_server.demo.business.days import Days

FIELDS = (
    Field(id="member_card", label_en="Member card", label_zh="会员卡号", type="text", position=0),
    Field(id="household", label_en="People at home", label_zh="家庭人数", type="number", position=1),
    Field(
        id="shop",
        label_en="Usual shop",
        label_zh="常去门店",
        type="choice",
        choices=["桂花路店", "梧桐路店", "望湖店", "网店"],
        position=2,
    ),
    Field(id="home_delivery", label_en="Home delivery", label_zh="送货上门", type="yes_no", position=3),
    Field(id="last_survey", label_en="Last survey", label_zh="最近一次回访", type="date", position=4),
)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A customer. `details`: as `customers.rules.Details` has them, but for the owner's organisation: `works_for` is
    the place of one in the list. `orders`: how many to make up. `consents`: purpose, given, when, where it was said."""

    details: dict[str, Any]
    works_for: int | None
    created: float
    orders: int
    consents: tuple[tuple[str, bool, float, str], ...]
    notes: tuple[tuple[float, str], ...]

    @property
    def language(self) -> str:
        return str(self.details["language"])

    @property
    def firm(self) -> bool:
        return bool(self.details["kind"] == "organisation")

    @property
    def reachable(self) -> bool:
        return not self.details["blocked"] and bool(self.details["phones"])


def people(chance: random.Random, count: int, days: Days, sellers: tuple[str, ...]) -> list[Person]:
    """Organisations first: some persons work for them. `sellers`: who may own customers."""
    firms = max(2, count // 10)
    found = [_firm(chance, n, days, sellers) for n in range(firms)]
    return found + [_person(chance, n, days, sellers, firms) for n in range(count - firms)]


def _firm(chance: random.Random, index: int, days: Days, sellers: tuple[str, ...]) -> Person:
    language = "en" if chance.random() < 0.15 else "zh"
    heads, tails = (
        (names.FIRM_HEADS, names.FIRM_TAILS) if language == "zh" else (names.FIRM_HEADS_EN, names.FIRM_TAILS_EN)
    )
    head, tail = chance.choice(heads), chance.choice(tails)
    address = _address(chance, language)
    name = f"{address['city']}{head}{tail}" if language == "zh" else f"{head} {tail}"
    domain = "".join(lazy_pinyin(head)).lower()
    phones = [{"number": numbers.fixed(index), "kind": "work"}]
    mails = [f"office@{domain}{index}.example"]
    more = {"kind": "organisation", "terms": chance.choice(("30 天", "现结", "15 天")), "owner": chance.choice(sellers)}
    return _made(chance, name, language, index, days, address | more | {"phones": phones, "emails": mails}, None)


def _person(chance: random.Random, index: int, days: Days, sellers: tuple[str, ...], firms: int) -> Person:
    language = "en" if chance.random() < 0.22 else "zh"
    gender = chance.choice(("female", "male"))
    if language == "zh":
        given = names.GIVEN_FEMALE if gender == "female" else names.GIVEN_MALE
        name = chance.choice(names.FAMILY) + chance.choice(given)
    else:
        first = names.FIRST_FEMALE if gender == "female" else names.FIRST_MALE
        name = f"{chance.choice(first)} {chance.choice(names.LAST)}"
    works_for = chance.randrange(firms) if chance.random() < 0.08 else None
    phones = [{"number": numbers.mobile(index), "kind": "mobile"}]
    if language == "en" and index < 1000 and chance.random() < 0.3:
        abroad = numbers.british(index) if chance.random() < 0.5 else numbers.american(index)
        phones.append({"number": abroad, "kind": "other"})
    elif chance.random() < 0.1:
        phones.append({"number": numbers.fixed(firms + index), "kind": "home"})
    mails = [f"{'.'.join(lazy_pinyin(name)).replace(' ', '.').lower()}{index}@mail.example"]
    year, month, day = chance.randrange(1948, 2005), chance.randrange(1, 13), chance.randrange(1, 29)
    more = {
        "kind": "person",
        "gender": gender,
        "birthday": f"{year}-{month:02}-{day:02}" if chance.random() < 0.5 else "",
        "title": chance.choice(names.TITLES[language]) if works_for is not None else "",
        "owner": chance.choice(sellers) if chance.random() < 0.15 else "",
        "phones": phones,
        "emails": mails if chance.random() < 0.7 else [],
    }
    return _made(chance, name, language, index, days, _address(chance, language) | more, works_for)


def _made(
    chance: random.Random,
    name: str,
    language: str,
    index: int,
    days: Days,
    more: dict[str, Any],
    works_for: int | None,
) -> Person:
    firm = more["kind"] == "organisation"
    age = chance.choices((0, 1, 2), (8, 42, 50))[0]
    back = (chance.randrange(2, 60), chance.randrange(60, 500), chance.randrange(500, 1500))[age]
    created = days.moment(back, chance.uniform(9, 20))
    blocked = not firm and chance.random() < 0.003
    details = more | {
        "name": name,
        "language": language,
        "country": "CN",
        "account": f"{'8' if firm else '6'}{index:05}",
        "since": created,
        "blocked": blocked,
        "do_not_call": chance.random() < 0.04,
        "tags": sorted(chance.sample(names.TAGS, chance.choices((0, 1, 2, 3), (45, 30, 18, 7))[0])),
        "extra": _extra(chance, index, firm, days),
        "notes": chance.choice(names.NOTES[language]) if chance.random() < 0.08 else "",
    }
    consents = []
    for purpose in PURPOSES:
        if chance.random() < 0.35:
            said = days.later(created, chance.uniform(0, 30))
            where = chance.choice(("会员申请表", "电话", "网店") if language == "zh" else ("application form", "phone"))
            consents.append((purpose, chance.random() < 0.8, said, where))
    notes = []
    if chance.random() < 0.2:
        notes.append((days.later(created, chance.uniform(1, 300)), chance.choice(names.NOTES[language])))
    often = chance.choices((0, 1, 2, 4, 8, 14), (14, 32, 28, 16, 8, 2) if not firm else (5, 20, 30, 28, 13, 4))[0]
    often = min(often, 1 + back // 25)
    return Person(
        details=details,
        works_for=works_for,
        created=created,
        orders=0 if blocked else often,
        consents=tuple(consents),
        notes=tuple(notes),
    )


def _address(chance: random.Random, language: str) -> dict[str, str]:
    if language == "zh":
        city, region, district, postcode = chance.choice(names.CITIES)
        street = f"{district}{chance.choice(names.STREETS)}路 {chance.randrange(1, 400)} 号"
    else:
        city, region, district, postcode = chance.choice(names.CITIES_EN)
        street = f"{chance.randrange(1, 400)} {chance.choice(names.STREETS_EN)} Road, {district}"
    return {"city": city, "region": region, "street": street, "postcode": postcode}


def _extra(chance: random.Random, index: int, firm: bool, days: Days) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if not firm and chance.random() < 0.6:
        extra["member_card"] = f"HY{index:06}"
    if not firm and chance.random() < 0.4:
        extra["household"] = chance.randrange(1, 7)
    if chance.random() < 0.7:
        extra["shop"] = chance.choice(FIELDS[2].choices)
    if chance.random() < 0.4:
        extra["home_delivery"] = chance.random() < 0.6
    if chance.random() < 0.1:
        extra["last_survey"] = days.day(chance.randrange(1, 200))
    return extra
