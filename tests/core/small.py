"""A small center for the tests of the core: one or two agents at free phones, a queue, and what callers do."""

from cti_server.core import events as ev
from cti_server.core.center import Center, Step
from cti_server.core.commands import Command
from cti_server.core.events import AgentConfig, Event, QueueConfig, SiteConfigured
from cti_server.core.invariants import violations
from cti_server.core.state import Agent, Entry, State
from cti_server.routing.router import Router


class Small:
    """`sales` and whatever more queues; agents `a` and `b`, logged in. `at` goes on by a tenth with each event."""

    def __init__(self, *queues: QueueConfig, agents: tuple[AgentConfig, ...] = (), **config: object) -> None:
        self.center = Center(State(), Router())
        self.at = 100.0
        self.steps: list[Step] = []
        people = agents or tuple(an_agent(i) for i in ("a", "b"))
        lines = queues or (QueueConfig(id="sales", name="Sales"),)
        self.do(
            SiteConfigured(at=0, queues=lines, agents=people, default_queue=lines[0].id, mobile_trunk="trunk", **config)  # type: ignore[arg-type]
        )
        self.do(ev.PbxConnected(at=0))
        for agent in people:
            self.do(ev.DeviceChanged(at=0, device=agent.endpoint, state="NOT_INUSE"))
            self.do(ev.AgentLoggedIn(at=0, agent=agent.id))

    def do(self, event: Event, after: float = 0.1) -> Step:
        """Let it happen `after` seconds after the last event, whatever `at` it carries."""
        self.at = round(self.at + after, 3)
        step = self.center.handle(
            type(event)(**{f: getattr(event, f) for f in event.__struct_fields__} | {"at": self.at})
        )
        assert step.faults == []
        assert violations(self.center.state) == []
        self.steps.append(step)
        return step

    def arrive(self, ident: str = "c", queue: str = "sales", number: str = "13800138000", after: float = 0.1) -> Step:
        name = f"PJSIP/trunk-{ident}"
        self.do(ev.ChannelCreated(at=0, channel=ident, linked=ident, name=name, number=number, incoming=True), after)
        return self.do(ev.CallQueued(at=0, channel=ident, queue=queue))

    def answer(self, caller: str, agent: str) -> None:
        """The agent's phone rings, is answered, and they talk."""
        leg = f"{agent}-{caller}"
        self.do(ev.ChannelCreated(at=0, channel=leg, linked=caller, name=f"PJSIP/{agent}-{caller}"))
        self.do(ev.DialStarted(at=0, channel=caller, dest=leg, dest_name=f"PJSIP/{agent}-{caller}"))
        self.talk(caller, leg)

    def talk(self, one: str, two: str) -> None:
        for member in (one, two):
            self.do(ev.ChannelAnswered(at=0, channel=member))
        for member in (one, two):
            self.do(ev.BridgeEntered(at=0, bridge=f"b{two}", channel=member, bridge_type="basic"))

    def end(self, *channels: str) -> Step:
        return [self.do(ev.ChannelEnded(at=0, channel=channel, cause=16)) for channel in channels][-1]

    def tick(self, after: float) -> Step:
        return self.do(ev.Tick(at=0), after)

    # ------------------------------------------------------------ what came of it

    def entry(self, call: str = "c") -> Entry:
        return self.center.state.calls[call].entries[-1]

    def agent(self, ident: str = "a") -> Agent:
        return self.center.state.agents[ident]

    def events(self, *kinds: type[Event]) -> list[Event]:
        """What the last step applied, of these kinds; all but the given one when none is named."""
        found = self.steps[-1].events
        return [e for e in found if isinstance(e, kinds)] if kinds else found[1:]

    def commands(self, *kinds: type[Command]) -> list[Command]:
        return [c for c in self.steps[-1].commands if isinstance(c, kinds)]


def an_agent(ident: str, *queues: str, **more: object) -> AgentConfig:
    return AgentConfig(id=ident, name=ident, endpoint=f"PJSIP/{ident}", queues=queues or ("sales",), **more)  # type: ignore[arg-type]
