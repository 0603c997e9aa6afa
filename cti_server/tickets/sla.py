"""The clock of a ticket, pure: it runs in the hours of its calendar only, and stands while the customer is awaited.

`due` and `elapsed` are each other's inverse: after `due(begun, n)` exactly `n` seconds of opening hours have passed.
Opening hours are those of the queue that the ticket came by; days of 23 and 25 hours, holidays and stretches across
midnight are the calendar's business.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cti_server.ivr.calendar import Timetable, look, next_change
from cti_server.tickets.rules import FAR

DAY_S = 86_400.0
HORIZON_S = 400 * DAY_S
"""A target that is not reached by then never is: the calendar has hardly any hours."""
WARN_SHARE = 0.8
"""The share of a target after which people are warned."""
WARN_PROMISE_S = DAY_S
"""How long before a promised day people are warned."""
FOLLOW_UP_S = 7 * DAY_S
"""Within so long of closing a complaint its customer is called."""

Span = tuple[float, float]


class Target(msgspec.Struct, frozen=True):
    """Seconds of opening hours to the first answer and to the resolution; None: no target."""

    first_s: float | None = None
    resolve_s: float | None = None


DEFAULTS = (Target(57_600, 288_000), Target(28_800, 144_000), Target(14_400, 57_600), Target(3_600, 28_800))
"""By priority, where the site has said nothing: 16, 8, 4 and 1 hours to the first answer; 80, 40, 16 and 8 in all."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the clock depends on. `paused`: since when it stands; `pauses`: when it stood before; `done`: resolved,
    closed or cancelled."""

    created: float
    first_at: float | None = None
    paused: float | None = None
    pauses: Sequence[Span] = ()
    promised: float | None = None
    done: bool = False


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """`due` None: there is no target, or nobody knows while the clock stands."""

    first_due: float | None = None
    first_warn: float | None = None
    due: float | None = None
    warn: float | None = None
    next_due: float = FAR


def clock(table: Timetable, facts: Facts, target: Target) -> Clock:
    """When what is owed. A ticket that is done keeps the times that it was measured by."""
    stands = facts.paused is not None and not facts.done
    first_due = first_warn = due_at = warn_at = None
    if not (stands and facts.first_at is None):
        first_due, first_warn = _two(table, facts, target.first_s)
    if facts.promised is not None:
        due_at, warn_at = facts.promised, max(facts.created, facts.promised - WARN_PROMISE_S)
    elif not stands:
        due_at, warn_at = _two(table, facts, target.resolve_s)
    owed = [] if facts.done else [moment for moment in (due_at,) if moment is not None]
    if facts.first_at is None and first_due is not None and not facts.done:
        owed.append(first_due)
    return Clock(first_due=first_due, first_warn=first_warn, due=due_at, warn=warn_at, next_due=min(owed, default=FAR))


def next_mark(row: Mapping[str, Any]) -> float:
    """The next moment at which a ticket is to be marked as nearly or quite too late; FAR for none."""
    if row["resolved"] is not None or row["closed"] is not None:
        return FAR
    moments = [row["first_due"]] if row["first_at"] is None and row["first_breached"] is None else []
    if row["paused"] is None or row["promised"] is not None:
        moments += [row[name] for name, mark in (("warn", "warned"), ("due", "breached")) if row[mark] is None]
    return min((moment for moment in moments if moment is not None), default=FAR)


def due(table: Timetable, begun: float, target_s: float, pauses: Iterable[Span] = ()) -> float | None:
    """The moment at which `target_s` seconds of opening hours have passed since `begun`, pauses left out.

    None when that never is, as far as can be seen.
    """
    left = max(0.0, target_s)
    for start, end in _running(opened(table, begun, begun + HORIZON_S + _length(pauses)), pauses):
        if end - start >= left:
            return start + left
        left -= end - start
    return None


def elapsed(table: Timetable, begun: float, until: float, pauses: Iterable[Span] = ()) -> float:
    """Seconds of opening hours from `begun` to `until`, pauses left out."""
    return sum(end - start for start, end in _running(opened(table, begun, until), pauses))


def opened(table: Timetable, at: float, until: float) -> Iterator[Span]:
    """When it is open between two moments, in order; looked up as far as it is asked for."""
    while at < until:
        is_open = look(table, at).open
        reach = min(at + 2 * DAY_S, until)
        change = next_change(table, at, reach)
        end = reach if change is None else change
        if is_open:
            yield at, end
        at = end


def follow_up_by(table: Timetable, closed: float) -> float:
    """Until when the customer of a complaint is called: the last opening moment of the seven days."""
    ends = [end for _, end in opened(table, closed, closed + FOLLOW_UP_S)]
    return ends[-1] if ends else closed + FOLLOW_UP_S


def _two(table: Timetable, facts: Facts, target_s: float | None) -> tuple[float | None, float | None]:
    if target_s is None:
        return None, None
    at, warn = (due(table, facts.created, share * target_s, facts.pauses) for share in (1.0, WARN_SHARE))
    return at, warn


def _running(stretches: Iterable[Span], pauses: Iterable[Span]) -> Iterator[Span]:
    """The stretches without the pauses."""
    rest = sorted(pauses)
    for stretch_start, end in stretches:
        start = stretch_start
        for pause_start, pause_end in rest:
            if pause_end <= start or pause_start >= end:
                continue
            if pause_start > start:
                yield start, pause_start
            start = min(end, max(start, pause_end))
        if start < end:
            yield start, end


def _length(pauses: Iterable[Span]) -> float:
    return sum(end - start for start, end in pauses)
