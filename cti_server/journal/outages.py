"""After a gap: find in Asterisk's own record (CEL) the calls that ended while nobody here was listening.

They come back as `CallRecovered` Events, to be published after `ServerStarted` (or `PbxConnected`) and before
`PbxResynced`: so they stand in the journal like everything else, and a replay gives the same records. A call that the
journal knows to have ended is left alone. The gap itself becomes an outage row by `gaps`.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.events import CallRecovered, Event
from cti_server.core.state import State
from cti_server.journal.cel import CelLine, ended_calls, parse
from cti_server.journal.cel_live import live_events
from cti_server.journal.rollup import chunks
from cti_server.journal.tables import call

log = structlog.get_logger()

_BLOCK = 1 << 20
_MARGIN_S = 10.0
_LONGEST_CALL_S = 6 * 3600.0


async def missed_events(
    engine: AsyncEngine,
    state: State,
    cel_file: Path,
    *,
    since: float,
    until: float,
    live: frozenset[str] = frozenset(),
) -> list[Event]:
    """What happened in the gap from `since` to `until` (epoch seconds): first the calls that ended in it, whole, in
    order of their beginning; then the single events of those of which a channel (Uniqueid) in `live` is still there.

    `state`: as it was when the gap began. A file that is missing or cannot be read gives none, and a warning.
    """
    begins = [c.started for c in state.calls.values()]
    oldest = max(min([since, *begins]), since - _LONGEST_CALL_S) - _MARGIN_S
    trunks = state.trunks
    agents = {agent.config.endpoint: ident for ident, agent in state.agents.items()}
    aliases = dict(state.aliases)

    def read() -> tuple[list[CallRecovered], list[Event]]:
        lines = list(_since(cel_file, oldest))
        found = ended_calls(lines, at=until, trunks=trunks, agent_at=lambda endpoint: agents.get(endpoint, ""))
        return [c for c in found if since <= c.ended <= until], live_events(lines, since=since, live=live)

    try:
        found, going_on = await asyncio.to_thread(read)
    except OSError as error:
        log.warning("Asterisk's own record cannot be read; calls of the gap stay unknown", error=str(error))
        return []
    known = await _known_to_have_ended(engine, [aliases.get(c.call, c.call) for c in found])
    return [*(c for c in found if aliases.get(c.call, c.call) not in known), *going_on]


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
