"""What will be won: the weighted pipeline and the trend, and how far both were off in past months. Pure.

*Weighted pipeline* of a month: the sum of amount x probability of the open opportunities that are expected to be closed
in it; what is overdue counts in the month in which the forecast is made.
*Trend*: a straight line through the amounts won in the months before, by ordinary least squares; never below 0.
*Error*: MAPE, the mean absolute percentage error: the mean of |actual - forecast| / actual over the months in which
something was won (with an actual of 0 it is not defined). WAPE beside it: sum |actual - forecast| / sum actual, which
no small month can spoil. (Hyndman and Koehler, Another look at measures of forecast accuracy, 2006.)
"""

from collections.abc import Iterable, Sequence

import msgspec

from cti_server.sales.rules import MOST_AMOUNT, rounded

TREND_MONTHS = 12
"""How many months the line is laid through, at most."""
LEAST_MONTHS = 3
"""With fewer there is no trend."""


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """An opportunity that is open, or was at some moment. `month`: `YYYY-MM` in which it is expected."""

    amount: int
    probability: int
    month: str


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """In per cent; None where they are not defined. `months`: how many went into `mape`."""

    mape: float | None
    wape: float | None
    months: int


def month_after(month: str, steps: int = 1) -> str:
    """`2026-12` and 1 give `2027-01`; `steps` may be below 0."""
    year, number = (int(part) for part in month.split("-"))
    at = year * 12 + number - 1 + steps
    return f"{at // 12:04}-{at % 12 + 1:02}"


def months_from(first: str, count: int) -> list[str]:
    return [month_after(first, n) for n in range(count)]


def weighted(open_ones: Iterable[Open], now: str) -> dict[str, int]:
    """The weighted pipeline by month, as seen in the month `now`. Rounded once for each month."""
    sums: dict[str, int] = {}
    for one in open_ones:
        month = max(one.month, now)
        sums[month] = sums.get(month, 0) + one.amount * one.probability
    return {month: rounded(total, 100) for month, total in sorted(sums.items())}


def trend(won: Sequence[int], ahead: int = 1) -> int | None:
    """What the line through `won` (the amounts of the months before, the oldest first) says of the month `ahead` months
    after the last one. None with fewer than `LEAST_MONTHS`.
    """
    known = won[-TREND_MONTHS:]
    n = len(known)
    if n < LEAST_MONTHS:
        return None
    # With x = 0 .. n-1, in whole numbers: slope = (n*Sxy - Sx*Sy) / (n*Sxx - Sx*Sx).
    sx, sxx = n * (n - 1) // 2, (n - 1) * n * (2 * n - 1) // 6
    sy, sxy = sum(known), sum(x * y for x, y in enumerate(known))
    below = n * sxx - sx * sx
    slope = n * sxy - sx * sy
    at = n - 1 + ahead
    return min(MOST_AMOUNT, max(0, rounded(sy * below + slope * (n * at - sx), n * below)))


def error(pairs: Iterable[tuple[int, int]]) -> Error:
    """Of `(actual, forecast)`, one pair for each past month."""
    known = list(pairs)
    off = [abs(actual - forecast) / actual for actual, forecast in known if actual > 0]
    total = sum(actual for actual, _ in known)
    return Error(
        mape=100 * sum(off) / len(off) if off else None,
        wape=100 * sum(abs(actual - forecast) for actual, forecast in known) / total if total > 0 else None,
        months=len(off),
    )
