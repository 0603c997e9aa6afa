"""Half-hours in the site's zone: days of 23 and 25 hours, zones off the half-hour."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_server.journal.intervals import HALF_HOUR_S, day, half_hour, ms, split

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")]
MOMENTS = st.floats(1_600_000_000, 1_900_000_000, allow_nan=False)


@pytest.mark.parametrize(
    ("date", "hours"), [("2024-03-31", 23), ("2024-10-27", 25), ("2024-06-01", 24)], ids=["spring", "autumn", "summer"]
)
def test_a_day_has_as_many_half_hours_as_it_lasts(date: str, hours: int) -> None:
    start, end = day(datetime.date.fromisoformat(date), BERLIN)
    pieces = list(split(start, end, BERLIN))
    assert end - start == hours * 3600
    assert pieces == [(int(start) + n * HALF_HOUR_S, HALF_HOUR_S * 1000) for n in range(hours * 2)]


def test_the_hour_that_comes_twice_gives_two_half_hours_each() -> None:
    first = datetime.datetime(2024, 10, 27, 2, 40, tzinfo=BERLIN).timestamp()
    second = datetime.datetime(2024, 10, 27, 2, 40, tzinfo=BERLIN, fold=1).timestamp()
    assert half_hour(second, BERLIN) - half_hour(first, BERLIN) == 3600


def test_a_zone_off_the_half_hour_has_borders_of_its_own() -> None:
    kathmandu = ZoneInfo("Asia/Kathmandu")
    start = half_hour(1_700_000_000, kathmandu)
    local = datetime.datetime.fromtimestamp(start, kathmandu)
    assert (local.minute % 30, local.second) == (0, 0)
    assert start % HALF_HOUR_S == 900


@given(at=MOMENTS, zone=st.sampled_from(ZONES))
def test_a_moment_lies_in_its_half_hour(at: float, zone: ZoneInfo) -> None:
    start = half_hour(at, zone)
    assert start <= at < start + HALF_HOUR_S
    assert half_hour(start, zone) == start


@given(start=MOMENTS, length=st.floats(0, 200_000), zone=st.sampled_from(ZONES))
def test_the_pieces_add_up_to_the_whole(start: float, length: float, zone: ZoneInfo) -> None:
    pieces = list(split(start, start + length, zone))
    assert sum(length_ms for _, length_ms in pieces) == ms(start + length) - ms(start)
    assert len({interval for interval, _ in pieces}) == len(pieces)
    assert all(0 < length_ms <= HALF_HOUR_S * 1000 for _, length_ms in pieces)
