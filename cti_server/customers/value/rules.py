"""What a customer is worth, from when and for how much they bought. Pure; times in epoch seconds, amounts in the
currency's smallest unit.

RFM: of all who ever bought, five equal groups each by how lately, how often and for how much; 5 is the best fifth
(A. M. Hughes, Strategic Database Marketing, 1994). Equal values are never parted, so groups may be unequal.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

DAY_S = 86_400.0
YEAR_S = 365 * DAY_S
WEIGHTS = {"recency": 1, "frequency": 1, "monetary": 2}
"""Of the scores in the tier: what somebody spends counts as much as how lately and how often they come."""
HORIZON_YEARS = 3.0
"""How far the expected worth looks ahead: beyond it nobody's habits are known."""
FIRST_GAP_S = YEAR_S
"""Until a second order, the next one is expected within a year."""
LEAST_GAP_S = 30 * DAY_S
"""Who buys every day is not lost after a week."""
LATE, LOST = 2.0, 4.0
"""After so many usual gaps without an order somebody is late; after so many, lost."""
STABLE_ORDERS = 4

Purchase: TypeAlias = tuple[float, int]
Stage: TypeAlias = Literal["exploring", "forming", "stable", "declining"]
Bounds: TypeAlias = Mapping[str, Sequence[float]]


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """`recency`, `frequency`, `monetary`: 1 to 5, 0 for one who never bought. `lifetime`: expected worth."""

    orders: int
    spent: int
    last_order: float | None
    recency: int
    frequency: int
    monetary: int
    tier: int
    stage: Stage
    lifetime: int


def bounds(everybody: Iterable[Sequence[Purchase]], now: float) -> dict[str, list[float]]:
    """The four values that part five equal groups, by score; of those who ever bought. Empty when nobody did."""
    bought = [purchases for purchases in everybody if purchases]
    columns = [sorted(column) for column in zip(*(_measures(each, now) for each in bought), strict=True)]
    if not columns:
        return {}
    cuts = {}
    for name, column in zip(WEIGHTS, columns, strict=True):
        cuts[name] = [column[min(len(column) - 1, len(column) * fifth // 5)] for fifth in range(1, 5)]
    return cuts


def value(purchases: Sequence[Purchase], known: Bounds, now: float) -> Value:
    """Of one customer; `purchases` oldest first, `known` as `bounds` gave them."""
    if not purchases:
        return Value(
            orders=0,
            spent=0,
            last_order=None,
            recency=0,
            frequency=0,
            monetary=0,
            tier=0,
            stage="exploring",
            lifetime=0,
        )
    measures = _measures(purchases, now)
    scores = {name: _score(known.get(name, ()), measure) for name, measure in zip(WEIGHTS, measures, strict=True)}
    return Value(
        orders=len(purchases),
        spent=sum(amount for _, amount in purchases),
        last_order=purchases[-1][0],
        **scores,
        tier=tier(scores),
        stage=stage([at for at, _ in purchases], now),
        lifetime=lifetime(purchases, now),
    )


def tier(scores: Mapping[str, int]) -> int:
    """1 to 5: the weighted mean of the scores, a half rounded up."""
    total = sum(WEIGHTS[name] * scores[name] for name in WEIGHTS)
    weight = sum(WEIGHTS.values())
    return max(1, min(5, (2 * total + weight) // (2 * weight)))


def usual_gap_s(dates: Sequence[float]) -> float:
    """Between two orders, on average; never less than `LEAST_GAP_S`."""
    if len(dates) < 2:
        return FIRST_GAP_S
    return max(LEAST_GAP_S, (dates[-1] - dates[0]) / (len(dates) - 1))


def stage(dates: Sequence[float], now: float) -> Stage:
    """The phase of a relationship: exploring, forming, stable, declining.

    Declining: nothing for twice the usual gap, or in the last year not half of the orders of the year before (of at
    least four). Exploring: one order so far. Stable: four or more over at least half a year. Forming: between them.
    """
    if not dates:
        return "exploring"
    last_year = sum(now - YEAR_S < at for at in dates)
    year_before = sum(now - 2 * YEAR_S < at <= now - YEAR_S for at in dates)
    late = now - dates[-1] > LATE * usual_gap_s(dates)
    if late or (year_before >= STABLE_ORDERS and last_year < year_before / 2):
        return "declining"
    if len(dates) == 1:
        return "exploring"
    return "stable" if len(dates) >= STABLE_ORDERS and dates[-1] - dates[0] >= YEAR_S / 2 else "forming"


def alive(dates: Sequence[float], now: float) -> float:
    """How likely somebody still is a customer: 1 until late, then falling evenly to 0 when lost."""
    gaps = (now - dates[-1]) / usual_gap_s(dates)
    return max(0.0, min(1.0, (LOST - gaps) / (LOST - LATE)))


def lifetime(purchases: Sequence[Purchase], now: float) -> int:
    """Spent so far, and mean order times orders a year times `HORIZON_YEARS` times how likely they still buy.

    Turnover, not margin.
    """
    dates = [at for at, _ in purchases]
    spent = sum(amount for _, amount in purchases)
    ahead = spent / len(purchases) * (YEAR_S / usual_gap_s(dates)) * HORIZON_YEARS * alive(dates, now)
    return round(spent + max(0.0, ahead))


def _measures(purchases: Sequence[Purchase], now: float) -> tuple[float, float, float]:
    """Each the greater the better: less time since the last order, more orders, more money."""
    return purchases[-1][0] - now, float(len(purchases)), float(sum(amount for _, amount in purchases))


def _score(cuts: Sequence[float], measure: float) -> int:
    """1 to 5: in which fifth. A value that is a bound belongs to the fifth that it begins."""
    return 1 + sum(measure >= cut for cut in cuts)
