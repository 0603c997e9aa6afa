"""Whether the names in one section are those of another, and nothing is claimed twice. Each finding is a sentence."""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from cti_server.routing.strategies import STRATEGIES
from cti_server.settings.all import MAIN, Settings, SettingsError
from cti_server.settings.calling import Calendar, Queue
from cti_server.settings.days import public, read

RONA = "rona"
"""The code with which the center pauses an agent who left offers unanswered."""

CODES = ("*5", "*6", "*8")
"""What agents dial before a number: a conference, a mailbox, a call to pick up."""

PARKING = range(700, 721)

_ANY_YEAR = 2000


def wrong_names(settings: Settings) -> Iterator[str]:
    yield from _twice(settings)
    yield from _unknown(settings)
    for queue in settings.queue:
        yield from wrong_in(queue)
    yield from _extensions(settings)
    yield from _phones(settings)
    yield from _days("calendar", settings.calendar, settings)
    for calendar in settings.calendars:
        yield from _days(f"calendar {calendar.id!r}", calendar, settings)


def wrong_in(queue: Queue) -> Iterator[str]:
    """What a queue alone shows."""
    if queue.strategy not in STRATEGIES:
        names = ", ".join(STRATEGIES)
        near = nearest(queue.strategy, STRATEGIES)
        yield f"queue {queue.id!r}: there is no strategy {queue.strategy!r}{near or f'; there are {names}'}"
    steps = [step.after_s for step in queue.widen]
    if any(later <= earlier for earlier, later in pairwise(steps)):
        shown = ", ".join(f"{after:g}" for after in steps)
        yield (
            f"queue {queue.id!r}: the steps of widen are after {shown} seconds; write them in rising order, "
            "no two at the same time"
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?`, or nothing when no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _twice(settings: Settings) -> Iterator[str]:
    for kind in ("branch", "queue", "agent", "pause", "calendars", "mailbox"):
        ids = [one.id for one in getattr(settings, kind)]
        for ident in sorted({i for i in ids if ids.count(i) > 1}):
            yield f"the {kind.removesuffix('s')} {ident!r} is defined twice; give one of them another id"
    if any(pause.id == RONA for pause in settings.pause):
        yield f"the pause {RONA!r} is the server's own, for an agent who did not answer; give it another id"


def _unknown(settings: Settings) -> Iterator[str]:
    if any(branch.id == MAIN for branch in settings.branch):
        yield f"a branch is called {MAIN!r}, which is the site of [pbx]; give it another id"
    queues = {queue.id for queue in settings.queue}
    calendars = {calendar.id for calendar in settings.calendars}
    for agent in settings.agent:
        if settings.branch and agent.site and agent.site not in settings.sites():
            known = nearest(agent.site, settings.sites()) or "; define it as a [[branch]]"
            yield f"agent {agent.id!r} names the site {agent.site!r}, which there is not{known}"
        for name in agent.queues:
            if name not in queues:
                yield f"agent {agent.id!r} names the queue {name!r}, which is not defined{nearest(name, queues)}"
        for name in agent.rings:
            if name not in agent.queues:
                mend = nearest(name, agent.queues) or "; add it to the queues of this agent, or take the ring away"
                yield f"agent {agent.id!r} stands in a ring of the queue {name!r}, which the agent does not serve{mend}"
    for number in settings.number:
        if number.queue and number.queue not in queues:
            name = number.queue
            yield f"number {number.match!r} names the queue {name!r}, which is not defined{nearest(name, queues)}"
    for box in settings.mailbox:
        if box.queue and box.queue not in queues:
            yield f"mailbox {box.id!r} names the queue {box.queue!r}, which is not defined{nearest(box.queue, queues)}"
    for queue in settings.queue:
        if queue.calendar and queue.calendar not in calendars:
            yield (
                f"queue {queue.id!r} names the calendar {queue.calendar!r}, which no [[calendars]] defines"
                f"{nearest(queue.calendar, calendars)}"
            )


def _extensions(settings: Settings) -> Iterator[str]:
    owners: dict[str, list[str]] = defaultdict(list)
    for kind in ("queue", "agent"):
        for one in getattr(settings, kind):
            if one.extension:
                owners[one.extension].append(f"{kind} {one.id!r}")
    for extension, who in owners.items():
        if len(who) > 1:
            yield f"{' and '.join(who)} have one extension, {extension}; give each its own"
        if extension.startswith(CODES):
            yield (
                f"{who[0]}: the extension {extension} begins with {extension[:2]}, which is a code that agents dial "
                f"({', '.join(CODES)}); choose another"
            )
        if extension.isdecimal() and int(extension) in PARKING and len(extension) == 3:
            yield f"{who[0]}: the extension {extension} is one of 700 to 720, where calls are parked; choose another"


def _phones(settings: Settings) -> Iterator[str]:
    owners: dict[str, list[str]] = defaultdict(list)
    for agent in settings.agent:
        for phone in (agent.phone, *agent.phones):
            owners[phone].append(agent.id)
    for phone, ids in owners.items():
        if len(set(ids)) > 1:
            who = " and ".join(repr(ident) for ident in dict.fromkeys(ids))
            yield f"the agents {who} have one phone, {phone}; nobody could say whose call it is: give each their own"
        elif len(ids) > 1:
            yield f"agent {ids[0]!r} names the phone {phone} twice; once is enough"


def _days(where: str, calendar: Calendar, settings: Settings) -> Iterator[str]:
    for entry in calendar.holidays:
        try:
            if entry[0].isdigit():
                date.fromisoformat(entry)
            else:
                public(settings.site.country if entry == "country" else entry, _ANY_YEAR)
        except SettingsError as error:
            yield f"{where}: {error}"
        except ValueError:
            yield f"{where}: holidays names {entry}, and there is no such day in any calendar"
    if calendar.holiday_file:
        try:
            read(calendar.holiday_file)
        except SettingsError as error:
            yield f"{where}: {error}"
