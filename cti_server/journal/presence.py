"""What each agent did, stretch by stretch. Pure: fed with an agent's status after each step, gives rows.

A stretch that ended is cut at the half-hours. A status that lasted no time leaves no row; when it only interrupted
another one, that one goes on as if nothing had been. So the rows depend on the events and not on how they were grouped.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from cti_server.journal.clean import Row, clean
from cti_server.journal.intervals import half_hour, split

Key = tuple[str, float]
What = tuple[str, str, str]


@dataclass(slots=True)
class _Stretch:
    start: float
    what: What
    pieces: list[Key] = field(default_factory=list)


class Presence:
    """Follows every agent's status."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._now: dict[str, _Stretch] = {}
        self._before: dict[str, _Stretch] = {}

    def resume(self, agent: str, rows: Iterable[Row]) -> None:
        """Go on with an agent's rows as the database has them, the newest first: the open one and those before it."""
        before: _Stretch | None = None
        edge = 0.0
        for row in rows:
            what = (row["status"], row["code"], row["call"])
            if row["end"] is None:
                self._now[agent] = _Stretch(row["start"], what)
                edge = row["start"]
            elif agent in self._now and row["end"] == edge and (before is None or before.what == what):
                before = before or _Stretch(row["start"], what)
                before.start = edge = row["start"]
                before.pieces.append((agent, row["start"]))
            else:
                break
        if before is not None:
            self._before[agent] = before

    def agents(self) -> set[str]:
        return set(self._now)

    def see(self, agent: str, at: float, status: str, code: str = "", call: str = "") -> dict[Key, Row | None]:
        """The agent has this status from `at` on. Gives changed rows by (agent, start); None: no such row any more."""
        what = (status, code, call)
        current = self._now.get(agent)
        if current is None:
            self._now[agent] = _Stretch(at, what)
            return {(agent, at): self._row(agent, at, None, what)}
        if current.what == what:
            return {}
        if at > current.start:
            changed = self._close(agent, current, at)
            self._before[agent] = current
            self._now[agent] = _Stretch(at, what)
            changed[agent, at] = self._row(agent, at, None, what)
            return changed
        before = self._before.get(agent)
        if before is not None and before.what == what:
            undone: dict[Key, Row | None] = {key: None for key in [*before.pieces, (agent, current.start)]}
            self._now[agent] = _Stretch(before.start, what)
            del self._before[agent]
            undone[agent, before.start] = self._row(agent, before.start, None, what)
            return undone
        current.what = what
        return {(agent, current.start): self._row(agent, current.start, None, what)}

    def _close(self, agent: str, stretch: _Stretch, end: float) -> dict[Key, Row | None]:
        rows: dict[Key, Row | None] = {}
        start = stretch.start
        pieces = list(split(stretch.start, end, self._zone)) or [(half_hour(start, self._zone), 0)]
        for number, (interval, length_ms) in enumerate(pieces):
            last = number == len(pieces) - 1
            stop = end if last else float(pieces[number + 1][0])
            row = self._row(agent, start, stop, stretch.what)
            rows[agent, start] = row | {"interval": interval, "ms": length_ms}
            start = stop
        stretch.pieces = list(rows)
        return rows

    def _row(self, agent: str, start: float, end: float | None, what: What) -> Row:
        return clean(
            {
                "agent": agent,
                "start": start,
                "end": end,
                "interval": half_hour(start, self._zone),
                "ms": 0,
                "status": what[0],
                "code": what[1],
                "call": what[2],
            }
        )
