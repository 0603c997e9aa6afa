"""A recorded stretch of time, read from the journal: callers, their patience and business, agents and their phones.

A caller is taken from the first stay in a queue on. A stay that follows from an overflow is the Center's doing and not
an arrival; one to which an agent transferred the caller is an arrival of its own, at its recorded time. Stays of
customers who were called back are left out: the Center calls back in the simulation too.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.core import events as ev
from cti_server.core.state import Call, Entry
from cti_server.journal.clean import Row
from cti_server.journal.intervals import half_hour
from cti_server.journal.load import decoder
from cti_server.journal.tables import agent_half_hour, agent_span, call, journal, queue_entry, queue_half_hour

_INTENTS = "agent_logged_in agent_logged_out agent_paused agent_resumed agent_device_chosen queue_reach".split()
_NOT_HERE = ("logged_out", "unknown")
_TAKEN_OR_NOT = ("answered", "no_answer", "declined", "busy", "unreachable", "not_accepted")
"""Outcomes of an offer that tell of the agent. The others tell of the caller or of the PBX."""

Intent = ev.AgentLoggedIn | ev.AgentLoggedOut | ev.AgentPaused | ev.AgentResumed | ev.AgentDeviceChosen | ev.QueueReach


@dataclass(frozen=True, slots=True)
class Business:
    """What a caller's call took the agent, in seconds."""

    talk_s: float
    hold_s: float
    wrapup_s: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """A caller. `waited_s`: until `outcome`, over all the queues that the overflow led to."""

    at: float
    queue: str
    priority: int
    ani: str
    name: str
    dnis: str
    data: dict[str, str]
    waited_s: float
    outcome: str
    business: Business | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """How one offer went: its outcome, and how long the phone rang."""

    outcome: str
    ring_s: float


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A call of an agent's own, out or within the house: the agent was not there for callers."""

    agent: str
    at: float
    for_s: float


@dataclass(slots=True)
class Day:
    """From `since` to `until`, epoch seconds. `site`: the configuration that held at the end, None if none is known.

    `end`: where the record ends when that is before `until`, because the day is not over or the server was stopped.
    `queue_rows`, `agent_rows`: the half-hours as the journal has them. `rings`: by agent.
    """

    since: float
    until: float
    end: float = math.inf
    site: ev.SiteConfigured | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    rings: dict[str, list[Ring]] = field(default_factory=dict)
    elsewhere: list[Elsewhere] = field(default_factory=list)
    rona_s: list[float] = field(default_factory=list)
    queue_rows: list[Row] = field(default_factory=list)
    agent_rows: list[Row] = field(default_factory=list)


async def read(engine: AsyncEngine, zone: ZoneInfo, since: float, until: float) -> Day:
    """Raises what the database raises."""
    day = Day(since, until)
    async with engine.connect() as connection:
        day.end = min(until, await connection.scalar(select(func.max(journal.c.at))) or until)
        day.site = await _site(connection, until)
        calls = await _calls(connection, since, until)
        stays = {row["id"]: row for row in await _rows(connection, queue_entry, queue_entry.c.queued, since, until)}
        day.arrivals = sorted(_arrivals(calls, stays, since, until), key=lambda arrival: arrival.at)
        day.rings = _rings(calls)
        day.elsewhere = sorted(_elsewhere(calls, since, until), key=lambda own: (own.at, own.agent))
        intents = await _intents(connection, zone, since, until)
        day.intents, day.rona_s = _own_will(intents)
        for table, rows in ((queue_half_hour, day.queue_rows), (agent_half_hour, day.agent_rows)):
            rows += await _rows(connection, table, table.c.interval, since, until)
    return day


async def _rows(connection: AsyncConnection, table, column, since: float, until: float) -> list[Row]:  # type: ignore[no-untyped-def]
    query = select(table).where(column >= since, column < until).order_by(column, *table.primary_key.columns)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


async def _site(connection: AsyncConnection, until: float) -> ev.SiteConfigured | None:
    query = select(journal.c.payload).where(journal.c.type == "site_configured", journal.c.at < until)
    text = await connection.scalar(query.order_by(journal.c.seq.desc()).limit(1))
    found = decoder.decode(text) if text else None
    return found if isinstance(found, ev.SiteConfigured) else None


