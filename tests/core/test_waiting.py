"""Who waits: cases that real calls taught, event by event."""

from cti_server.core import events as ev
from cti_server.core.apply import apply
from cti_server.core.center import Center
from cti_server.core.commands import OfferCall
from cti_server.core.events import AgentConfig, Event, QueueConfig, SiteConfigured
from cti_server.core.state import State
from cti_server.routing.router import Router

SITE = SiteConfigured(
    at=1.0,
    queues=(QueueConfig(id="sales", name="Sales"), QueueConfig(id="service", name="Service")),
    agents=(
        AgentConfig(id="a1", name="A", endpoint="PJSIP/a1", queues=("sales",)),
        AgentConfig(id="a2", name="B", endpoint="PJSIP/a2", queues=("service",)),
    ),
    trunks=("PJSIP/trunk*",),
    default_queue="sales",
)


def test_a_caller_sent_on_to_a_queue_waits_there() -> None:
    """By REFER the caller reaches the next hold before the first agent's channel ends: that talk is over."""
    center = Center(State(), Router())
    offers: list[OfferCall] = []

    def happen(*events: Event) -> None:
        for event in events:
            offers.extend(c for c in center.handle(event).commands if isinstance(c, OfferCall))

    happen(
        SITE,
        ev.PbxConnected(at=2.0),
        *(ev.DeviceChanged(at=2.0, device=f"PJSIP/{a}", state="NOT_INUSE") for a in ("a1", "a2")),
        *(ev.AgentLoggedIn(at=3.0, agent=a) for a in ("a1", "a2")),
        ev.ChannelCreated(at=10.0, channel="c", linked="c", name="PJSIP/trunk-1", incoming=True),
        ev.ChannelAnswered(at=10.0, channel="c"),
        ev.CallQueued(at=10.1, channel="c", queue="sales"),
    )
    assert [offer.agent for offer in offers] == ["a1"]
    happen(
        ev.ChannelCreated(at=10.2, channel="g", linked="c", name="PJSIP/a1-1"),
        ev.DialStarted(at=10.2, channel="c", dest="g", dest_name="PJSIP/a1-1"),
        ev.OfferAccepted(at=12.0, channel="c", agent="a1", offer=offers[0].offer, agent_channel="g"),
        ev.ChannelAnswered(at=12.0, channel="g"),
        ev.BridgeEntered(at=12.0, bridge="b", channel="g", name="PJSIP/a1-1", linked="c"),
        ev.BridgeEntered(at=12.0, bridge="b", channel="c", name="PJSIP/trunk-1", linked="c"),
        ev.BlindTransferred(at=20.0, by="g", transferee="c", exten="2002", context="cti-agent", ok=True),
        ev.BridgeLeft(at=20.0, bridge="b", channel="c"),
        ev.CallQueued(at=20.1, channel="c", queue="service", agent="a1", offer=offers[0].offer),
    )
    call = center.state.calls["c"]
    assert [(entry.queue, entry.outcome) for entry in call.entries] == [("sales", "answered"), ("service", "")]
    assert [offer.agent for offer in offers] == ["a1", "a2"]


def test_a_phone_that_becomes_an_agents_while_it_talks_is_busy() -> None:
    state = State()
    apply(state, ev.ChannelCreated(at=1.0, channel="g1", linked="g1", name="PJSIP/late-1", incoming=True))
    apply(state, ev.ChannelAnswered(at=1.5, channel="g1"))
    late = ev.AgentConfig(id="late", name="Late", endpoint="PJSIP/late", queues=("sales",))
    apply(state, ev.SiteConfigured(at=2.0, agents=(late,), queues=(ev.QueueConfig(id="sales", name="Sales"),)))
    assert state.agents["late"].engagement == "talking"
    apply(state, ev.ChannelEnded(at=3.0, channel="g1"))
    assert state.agents["late"].engagement == "idle"
