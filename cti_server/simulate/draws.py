"""What is left to chance, drawn from what was recorded. The same seed, caller and number give the same draw."""

import random
from collections.abc import Sequence
from typing import TypeVar

from cti_server.simulate.day import Arrival, Business, Day, Ring
from cti_server.simulate.patience import Patience

_T = TypeVar("_T")

ENOUGH = 20
"""With fewer offers than these an agent's phone rings like anybody's."""
GAVE_UP = frozenset({"abandoned", "short_abandoned"})
_RING = Ring("answered", 3.0)
_BUSINESS = Business(180.0, 0.0, 0.0)
_ABSENT_S = 300.0
"""Where the day tells nothing at all."""


class Draws:
    """`rings`: by agent, with those of the copies."""

    def __init__(self, day: Day, rings: dict[str, list[Ring]], seed: int) -> None:
        self._seed = seed
        self._rona_s = sorted(day.rona_s)
        self._rings = {agent: known for agent, known in rings.items() if len(known) >= ENOUGH}
        self._any_ring = [ring for _, known in sorted(day.rings.items()) for ring in known]
        queues = {arrival.queue for arrival in day.arrivals}
        self._patience = {queue: Patience(_waits(day.arrivals, queue)) for queue in queues}
        self._business = {queue: _businesses(day.arrivals, queue) for queue in queues}
        self._any_business = _businesses(day.arrivals)

    def patience(self, caller: int, arrival: Arrival) -> float:
        """Seconds until this caller gives up; infinite where the day does not tell."""
        if arrival.outcome in GAVE_UP:
            return arrival.waited_s
        known = self._patience.get(arrival.queue) or Patience(())
        return known.draw(self._chance("patience", caller), arrival.waited_s)

    def business(self, caller: int, arrival: Arrival) -> Business:
        if arrival.business is not None:
            return arrival.business
        known = self._business.get(arrival.queue) or self._any_business
        return self._one(known, "business", caller) if known else _BUSINESS

    def ring(self, agent: str, caller: int, number: int) -> Ring:
        """How the `number`-th offer of this caller goes, at this agent."""
        known = self._rings.get(agent) or self._any_ring
        return self._one(known, "ring", caller, number) if known else _RING

    def absent_s(self, agent: str, at: float) -> float:
        """How long an agent whom the Center found absent stays away."""
        return self._one(self._rona_s, "absent", agent, at) if self._rona_s else _ABSENT_S

    def _one(self, known: Sequence[_T], *what: object) -> _T:
        return known[min(len(known) - 1, int((1 - self._chance(*what)) * len(known)))]

    def _chance(self, *what: object) -> float:
        """Even, in (0, 1]."""
        return 1.0 - random.Random(repr((self._seed, *what))).random()


def _waits(arrivals: Sequence[Arrival], queue: str) -> list[tuple[float, bool]]:
    return [(a.waited_s, a.outcome in GAVE_UP) for a in arrivals if a.queue == queue]


def _businesses(arrivals: Sequence[Arrival], queue: str = "") -> list[Business]:
    return [a.business for a in arrivals if a.business is not None and queue in ("", a.queue)]
