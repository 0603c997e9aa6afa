"""The clock: it runs in opening hours only, and `due` and `elapsed` are each other's inverse, whatever the calendar."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.ivr.calendar import Timetable, look
from cti_server.settings import Calendar
from cti_server.settings.calling import Hours
from cti_server.settings.days import Day
from cti_server.tickets import sla
from cti_server.tickets.rules import FAR
from cti_server.tickets.sla import Facts, Target
from tests.tickets.kit import MONDAY, OFFICE, at

HOUR = 3600.0
BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = Timetable(Calendar(), BERLIN)


@pytest.mark.parametrize(
    ("begun", "hours", "expected"),
    [
        ("2026-03-02 10:00", 4, "2026-03-02 14:00"),
        ("2026-03-02 10:00", 8, "2026-03-02 18:00"),
        ("2026-03-02 10:00", 9, "2026-03-03 10:00"),
        ("2026-03-06 17:00", 2, "2026-03-09 10:00"),
        ("2026-03-07 12:00", 1, "2026-03-09 10:00"),
        ("2026-03-02 03:00", 0, "2026-03-02 09:00"),
        ("2026-03-02 10:00", 45, "2026-03-09 10:00"),
    ],
)
def test_only_opening_hours_count(begun: str, hours: float, expected: str) -> None:
    assert sla.due(OFFICE, at(begun), hours * HOUR) == at(expected)


def test_a_holiday_and_a_working_weekend_count_as_they_are() -> None:
    days = {
        date(2026, 3, 3): Day("Founding day"),
        date(2026, 3, 7): Day("Make-up day", ((9 * 60, 12 * 60),)),
    }
    table = OFFICE._replace(days=days)
    assert sla.due(table, at("2026-03-02 17:00"), 2 * HOUR) == at("2026-03-04 10:00")
    assert sla.due(table, at("2026-03-06 17:00"), 2 * HOUR) == at("2026-03-07 10:00")
    public = OFFICE._replace(calendar=OFFICE.calendar.model_copy(update={"holidays": ("country",)}))
    # The first of October 2026 is a Thursday; the national holiday lasts until the seventh.
    assert sla.due(public, at("2026-09-30 17:00"), 2 * HOUR) == at("2026-10-08 10:00")


def test_a_day_of_23_or_25_hours_is_as_long_as_it_is() -> None:
    """In 2026 Berlin's clocks go forward on 29 March at 2:00 and back on 25 October at 3:00."""
    assert sla.due(ALWAYS, at("2026-03-28 12:00", BERLIN), 24 * HOUR) == at("2026-03-29 13:00", BERLIN)
    assert sla.due(ALWAYS, at("2026-10-24 12:00", BERLIN), 24 * HOUR) == at("2026-10-25 11:00", BERLIN)
    night = Timetable(Calendar(hours=(Hours(days=(6,), open="22:00", close="06:00"),)), BERLIN)
    assert sla.elapsed(night, at("2026-03-28 12:00", BERLIN), at("2026-03-29 12:00", BERLIN)) == 7 * HOUR
    assert sla.elapsed(night, at("2026-10-24 12:00", BERLIN), at("2026-10-25 12:00", BERLIN)) == 9 * HOUR


def test_pauses_are_left_out_wherever_they_lie() -> None:
    pauses = [(at("2026-03-02 11:00"), at("2026-03-02 13:00")), (at("2026-03-02 17:00"), at("2026-03-03 10:00"))]
    assert sla.due(OFFICE, MONDAY, 5 * HOUR, pauses) == at("2026-03-02 17:00")
    assert sla.due(OFFICE, MONDAY, 6 * HOUR, pauses) == at("2026-03-03 11:00")
    assert sla.elapsed(OFFICE, MONDAY, at("2026-03-03 11:00"), pauses) == 6 * HOUR
    assert sla.due(OFFICE, MONDAY, HOUR, [(at("2026-03-01 00:00"), at("2026-03-02 10:30"))]) == at("2026-03-02 11:30")


