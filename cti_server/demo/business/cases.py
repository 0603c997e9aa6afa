"""Tickets of all kinds and what was done about them: some in time, some late, complaints in each step. Pure."""

import random
from collections.abc import Sequence
from typing import Literal

import msgspec

from cti_server.demo.business import case_texts as texts
from cti_server.demo.business.days import DAY_S, HISTORY_DAYS, Days
from cti_server.demo.business.goods import BY_SKU
from cti_server.demo.business.orders import Order
from cti_server.demo.business.people import Person
from cti_server.tickets.rules import STEPS, Channel, Kind, Priority

Do = Literal["answer", "reply", "inner", "wait", "resolve", "close", "cancel", "step", "follow_up"]
_HOUR_S = 3600.0
_KINDS: dict[Kind, int] = {
    "inquiry": 30,
    "complaint": 20,
    "fault": 20,
    "repair": 9,
    "return": 0,
    "suggestion": 8,
    "callback": 13,
}
CATEGORIES = (
    ("Delivery", "送货", "service"),
    ("Appliances", "家电", "white goods"),
    ("Money", "价格与付款", "service"),
    ("Shops", "门店", "shops"),
)
"""English, Chinese, team."""
_OF_KIND: dict[Kind, int] = {"complaint": 0, "fault": 1, "repair": 1, "return": 2, "suggestion": 3}


class Act(msgspec.Struct, frozen=True):
    """`said`: the text, or the resolution; of a step `NAME|text`. `follow_up`: the call after the complaint is done."""

    at: float
    do: Do
    said: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """`owner`: a login, empty for nobody. `category`: the place in `CATEGORIES`. `acts`: in order of time. `order`: the
    place of the order whose goods come back."""

    customer: int
    kind: Kind
    subject: str
    description: str
    priority: Priority
    product: str
    channel: Channel
    owner: str
    category: int | None
    created: float
    acts: tuple[Act, ...]
    order: int | None = None


def cases(
    chance: random.Random, people: Sequence[Person], orders: Sequence[Order], days: Days, logins: tuple[str, ...]
) -> list[Case]:
    """In order of time: more of them lately, so that something is open."""
    owned: dict[int, list[str]] = {}
    for order in orders:
        owned.setdefault(order.customer, []).extend(line.sku for line in order.lines if BY_SKU[line.sku].months)
    able = [n for n in owned if people[n].reachable]
    found = []
    for n in range(max(30, len(people) // 10)):
        back = chance.randrange(0, 14) if n % 6 == 0 else int(HISTORY_DAYS * (1 - chance.betavariate(1.6, 1)))
        at = days.moment(back, chance.uniform(8.5, 18))
        kind = (
            list(_KINDS)[n % len(_KINDS)] if n < len(_KINDS) else chance.choices(list(_KINDS), list(_KINDS.values()))[0]
        )
        place = chance.choice(able)
        found.append(_case(chance, kind, place, people[place], owned[place], at, days, logins))
    for n, order in enumerate(orders):
        if order.returned is not None and chance.random() < 0.4:
            sku, asked = order.lines[order.returned.line].sku, order.returned.asked
            made = _case(chance, "return", order.customer, people[order.customer], [sku], asked, days, logins)
            found.append(msgspec.structs.replace(made, order=n))
    return sorted(found, key=lambda case: case.created)


def _case(
    chance: random.Random,
    kind: Kind,
    place: int,
    person: Person,
    owned: Sequence[str],
    at: float,
    days: Days,
    logins: tuple[str, ...],
) -> Case:
    language = person.language
    goods = BY_SKU[chance.choice(owned)] if owned else BY_SKU["AP-WASHER"]
    product = goods.zh if language == "zh" else goods.en
    subject, description = chance.choice(texts.SAID[kind][language])
    fresh = days.now - at < 3 * DAY_S
    acts = _complaint(chance, language, at, days) if kind == "complaint" else _others(chance, language, at, fresh)
    return Case(
        customer=place,
        kind=kind,
        subject=subject.format(product=product),
        description=description.format(product=product),
        priority=chance.choices(("low", "normal", "high", "urgent"), (12, 60, 22, 6))[0],
        product=product if "{product}" in subject + description else "",
        channel=chance.choices(("call", "mail", "page"), (60, 25, 15))[0],
        owner="" if fresh and chance.random() < 0.4 else chance.choice(logins),
        category=_OF_KIND.get(kind),
        created=at,
        acts=tuple(act for act in acts if act.at < days.now),
    )


def _others(chance: random.Random, language: str, at: float, fresh: bool) -> list[Act]:
    """One in five is answered late, one in seven is done late."""
    moment = at + _HOUR_S * (chance.uniform(0.1, 6) if chance.random() < 0.8 else chance.uniform(10, 60))
    acts = [Act(moment, "answer", chance.choice(texts.ANSWERS[language]))]
    if chance.random() < 0.3:
        acts.append(Act(moment + 0.5 * _HOUR_S, "inner", chance.choice(texts.INNER[language])))
    if chance.random() < 0.3:
        acts.append(Act(moment + 1 * _HOUR_S, "wait"))
        moment += chance.uniform(5, 40) * _HOUR_S
        acts.append(Act(moment, "reply", chance.choice(texts.REPLIES[language])))
    if fresh and chance.random() < 0.5:
        return acts
    moment += _HOUR_S * (chance.uniform(1, 30) if chance.random() < 0.85 else chance.uniform(100, 300))
    if chance.random() < 0.06:
        return [*acts, Act(moment, "cancel", texts.DROPPED[language])]
    acts.append(Act(moment, "resolve", chance.choice(texts.DONE[language])))
    return [*acts, Act(moment + 48 * _HOUR_S, "close")] if chance.random() < 0.85 else acts


def _complaint(chance: random.Random, language: str, at: float, days: Days) -> list[Act]:
    """The walk, as far as it came; who is not called in time is called late, or not yet."""
    moment = at + chance.uniform(0.2, 5) * _HOUR_S
    acts = [Act(moment, "answer", chance.choice(texts.ANSWERS[language]))]
    recent = days.now - at < 30 * DAY_S
    taken = chance.randrange(0, len(STEPS)) if recent and chance.random() < 0.7 else len(STEPS) - 1
    for step in STEPS[:taken]:
        moment += chance.uniform(0.1, 8) * _HOUR_S
        acts.append(Act(moment, "step", f"{step}|{texts.WALK[language][step]}"))
    if taken < len(STEPS) - 1:
        return acts
    moment += chance.uniform(1, 40) * _HOUR_S
    acts.append(Act(moment, "resolve", chance.choice(texts.DONE[language])))
    moment += chance.uniform(1, 20) * _HOUR_S
    acts.append(Act(moment, "close"))
    moment += chance.uniform(1, 6.5) * DAY_S if chance.random() < 0.85 else chance.uniform(8, 12) * DAY_S
    return [*acts, Act(moment, "follow_up", chance.choice(texts.CALLED[language]))]
