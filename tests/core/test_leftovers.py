"""Nothing is left of a call that is over: a server that runs for months must not keep what it once knew."""

import msgspec

from cti_server.core import events as ev
from cti_server.core.center import Center
from cti_server.core.commands import OfferCall
from cti_server.core.events import AgentConfig, Event, QueueConfig, SiteConfigured
from cti_server.core.state import State
from cti_server.routing.router import Router

SITE: tuple[Event, ...] = (
    SiteConfigured(
        at=1.0,
        queues=(QueueConfig(id="sales", name="Sales"), QueueConfig(id="service", name="Service")),
        agents=(AgentConfig(id="a", name="A", endpoint="PJSIP/a", queues=("sales",)),),
        trunks=("PJSIP/trunk*",),
        default_queue="sales",
    ),
    ev.PbxConnected(at=2.0),
    ev.DeviceChanged(at=2.0, device="PJSIP/a", state="NOT_INUSE"),
)


def a_server(*more: Event) -> Center:
    center = Center(State(), Router())
    for event in (*SITE, *more):
        center.handle(event)
    return center


def from_trunk(ident: str, at: float) -> ev.ChannelCreated:
    return ev.ChannelCreated(at=at, channel=ident, linked=ident, name=f"PJSIP/trunk-{ident}", incoming=True)


def test_an_answered_offer_leaves_no_poke_behind() -> None:
    center = a_server(ev.AgentLoggedIn(at=3.0, agent="a"), from_trunk("c", 10.0))
    center.handle(ev.CallQueued(at=10.0, channel="c", queue="sales"))
    (offer,) = center.state.offers
    for event in (
        ev.DialStarted(at=10.1, channel="c", dest="g", dest_name="PJSIP/a-1"),
        ev.OfferAccepted(at=12.0, channel="c", agent="a", offer=offer, agent_channel="g"),
        ev.BridgeEntered(at=12.0, bridge="b", channel="g", name="PJSIP/a-1", linked="c"),
        ev.BridgeEntered(at=12.0, bridge="b", channel="c", name="PJSIP/trunk-c", linked="c"),
        ev.Tick(at=13.0),
    ):
        center.handle(event)
    assert center.state.calls["c"].entries[0].outcome == "answered"
    later = [command for n in range(5) for command in center.handle(ev.Tick(at=14.0 + n)).commands]
    assert not any(isinstance(command, OfferCall) for command in later)


def test_calls_that_joined_one_after_the_other_are_known_by_all_their_names_until_the_end() -> None:
    center = a_server(*(from_trunk(ident, 10.0 + n) for n, ident in enumerate("cba")))
    for bridge, (one, two) in enumerate(("ab", "bc")):
        for channel in (one, two):
            enter = ev.BridgeEntered(at=20.0, bridge=f"b{bridge}", channel=channel, name=f"PJSIP/trunk-{channel}")
            center.handle(enter)
    assert center.state.aliases == {"a": "c", "b": "c"}
    for channel in "abc":
        center.handle(ev.ChannelEnded(at=30.0, channel=channel, cause=16))
    left = msgspec.to_builtins(center.state)
    assert {name: left[name] for name in ("calls", "channels", "aliases", "entries", "offers")} == {
        "calls": {},
        "channels": {},
        "aliases": {},
        "entries": {},
        "offers": {},
    }


def test_of_two_waiting_callers_whose_calls_became_one_both_leave_their_queues() -> None:
    center = a_server(from_trunk("x", 10.0), from_trunk("y", 11.0))
    for channel, queue in (("x", "sales"), ("y", "service")):
        center.handle(ev.CallQueued(at=12.0, channel=channel, queue=queue))
    center.handle(ev.AttendedTransferred(at=13.0, by="x", by_second="y", transferee="x", target="y"))
    (call,) = center.state.calls.values()
    assert len(call.entries) == 2
    for channel in "xy":
        center.handle(ev.ChannelEnded(at=30.0, channel=channel, cause=16))
    assert [entry.outcome for entry in call.entries] == ["abandoned", "abandoned"]
    assert center.state.entries == {}
    assert [queue.waiting for queue in center.state.queues.values()] == [[], []]


def test_a_caller_of_whom_only_the_ivr_edge_speaks_is_none() -> None:
    arrived = ev.CallArrived(at=10.0, channel="c", name="PJSIP/trunk-c", ani="1", dnis="95500")
    center = a_server(arrived, ev.IvrEnded(at=10.1, channel="c", outcome="lost"), ev.Tick(at=15.0))
    assert list(center.state.calls) == ["c"]
    step = center.handle(ev.Tick(at=21.0))
    assert [type(event) for event in step.events] == [ev.Tick, ev.ChannelEnded]
    assert center.state.calls == {}


def test_a_caller_of_whom_the_pbx_speaks_later_than_the_ivr_edge_stays() -> None:
    arrived = ev.CallArrived(at=10.0, channel="c", name="PJSIP/trunk-c", ani="1", dnis="95500")
    center = a_server(arrived, from_trunk("c", 9.9), ev.Tick(at=100.0))
    assert center.state.calls["c"].dnis == "95500"


def test_a_caller_who_was_gone_before_the_ivr_edge_came_stays_gone() -> None:
    """Two sockets: the hang-up may come by AMI before the arrival comes by FastAGI. The record must not be undone."""
    center = a_server(from_trunk("c", 10.0), ev.ChannelEnded(at=10.1, channel="c", cause=16))
    step = center.handle(ev.CallArrived(at=10.2, channel="c", name="PJSIP/trunk-c", ani="1", dnis="95500"))
    assert center.state.calls == {} and not step.touched.calls


def test_few_ended_channels_are_remembered() -> None:
    center = a_server()
    for n in range(5000):
        center.handle(from_trunk(f"c{n}", 10.0 + n))
        center.handle(ev.ChannelEnded(at=10.0 + n, channel=f"c{n}", cause=16))
    assert len(center.state.ended) == 2000 and "c4999" in center.state.ended
