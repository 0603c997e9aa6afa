"""The half-hour figures, summed in SQL from the records of the half-hours that changed.

They are made anew from the records each time, in whole numbers, so they cannot drift. `projections` has the same
sums in Python; `cti-server journal verify` holds the two against each other.
"""

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Delete,
    Insert,
    Select,
    Update,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.journal.projections import AGENT_TIMES, MISSED, NOT_LOGGED_IN, OUTCOMES
from cti_server.journal.tables import agent_half_hour, agent_span, leg, offer, queue_entry, queue_half_hour

IntervalKey = tuple[int, str]
CHUNK = 400


async def wrapups(connection: AsyncConnection, calls: list[str]) -> None:
    """Give the wrap-up of (call, agent) to the last entry of that call which the agent answered."""
    for chunk in chunks(calls):
        await connection.execute(_wrapups(), {"calls": chunk})


async def queues(connection: AsyncConnection, keys: Iterable[IntervalKey]) -> None:
    """Make the figures of these (half-hour, queue) anew."""
    await _anew(connection, _queues(), keys)


async def agents(connection: AsyncConnection, keys: Iterable[IntervalKey]) -> None:
    """Make the figures of these (half-hour, agent) anew."""
    await _anew(connection, _agents(), keys)


async def _anew(connection: AsyncConnection, statements: tuple[Delete, Insert], keys: Iterable[IntervalKey]) -> None:
    for interval, ids in _by_interval(keys):
        for statement in statements:
            await connection.execute(statement, {"of": interval, "ids": ids})


# ---------------------------------------------------------------- the statements, each built once

_OF: BindParameter[int] = bindparam("of", type_=BigInteger)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
"""The half-hour, and the queues or agents in it."""


@cache
def _wrapups() -> Update:
    later = queue_entry.alias("later")
    same = and_(later.c.call == queue_entry.c.call, later.c.agent == queue_entry.c.agent, later.c.outcome == "answered")
    after = (later.c.queued > queue_entry.c.queued) | (
        (later.c.queued == queue_entry.c.queued) & (later.c.id > queue_entry.c.id)
    )
    spent = (
        select(func.coalesce(func.sum(agent_span.c.ms), 0))
        .where(
            agent_span.c.status == "wrap_up",
            agent_span.c.call == queue_entry.c.call,
            agent_span.c.agent == queue_entry.c.agent,
        )
        .correlate(queue_entry)
        .scalar_subquery()
    )
    wrapped = (
        exists().where(agent_span.c.status == "wrap_up", agent_span.c.call == queue_entry.c.call).correlate(queue_entry)
    )
    last = and_(queue_entry.c.outcome == "answered", ~exists().where(same, after).correlate(queue_entry))
    return (
        update(queue_entry)
        .where(queue_entry.c.call.in_(bindparam("calls", expanding=True)), (queue_entry.c.wrapup_ms != 0) | wrapped)
        .values(wrapup_ms=case((last, cast(spent, BigInteger)), else_=0))
    )


@cache
def _queues() -> tuple[Delete, Insert]:
    e = queue_entry.c
    answered, abandoned = e.outcome == "answered", e.outcome == "abandoned"
    within = e.wait_ms <= e.threshold_ms
    sums = {
        "offered": func.count(),
        "waiting": _count(e.outcome == ""),
        **{name: _count(e.outcome == name) for name in OUTCOMES},
        "answered_within": _count(answered & within),
        "abandoned_within": _count(abandoned & within),
        "recovered": _count(e.recovered),
        "wait_ms": _sum(answered, e.wait_ms),
        "wait_max_ms": func.max(e.wait_ms),
        "abandon_wait_ms": _sum(abandoned, e.wait_ms),
        **{name: _sum(literal(True), e[name]) for name in ("talk_ms", "hold_ms", "wrapup_ms")},
    }
    old = delete(queue_half_hour).where(queue_half_hour.c.interval == _OF, queue_half_hour.c.queue.in_(_IDS))
    figures = (
        select(e.interval, e.queue, *sums.values())
        .where(e.interval == _OF, e.queue.in_(_IDS))
        .group_by(e.interval, e.queue)
    )
    return old, insert(queue_half_hour).from_select(["interval", "queue", *sums], figures)


@cache
def _agents() -> tuple[Delete, Insert]:
    s, zero = agent_span.c, literal(0)
    times = {
        "logged_in_ms": _sum(s.status.not_in(NOT_LOGGED_IN), s.ms),
        **{column: _sum(s.status == status, s.ms) for status, column in AGENT_TIMES.items()},
    }
    names = [*times, "offered", "handled", "missed"]
    nothing = [zero] * len(times)
    parts: list[Select[Any]] = [
        select(s.agent, *times.values(), zero, zero, zero)
        .where(s.interval == _OF, s.agent.in_(_IDS))
        .group_by(s.agent),
        select(offer.c.agent, *nothing, func.count(), zero, _count(offer.c.outcome.in_(MISSED)))
        .where(offer.c.interval == _OF, offer.c.agent.in_(_IDS))
        .group_by(offer.c.agent),
        select(leg.c.agent, *nothing, zero, func.count(), zero)
        .where(
            leg.c.interval == _OF,
            leg.c.agent.in_(_IDS),
            leg.c.agent != "",
            leg.c.role == "agent",
            leg.c.answered.is_not(None),
        )
        .group_by(leg.c.agent),
    ]
    both = _named(parts[0], ["agent", *names]).union_all(*(_named(p, ["agent", *names]) for p in parts[1:]))
    rows = both.subquery()
    total = select(
        cast(_OF, BigInteger), rows.c.agent, *(cast(func.sum(rows.c[n]), BigInteger) for n in names)
    ).group_by(rows.c.agent)
    old = delete(agent_half_hour).where(agent_half_hour.c.interval == _OF, agent_half_hour.c.agent.in_(_IDS))
    return old, insert(agent_half_hour).from_select(["interval", "agent", *names], total)


def _named(query: Select[Any], names: list[str]) -> Select[Any]:
    columns = [column.label(name) for column, name in zip(query.selected_columns, names, strict=True)]
    return query.with_only_columns(*columns)


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _sum(condition: ColumnElement[bool], column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.coalesce(func.sum(case((condition, column), else_=0)), 0), BigInteger)


def _by_interval(keys: Iterable[IntervalKey]) -> Iterable[tuple[int, list[str]]]:
    for interval, group in groupby(sorted(set(keys)), key=lambda key: key[0]):
        for ids in chunks([name for _, name in group]):
            yield interval, ids


def chunks(values: list[str]) -> Iterable[list[str]]:
    """Pieces small enough for one IN list."""
    return (values[i : i + CHUNK] for i in range(0, len(values), CHUNK))
