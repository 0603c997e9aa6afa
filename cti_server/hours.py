"""The clock of the site: tells the core when a queue opens or closes, and when a day begins. Only the leader runs it.

What is due is found by comparing the State with the calendars, at start, at each boundary, and at least once a minute.
So a boundary that passed while nobody led, a step of the clock and an edited holiday file are all made good.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cti_server import clock
from cti_server.core.events import DayBegan, Event, QueueHours
from cti_server.core.state import State
from cti_server.ivr.calendar import look, midnight, next_change
from cti_server.ivr.calendars import Calendars

WAKE_S = 60.0


def due(state: State, calendars: Calendars, zone: ZoneInfo, at: float) -> list[Event]:
    """What the core has to be told at `at` (epoch seconds). `zone`: the site's, whose midnight begins the day."""
    found: list[Event] = []
    if datetime.fromtimestamp(state.day, zone).date() != datetime.fromtimestamp(at, zone).date():
        found.append(DayBegan(at=at))
    for ident in calendars.queues:
        # A queue that the State does not have yet begins as an open one.
        was_open = state.queues[ident].open if ident in state.queues else True
        if (is_open := look(calendars.of(ident), at).open) != was_open:
            found.append(QueueHours(at=at, queue=ident, open=is_open))
    return found


def wake(calendars: Calendars, zone: ZoneInfo, at: float) -> float:
    """When to look again: the next boundary or midnight after `at`, within a minute."""
    until = at + WAKE_S
    tomorrow = midnight(zone, datetime.fromtimestamp(at, zone).date() + timedelta(days=1))
    changes = (next_change(calendars.of(ident), at, until) for ident in calendars.queues)
    return min(until, tomorrow, *(change for change in changes if change is not None))


async def keep_hours(state: State, calendars: Calendars, zone: ZoneInfo, report: Callable[[Event], None]) -> None:
    """Report what is due, for as long as this node leads."""
    while True:
        now = clock.now()
        for event in due(state, calendars, zone, now):
            report(event)
        await asyncio.sleep(wake(calendars, zone, now) - now)
