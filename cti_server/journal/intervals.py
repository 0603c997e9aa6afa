"""Half-hours in the site's time zone. Pure.

A half-hour begins at :00 or :30 of the wall clock, so a zone such as +05:45 has borders of its own, and a day has 46 or
50 of them when the clocks change.
"""

import datetime
from collections.abc import Iterator
from zoneinfo import ZoneInfo

HALF_HOUR_S = 1800


def half_hour(at: float, zone: ZoneInfo) -> int:
    """The start (epoch seconds) of the half-hour of `zone` that holds `at` (epoch seconds)."""
    second = int(at // 1)
    moment = datetime.datetime.fromtimestamp(second, zone)
    offset = int((moment.utcoffset() or datetime.timedelta()).total_seconds())
    return (second + offset) // HALF_HOUR_S * HALF_HOUR_S - offset


def split(start: float, end: float, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Cut a stretch at the borders: (half-hour, whole milliseconds in it).

    Both ends are rounded to the millisecond before they are cut, so the pieces add up to the whole exactly.
    """
    begin, stop = ms(start), ms(end)
    while begin < stop:
        interval = half_hour(begin / 1000, zone)
        border = min(stop, max((interval + HALF_HOUR_S) * 1000, begin + 1))
        yield interval, border - begin
        begin = border


def day(date: datetime.date, zone: ZoneInfo) -> tuple[float, float]:
    """The first moment of the day `date` in `zone` and of the next: 23 to 25 hours apart."""
    following = date + datetime.timedelta(days=1)
    first, last = (datetime.datetime.combine(d, datetime.time(), zone).timestamp() for d in (date, following))
    return first, last


def ms(seconds: float) -> int:
    """Whole milliseconds."""
    return round(seconds * 1000)
