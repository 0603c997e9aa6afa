"""A floor for the tests of routing: a State whose agents, callers and callbacks are set by hand, and a router over it.

What a decision leads to in the core is done here in the shortest way: the agent is reserved, the caller is offered.
"""

from dataclasses import dataclass, field

from cti_server.core.decision import Keep, Match, Router
from cti_server.core.events import AgentConfig, QueueConfig
from cti_server.core.places import entry_of
from cti_server.core.state import Agent, Call, Callback, Entry, Queue, State
from cti_server.core.touched import Touched
from cti_server.routing import router

AT = 100_000.0


def an_agent(ident: str, **config: object) -> AgentConfig:
    wanted = {"queues": ("sales",), "endpoint": f"PJSIP/{ident}", "name": ident} | config
    return AgentConfig(id=ident, **wanted)  # type: ignore[arg-type]


@dataclass
class Floor:
    queues: tuple[QueueConfig, ...] = (QueueConfig(id="sales", name="Sales"),)
    agents: tuple[AgentConfig, ...] = ()
    router: Router = field(default_factory=router.Router)
    at: float = AT

    def __post_init__(self) -> None:
        self.state = State(mobile_trunk="trunk", serial=100)
        self.state.queues = {queue.id: Queue(config=queue) for queue in self.queues}
        for config in self.agents:
            self.state.agents[config.id] = Agent(
                config=config,
                intent="ready",
                phones={phone: "NOT_INUSE" for phone in (config.endpoint, *config.more)},
                since=self.at - 1000,
                idle_since=self.at - 100,
            )
        self.router.rebuild(self.state, self.at)

    def agent(self, ident: str, **values: object) -> Agent:
        """Set fields of an agent, and let the router know."""
        agent = self.state.agents[ident]
        for name, value in values.items():
            setattr(agent, name, value)
        self.router.learn(self.state, Touched(agents={ident}), self.at)
        return agent

    def queue(self, ident: str = "sales", **values: object) -> None:
        for name, value in values.items():
            setattr(self.state.queues[ident], name, value)
        self.router.learn(self.state, Touched(queues={ident}), self.at)

    def arrive(self, ident: str = "c", queue: str = "sales", waited: float = 0.0, **values: object) -> Entry:
        """`data`, `language`, `ani` go to the call, all else to the entry."""
        call = Call(id=ident, direction="inbound", started=self.at, ani=str(values.pop("ani", "")))
        call.language = str(values.pop("language", ""))
        call.data = values.pop("data", {})  # type: ignore[assignment]
        entry = Entry(id=f"{ident}#1", call=ident, channel=ident, queue=queue, queued=self.at - waited)
        for name, value in values.items():
            setattr(entry, name, value)
        call.entries.append(entry)
        self.state.calls[ident] = call
        self.state.entries[entry.id] = ident
        self.touch(ident)
        return entry

    def touch(self, *calls: str) -> None:
        touched = Touched(calls={ident: self.state.calls[ident] for ident in calls})
        self.router.learn(self.state, touched, self.at)

    def leave(self, ident: str = "c") -> None:
        call = self.state.calls.pop(ident)
        for entry in call.entries:
            entry.outcome, entry.status = "abandoned", "abandoned"
            self.state.entries.pop(entry.id, None)
        self.router.learn(self.state, Touched(calls={ident: call}), self.at)

    def promise(self, ident: str = "p", queue: str = "sales", waited: float = 0.0, **values: object) -> Callback:
        promise = Callback(id=ident, queue=queue, number="139", queued=self.at - waited, planned=self.at)
        for name, value in values.items():
            setattr(promise, name, value)
        self.state.callbacks[ident] = promise
        self.router.learn(self.state, Touched(callbacks={ident}), self.at)
        return promise

    def decide(self) -> Match | Keep | None:
        """Ask without doing it."""
        return self.router.decide(self.state, self.at)

    def step(self) -> Match | Keep | None:
        """Ask, and do what was decided."""
        decision = self.router.decide(self.state, self.at)
        if decision is not None:
            self.router.learn(self.state, self.do(decision), self.at)
        return decision

    def do(self, decision: Match | Keep) -> Touched:
        state = self.state
        if isinstance(decision, Keep):
            entry = entry_of(state, decision.entry)
            assert entry is not None
            entry.held_for, entry.held_until = decision.agent, decision.until
            return Touched(calls={entry.call: state.calls[entry.call]})
        touched = Touched()
        state.serial += 1
        if decision.agent:
            agent = state.agents[decision.agent]
            assert agent.engagement == "idle"
            agent.engagement, agent.turn = "reserved", state.serial
            touched.agents.add(decision.agent)
        if decision.callback:
            promise = state.callbacks[decision.item]
            assert promise.status == "waiting"
            promise.status, promise.agent = "calling", decision.agent
            touched.callbacks.add(promise.id)
        else:
            entry = entry_of(state, decision.item)
            assert entry is not None and entry.status == "waiting"
            entry.status = "offered"
            touched.call(state.calls[entry.call])
        return touched

    def all(self) -> list[Match | Keep]:
        """Everything that is decided now."""
        found = []
        while (decision := self.step()) is not None:
            found.append(decision)
            assert len(found) < 1000
        return found

    def pairs(self) -> list[tuple[str, str]]:
        """Who was given to whom now, in order."""
        return [(d.item, d.agent) for d in self.all() if isinstance(d, Match)]


def a_match(decision: Match | Keep | None) -> Match:
    assert isinstance(decision, Match)
    return decision
