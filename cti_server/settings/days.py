"""Single days of a calendar: the public holidays of a place, and the file in which a site keeps days of its own.

The file is UTF-8 or GB18030, text or CSV, one day in each line; `#` begins a comment:

    2026-10-01 National Day 国庆节
    2026-10-10 open 09:00-12:00 13:00-18:00 make-up working day 调休

A day is closed, unless `open` (or 上班) and its hours follow. What the file says of a day comes before everything else.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cti_server.settings.all import SettingsError

Stretch = tuple[int, int]
"""Minutes after midnight of the day on which it opens; the end is beyond 24 hours when it crosses midnight."""

MOST_BYTES = 1_000_000
DAY = 24 * 60

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_DATE = re.compile(r"(\d{4})(?:(?:-|/|\.)(\d{1,2})(?:-|/|\.)(\d{1,2})|年(\d{1,2})月(\d{1,2})日?)(?!\d)[\s,;，、]*")
_OPEN = re.compile(r"(?:open|上班)(?![A-Za-z])[\s,;，、:：]*", re.I)
_SPAN = re.compile(r"(\d{1,2}[:：]\d\d)\s*(?:-|–|—|~|～|to|至|到)\s*(\d{1,2}[:：]\d\d)[\s,;，、]*")
_TOLD = 10


class Day(NamedTuple):
    """One day of the file. `stretches`: when it is open; none: closed all day."""

    name: str
    stretches: tuple[Stretch, ...] = ()


def minutes(clock: str) -> int:
    """`HH:MM`, up to 24:00, as minutes after midnight. Raises `ValueError` for anything else."""
    if not _TIME.fullmatch(clock):
        raise ValueError(f"{clock!r} is not a time of day such as 09:30")
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def stretch(opens: str, closes: str) -> Stretch:
    """From `opens` to `closes`, HH:MM; when that is not later, it is on the next day. Raises `ValueError`."""
    start, end = minutes(opens), minutes(closes)
    return start, end if end > start else end + DAY


class Year(NamedTuple):
    """A year of a place. `working`: days at a weekend on which people work, to make up for a holiday."""

    holidays: Mapping[date, str]
    working: frozenset[date]


@lru_cache(maxsize=64)
def public(place: str, year: int) -> Year:
    """What is known of a country (`CN`) or a part of it (`US-CA`) in a year.

    Raises `SettingsError` for a place of which the library knows nothing.
    """
    import holidays  # a fifth of a second that only sites which name a country pay

    country, _, part = place.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError:  # the library's word for a place that it does not know
        raise SettingsError(f"no public holidays are known for {place!r}: name the days in a holiday_file") from None
    working: Iterable[date] = getattr(found, "weekend_workdays", ())
    return Year(dict(found), frozenset(day for day in working if day.year == year))


def read(path: Path) -> dict[date, Day]:
    """The days of a holiday file. Raises `SettingsError` that names the file, each wrong line, and how to mend it."""
    try:
        if not path.is_file():
            raise SettingsError(f"{path}: there is no such holiday file")
        if path.stat().st_size > MOST_BYTES:
            raise SettingsError(f"{path}: a holiday file has at most {MOST_BYTES:,} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    return parse(_text(path, data), str(path))


def _text(path: Path, data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SettingsError(f"{path}: this is neither UTF-8 nor GB18030 text; save it as UTF-8")


def parse(text: str, name: str = "holiday file") -> dict[date, Day]:
    """`text` as days. `name`: what the file is called in the message. Raises `SettingsError`."""
    days: dict[date, Day] = {}
    lines: dict[date, int] = {}
    wrong: list[str] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.split("#")[0].replace('"', "").strip(" \t,;，、")
        if not line or (not days and not wrong and not any(c.isdigit() for c in line)):
            continue  # nothing, or the heading of a table
        try:
            day, said = _day(line)
            before = days.get(day)
            if before is not None and (before.stretches or said.stretches):
                raise ValueError(f"{day} is in line {lines[day]} already, and only one of the two can be meant")
            days[day] = Day(f"{before.name}, {said.name}", ()) if before and before.name != said.name else said
            lines[day] = number
        except ValueError as error:
            wrong.append(f"{name}, line {number}: {error}")
    if wrong:
        more = [f"{name}: {len(wrong) - _TOLD} more lines are wrong"] if len(wrong) > _TOLD else []
        raise SettingsError("\n".join(wrong[:_TOLD] + more))
    return days


def _day(line: str) -> tuple[date, Day]:
    found = _DATE.match(line)
    if not found:
        raise ValueError(f"{line[:40]!r} does not begin with a date such as 2026-10-01")
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        when = date(year, month, day)
    except ValueError:
        raise ValueError(f"there is no day {found[0].strip()!r} in any calendar") from None
    rest = line[found.end() :]
    opens = _OPEN.match(rest)
    if not opens:
        return when, Day(_name(rest) or when.isoformat())
    rest, stretches = rest[opens.end() :], []
    while span := _SPAN.match(rest):
        stretches.append(stretch(*(clock.replace("：", ":").zfill(5) for clock in span.groups())))
        rest = rest[span.end() :]
    if not stretches:
        raise ValueError(f"after `open` come the hours: write for example `{when} open 09:00-18:00`")
    return when, Day(_name(rest), tuple(stretches))


def _name(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:100]
