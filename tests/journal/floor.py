"""A small call center made of Events: what the journal's tests feed the center with."""

import itertools
from collections.abc import Iterator

from cti_server.core import events as ev
from cti_server.core.center import Center, Step
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.routing.router import Router

T0 = 1_700_000_000.0
QUEUES = (
    ev.QueueConfig(id="sales", name="Sales", sl_threshold_s=20.0, wrapup_s=10.0),
    ev.QueueConfig(id="support", name="Support", sl_threshold_s=30.0),
)
AGENTS = tuple(
    ev.AgentConfig(
        id=f"a{n}", name=f"Agent {n}", endpoint=f"PJSIP/a{n}", queues=("sales", "support"), extension=f"10{n}"
    )
    for n in (1, 2, 3)
)


def center(state: State | None = None) -> Center:
    return Center(state or State(), Router())


def opening(at: float = T0) -> list[Event]:
    """The server starts, the PBX is there, three agents log in."""
    return [
        ev.ServerStarted(at=at, node="n1", version="1"),
        ev.SiteConfigured(at=at, queues=QUEUES, agents=AGENTS, default_queue="sales"),
        ev.PbxConnected(at=at),
        ev.PbxResynced(at=at, channels=(), devices={a.endpoint: "NOT_INUSE" for a in AGENTS}),
        *(ev.AgentLoggedIn(at=at, agent=a.id) for a in AGENTS),
    ]


class Caller:
    """One caller's events. `arrive`, then what becomes of it; offers are read from the center's steps."""

    _numbers = itertools.count(1)

    def __init__(self, floor: "Floor", number: str = "13800138000", dnis: str = "4001") -> None:
        self.floor = floor
        self.id = f"{int(T0)}.{next(self._numbers)}"
        self.name = f"PJSIP/trunk-{self.id}"
        self.number, self.dnis = number, dnis

    def arrive(self, at: float) -> None:
        self.floor.do(
            ev.ChannelCreated(
                at=at,
                channel=self.id,
                linked=self.id,
                name=self.name,
                number=self.number,
                exten=self.dnis,
                incoming=True,
            ),
            ev.CallArrived(at=at, channel=self.id, name=self.name, ani=self.number, dnis=self.dnis, linked=self.id),
            ev.ChannelAnswered(at=at, channel=self.id),
        )

    def queue(self, at: float, queue: str = "sales") -> None:
        self.floor.do(ev.CallQueued(at=at, channel=self.id, queue=queue, name=self.name))

    def agent_answers(self, at: float) -> str:
        """The open offer's agent rings for two seconds, answers and talks. Gives the agent's channel."""
        offer = self.offer()
        leg, bridge = f"{self.id}9", f"b{self.id}"
        self.floor.do(
            ev.ChannelCreated(at=at, channel=leg, linked=self.id, name=f"{offer.endpoint}-{leg}"),
            ev.DialStarted(at=at, channel=self.id, dest=leg, dest_name=f"{offer.endpoint}-{leg}"),
            ev.ChannelRinging(at=at, channel=leg),
            ev.ChannelAnswered(at=at + 2, channel=leg),
            ev.OfferAccepted(at=at + 2, channel=self.id, agent=offer.agent, offer=offer.offer, agent_channel=leg),
            ev.DialEnded(at=at + 2, channel=self.id, dest=leg, status="ANSWER"),
            ev.BridgeEntered(at=at + 2, bridge=bridge, channel=leg, linked=self.id, bridge_type="basic"),
            ev.BridgeEntered(at=at + 2, bridge=bridge, channel=self.id, linked=self.id, bridge_type="basic"),
        )
        return leg

    def agent_misses(self, at: float) -> None:
        offer = self.offer()
        leg = f"{self.id}{len(self.floor.steps)}"
        self.floor.do(
            ev.ChannelCreated(at=at, channel=leg, linked=self.id, name=f"{offer.endpoint}-{leg}"),
            ev.DialStarted(at=at, channel=self.id, dest=leg, dest_name=f"{offer.endpoint}-{leg}"),
            ev.ChannelRinging(at=at, channel=leg),
            ev.DialEnded(at=at + 15, channel=self.id, dest=leg, status="NOANSWER"),
            ev.ChannelEnded(at=at + 15, channel=leg, cause=0),
            ev.CallQueued(
                at=at + 15, channel=self.id, queue=offer.queue, why="NOANSWER", agent=offer.agent, offer=offer.offer
            ),
        )

    def is_offered(self) -> bool:
        """Whether an agent was free for this caller."""
        return any(isinstance(e, ev.OfferMade) and e.channel == self.id for e in all_events(self.floor.steps[-50:]))

    def offer(self) -> ev.OfferMade:
        made = (e for s in reversed(self.floor.steps) for e in reversed(s.events) if isinstance(e, ev.OfferMade))
        return next(e for e in made if e.channel == self.id)

    def end_talk(self, at: float, leg: str) -> None:
        self.floor.do(
            ev.HangupRequested(at=at, channel=leg, cause=16),
            ev.BridgeLeft(at=at, bridge=f"b{self.id}", channel=leg),
            ev.ChannelEnded(at=at, channel=leg, cause=16),
            ev.BridgeLeft(at=at, bridge=f"b{self.id}", channel=self.id),
            ev.BridgeEnded(at=at, bridge=f"b{self.id}"),
            ev.ChannelEnded(at=at, channel=self.id, cause=16),
        )

    def leave_message(self, at: float) -> None:
        self.floor.do(
            ev.VoicemailLeft(at=at, channel=self.id, box="sales", path=f"/rec/{self.id}.wav", duration_s=8.5),
            ev.ChannelEnded(at=at, channel=self.id, cause=16),
        )

    def ask_for_callback(self, at: float) -> None:
        self.floor.do(
            ev.CallerChoosing(at=at, channel=self.id),
            ev.CallbackAsked(at=at + 8, channel=self.id, number=self.number),
            ev.ChannelEnded(at=at + 9, channel=self.id, cause=16),
        )

    def give_up(self, at: float) -> None:
        self.floor.do(
            ev.HangupRequested(at=at, channel=self.id, cause=16), ev.ChannelEnded(at=at, channel=self.id, cause=16)
        )


