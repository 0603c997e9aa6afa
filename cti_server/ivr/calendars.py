"""The timetables of all queues. A holiday file that was changed is read again; a broken one changes nothing."""

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from cti_server.ivr.calendar import Timetable
from cti_server.settings import Calendar, NamedCalendar, Settings, SettingsError
from cti_server.settings.days import read

log = structlog.get_logger()

_Stamp = tuple[int, int, int] | None


@dataclass(slots=True)
class _Kept:
    table: Timetable
    stamp: _Stamp = None


class Calendars:
    """One for a process; `queues`: those of the configuration.

    Raises `SettingsError` when a holiday file cannot be read to begin with.
    """

    def __init__(self, settings: Settings) -> None:
        self.queues = tuple(queue.id for queue in settings.queue)
        named = {calendar.id: calendar for calendar in settings.calendars}
        self._kept = {name: _begin(calendar, settings) for name, calendar in {"": settings.calendar, **named}.items()}
        self._of = {queue.id: queue.calendar for queue in settings.queue}

    def of(self, queue: str) -> Timetable:
        """By which `queue` opens and closes now; the site's own for a queue that names none or is not known."""
        kept = self._kept[self._of.get(queue, "")]
        _refresh(kept)
        return kept.table


def _begin(calendar: Calendar, settings: Settings) -> _Kept:
    zone = (calendar.time_zone if isinstance(calendar, NamedCalendar) else "") or settings.site.time_zone
    table = Timetable(calendar, ZoneInfo(zone), settings.site.country)
    file = calendar.holiday_file
    if file is None:
        return _Kept(table)
    stamp = _stamp(file)
    return _Kept(table._replace(days=read(file)), stamp)


def _refresh(kept: _Kept) -> None:
    file = kept.table.calendar.holiday_file
    if file is None or (stamp := _stamp(file)) == kept.stamp:
        return
    kept.stamp = stamp
    try:
        kept.table = kept.table._replace(days=read(file))
    except SettingsError as error:
        log.error("the changed holiday file is wrong, the days known so far stay in force", error=str(error))
    else:
        log.info("the holiday file was read again", file=str(file), days=len(kept.table.days))


def _stamp(file: Path) -> _Stamp:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
