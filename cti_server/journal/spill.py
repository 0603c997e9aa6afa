"""The file that takes the events that a missing database cannot: append-only JSON lines, taken in later, in order.

Only events are kept here: their records are made again from them. Taking a line in twice does no harm, because events
keep their numbers. A line cut off by a crash is logged and left out, and so is a line of a term after which another
server has written the journal: that one has taken the events over, or has given their numbers to others.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.journal import store
from cti_server.journal.clean import Row, json_of
from cti_server.journal.terms import current_term

log = structlog.get_logger()
FILE_NAME = "journal-spill.jsonl"
_LINES_PER_COMMIT = 2000


class Spill:
    """The spill file of one server. Small synchronous appends: it is used when nothing else works."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE_NAME

    def __bool__(self) -> bool:
        return self.path.exists()

    def append(self, rows: Iterable[Row], term: int = 0) -> int:
        """Append and flush to the disk. Gives the number of events. Raises OSError when the disk refuses."""
        lines = [json_of({**row, "term": term}) + "\n" for row in rows]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        return len(lines)

    async def take_in(self, engine: AsyncEngine) -> int:
        """Bring the file into the database and remove it. Gives the number of events; the database may raise."""
        taken, offset = 0, 0
        while self.path.exists() and offset < self.path.stat().st_size:
            rows, offset = _read(self.path, offset)
            async with engine.begin() as connection:
                term = await current_term(connection)
                ours = [row for row in rows if row.pop("term", 0) == term]
                await store.add_events(connection, ours, again=True)
            taken += len(ours)
            if len(ours) < len(rows):
                log.warning("left out of the spill file: another server led since", events=len(rows) - len(ours))
        if self.path.exists():
            self.path.unlink()
            log.info("took in the journal's spill file", events=taken)
        return taken


def _read(path: Path, offset: int) -> tuple[list[Row], int]:
    """Some lines from `offset` on, and where they end."""
    rows: list[Row] = []
    with path.open("rb") as file:
        file.seek(offset)
        for _ in range(_LINES_PER_COMMIT):
            if not (line := file.readline()):
                break
            offset += len(line)
            try:
                rows.append(msgspec.json.decode(line, type=Row))
            except msgspec.DecodeError:
                log.error("a line of the journal's spill file cannot be read", path=str(path), length=len(line))
    return rows, offset
