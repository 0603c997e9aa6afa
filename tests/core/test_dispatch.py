"""Giving waiting callers to free agents: in which order, and without looking at everybody who waits."""

from cti_server.core import events as ev
from cti_server.core.center import Center
from cti_server.core.commands import OfferCall
from cti_server.core.events import AgentConfig, Event, QueueConfig, SiteConfigured
from cti_server.core.state import State
from cti_server.routing.router import Router


def a_site(*agents: AgentConfig, weights: tuple[int, int] = (0, 0)) -> tuple[Event, ...]:
    """Queues `sales` and `service`, and agents whose phones are free and who are not logged in."""
    queues = tuple(QueueConfig(id=i, name=i, weight=w) for i, w in zip(("sales", "service"), weights, strict=True))
    return (
        SiteConfigured(at=1.0, queues=queues, agents=agents, trunks=("PJSIP/trunk*",), default_queue="sales"),
        ev.PbxConnected(at=2.0),
        *(ev.DeviceChanged(at=2.0, device=agent.endpoint, state="NOT_INUSE") for agent in agents),
    )


def an_agent(ident: str, *queues: str) -> AgentConfig:
    return AgentConfig(id=ident, name=ident, endpoint=f"PJSIP/{ident}", queues=queues)


def a_caller(ident: str, queue: str, at: float, priority: int = 0) -> tuple[Event, ...]:
    return (
        ev.ChannelCreated(at=at, channel=ident, linked=ident, name=f"PJSIP/trunk-{ident}", incoming=True),
        ev.CallQueued(at=at, channel=ident, queue=queue, priority=priority),
    )


def test_priority_then_weight_then_time_decide_among_all_queues() -> None:
    center = Center(State(), Router())
    site = a_site(an_agent("a", "sales", "service"), weights=(0, 5))
    callers = (
        *a_caller("early", "sales", 10.0),
        *a_caller("late", "sales", 11.0),
        *a_caller("heavy", "service", 12.0),
        *a_caller("urgent", "sales", 13.0, priority=9),
    )
    for event in (*site, *callers, ev.AgentLoggedIn(at=20.0, agent="a")):
        center.handle(event)
    served = []
    for n in range(4):
        (offer,) = center.state.offers
        (call,) = center.state.offers.values()
        served.append(call)
        commands = center.handle(ev.ChannelEnded(at=30.0 + n, channel=call, cause=16)).commands
        assert offer not in {c.offer for c in commands if isinstance(c, OfferCall)}
    assert served == ["urgent", "heavy", "early", "late"]
