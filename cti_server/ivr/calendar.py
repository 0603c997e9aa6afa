"""Pure: is the site open at a given moment. By wall clock in the site's time zone, so a day of 23 or 25 hours is right.

A stretch that crosses midnight (22:00 to 06:00) belongs to the day on which it opens: it follows that day's weekday and
that day's holiday.
"""

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from cti_server.settings import Calendar, Hours, Site

_DAY = 24 * 60
_TIME = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)$|^24:00$")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


class Opening(NamedTuple):
    """`reason`: `open`, `closed`, or `holiday` with its name."""

    open: bool
    reason: str


def minutes(clock: str) -> int:
    """`HH:MM`, up to 24:00, as minutes after midnight. Raises `ValueError` for anything else."""
    if not _TIME.fullmatch(clock):
        raise ValueError(f"{clock!r} is not a time of day such as 09:30")
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def look(calendar: Calendar, site: Site, at: float) -> Opening:
    """Whether the site is open at `at` (UTC epoch seconds). Calendar without hours: never open."""
    local = datetime.fromtimestamp(at, ZoneInfo(site.time_zone))
    today, minute = local.date(), local.hour * 60 + local.minute
    yesterday = today - timedelta(days=1)
    if any(_covers(h, yesterday, minute + _DAY) for h in calendar.hours) and not holiday(calendar, site, yesterday):
        return Opening(True, "open")
    if any(_covers(h, today, minute) for h in calendar.hours):
        name = holiday(calendar, site, today)
        return Opening(not name, f"holiday {name}" if name else "open")
    return Opening(False, "closed")


def _covers(hours: Hours, day: date, minute: int) -> bool:
    start, end = minutes(hours.open), minutes(hours.close)
    if end <= start:
        end += _DAY
    return day.isoweekday() in hours.days and start <= minute < end


def holiday(calendar: Calendar, site: Site, day: date) -> str:
    """The name of the holiday that `day` is, or an empty string.

    Each entry of `calendar.holidays` is a date (`2026-02-17`), or the code of a country, with its subdivision if need
    be (`CN`, `US-CA`), or `country` for the site's own country.
    """
    for entry in calendar.holidays:
        if _DATE.fullmatch(entry):
            if entry == day.isoformat():
                return entry
        elif name := _public(site.country if entry == "country" else entry, day.year).get(day):
            return name
    return ""


@lru_cache(maxsize=64)
def _public(place: str, year: int) -> dict[date, str]:
    """The public holidays of a country in a year. Raises `ValueError` for a country that the library does not know."""
    country, _, subdivision = place.partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
    except NotImplementedError as error:
        raise ValueError(f"no holidays are known for {place!r}") from error