async def _calls(connection: AsyncConnection, since: float, until: float) -> list[Call]:
    query = select(call.c.body).where(call.c.started < until, or_(call.c.ended.is_(None), call.c.ended >= since))
    decode = msgspec.json.Decoder(Call).decode
    return [decode(body) for body in await connection.scalars(query.order_by(call.c.started, call.c.id))]


# ---------------------------------------------------------------- callers


def _arrivals(calls: Iterable[Call], stays: dict[str, Row], since: float, until: float) -> Iterator[Arrival]:
    for one in calls:
        if one.direction == "outbound":
            continue
        for chain in _chains(one.entries):
            first, last = chain[0], chain[-1]
            if since <= first.queued < until:
                row = stays.get(last.id)
                yield Arrival(
                    at=first.queued,
                    queue=first.queue,
                    priority=first.priority,
                    ani=one.ani,
                    name=one.caller_name,
                    dnis=one.dnis,
                    data=one.data,
                    waited_s=(last.ended if last.ended is not None else until) - first.queued,
                    outcome=last.outcome,
                    business=_business(row) if row is not None and last.outcome == "answered" else None,
                )


def _chains(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """The stays that belong to one wait: a later one follows from an overflow unless an agent had talked before it."""
    chain: list[Entry] = []
    for entry in entries:
        if chain and chain[-1].outcome != "flowed_out":
            yield chain
            chain = []
        chain.append(entry)
    if chain:
        yield chain


def _business(row: Row) -> Business:
    return Business(row["talk_ms"] / 1000, row["hold_ms"] / 1000, row["wrapup_ms"] / 1000)


# ---------------------------------------------------------------- agents


def _rings(calls: Iterable[Call]) -> dict[str, list[Ring]]:
    found: dict[str, list[Ring]] = {}
    for made in (offer for one in calls for offer in one.offers):
        until = made.accepted if made.accepted is not None else made.ended
        if made.outcome in _TAKEN_OR_NOT and made.ringing is not None and until is not None:
            found.setdefault(made.agent, []).append(Ring(made.outcome, max(0.0, until - made.ringing)))
    return found


def _elsewhere(calls: Iterable[Call], since: float, until: float) -> Iterator[Elsewhere]:
    for one in calls:
        if one.entries or one.direction == "inbound":
            continue
        for leg in one.legs:
            if leg.agent and leg.ended is not None and since <= leg.started < until:
                yield Elsewhere(leg.agent, leg.started, leg.ended - leg.started)


async def _intents(connection: AsyncConnection, zone: ZoneInfo, since: float, until: float) -> list[Intent]:
    """What agents wanted: how the stretch begins for each, and every change in it."""
    found: list[Intent] = []
    span = agent_span.c
    covers = or_(
        (span.interval == half_hour(since, zone)) & (span.start <= since) & (span.end > since),
        span.end.is_(None) & (span.start <= since),
    )
    for row in (await connection.execute(select(agent_span).where(covers).order_by(span.agent))).mappings():
        if row["status"] in _NOT_HERE:
            continue
        found.append(ev.AgentLoggedIn(at=since, agent=row["agent"]))
        if row["status"] == "paused":
            by = "center" if row["code"] == "rona" else ""
            found.append(ev.AgentPaused(at=since, agent=row["agent"], code=row["code"], by=by))
    wanted = (journal.c.at >= since, journal.c.at < until, journal.c.type.in_(_INTENTS))
    query = select(journal.c.payload).where(*wanted).order_by(journal.c.seq)
    found += [event for text in await connection.scalars(query) if isinstance(event := decoder.decode(text), Intent)]
    return found


def _own_will(intents: Iterable[Intent]) -> tuple[list[Intent], list[float]]:
    """Without the pauses that the Center made for unanswered calls, and their ends; and how long those lasted."""
    kept: list[Intent] = []
    lasted: list[float] = []
    paused: dict[str, float] = {}
    for event in intents:
        agent = getattr(event, "agent", "")
        if isinstance(event, ev.AgentPaused) and event.by == "center":
            paused[agent] = event.at
            continue
        since = paused.pop(agent, None)
        if since is not None and isinstance(event, ev.AgentResumed):
            lasted.append(event.at - since)
            continue
        kept.append(event)
    return kept, lasted
