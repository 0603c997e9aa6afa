"""Orders of eighteen months: seasons, baskets with what goes together, payments, deliveries, returns. Pure."""

import random
from collections.abc import Sequence

import msgspec

from cti_server.demo.business.days import DAY_S, HISTORY_DAYS, Days
from cti_server.demo.business.goods import BY_SKU, GOODS, LARGE, SERVICE, TOGETHER, Goods, price_at, wanted
from cti_server.demo.business.people import Person

_BUSY = (1, 6, 11)
_DEPOSIT_FROM = 500_000
_REASONS = {
    "zh": ("尺寸不合适", "外壳有划痕", "与描述不符", "重复下单", "噪音太大"),
    "en": ("Does not fit", "Scratched housing", "Not as described", "Ordered twice", "Too loud"),
}


class Line(msgspec.Struct, frozen=True):
    sku: str
    quantity: int
    unit_price: int

    @property
    def total(self) -> int:
        return self.quantity * self.unit_price


class Payment(msgspec.Struct, frozen=True):
    at: float
    amount: int
    method: str


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """`line`: its place in the order. `steps`: when it became what, after it was asked for."""

    line: int
    quantity: int
    asked: float
    reason: str
    steps: tuple[tuple[float, str], ...]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """`customer`: the place in the list. `deal`: of the opportunity that it won, or None. `shares`: who sold it, in per
    cent; empty for the shop. `delivered`, `cancelled`: when."""

    customer: int
    created: float
    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    shares: tuple[tuple[str, int], ...] = ()
    delivered: float | None = None
    cancelled: float | None = None
    returned: Return | None = None
    deal: int | None = None

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)


def orders(chance: random.Random, people: Sequence[Person], days: Days, sellers: tuple[str, ...]) -> list[Order]:
    """What everybody bought by themselves, in order of time."""
    found = []
    for place, person in enumerate(people):
        begin = max(days.begin, person.created)
        lapsed = chance.random() < 0.15
        for _ in range(person.orders):
            span = (days.now - begin) * (0.55 if lapsed else 1.0)
            at = max(person.created, _when(chance, begin, span, days))
            by_phone = chance.random() < 0.12
            seller = (person.details["owner"] or chance.choice(sellers)) if by_phone else ""
            found.append(placed(chance, place, person, at, days, ((seller, 100),) if seller else ()))
    return sorted(found, key=lambda order: order.created)


def placed(
    chance: random.Random,
    place: int,
    person: Person,
    at: float,
    days: Days,
    shares: tuple[tuple[str, int], ...],
    lines: tuple[Line, ...] = (),
    deal: int | None = None,
) -> Order:
    """One order and what became of it by now. `lines`: those of a quote; else a basket is made up."""
    lines = lines or _basket(chance, person.firm, at, days)
    total = sum(line.total for line in lines)
    if deal is None and chance.random() < 0.03:
        cancelled = days.later(at, chance.uniform(0.1, 2))
        return Order(customer=place, created=at, lines=lines, payments=(), shares=shares, cancelled=cancelled)
    payments = _payments(chance, person.firm, at, total, days)
    delivered = at + chance.uniform(0.1, 4) * DAY_S
    order = Order(
        customer=place,
        created=at,
        lines=lines,
        payments=payments,
        shares=shares,
        delivered=delivered if delivered < days.now else None,
        deal=deal,
    )
    paid = sum(payment.amount for payment in payments) == total
    if paid and order.delivered is not None and chance.random() < 0.035:
        return msgspec.structs.replace(order, returned=_return(chance, person, order, days))
    return order


def _basket(chance: random.Random, firm: bool, at: float, days: Days) -> tuple[Line, ...]:
    month = days.month_number(at)
    chosen: dict[str, int] = {}
    for goods in _drawn(chance, month, chance.choices((1, 2, 3, 4), (40, 30, 20, 10))[0]):
        large = goods.category in (LARGE, SERVICE)
        most = (3 if large else 20) if firm else (1 if large else 3)
        chosen.setdefault(goods.sku, chance.randint(1, most))
        for other, likely in TOGETHER.get(goods.sku, ()):
            if chance.random() < likely:
                chosen.setdefault(other, 1)
    return tuple(Line(sku, number, price_at(BY_SKU[sku], at, days.begin)) for sku, number in chosen.items())


def _drawn(chance: random.Random, month: int, count: int) -> list[Goods]:
    return chance.choices(GOODS, [wanted(goods, month) for goods in GOODS], k=count)


def _payments(chance: random.Random, firm: bool, at: float, total: int, days: Days) -> tuple[Payment, ...]:
    """What has come by now. Firms pay by transfer within weeks; for large sums there is a deposit first."""
    if firm or total >= _DEPOSIT_FROM:
        first = total * 30 // 100 if total >= _DEPOSIT_FROM else 0
        method = "transfer" if firm else chance.choice(("card", "wechat"))
        due = at + chance.uniform(1, 45 if firm else 5) * DAY_S
        planned = [Payment(at + 600, first, method)] if first else []
        planned.append(Payment(due, total - first, method))
    else:
        method = chance.choices(("wechat", "alipay", "card", "cash"), (45, 35, 12, 8))[0]
        planned = [Payment(at + chance.uniform(20, 600), total, method)]
    return tuple(payment for payment in planned if payment.at < days.now)


def _return(chance: random.Random, person: Person, order: Order, days: Days) -> Return | None:
    able = [n for n, line in enumerate(order.lines) if BY_SKU[line.sku].months]
    last = max(payment.at for payment in order.payments)
    asked = max(order.delivered or 0.0, last) + chance.uniform(0.5, 9) * DAY_S
    if not able or asked >= days.now:
        return None
    line = chance.choice(able)
    planned = [(asked + 0.2 * DAY_S, "refused")]
    if chance.random() < 0.88:
        back = asked + chance.uniform(2, 6) * DAY_S
        planned = [(back, "received"), (back + chance.uniform(0.5, 4) * DAY_S, "refunded")]
    return Return(
        line=line,
        quantity=1,
        asked=asked,
        reason=chance.choice(_REASONS[person.language]),
        steps=tuple(step for step in planned if step[0] < days.now),
    )


def _when(chance: random.Random, begin: float, span: float, days: Days) -> float:
    """More of it lately, and in the months of the great sales."""
    at = begin
    for _ in range(3):
        at = _open_hours(chance, begin + span * chance.betavariate(1.1, 1.0), days)
        if days.month_number(at) in _BUSY or chance.random() < 0.65:
            break
    return at


def _open_hours(chance: random.Random, at: float, days: Days) -> float:
    """On the day of `at`, between nine and nine: people sleep."""
    back = min(HISTORY_DAYS, max(0, int((days.now - at) / DAY_S)))
    return days.moment(back, chance.uniform(9, 21))
