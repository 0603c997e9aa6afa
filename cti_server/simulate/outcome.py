"""What came of a day, recorded or simulated: the half-hours' sums, and the figures that the reports show of them.

The rows of a run go through the journal's own projections and the formulas of `statistics/figures.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cti_server.journal.clean import Row
from cti_server.journal.gather import Gathered
from cti_server.journal.projections import agent_half_hours, queue_half_hours, with_wrapup
from cti_server.simulate.day import Day
from cti_server.statistics.figures import agent_figures, queue_figures

Figures = dict[str, float | int | None]


@dataclass(slots=True)
class Outcome:
    """One column. `serving`: the agents of each queue, for its occupancy. `took_s`: seconds that the run took."""

    name: str
    queue_rows: list[Row]
    agent_rows: list[Row]
    serving: Mapping[str, frozenset[str]]
    took_s: float = 0.0
    events: int = 0
    faults: list[str] = field(default_factory=list)

    def queues(self) -> set[str]:
        return {row["queue"] for row in self.queue_rows}

    def of(self, queue: str = "") -> Figures:
        """The figures of one queue and of its agents, or of all together."""
        rows = [row for row in self.queue_rows if queue in ("", row["queue"])]
        agents = self.serving.get(queue, frozenset()) if queue else None
        worked = [row for row in self.agent_rows if agents is None or row["agent"] in agents]
        return queue_figures(rows) | {"occupancy": agent_figures(worked)["occupancy"]}


def happened(day: Day, serving: Mapping[str, frozenset[str]]) -> Outcome:
    return Outcome("happened", day.queue_rows, day.agent_rows, serving)


def simulated(name: str, day: Day, rows: Gathered, serving: Mapping[str, frozenset[str]]) -> Outcome:
    """Of callers who came, and of what agents did, between the day's two ends."""
    entries = with_wrapup((row for call in rows.calls for row in call.entries), rows.spans)
    queues = queue_half_hours(_within(entries, day))
    legs = [row for call in rows.calls for row in call.legs]
    offers = [row for call in rows.calls for row in call.offers]
    agents = agent_half_hours(_within(rows.spans, day), _within(legs, day), _within(offers, day))
    return Outcome(name, list(queues.values()), list(agents.values()), serving)


def _within(rows: Iterable[Row], day: Day) -> list[Row]:
    return [row for row in rows if day.since <= row["interval"] < day.until]