class Floor:
    """A center whose steps are handed on as they are made."""

    def __init__(self, state: State | None = None, put=lambda step: None) -> None:  # type: ignore[no-untyped-def]
        self.center = center(state)
        self.put = put
        self.steps: list[Step] = []

    @property
    def state(self) -> State:
        return self.center.state

    def do(self, *events: Event) -> None:
        for event in events:
            step = self.center.handle(event)
            self.steps.append(step)
            self.put(step)

    def day(self, at: float = T0, callers: int = 6) -> None:
        """Callers who talk, give up, give up at once, and whom an agent misses first; some still wait at the end."""
        for n, kind in enumerate(itertools.islice(itertools.cycle(_KINDS), callers)):
            self.caller(kind, at + 700 * n)

    def caller(self, kind: str, at: float) -> Caller:
        caller = Caller(self, number=f"1390000{int(at) % 10000:04}")
        caller.arrive(at)
        if kind == "left_ivr":
            caller.give_up(at + 4)
            return caller
        caller.queue(at + 5, "support" if kind == "abandoned" else "sales")
        if kind in ("answered", "missed") and not caller.is_offered():
            caller.give_up(at + 30)
            return caller
        if kind == "missed":
            caller.agent_misses(at + 6)
        if kind in ("answered", "missed"):
            leg = caller.agent_answers(at + (15 if kind == "answered" else 25))
            caller.end_talk(at + 125.25, leg)
            self.do(ev.Tick(at=at + 140))
        elif kind == "abandoned":
            caller.give_up(at + 45)
        elif kind == "short":
            caller.give_up(at + 6)
        elif kind == "voicemail":
            caller.leave_message(at + 30)
        elif kind == "callback":
            caller.ask_for_callback(at + 20)
        return caller


_KINDS = ("answered", "abandoned", "missed", "short", "left_ivr")


def all_events(steps: list[Step]) -> Iterator[Event]:
    return (event for step in steps for event in step.events)
