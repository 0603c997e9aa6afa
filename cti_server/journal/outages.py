"""After a gap: what Asterisk's own record (CEL) tells of the time in which nobody here was listening.

It comes back as a `GapOpened` and the Events of AMI with their true times, to be published before `PbxResynced`: so it
stands in the journal like everything else, and a replay gives the same records. Seconds pass in between (`Tick`) as
they did then, so that a wrap-up ends when it ended. The gap itself becomes an outage row by `gaps`.
"""

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.calls import call_id
from cti_server.core.events import ChannelCreated, Event, GapOpened, Tick
from cti_server.core.state import State
from cti_server.journal.cel import CelLine, events_of_gap, parse, stories
from cti_server.journal.rollup import chunks
from cti_server.journal.tables import call

log = structlog.get_logger()

_BLOCK = 1 << 20
_MARGIN_S = 10.0
_LONGEST_CALL_S = 6 * 3600.0
_LET_PASS_S = 600


async def missed_events(
    engine: AsyncEngine, state: State, cel_file: Path, *, since: float, until: float
) -> list[Event]:
    """What happened in the gap from `since` to `until` (epoch seconds), in order of time; nothing when no call did.

    `state`: as it was when the gap began. A call that the journal knows to have ended is left alone. A file that is
    missing or cannot be read gives none, and a warning.
    """
    begins = [c.started for c in state.calls.values()]
    oldest = max(min([since, *begins]), since - _LONGEST_CALL_S) - _MARGIN_S
    live = frozenset(state.channels)
    past = frozenset(leg.id for c in state.calls.values() for leg in c.legs) - live

    def read() -> list[tuple[list[CelLine], list[Event]]]:
        found = []
        for story in stories(line for line in _since(cel_file, oldest) if line.eventtime <= until):
            if story[-1].eventtime > since:
                found.append((story, events_of_gap(story, since, live, past)))
        return [(story, events) for story, events in found if events]

    try:
        found = await asyncio.to_thread(read)
    except OSError as error:
        log.warning("Asterisk's own record cannot be read; the calls of the gap stay unknown", error=str(error))
        return []
    unknown = [{line.linkedid for line in story} for story, _ in found if not _of_state(state, story)]
    ended = await _known_to_have_ended(engine, sorted(set().union(*unknown)))
    calls: list[str] = []
    events: list[Event] = []
    for story, told in found:
        ids = {line.linkedid for line in story}
        known = _of_state(state, story)
        if known or not ids & ended:
            calls.append(known or next(event.linked for event in told if isinstance(event, ChannelCreated)))
            events += told
    if not calls:
        return []
    events.sort(key=lambda event: event.at)
    return [GapOpened(at=since, until=until, calls=tuple(calls)), *_as_time_passed(events, since, until)]


def _of_state(state: State, story: Iterable[CelLine]) -> str:
    """The id of the live call that this story is part of; empty for none."""
    for line in story:
        if (live := state.channels.get(line.uniqueid)) is not None:
            return live.call
        if (ident := call_id(state, line.linkedid)) in state.calls:
            return ident
    return ""


def _as_time_passed(events: Sequence[Event], since: float, until: float) -> Iterator[Event]:
    """The events with a Tick for each second between them; of a long silence only the beginning and the end."""
    now = since
    for event in [*events, Tick(at=until)]:
        stop = min(event.at, now + _LET_PASS_S)
        while now + 1.0 < stop:
            now += 1.0
            yield Tick(at=now)
        if event.at > now + 1.0:
            yield Tick(at=event.at)
        now = max(now, event.at)
        yield event


async def _known_to_have_ended(engine: AsyncEngine, ids: list[str]) -> set[str]:
    known: set[str] = set()
    async with engine.connect() as connection:
        for chunk in chunks(ids):
            ended = select(call.c.id).where(call.c.id.in_(chunk), call.c.ended.is_not(None))
            known |= set(await connection.scalars(ended))
    return known


def _since(path: Path, oldest: float) -> Iterator[CelLine]:
    """The file's lines that are not older than `oldest`, read from its end backwards as far as needed."""
    start = _offset(path, oldest)
    with path.open("rb") as file:
        file.seek(start)
        if start:
            file.readline()
        yield from (line for line in parse(file) if line.eventtime >= oldest)


def _offset(path: Path, oldest: float) -> int:
    """A place in the file before which every line is older than `oldest`."""
    with path.open("rb") as file:
        offset = file.seek(0, os.SEEK_END)
        while offset > 0:
            offset = max(0, offset - _BLOCK)
            file.seek(offset)
            if offset:
                file.readline()
            first = next(parse(file.readlines(_BLOCK // 8)), None)
            if first is not None and first.eventtime < oldest - _MARGIN_S:
                break
    return offset
