"""Opening hours: by wall clock, across midnight, over a change of the clocks, on holidays; and when they change."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.ivr import calendar as business
from cti_server.ivr.calendar import Opening, Timetable, midnight, next_change
from cti_server.settings import Calendar, Hours, SettingsError, Site
from cti_server.settings.days import parse

SHANGHAI = Site(time_zone="Asia/Shanghai", country="CN")
BERLIN = Site(time_zone="Europe/Berlin", country="DE")
OFFICE = Calendar(hours=(Hours(days=(1, 2, 3, 4, 5), open="09:00", close="18:00"),))
NIGHT = Calendar(hours=(Hours(days=(5,), open="22:00", close="06:00"),))


def table(calendar: Calendar, site: Site, file: str = "") -> Timetable:
    return Timetable(calendar, ZoneInfo(site.time_zone), site.country, parse(file))


def look(calendar: Calendar, site: Site, moment: float, file: str = "") -> Opening:
    return business.look(table(calendar, site, file), moment)


def holiday(calendar: Calendar, site: Site, day: date) -> str:
    return business.holiday(table(calendar, site), day)


def at(site: Site, text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(site.time_zone)).timestamp()


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2025-11-24 08:59:59", False),
        ("2025-11-24 09:00:00", True),
        ("2025-11-24 17:59:59", True),
        ("2025-11-24 18:00:00", False),
        ("2025-11-23 12:00:00", False),
    ],
)
def test_office_hours(moment: str, is_open: bool) -> None:
    assert look(OFFICE, SHANGHAI, at(SHANGHAI, moment)).open is is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2025-11-28 21:59", False),
        ("2025-11-28 22:00", True),
        ("2025-11-29 00:00", True),
        ("2025-11-29 05:59", True),
        ("2025-11-29 06:00", False),
        ("2025-11-29 22:30", False),
        ("2025-11-28 03:00", False),
    ],
)
def test_a_night_shift_belongs_to_the_day_on_which_it_opens(moment: str, is_open: bool) -> None:
    assert look(NIGHT, SHANGHAI, at(SHANGHAI, moment)).open is is_open


def test_the_whole_day_and_none() -> None:
    for hour in range(24):
        assert look(Calendar(), SHANGHAI, at(SHANGHAI, f"2025-11-24 {hour:02}:59")).open
        assert not look(Calendar(hours=()), SHANGHAI, at(SHANGHAI, f"2025-11-24 {hour:02}:59")).open


def test_equal_times_mean_a_whole_day_from_there() -> None:
    calendar = Calendar(hours=(Hours(days=(1,), open="08:00", close="08:00"),))
    assert look(calendar, SHANGHAI, at(SHANGHAI, "2025-11-25 07:59")).open
    assert not look(calendar, SHANGHAI, at(SHANGHAI, "2025-11-25 08:00")).open


def test_a_day_of_23_and_one_of_25_hours() -> None:
    sunday = Calendar(hours=(Hours(days=(7,), open="01:00", close="04:00"),))
    for day, hours in (("2025-03-30", 2), ("2025-10-26", 4)):
        start = at(BERLIN, f"{day} 00:00")
        inside = sum(look(sunday, BERLIN, start + 60 * minute).open for minute in range(25 * 60))
        assert inside == hours * 60
    assert look(OFFICE, BERLIN, at(BERLIN, "2025-03-31 09:00")).open
    assert not look(OFFICE, BERLIN, at(BERLIN, "2025-03-31 08:59")).open


def test_public_holidays_of_a_country() -> None:
    calendar = Calendar(hours=OFFICE.hours, holidays=("country",))
    found = look(calendar, SHANGHAI, at(SHANGHAI, "2025-10-01 10:00"))
    assert not found.open
    assert found.reason.startswith("holiday ")
    assert look(OFFICE, SHANGHAI, at(SHANGHAI, "2025-10-01 10:00")).open
    assert holiday(Calendar(holidays=("US",)), SHANGHAI, date(2025, 7, 4))
    assert not holiday(Calendar(holidays=("US",)), SHANGHAI, date(2025, 10, 1))
    assert holiday(Calendar(holidays=("DE-BY",)), BERLIN, date(2025, 1, 6))
    assert not holiday(Calendar(holidays=("DE",)), BERLIN, date(2025, 1, 6))


def test_days_of_the_sites_own() -> None:
    calendar = Calendar(hours=OFFICE.hours, holidays=("2025-11-24",))
    assert look(calendar, SHANGHAI, at(SHANGHAI, "2025-11-24 10:00")).reason == "holiday 2025-11-24"
    assert look(calendar, SHANGHAI, at(SHANGHAI, "2025-11-25 10:00")).open


def test_a_shift_that_opened_before_the_holiday_goes_on() -> None:
    calendar = Calendar(hours=NIGHT.hours, holidays=("2025-11-29",))
    assert look(calendar, SHANGHAI, at(SHANGHAI, "2025-11-29 03:00")).open
    closed = Calendar(hours=NIGHT.hours, holidays=("2025-11-28",))
    assert not look(closed, SHANGHAI, at(SHANGHAI, "2025-11-29 03:00")).open


def test_a_country_nobody_knows_is_said_plainly() -> None:
    with pytest.raises(SettingsError, match="XX"):
        holiday(Calendar(holidays=("XX",)), SHANGHAI, date(2025, 1, 1))


FILE = """
2026-10-01 National Day 国庆节
2026-10-10 open 09:00-12:00 13:00-22:00 调休
2026-10-11 open 20:00-02:00
"""


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-09-30 10:00", "open"),
        ("2026-10-01 10:00", "holiday National Day 国庆节"),
        ("2026-10-01 20:00", "closed"),
        ("2026-10-10 09:00", "open"),
        ("2026-10-10 12:00", "closed"),
        ("2026-10-10 21:59", "open"),
        ("2026-10-10 22:00", "closed"),
        ("2026-10-12 01:59", "open"),
        ("2026-10-12 02:00", "closed"),
        ("2026-10-12 09:00", "open"),
    ],
)
def test_a_day_of_the_file_may_close_and_may_open(moment: str, said: str) -> None:
    assert look(OFFICE, SHANGHAI, at(SHANGHAI, moment), FILE).reason == said


def test_the_file_comes_before_public_holidays() -> None:
    calendar = Calendar(hours=OFFICE.hours, holidays=("country", "2026-10-02"))
    both = "2026-10-01 open 10:00-11:00\n2026-10-02 open 10:00-11:00"
    for day in ("2026-10-01", "2026-10-02"):
        assert not look(calendar, SHANGHAI, at(SHANGHAI, f"{day} 10:30")).open
        assert look(calendar, SHANGHAI, at(SHANGHAI, f"{day} 10:30"), both).open
        assert not look(calendar, SHANGHAI, at(SHANGHAI, f"{day} 11:30"), both).open


def test_working_days_at_a_weekend_that_a_calendar_does_not_know() -> None:
    span = at(SHANGHAI, "2025-09-01 00:00"), at(SHANGHAI, "2025-12-31 00:00")
    country = Calendar(hours=OFFICE.hours, holidays=("country",))
    assert business.working_days(table(country, SHANGHAI), *span) == [date(2025, 9, 28), date(2025, 10, 11)]
    known = table(country, SHANGHAI, "2025-09-28 open 09:00-18:00\n2025-10-11 closed all the same")
    assert business.working_days(known, *span) == [date(2025, 10, 11)]
    assert business.working_days(table(OFFICE, SHANGHAI), *span) == []
    assert business.working_days(table(Calendar(holidays=("CN",)), BERLIN), *span) == []


@pytest.mark.parametrize(
    ("calendar", "site", "now", "then"),
    [
        (OFFICE, SHANGHAI, "2026-09-30 10:00", "2026-09-30 18:00"),
        (OFFICE, SHANGHAI, "2026-09-30 18:00", "2026-10-02 09:00"),
        (OFFICE, SHANGHAI, "2026-10-09 18:00", "2026-10-10 09:00"),
        (OFFICE, SHANGHAI, "2026-10-10 12:30", "2026-10-10 13:00"),
        (OFFICE, SHANGHAI, "2026-10-11 23:00", "2026-10-12 02:00"),
        (NIGHT, SHANGHAI, "2026-09-25 23:00", "2026-09-26 06:00"),
        (NIGHT, SHANGHAI, "2026-09-26 06:00", "2026-10-02 22:00"),
    ],
)
def test_when_it_changes_next(calendar: Calendar, site: Site, now: str, then: str) -> None:
    found = next_change(table(calendar, site, FILE), at(site, now), at(site, "2026-12-31 00:00"))
    assert found == at(site, then)


def test_what_never_changes_and_what_changes_too_late() -> None:
    now = at(SHANGHAI, "2026-09-30 19:00")
    for calendar in (Calendar(), Calendar(hours=())):
        assert next_change(table(calendar, SHANGHAI), now, now + 400 * 86400) is None
    opens = at(SHANGHAI, "2026-10-02 09:00")
    assert next_change(table(OFFICE, SHANGHAI, FILE), now, opens) is None
    assert next_change(table(OFFICE, SHANGHAI, FILE), now, opens + 1) == opens


@pytest.mark.parametrize(
    ("day", "opens", "expected"),
    [
        # The clock goes from 02:00 to 03:00: what opens in the hour that is missing opens with its end.
        ("2025-03-30", "02:30", ["2025-03-30T01:00:00", "2025-03-30T02:00:00"]),
        # The clock goes from 03:00 back to 02:00: what the wall clock says twice happens twice.
        ("2025-10-26", "02:30", ["2025-10-26T00:30:00", "2025-10-26T01:00:00", "2025-10-26T01:30:00"]),
    ],
)
def test_changes_on_the_days_when_the_clocks_change(day: str, opens: str, expected: list[str]) -> None:
    sunday = table(Calendar(hours=(Hours(days=(7,), open=opens, close="04:00"),)), BERLIN)
    now, found = at(BERLIN, f"{day} 00:00"), []
    while (then := next_change(sunday, now, at(BERLIN, f"{day} 23:59"))) is not None:
        found.append(datetime.fromtimestamp(now := then, ZoneInfo("UTC")).replace(tzinfo=None).isoformat())
    assert found[: len(expected)] == expected
    assert found[-1] == ("2025-03-30T02:00:00" if day.startswith("2025-03") else "2025-10-26T03:00:00")


_MINUTE = st.integers(0, 24 * 60).map(lambda m: f"{m // 60:02}:{m % 60:02}")
_HOURS = st.builds(Hours, days=st.lists(st.integers(1, 7), max_size=3).map(tuple), open=_MINUTE, close=_MINUTE)
_ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kolkata"])


@settings(max_examples=40, deadline=None)
@given(
    hours=st.lists(_HOURS, max_size=3).map(tuple),
    zone=_ZONES,
    start=st.sampled_from(["2025-03-08", "2025-03-29", "2025-04-05", "2025-10-04", "2025-10-25", "2025-11-01"]),
    offset=st.integers(0, 3600 * 24),
)
def test_the_next_change_is_what_looking_at_every_minute_finds(
    hours: tuple[Hours, ...], zone: str, start: str, offset: int
) -> None:
    timetable = Timetable(Calendar(hours=hours), ZoneInfo(zone), days=parse("2025-10-26 open 00:30-01:30"))
    now = midnight(ZoneInfo(zone), date.fromisoformat(start)) + offset
    before, minute = business.look(timetable, now).open, now // 60 * 60 + 60
    until = now + 2 * 86400
    while minute < until and business.look(timetable, minute).open == before:
        minute += 60
    assert next_change(timetable, now, until) == (minute if minute < until else None)
