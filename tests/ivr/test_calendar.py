"""Opening hours: by wall clock, across midnight, over a change of the clocks, on holidays."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from cti_server.ivr.calendar import holiday, look, minutes
from cti_server.settings import Calendar, Hours, Site

SHANGHAI = Site(time_zone="Asia/Shanghai", country="CN")
BERLIN = Site(time_zone="Europe/Berlin", country="DE")
OFFICE = Calendar(hours=(Hours(days=(1, 2, 3, 4, 5), open="09:00", close="18:00"),))
NIGHT = Calendar(hours=(Hours(days=(5,), open="22:00", close="06:00"),))


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
    with pytest.raises(ValueError, match="XX"):
        holiday(Calendar(holidays=("XX",)), SHANGHAI, date(2025, 1, 1))


def test_times_of_day() -> None:
    assert (minutes("00:00"), minutes("09:30"), minutes("24:00")) == (0, 570, 1440)
    for wrong in ("9:30", "24:01", "12:60", "noon", ""):
        with pytest.raises(ValueError):
            minutes(wrong)
