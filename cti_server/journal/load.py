"""The State at start: the latest snapshot plus the later events, and what the records still lack.

Events are replayed step by step as they were made: a row's `cause` says which step it belongs to. Records know up to
which event they reach (mark `records`); what a crash left out is gathered again here and written by the writer.
"""

import hashlib
from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path
from typing import Union
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from cti_server.core.apply import apply
from cti_server.core.events import EVENT_TYPES, Event
from cti_server.core.state import State
from cti_server.core.touched import Touched
from cti_server.journal.gaps import Gaps
from cti_server.journal.gather import Gatherer
from cti_server.journal.presence import Presence
from cti_server.journal.promises import OPEN, Promises
from cti_server.journal.spill import Spill
from cti_server.journal.tables import agent_span, callback, journal, mark, outage, snapshot

log = structlog.get_logger()
_PAGE = 5000
_SPANS_BACK = 200
"""Rows of an agent's time that are looked at: the open stretch and the one before it, cut at the half-hours."""

decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Union[EVENT_TYPES])  # noqa: UP007
_encoder = msgspec.json.Encoder()
_state_decoder = msgspec.json.Decoder(State)


class StoredStep(msgspec.Struct):
    """One step as the journal has it. `unknown`: events that this version cannot read."""

    seq: int
    events: list[Event]
    unknown: list[str]


class Loaded(msgspec.Struct):
    """`last_at`: the last moment at which the server is known to have lived; 0 for an empty journal. `missed_since`:
    from when on the PBX was not heard, which is earlier when the link was lost before, or never came back.

    `clean`: the last run ended by its own will, or there was none. `gatherer` goes to the writer.
    """

    state: State
    last_seq: int
    last_at: float
    clean: bool
    unknown: int
    gatherer: Gatherer
    marks: dict[str, float]

    @property
    def missed_since(self) -> float:
        return self.gatherer.gap_since or self.last_at


def encode_state(state: State) -> bytes:
    return _encoder.encode(state)


def schema_of_state() -> str:
    """A fingerprint of State's form; a snapshot of another form is not read."""
    return hashlib.sha256(_encoder.encode(msgspec.json.schema(State))).hexdigest()[:16]


async def load(engine: AsyncEngine, zone: ZoneInfo, data_dir: Path | None = None) -> Loaded:
    """Bring in what waits in the spill file in `data_dir`, then replay. Raises what the database raises."""
    if data_dir is not None:
        await Spill(data_dir).take_in(engine)
    async with engine.connect() as connection:
        marks = {name: value for name, value in await connection.execute(select(mark.c.name, mark.c.value))}
        last = await connection.scalar(select(func.max(journal.c.seq))) or 0
        reached = int(marks.get("records", 0))
        state, seq = await latest_snapshot(connection, min(reached, last))
        gatherer: Gatherer | None = None
        last_at, last_type, unknown = state.at, "", 0
        async for step in steps(connection, seq):
            if gatherer is None and step.seq > reached:
                gatherer = await _gatherer(connection, state, zone)
            touched = Touched()
            for event in step.events:
                touched.add(apply(state, event))
                last_at, last_type = max(last_at, event.at), str(event.__struct_config__.tag)
            if gatherer is not None and step.events:
                gatherer.feed(step.events, touched)
            unknown += len(step.unknown)
        if last and not last_type:
            last_type = str(await connection.scalar(select(journal.c.type).where(journal.c.seq == last)))
        gatherer = gatherer or await _gatherer(connection, state, zone)
    if unknown:
        log.warning("the journal holds events that this version does not know", events=unknown)
    return Loaded(
        state=state,
        last_seq=last,
        last_at=max(last_at, marks.get("alive", 0.0)),
        clean=not last or last_type == "server_stopped",
        unknown=unknown,
        gatherer=gatherer,
        marks=marks,
    )


async def latest_snapshot(connection: AsyncConnection, up_to: int) -> tuple[State, int]:
    """The newest readable snapshot that holds no event after `up_to`, and its last event; else an empty State."""
    query = select(snapshot).where(snapshot.c.seq <= up_to, snapshot.c.schema == schema_of_state())
    for row in await connection.execute(query.order_by(snapshot.c.seq.desc())):
        try:
            return _state_decoder.decode(row.body), row.seq
        except msgspec.DecodeError as error:
            log.warning("a snapshot cannot be read; taking an older one", seq=row.seq, error=str(error))
    return State(), 0


async def steps(connection: AsyncConnection, after: int, up_to: int | None = None) -> AsyncIterator[StoredStep]:
    """The journal's steps with numbers beyond `after`, in order, a page at a time."""
    kept: list[tuple[int, int, str]] = []
    while True:
        query = select(journal.c.seq, journal.c.cause, journal.c.payload).where(journal.c.seq > after)
        if up_to is not None:
            query = query.where(journal.c.seq <= up_to)
        page = [(seq, cause, text) for seq, cause, text in await connection.execute(query.order_by("seq").limit(_PAGE))]
        rows = kept + page
        ended = len(page) < _PAGE
        groups = [list(group) for _, group in groupby(rows, key=lambda row: row[1])]
        kept = [] if ended or not groups else groups.pop()
        for group in groups:
            yield _step(group)
        if ended:
            return
        after = page[-1][0]


def _step(rows: list[tuple[int, int, str]]) -> StoredStep:
    step = StoredStep(seq=rows[-1][0], events=[], unknown=[])
    for _, _, text in rows:
        try:
            step.events.append(decoder.decode(text))
        except msgspec.DecodeError:
            step.unknown.append(text)
    return step


async def _gatherer(connection: AsyncConnection, state: State, zone: ZoneInfo) -> Gatherer:
    """A gatherer that goes on where the records are: with open stretches of agents, promises, and the open outage."""
    presence = Presence(zone)
    for agent in list(await connection.scalars(select(agent_span.c.agent).where(agent_span.c.end.is_(None)))):
        newest_first = select(agent_span).where(agent_span.c.agent == agent).order_by(agent_span.c.start.desc())
        rows = (await connection.execute(newest_first.limit(_SPANS_BACK))).mappings()
        presence.resume(agent, [dict(row) for row in rows])
    newest = select(outage).where(outage.c.until.is_(None)).order_by(outage.c.since.desc()).limit(1)
    gap = (await connection.execute(newest)).mappings().first()
    promised = (await connection.execute(select(callback).where(callback.c.state.in_(OPEN)))).mappings()
    promises = Promises(dict(row) for row in promised)
    return Gatherer(state, zone, presence, Gaps(dict(gap) if gap else None), promises)
