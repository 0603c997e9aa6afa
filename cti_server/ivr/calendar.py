"""Pure: is a queue open at a given moment, and when does that change. By wall clock in the calendar's time zone, so a
day of 23 or 25 hours is right.

A stretch that crosses midnight (22:00 to 06:00) belongs to the day on which it opens: it follows that day's weekday and
that day's holiday.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cti_server.settings import Calendar
from cti_server.settings.days import DAY, Day, Stretch, public, stretch

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


class Timetable(NamedTuple):
    """A calendar with what it takes to read it. `country`: that of the site; `days`: of its holiday file."""

    calendar: Calendar
    zone: ZoneInfo
    country: str = ""
    days: Mapping[date, Day] = {}


class Opening(NamedTuple):
    """`reason`: `open`, `closed`, or `holiday` with its name."""

    open: bool
    reason: str


def look(table: Timetable, at: float) -> Opening:
    """Whether it is open at `at` (UTC epoch seconds). A calendar without hours is never open."""
    local = datetime.fromtimestamp(at, table.zone)
    today, minute = local.date(), local.hour * 60 + local.minute
    if _covers(stretches(table, today - timedelta(days=1)), minute + DAY) or _covers(stretches(table, today), minute):
        return Opening(True, "open")
    if _covers(_weekly(table, today), minute) and (name := holiday(table, today)):
        return Opening(False, f"holiday {name}")
    return Opening(False, "closed")


def next_change(table: Timetable, at: float, until: float) -> float | None:
    """The first moment after `at` at which `look` says something else, or None when there is none before `until`."""
    now = look(table, at).open
    day, last = (datetime.fromtimestamp(moment, table.zone).date() for moment in (at, until))
    day -= timedelta(days=1)
    ahead: set[float] = set()
    while day <= last:
        ahead.update(_moments(table, day))
        day += timedelta(days=1)
        known = midnight(table.zone, day)  # later days bring nothing before it
        for moment in sorted(moment for moment in ahead if at < moment < min(known, until)):
            if look(table, moment).open != now:
                return moment
        ahead = {moment for moment in ahead if moment >= known}
    return None


def midnight(zone: ZoneInfo, day: date) -> float:
    """When `day` begins. Epoch seconds."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def stretches(table: Timetable, day: date) -> tuple[Stretch, ...]:
    """When it is open, of those stretches that begin on `day`."""
    if (single := table.days.get(day)) is not None:
        return single.stretches
    weekly = _weekly(table, day)
    return () if not weekly or holiday(table, day) else weekly


def holiday(table: Timetable, day: date) -> str:
    """The name of the holiday that `day` is, or an empty string."""
    if (single := table.days.get(day)) is not None:
        return "" if single.stretches else single.name
    for entry in table.calendar.holidays:
        if _DATE.fullmatch(entry):
            if entry == day.isoformat():
                return entry
        elif name := public(_place(table, entry), day.year).holidays.get(day):
            return name
    return ""


def working_days(table: Timetable, at: float, until: float) -> list[date]:
    """Days at a weekend on which people work, to make up for a public holiday, and on which this calendar is closed."""
    first, last = (datetime.fromtimestamp(moment, table.zone).date() for moment in (at, until))
    places = {_place(table, entry) for entry in table.calendar.holidays if not _DATE.fullmatch(entry)}
    years = range(first.year, last.year + 1)
    days = {day for place in places for year in years for day in public(place, year).working}
    return [day for day in sorted(days) if first <= day <= last and not stretches(table, day)]


def _place(table: Timetable, entry: str) -> str:
    return table.country if entry == "country" else entry


def _weekly(table: Timetable, day: date) -> tuple[Stretch, ...]:
    return tuple(stretch(h.open, h.close) for h in table.calendar.hours if day.isoweekday() in h.days)


def _covers(found: tuple[Stretch, ...], minute: int) -> bool:
    return any(start <= minute < end for start, end in found)


def _moments(table: Timetable, day: date) -> Iterator[float]:
    """Everything at which the answer may change because of `day`: the ends of its stretches, and where its clocks do.

    A wall time that comes twice or never gives two moments; `look` says which of them counts.
    """
    start = datetime(day.year, day.month, day.day, tzinfo=table.zone)
    for minute in {minute for pair in stretches(table, day) for minute in pair}:
        for fold in (0, 1):
            # Adding to an aware time moves the wall clock, whatever happens to the zone in between.
            yield (start + timedelta(minutes=minute)).replace(fold=fold).timestamp()
    low, high = midnight(table.zone, day), midnight(table.zone, day + timedelta(days=1))
    before = datetime.fromtimestamp(low, table.zone).utcoffset()
    if before != datetime.fromtimestamp(high, table.zone).utcoffset():
        while high - low > 1:
            middle = (low + high) // 2
            same = datetime.fromtimestamp(middle, table.zone).utcoffset() == before
            low, high = (middle, high) if same else (low, middle)
        yield high
