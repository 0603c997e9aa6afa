"""Which timetable a queue has, and holiday files that are edited while the server runs."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from cti_server.ivr.calendar import look
from cti_server.ivr.calendars import Calendars
from cti_server.settings import Calendar, Hours, NamedCalendar, Queue, Settings, SettingsError, Site

MORNING = (Hours(open="09:00", close="12:00"),)
EVENING = (Hours(open="18:00", close="21:00"),)


def site(file: Path | None = None) -> Settings:
    return Settings(
        site=Site(time_zone="Asia/Shanghai"),
        calendar=Calendar(hours=MORNING, holiday_file=file),
        calendars=(
            NamedCalendar(id="late", hours=EVENING),
            NamedCalendar(id="berlin", hours=MORNING, time_zone="Europe/Berlin"),
        ),
        queue=(Queue(id="sales"), Queue(id="night", calendar="late"), Queue(id="export", calendar="berlin")),
    )


def open_at(calendars: Calendars, queue: str, moment: str) -> bool:
    at = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    return look(calendars.of(queue), at).open


def test_each_queue_has_the_calendar_that_it_names_and_its_zone() -> None:
    calendars = Calendars(site())
    for queue, hour in (("sales", 10), ("night", 19), ("export", 16)):
        assert [h for h in (10, 16, 19) if open_at(calendars, queue, f"2026-06-01 {h}:00")] == [hour]
    assert open_at(calendars, "unknown", "2026-06-01 10:00")


def test_an_edited_file_counts_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "days.txt"
    file.write_text("2026-06-01 founding day\n")
    calendars = Calendars(site(file))
    assert not open_at(calendars, "sales", "2026-06-01 10:00")
    assert open_at(calendars, "sales", "2026-06-02 10:00")

    file.write_text("2026-06-01 founding day\n2026-06-02 inventory\n")
    assert not open_at(calendars, "sales", "2026-06-02 10:00")

    file.write_text("2026-06-01 founding day\n2nd of June inventory as well\n")
    with capture_logs() as logs:
        for _ in range(3):
            assert not open_at(calendars, "sales", "2026-06-02 10:00")
    (told,) = logs
    assert told["log_level"] == "error" and "days.txt, line 2: " in told["error"]

    file.unlink()
    with capture_logs() as logs:
        assert not open_at(calendars, "sales", "2026-06-02 10:00")
    assert "there is no such holiday file" in logs[0]["error"]

    file.write_text("")
    assert open_at(calendars, "sales", "2026-06-02 10:00")


def test_a_file_that_is_wrong_from_the_beginning_is_refused(tmp_path: Path) -> None:
    (tmp_path / "days.txt").write_text("tomorrow 1\n")
    with pytest.raises(SettingsError, match=r"days\.txt, line 1"):
        Calendars(site(tmp_path / "days.txt"))
