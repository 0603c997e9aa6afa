"""The agents of one queue, indexed: those of one profile who are free stand in one heap, the best on top."""

from collections import Counter
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from cti_server.core.events import AgentConfig
from cti_server.core.ids import AgentId
from cti_server.core.overflow import reached_by_mobile
from cti_server.core.state import Agent, Queue, State
from cti_server.routing.facts import Need, Profile, profile_of, standing_of
from cti_server.routing.reach import reach, why_not
from cti_server.routing.score import Fit, Weights, fit, standing_points

_SLACK = 64
_NEEDS_KEPT = 512


class Group:
    """The agents of one profile. `heap` holds (minus points, agent), also of those who are not free any more."""

    __slots__ = ("free", "heap", "number", "profile")

    def __init__(self, number: int, profile: Profile) -> None:
        self.number = number
        self.profile = profile
        self.free = 0
        self.heap: list[tuple[float, AgentId]] = []


class Seat:
    """One agent in one queue. `reason`: why not free; empty when free."""

    __slots__ = ("config", "group", "points", "reason")

    def __init__(self, config: AgentConfig, group: Group) -> None:
        self.config = config
        self.group = group
        self.points = 0.0
        self.reason = ""


class Ranked(NamedTuple):
    """`points` order the agents for one caller; they are as of a fixed moment, not what people are shown."""

    points: float
    agent: AgentId
    fit: Fit


class Pool:
    def __init__(self, queue: Queue, strategy: str, weights: Weights) -> None:
        self.config = queue.config
        self.open = queue.open
        self.mobile = reached_by_mobile(queue)
        self.strategy = strategy
        self.weights = weights
        self.seats: dict[AgentId, Seat] = {}
        self.reasons: Counter[str] = Counter()
        self._occupied: dict[Group, None] = {}
        self._groups: dict[Profile, Group] = {}
        self._fits: dict[Need, dict[Group, Fit]] = {}
        self._asked: set[str] = set()
        self._skills: set[str] = set()
        steps = [step.required or {} for step in queue.config.widen]
        self.ask({name for skills in (queue.config.required, queue.config.preferred, *steps) for name in skills})

    def same(self, queue: Queue) -> bool:
        """Nothing about the queue has changed that concerns who may be rung, how, and for whom."""
        return queue.config is self.config and queue.open == self.open and reached_by_mobile(queue) == self.mobile

    def ask(self, names: set[str]) -> bool:
        """Skills that somebody asks for. True when agents have one of them that was not looked at so far: then all have
        to be seated anew (`regroup`).
        """
        news = (names - self._asked) & self._skills
        self._asked |= news if self.seats else names
        return bool(news)

    def has_news(self, agent: Agent) -> bool:
        """The agent has skills that nobody here had: what callers ask for has to be looked at again (`ask`)."""
        return not self._skills.issuperset(agent.config.skills)

    def regroup(self, state: State, queue: Queue) -> None:
        for ident in list(self.seats):
            self.leave(ident)
            self.sit(state, state.agents[ident], queue)

    def sit(self, state: State, agent: Agent, queue: Queue) -> bool:
        """Bring an agent's seat up to date; True when the agent can be given a caller now."""
        ident, config = agent.config.id, agent.config
        seat = self.seats.get(ident)
        if seat is None or seat.config is not config:
            self.leave(ident)
            self._skills.update(config.skills)
            seat = self.seats[ident] = Seat(config, self._group(profile_of(agent, queue.config.id, self._asked)))
        else:
            self._rise(seat)
        if reach(state, agent, queue) is None:
            seat.reason = why_not(agent)
            self.reasons[seat.reason] += 1
            return False
        group = seat.group
        points = standing_points(self.weights, standing_of(agent))
        seat.reason, seat.points = "", points
        heappush(group.heap, (-points, ident))
        group.free += 1
        self._occupied[group] = None
        if len(group.heap) > 2 * group.free + _SLACK:
            group.heap = list({item for item in group.heap if self._stands(group, item)})
            heapify(group.heap)
        return True

    def leave(self, ident: AgentId) -> None:
        if (seat := self.seats.pop(ident, None)) is not None:
            self._rise(seat)

    def suspend(self, ident: AgentId) -> None:
        """Take the agent for not free until the seat is brought up to date again."""
        if (seat := self.seats.get(ident)) is not None:
            self._rise(seat)
            seat.reason = "unreachable"
            self.reasons[seat.reason] += 1

    def free(self, ident: AgentId) -> bool:
        return (seat := self.seats.get(ident)) is not None and not seat.reason

    def fit(self, need: Need, group: Group) -> Fit:
        fits = self._fits_of(need)
        found = fits.get(group)
        if found is None:
            found = fits[group] = fit(self.weights, group.profile, need)
        return found

    def free_groups(self, need: Need) -> list[tuple[Group, Fit]]:
        """The groups with a free agent, with what they are worth to a caller with this need."""
        fits = self._fits_of(need)
        found = []
        for group in self._occupied:
            known = fits.get(group)
            if known is None:
                known = fits[group] = fit(self.weights, group.profile, need)
            found.append((group, known))
        return found

    def ranked(self, need: Need) -> Iterator[Ranked]:
        """The free agents who may have such a caller, the best first, ties by id. Looks only as far as it is asked.

        The children of item i of a heap are 2i+1 and 2i+2, so a heap can be read in order without changing it.
        """
        front: list[tuple[float, AgentId, int, int, Group, Fit]] = []
        for group, found in self.free_groups(need):
            if found.reason:
                continue
            heap = group.heap
            while not self._stands(group, heap[0]):
                heappop(heap)
            front.append((heap[0][0] - found.points, heap[0][1], 0, group.number, group, found))
        heapify(front)
        last = ""
        while front:
            minus, ident, index, number, group, found = heappop(front)
            heap = group.heap
            if ident != last and self._stands(group, heap[index]):
                last = ident
                yield Ranked(-minus, ident, found)
            for child in (2 * index + 1, 2 * index + 2):
                if child < len(heap):
                    item = heap[child]
                    heappush(front, (item[0] - found.points, item[1], child, number, group, found))

    def _fits_of(self, need: Need) -> dict[Group, Fit]:
        found = self._fits.get(need)
        if found is None:
            if len(self._fits) >= _NEEDS_KEPT:
                self._fits.clear()
            found = self._fits[need] = {}
        return found

    def _stands(self, group: Group, item: tuple[float, AgentId]) -> bool:
        seat = self.seats.get(item[1])
        return seat is not None and seat.group is group and not seat.reason and seat.points == -item[0]

    def _rise(self, seat: Seat) -> None:
        """Not free, and not counted under any reason."""
        group = seat.group
        if seat.reason:
            self.reasons[seat.reason] -= 1
        else:
            group.free -= 1
            if not group.free:
                self._occupied.pop(group, None)
        seat.reason = ""

    def _group(self, profile: Profile) -> Group:
        found = self._groups.get(profile)
        if found is None:
            found = self._groups[profile] = Group(len(self._groups), profile)
        return found
