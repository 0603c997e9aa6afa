"""The pipeline: leads, opportunities with their stages, quotes, and how they ended. Pure."""

import random
from collections.abc import Sequence

import msgspec

from cti_server.demo.business import numbers
from cti_server.demo.business.days import DAY_S, HISTORY_DAYS, Days
from cti_server.demo.business.goods import BY_SKU, TOGETHER, price_at, wanted
from cti_server.demo.business.names import FAMILY, GIVEN_FEMALE
from cti_server.demo.business.orders import Line, Order, placed
from cti_server.demo.business.people import Person
from cti_server.sales.rules import STAGES

_TITLES = {
    "AP-FRIDGE": ("后厨冰箱更新", "Fridges for the kitchen"),
    "AP-WASHER": ("洗衣房设备", "Laundry equipment"),
    "AP-AC": ("空调采购与安装", "Air conditioning"),
    "AP-DISH": ("洗碗机改造", "Dishwashers"),
    "AP-TV65": ("会议室与客房电视", "Televisions for the rooms"),
    "AP-HOOD": ("厨房整体更换", "A new kitchen"),
    "SM-COFFEE": ("茶水间咖啡机", "Coffee for the office"),
    "FD-RICE": ("米面粮油年度供应", "Groceries for the year"),
    "FD-MOON": ("中秋礼盒团购", "Mid-autumn gift boxes"),
    "FD-NUTS": ("年货礼盒团购", "New Year gift boxes"),
}
_LOST = {
    "zh": ("价格偏高", "选择了其他品牌", "预算推迟到明年", "联系不上"),
    "en": ("Too expensive", "Chose another brand", "No budget this year", "Cannot be reached"),
}
_WON = {"zh": ("交货快", "售后服务好", "价格合适"), "en": ("Fast delivery", "Good service", "The right price")}
_INTERESTS = {
    "zh": ("想了解空调以旧换新活动", "咨询企业团购价格", "在电视上看到洗碗机广告", "询问延保服务"),
    "en": ("Asked about the trade-in offer", "Wants prices for an office", "Saw the dishwasher on television"),
}
_STATUSES = ("new", "contacted", "converted", "dropped")


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """An opportunity. `moves`: when it came to which stage; `quoted`: when a quote was sent; `ended`: when, won or
    lost, why. `expected`: days after its beginning. `shared`: another seller, with 40 per cent. `from_lead`: it was
    a lead before."""

    customer: int
    title: str
    lines: tuple[Line, ...]
    owner: str
    shared: str
    created: float
    expected: int
    from_lead: bool
    moves: tuple[tuple[float, str], ...]
    quoted: float | None
    ended: tuple[float, str, str] | None

    @property
    def amount(self) -> int:
        return sum(line.total for line in self.lines)


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """`customer` None: a stranger with a name and a number. `steps`: what became of it, and when."""

    customer: int | None
    name: str
    number: str
    interest: str
    owner: str
    created: float
    steps: tuple[tuple[float, str], ...]