def test_a_calendar_without_hours_owes_nothing() -> None:
    never = Timetable(Calendar(hours=()), BERLIN)
    assert sla.due(never, MONDAY, HOUR) is None
    assert sla.clock(never, Facts(created=MONDAY), Target(HOUR, HOUR)).next_due == FAR
    assert sla.follow_up_by(never, MONDAY) == MONDAY + 7 * 86_400


def test_what_is_owed_next_and_what_stands() -> None:
    target = Target(4 * HOUR, 8 * HOUR)
    wound = sla.clock(OFFICE, Facts(created=MONDAY), target)
    assert (wound.first_due, wound.due, wound.next_due) == (
        at("2026-03-02 14:00"),
        at("2026-03-02 18:00"),
        wound.first_due,
    )
    assert wound.warn == at("2026-03-02 16:24")
    assert sla.clock(OFFICE, Facts(created=MONDAY, first_at=MONDAY), target).next_due == at("2026-03-02 18:00")
    waits = sla.clock(OFFICE, Facts(created=MONDAY, first_at=MONDAY, paused=MONDAY), target)
    assert (waits.due, waits.next_due) == (None, FAR)
    promised = sla.clock(OFFICE, Facts(created=MONDAY, first_at=MONDAY, paused=MONDAY, promised=MONDAY + 9), target)
    assert promised.next_due == MONDAY + 9, "a promised day does not wait for the customer"
    assert sla.clock(OFFICE, Facts(created=MONDAY, done=True), target).next_due == FAR
    assert sla.clock(OFFICE, Facts(created=MONDAY), Target()).next_due == FAR


def test_the_call_after_a_complaint_is_due_in_opening_hours_of_its_seven_days() -> None:
    assert sla.follow_up_by(OFFICE, at("2026-03-02 10:00")) == at("2026-03-09 10:00")
    assert sla.follow_up_by(OFFICE, at("2026-03-01 10:00")) == at("2026-03-06 18:00")


_CLOCKS = st.sampled_from(["00:00", "06:30", "09:00", "12:00", "18:00", "22:00"])
_HOURS = st.builds(
    lambda days, opens, closes: Hours(days=tuple(sorted(days)), open=opens, close=closes),
    st.sets(st.integers(1, 7), min_size=1),
    _CLOCKS,
    _CLOCKS,
)
_TABLES = st.builds(
    lambda hours, zone: Timetable(Calendar(hours=tuple(hours)), ZoneInfo(zone)),
    st.lists(_HOURS, min_size=1, max_size=2),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
_BEGUN = st.integers(int(at("2026-03-01 00:00")), int(at("2026-11-30 00:00"))).map(float)


@st.composite
def _pauses(draw: st.DrawFn) -> list[tuple[float, float]]:
    moments = sorted(draw(st.lists(_BEGUN, max_size=6, unique=True)))
    return list(zip(moments[::2], moments[1::2], strict=False))


@settings(max_examples=60, deadline=None)
@given(_TABLES, _BEGUN, st.integers(0, 60 * 3600), _pauses())
def test_exactly_the_target_has_passed_when_it_is_due(
    table: Timetable, begun: float, target: int, pauses: list[tuple[float, float]]
) -> None:
    due = sla.due(table, begun, float(target), pauses)
    assert due is not None and due >= begun
    assert sla.elapsed(table, begun, due, pauses) == pytest.approx(target, abs=1e-3)
    earlier = sla.due(table, begun, target / 2, pauses)
    assert earlier is not None and earlier <= due
    assert look(table, due - 0.5).open or target == 0, "it ends within opening hours, or with them"
    without = sla.due(table, begun, float(target))
    assert without is not None and without <= due, "a pause never makes anything due sooner"


@settings(max_examples=40, deadline=None)
@given(_TABLES, _BEGUN, st.lists(st.integers(0, 5 * 86_400), min_size=2, max_size=2))
def test_time_adds_up(table: Timetable, begun: float, parts: list[int]) -> None:
    middle, end = begun + parts[0], begun + parts[0] + parts[1]
    whole = sla.elapsed(table, begun, end)
    assert whole == pytest.approx(sla.elapsed(table, begun, middle) + sla.elapsed(table, middle, end), abs=1e-3)
    assert 0 <= whole <= end - begun
