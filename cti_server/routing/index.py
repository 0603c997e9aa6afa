"""The index over the State: the agents of each queue in a pool, those who wait in lines, and what time will change.

Between two decisions no caller waits beside a free agent who would do, apart from the lines in `live`. A line becomes
live when a caller joins it or when an agent who would do becomes free. When nobody will do it is stuck, and costs
nothing until then.
"""

from collections import Counter, defaultdict
from heapq import heappop, heappush
from math import inf

from cti_server.core.ids import AgentId, QueueId
from cti_server.core.state import Agent, State
from cti_server.core.touched import Touched
from cti_server.routing.caller import Caller, Key, caller_of
from cti_server.routing.facts import EVERY_RING
from cti_server.routing.lines import Asks, Line
from cti_server.routing.pool import Group, Pool
from cti_server.routing.reach import expected
from cti_server.routing.score import unfit
from cti_server.routing.strategies import DEFAULT, STRATEGIES


class Index:
    """`ringing`: in each queue, how many customers are being rung first. `seen`: whose situation was looked at anew
    since the last decision. `odd`: how often something was asked for that there is not.
    """

    def __init__(self, odd: dict[str, int]) -> None:
        self.odd = odd
        self.pools: dict[QueueId, Pool] = {}
        self.callers: dict[Key, Caller] = {}
        self.live: dict[Line, None] = {}
        self._sticky: list[tuple[tuple[float, Key], int, Caller]] = []
        self.ringing: Counter[QueueId] = Counter()
        self.seen: set[Key | AgentId] = set()
        self._members: dict[QueueId, set[AgentId]] = defaultdict(set)
        self._serves: dict[AgentId, tuple[QueueId, ...]] = {}
        self._queued: dict[QueueId, dict[Key, None]] = defaultdict(dict)
        self._lines: dict[QueueId, dict[Asks, Line]] = defaultdict(dict)
        self._line: dict[Key, Line] = {}
        self._near: dict[AgentId, dict[Key, None]] = defaultdict(dict)
        self._rung: dict[str, QueueId] = {}
        self._timers: list[tuple[float, AgentId, Key]] = []
        self._pushed = 0

    def fill(self, state: State, at: float) -> None:
        for ident in state.agents:
            self._join(state, ident)
        for queue in state.queues:
            self._open(state, queue, at)
        for entry in state.entries:
            self.place(state, (False, entry), at)
        for promise in state.callbacks:
            self._promise(state, promise, at)

    def learn(self, state: State, touched: Touched, at: float) -> None:
        for ident in touched.agents:
            self.agent(state, ident, at)
        for name in touched.queues:
            queue, pool = state.queues.get(name), self.pools.get(name)
            if queue is None or pool is None or not pool.same(queue):
                self._open(state, name, at)
        for call in touched.calls.values():
            for entry in call.entries:
                if not entry.outcome or (False, entry.id) in self.callers:
                    self.place(state, (False, entry.id), at)
        for promise in touched.callbacks:
            self._promise(state, promise, at)

    def pass_time(self, state: State, at: float) -> None:
        """What changes by time alone: circles widen, callers are not kept any longer, callbacks fall due."""
        while self._timers and self._timers[0][0] <= at:
            _, ident, key = heappop(self._timers)
            if ident:
                self.agent(state, ident, at)
            elif key not in self.callers or self.callers[key].due <= at:
                self.place(state, key, at)

    def next_sticky(self) -> Caller | None:
        """The next one, the most urgent first, who might be kept for an own agent; each is asked for once."""
        while self._sticky:
            _, _, caller = heappop(self._sticky)
            if self.callers.get(caller.key) is caller:
                return caller
        return None

    # ------------------------------------------------------------ agents and queues

    def agent(self, state: State, ident: AgentId, at: float) -> None:
        """Look at the agent anew, and at those who wait for this very agent."""
        self.seen.add(ident)
        self._join(state, ident)
        agent = state.agents.get(ident)
        for name in self._serves.get(ident, ()):
            if agent is not None and name in self.pools:
                self._sit(state, agent, name, at)
        for key in list(self._near.get(ident, ())):
            self.place(state, key, at)

    def suspend(self, ident: AgentId, until: float) -> None:
        """Take the agent for not free until then."""
        for name in self._serves.get(ident, ()):
            if name in self.pools:
                self.pools[name].suspend(ident)
        heappush(self._timers, (until, ident, (False, "")))

    def _join(self, state: State, ident: AgentId) -> None:
        agent = state.agents.get(ident)
        known, serves = self._serves.get(ident, ()), agent.config.queues if agent is not None else ()
        for name in set(known).difference(serves):
            self._members[name].discard(ident)
            if name in self.pools:
                self.pools[name].leave(ident)
        for name in set(serves).difference(known):
            self._members[name].add(ident)
        if serves:
            self._serves[ident] = serves
        else:
            self._serves.pop(ident, None)

    def _sit(self, state: State, agent: Agent, name: QueueId, at: float) -> None:
        pool = self.pools[name]
        news = pool.has_news(agent)
        if pool.sit(state, agent, state.queues[name]):
            self._freed(name, pool.seats[agent.config.id].group)
        if news:
            for key in list(self._queued[name]):
                self.place(state, key, at)

    def _open(self, state: State, name: QueueId, at: float) -> None:
        """A queue that is new, gone, or served differently from now on."""
        self.pools.pop(name, None)
        waiting = list(self._queued[name])
        for key in waiting:
            self.forget(key)
        if (queue := state.queues.get(name)) is None:
            return
        strategy = queue.config.strategy
        if strategy not in STRATEGIES:
            self.odd["strategy: unknown"] = self.odd.get("strategy: unknown", 0) + 1
            strategy = DEFAULT
        pool = self.pools[name] = Pool(queue, strategy, STRATEGIES[strategy])
        for ident in self._members[name]:
            pool.sit(state, state.agents[ident], queue)
        for key in waiting:
            self.place(state, key, at)

    def _freed(self, queue: QueueId, group: Group) -> None:
        for line in self._lines[queue].values():
            if line.stuck and not unfit(group.profile, line.need):
                self._revive(line)

    def _revive(self, line: Line) -> None:
        line.stuck = False
        self.live[line] = None

    # ------------------------------------------------------------ those who wait

    def _promise(self, state: State, ident: str, at: float) -> None:
        """A callback. When a customer who was being rung is not any more, the next one may be."""
        promise = state.callbacks.get(ident)
        before = self._rung.pop(ident, None)
        if promise is not None and promise.status == "calling" and not promise.agent:
            self._rung[ident] = promise.queue
            self.ringing[promise.queue] += 1
        if before is not None:
            self.ringing[before] -= 1
            for line in self._lines[before].values():
                if line.asks.customer_first:
                    self._revive(line)
        self.place(state, (True, ident), at)

    def place(self, state: State, key: Key, at: float) -> None:
        """Put somebody where they belong at `at`: into a line, aside until their time comes, or nowhere."""
        self.seen.add(key)
        before = self.forget(key)
        caller = caller_of(state, key, at)
        pool = self.pools.get(caller.queue) if caller is not None else None
        if caller is None or pool is None:
            return
        self.callers[key] = caller
        self._queued[caller.queue][key] = None
        for ident in caller.near:
            self._near[ident][key] = None
        if caller.due < inf and (before is None or before.due != caller.due or caller.due <= at):
            heappush(self._timers, (caller.due, "", key))
        if caller.not_before > at:
            return
        if pool.ask({name for name, _ in caller.need.required}):
            pool.regroup(state, state.queues[caller.queue])
            for line in self._lines[caller.queue].values():
                self._revive(line)
        self._line_up(state, pool, caller)
        if pool.config.stick_s > 0 and caller.own and not caller.held_for and not caller.callback:
            self._pushed += 1
            heappush(self._sticky, (caller.rank, self._pushed, caller))

    def forget(self, key: Key, until: float = inf) -> Caller | None:
        """Nobody waits under this key, as far as is known until then."""
        if until < inf:
            heappush(self._timers, (until, "", key))
        caller = self.callers.pop(key, None)
        if caller is None:
            return None
        del self._queued[caller.queue][key]
        for ident in caller.near:
            self._near[ident].pop(key, None)
            if not self._near[ident]:
                del self._near[ident]
        if (line := self._line.pop(key, None)) is not None:
            line.remove(key)
            if not line:
                self.live.pop(line, None)
                del self._lines[caller.queue][line.asks]
        return caller

    def _line_up(self, state: State, pool: Pool, caller: Caller) -> None:
        alone = caller.wanted or (caller.held_for if self._kept(state, pool, caller) else "")
        if alone:
            asks = Asks(ring=EVERY_RING, agent=alone)
        else:
            asks = Asks(caller.need.required, caller.need.ring, customer_first=caller.customer_first)
        lines = self._lines[caller.queue]
        line = lines.get(asks)
        if line is None:
            line = lines[asks] = Line(caller.queue, asks)
        line.add(caller)
        self._line[caller.key] = line
        if not line.stuck:
            self.live[line] = None

    @staticmethod
    def _kept(state: State, pool: Pool, caller: Caller) -> bool:
        """The own agent for whom the caller is held is there, or soon will be."""
        agent, seat = state.agents.get(caller.held_for), pool.seats.get(caller.held_for)
        if not caller.held_until or agent is None or seat is None or unfit(seat.group.profile, caller.need):
            return False
        return not seat.reason or expected(agent)