def deals(chance: random.Random, people: Sequence[Person], days: Days, sellers: tuple[str, ...]) -> list[Deal]:
    """One for each of some customers, in order of time; the youngest of them are open, some in every stage."""
    able = [n for n, person in enumerate(people) if person.reachable and (person.firm or person.details["owner"])]
    chosen = chance.sample(able, min(len(able), max(24, len(people) // 12)))
    still_open = max(len(STAGES), len(chosen) // 7)
    found = []
    for n, place in enumerate(chosen):
        stop = list(STAGES)[n % len(STAGES)] if n < still_open else ""
        back = chance.randrange(3, 50) if stop else int(HISTORY_DAYS * (1 - chance.betavariate(1.4, 1)))
        at = days.moment(max(1, back), chance.uniform(9, 18))
        found.append(_deal(chance, place, people[place], max(at, people[place].created), days, sellers, stop))
    return sorted(found, key=lambda deal: deal.created)


def won(chance: random.Random, found: Sequence[Deal], people: Sequence[Person], days: Days) -> list[Order]:
    """The orders of the opportunities that were won, at the prices of their quotes."""
    made = []
    for place, deal in enumerate(found):
        if deal.ended and deal.ended[1] == "won":
            shares = ((deal.shared, 40), (deal.owner, 60)) if deal.shared else ((deal.owner, 100),)
            person = people[deal.customer]
            made.append(placed(chance, deal.customer, person, deal.ended[0], days, shares, deal.lines, place))
    return made


def leads(chance: random.Random, people: Sequence[Person], days: Days, sellers: tuple[str, ...]) -> list[Lead]:
    """Interest of which nothing, or not yet, has come."""
    found = []
    able = [n for n, person in enumerate(people) if person.reachable]
    for n in range(max(8, len(people) // 30)):
        known = chance.choice(able) if chance.random() < 0.4 else None
        language = people[known].language if known is not None else "zh"
        back = chance.randrange(1, 90)
        at = days.moment(back, chance.uniform(9, 18))
        status = _STATUSES[n % len(_STATUSES)] if known is not None else chance.choice(("new", "contacted", "dropped"))
        steps = [] if status == "new" else [(at + 0.3 * DAY_S, "contacted")]
        if status in ("converted", "dropped"):
            steps.append((at + 0.7 * DAY_S, status))
        name = "" if known is not None else chance.choice(FAMILY) + chance.choice(GIVEN_FEMALE)
        found.append(
            Lead(
                customer=known,
                name=name,
                number="" if known is not None else numbers.stranger(n * 7),
                interest=chance.choice(_INTERESTS[language]),
                owner=chance.choice((*sellers, "")),
                created=at,
                steps=tuple(step for step in steps if step[0] < days.now),
            )
        )
    return sorted(found, key=lambda lead: lead.created)


def _deal(
    chance: random.Random,
    place: int,
    person: Person,
    at: float,
    days: Days,
    sellers: tuple[str, ...],
    stop: str,
) -> Deal:
    month = days.month_number(at)
    likely_now = [(wanted(BY_SKU[each], month) / BY_SKU[each].share) ** 2 for each in _TITLES]
    sku = chance.choices(list(_TITLES), likely_now)[0]
    number = chance.choice((4, 6, 10, 20)) if person.firm else 1
    chosen = {sku: number} | {other: number for other, likely in TOGETHER.get(sku, ()) if chance.random() < likely}
    if sku.startswith("FD"):
        chosen = {other: count * 10 for other, count in chosen.items()}
    owner = str(person.details["owner"])
    others = [seller for seller in sellers if seller != owner]
    moves, quoted, clock = [], None, at
    status = "" if stop else "won" if chance.random() < 0.58 else "lost"
    last = stop or (chance.choice(list(STAGES)) if status == "lost" else "negotiation")
    for stage in list(STAGES)[1 : list(STAGES).index(last) + 1]:
        clock += chance.uniform(2, 12) * DAY_S if not stop else chance.uniform(0.1, 0.9) * DAY_S
        moves.append((clock, stage))
        if stage == "proposal":
            quoted = clock + 3600
    ended = None
    if status:
        clock += chance.uniform(2, 20) * DAY_S
        ended = (clock, status, chance.choice((_WON if status == "won" else _LOST)[person.language]))
    return Deal(
        customer=place,
        title=_TITLES[sku][person.language == "en"],
        lines=tuple(Line(each, count, price_at(BY_SKU[each], at, days.begin)) for each, count in chosen.items()),
        owner=owner,
        shared=chance.choice(others) if others and chance.random() < 0.08 else "",
        created=at,
        expected=chance.randrange(25, 75),
        from_lead=chance.random() < 0.3,
        moves=tuple(move for move in moves if move[0] < days.now),
        quoted=quoted if quoted is not None and quoted < days.now else None,
        ended=ended if ended and ended[0] < days.now else None,
    )
