"""The site's clock: what is due, when to look again, and that each boundary is told at its moment."""

import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cti_server import clock, hours
from cti_server.core.apply import apply
from cti_server.core.events import DayBegan, Event, QueueConfig, QueueHours, SiteConfigured
from cti_server.core.state import State
from cti_server.hours import due, keep_hours, wake
from cti_server.ivr.calendars import Calendars
from cti_server.settings import Calendar, Hours, NamedCalendar, Queue, Settings, Site

BERLIN = ZoneInfo("Europe/Berlin")


def moment(text: str, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


def calendars() -> Calendars:
    return Calendars(
        Settings(
            site=Site(time_zone="Europe/Berlin"),
            calendar=Calendar(hours=(Hours(open="09:00", close="18:00"),)),
            calendars=(NamedCalendar(id="night", hours=(Hours(open="22:00", close="02:30"),)),),
            queue=(Queue(id="sales"), Queue(id="help", calendar="night")),
        )
    )


def state_at(at: float) -> State:
    state = State()
    queues = (QueueConfig(id="sales", name="Sales"), QueueConfig(id="help", name="Help"))
    apply(state, SiteConfigured(at=at, queues=queues))
    apply(state, DayBegan(at=at))
    return state


def told(state: State, at: float) -> list[Event]:
    found = due(state, calendars(), BERLIN, at)
    for event in found:
        apply(state, event)
    return found


def test_at_start_only_what_differs_is_told() -> None:
    now = moment("2025-06-02 10:00")
    state = state_at(now)
    assert told(state, now) == [QueueHours(at=now, queue="help", open=False)]
    assert told(state, now + 1) == []


def test_a_queue_that_the_state_does_not_know_yet_begins_as_an_open_one() -> None:
    now = moment("2025-06-02 10:00")
    empty = State(day=now)
    assert due(empty, calendars(), BERLIN, now) == [QueueHours(at=now, queue="help", open=False)]


def test_a_boundary_and_a_midnight_that_passed_while_the_server_was_down() -> None:
    evening = moment("2025-06-02 17:00")
    state = state_at(evening)
    told(state, evening)
    morning = moment("2025-06-04 08:00")
    assert told(state, morning) == [DayBegan(at=morning), QueueHours(at=morning, queue="sales", open=False)]
    assert told(state, morning + 60) == []


def test_the_day_is_the_sites_and_not_that_of_utc() -> None:
    state = state_at(moment("2025-06-02 23:30"))
    told(state, moment("2025-06-02 23:30"))
    assert told(state, moment("2025-06-02 23:59:59")) == []
    assert told(state, moment("2025-06-03 00:00")) == [DayBegan(at=moment("2025-06-03 00:00"))]
    assert told(state, moment("2025-06-03 01:59")) == []  # midnight in UTC was before 01:59


def test_a_clock_that_is_set_back_over_midnight_begins_the_day_again() -> None:
    state = state_at(moment("2025-06-03 00:10"))
    told(state, moment("2025-06-03 00:10"))
    back = moment("2025-06-02 23:50")
    assert told(state, back) == [DayBegan(at=back)]
    assert told(state, moment("2025-06-03 00:00")) == [DayBegan(at=moment("2025-06-03 00:00"))]


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2025-06-02 08:59:30", "2025-06-02 09:00"),
        ("2025-06-02 17:59:59.5", "2025-06-02 18:00"),
        ("2025-06-02 10:00:00", "2025-06-02 10:01"),
        ("2025-06-02 23:59:10", "2025-06-03 00:00"),
        ("2025-06-02 02:29:59.999", "2025-06-02 02:30"),
    ],
)
def test_the_next_look_is_at_the_boundary_or_within_a_minute(now: str, then: str) -> None:
    assert wake(calendars(), BERLIN, moment(now)) == moment(then)


class Driven:
    """A clock that goes on only while somebody sleeps, and may be set. `most`: wakings until the test ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: float, most: int) -> None:
        self.at, self.left = at, most
        self.steps: dict[int, float] = {}
        monkeypatch.setattr(clock, "now", lambda: self.at)
        monkeypatch.setattr(hours.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        assert 0 < seconds <= hours.WAKE_S
        self.left -= 1
        if self.left == 0:
            raise asyncio.CancelledError
        self.at += seconds + self.steps.pop(self.left, 0.0)


async def run(monkeypatch: pytest.MonkeyPatch, start: float, length_s: float, steps: dict[int, float]) -> list[Event]:
    driven = Driven(monkeypatch, start, round(length_s / hours.WAKE_S) + 20)
    driven.steps = steps
    state = state_at(start)
    reported: list[Event] = []

    def report(event: Event) -> None:
        apply(state, event)
        reported.append(event)

    with pytest.raises(asyncio.CancelledError):
        await keep_hours(state, calendars(), BERLIN, report)
    return [event for event in reported if event.at < start + length_s]


async def test_a_day_is_told_to_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    start = moment("2025-06-02 05:00:17.25")
    assert await run(monkeypatch, start, 86400, {}) == [
        QueueHours(at=start, queue="sales", open=False),
        QueueHours(at=start, queue="help", open=False),
        QueueHours(at=moment("2025-06-02 09:00"), queue="sales", open=True),
        QueueHours(at=moment("2025-06-02 18:00"), queue="sales", open=False),
        QueueHours(at=moment("2025-06-02 22:00"), queue="help", open=True),
        DayBegan(at=moment("2025-06-03 00:00")),
        QueueHours(at=moment("2025-06-03 02:30"), queue="help", open=False),
    ]


async def test_the_night_of_25_hours_tells_what_the_wall_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    start = moment("2025-10-26 01:00")
    assert await run(monkeypatch, start, 3 * 3600, {}) == [
        QueueHours(at=start, queue="sales", open=False),
        QueueHours(at=moment("2025-10-26 02:30"), queue="help", open=False),
        QueueHours(at=moment("2025-10-26 02:00", fold=1), queue="help", open=True),
        QueueHours(at=moment("2025-10-26 02:30", fold=1), queue="help", open=False),
    ]


async def test_a_step_of_the_clock_is_made_good_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    start = moment("2025-06-02 10:00")
    found = await run(monkeypatch, start, 12 * 3600, {600: 5 * 3600.0})
    closing = [event.at for event in found if isinstance(event, QueueHours) and event.queue == "sales"]
    assert closing == [moment("2025-06-02 18:00")]
    assert not [event for event in found if isinstance(event, DayBegan)]
    over = await run(monkeypatch, start, 30 * 3600, {1500: 9 * 3600.0})
    (began,) = [event.at for event in over if isinstance(event, DayBegan)]
    assert moment("2025-06-03 00:00") < began < moment("2025-06-03 00:30")
