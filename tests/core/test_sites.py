"""Two sites tell of one call over two links. Whichever is heard first, it is the same call with the same record."""

from itertools import permutations

import msgspec
import pytest

from cti_server.core import events as ev
from cti_server.core.agents import status
from cti_server.core.center import Center
from cti_server.core.commands import Command, OfferCall, SetFallbackMembers
from cti_server.core.events import Event
from cti_server.core.invariants import violations
from cti_server.core.sites import person
from cti_server.core.state import Call, State
from cti_server.routing.router import Router

SITE = ev.SiteConfigured(
    at=0.0,
    queues=(ev.QueueConfig(id="sales", name="Sales"),),
    agents=tuple(
        ev.AgentConfig(id=a, name=a, endpoint=f"PJSIP/{a}", queues=("sales",), extension=e)
        for a, e in (("a1", "1001"), ("a3", "1003"))
    ),
    default_queue="sales",
    branches=("east",),
)
A3 = "PJSIP/a3@east"


class Floor:
    """A center with both links, a1 at the main site and a3 at the branch. `ended`: the calls that are over."""

    def __init__(self, *ready: str) -> None:
        self.center = Center(State(), Router())
        self.state = self.center.state
        self.calls: dict[str, Call] = {}
        self.commands: list[Command] = []
        self.do(SITE)
        for site, devices in (
            ("main", {"PJSIP/a1": "NOT_INUSE", "PJSIP/a3": "UNAVAILABLE"}),
            ("east", {A3: "NOT_INUSE"}),
        ):
            self.do(ev.PbxConnected(at=1.0, site=site), ev.PbxResynced(at=1.0, channels=(), devices=devices, site=site))
        for agent in ready:
            self.do(ev.AgentLoggedIn(at=2.0, agent=agent))

    def do(self, *events: Event) -> None:
        for event in events:
            step = self.center.handle(event)
            assert not step.faults
            for gone in step.touched.merged:
                self.calls.pop(gone, None)
            self.calls |= step.touched.calls
            self.commands += step.commands
        assert violations(self.state) == []

    def record(self) -> bytes:
        """The one call with a person in it, as it is written."""
        (call,) = [call for call in self.calls.values() if call.legs]
        return msgspec.json.encode(call)


def arrives(floor: Floor, channel: str = "c", name: str = "PJSIP/trunk-1") -> None:
    floor.do(
        ev.ChannelCreated(
            at=10.0, channel=channel, linked=channel, name=name, number="138", exten="95500", incoming=True
        ),
        ev.ChannelAnswered(at=10.1, channel=channel),
        ev.CallQueued(at=10.2, channel=channel, queue="sales", name=name),
    )


def near(offer: str) -> list[Event]:
    """What the main site tells of the offer to the branch's agent: its caller dials the trunk between the sites."""
    return [
        ev.ChannelCreated(at=11.00, channel="p1", linked="c", name="PJSIP/cti-site-east-2"),
        ev.DialStarted(at=11.01, channel="c", dest="p1", dest_name="PJSIP/cti-site-east-2"),
        ev.ChannelAnswered(at=14.02, channel="p1"),
        ev.DialEnded(at=14.03, channel="c", dest="p1", status="ANSWER"),
        ev.BridgeEntered(at=14.04, bridge="bm", channel="p1", name="PJSIP/cti-site-east-2", linked="c"),
        ev.BridgeEntered(at=14.06, bridge="bm", channel="c", name="PJSIP/trunk-1", linked="c"),
        ev.BridgeLeft(at=20.03, bridge="bm", channel="p1"),
        ev.ChannelEnded(at=20.03, channel="p1", cause=16),
        ev.BridgeLeft(at=20.03, bridge="bm", channel="c"),
        ev.ChannelEnded(at=20.03, channel="c", cause=16),
    ]


def far(offer: str) -> list[Event]:
    """What the branch tells: the far end of that trunk, and the agent's phone."""
    return [
        ev.ChannelCreated(at=11.02, channel="p2", linked="p2", name="PJSIP/cti-site-main@east-1", incoming=True),
        ev.SitesLinked(at=11.03, channel="p2", peer="p1"),
        ev.ChannelCreated(at=11.04, channel="g", linked="p2", name=f"{A3}-3"),
        ev.DialStarted(at=11.05, channel="p2", dest="g", dest_name=f"{A3}-3"),
        ev.ChannelAnswered(at=13.99, channel="g"),
        ev.OfferAccepted(at=14.00, channel="c", agent="a3", offer=offer, agent_channel="g"),
        ev.DialEnded(at=14.00, channel="p2", dest="g", status="ANSWER"),
        ev.BridgeEntered(at=14.01, bridge="be", channel="g", name=f"{A3}-3", linked="p2"),
        ev.BridgeEntered(at=14.05, bridge="be", channel="p2", name="PJSIP/cti-site-main@east-1", linked="p2"),
        ev.HangupRequested(at=20.03, channel="g", cause=16),
        ev.BridgeLeft(at=20.03, bridge="be", channel="g"),
        ev.ChannelEnded(at=20.03, channel="g", cause=16),
        ev.BridgeLeft(at=20.03, bridge="be", channel="p2"),
        ev.ChannelEnded(at=20.03, channel="p2", cause=16),
    ]


def interleaved(one: list[Event], two: list[Event], how: str) -> list[Event]:
    """Both links' events: each link in its own order, the one before the other in each stage of the call."""
    if how == "time":
        return sorted([*one, *two], key=lambda event: event.at)
    first, second = (one, two) if how == "near first" else (two, one)
    found: list[Event] = []
    for begin, end in ((0.0, 12.0), (12.0, 15.0), (15.0, 99.0)):
        found += [e for e in first if begin <= e.at < end] + [e for e in second if begin <= e.at < end]
    return found


@pytest.mark.parametrize("how", ["near first", "far first"])
def test_an_offer_to_the_other_site_gives_one_record_in_either_order(how: str) -> None:
    records = []
    for order in ("time", how):
        floor = Floor("a3")
        arrives(floor)
        (offer,) = floor.state.offers
        floor.do(*interleaved(near(offer), far(offer), order))
        assert floor.state.channels == {} and floor.state.site_peers == {}
        records.append(floor.record())
        call = msgspec.json.decode(records[-1])
        assert [(g["endpoint"], g["role"], g["agent"]) for g in call["legs"]] == [
            ("PJSIP/trunk-1".removesuffix("-1"), "caller", ""),
            (A3, "agent", "a3"),
        ]
        assert [s["mode"] for s in call["legs"][1]["spans"]] == ["ring", "talk"]
        assert (call["answered"], call["ended"], call["hangup_by"]) == (14.06, 20.03, "agent")
        assert (call["entries"][0]["outcome"], call["entries"][0]["ended"]) == ("answered", 14.06)
        assert call["offers"][0]["outcome"] == "answered"
    assert records[0] == records[1]


def test_the_phone_rings_where_it_is_registered_last() -> None:
    floor = Floor("a3")
    floor.do(ev.DeviceChanged(at=3.0, device="PJSIP/a3", state="NOT_INUSE"))
    arrives(floor)
    (offer,) = [c for c in floor.commands if isinstance(c, OfferCall)]
    assert offer.endpoint == "PJSIP/a3"
    members = [c for c in floor.commands if isinstance(c, SetFallbackMembers)]
    assert members[-1].members == (("a3", "PJSIP/a3", False),)
    assert members[-2].members == (("a3", A3, False),)


def test_a_branch_that_is_away_takes_its_agents_and_callers_out_of_the_line_and_nothing_else() -> None:
    floor = Floor("a1", "a3")
    floor.do(ev.AgentPaused(at=3.0, agent="a1"))
    floor.do(ev.PbxDisconnected(at=4.0, site="east", reason="gone"))
    assert status(floor.state.agents["a3"]) == "unreachable"
    floor.do(ev.PbxConnected(at=5.0, site="east"))
    floor.do(ev.PbxResynced(at=5.0, channels=(), devices={}, site="east"))
    arrives(floor, "east-1", "PJSIP/trunk@east-1")
    assert floor.state.queues["sales"].waiting == ["east-1#1"]
    floor.do(ev.PbxDisconnected(at=11.0, site="east", reason="gone"))
    assert floor.state.queues["sales"].waiting == []
    floor.do(ev.AgentResumed(at=12.0, agent="a1"))
    assert floor.state.offers == {}, "nobody can send a caller of the branch anywhere"
    arrives(floor)
    (offer,) = [c for c in floor.commands if isinstance(c, OfferCall)]
    assert (offer.channel, offer.endpoint) == ("c", "PJSIP/a1")
    live = ev.LiveChannel(channel="east-1", linked="east-1", name="PJSIP/trunk@east-1", up=True, context="cti-hold")
    floor.do(ev.PbxConnected(at=13.0, site="east"))
    floor.do(ev.PbxResynced(at=13.0, channels=(live,), devices={A3: "NOT_INUSE"}, site="east"))
    offers = [c for c in floor.commands if isinstance(c, OfferCall)]
    assert (offers[-1].channel, offers[-1].endpoint) == ("east-1", A3)
    assert "c" in floor.state.channels, "what is live at one site says nothing of the other"


def test_a_caller_sent_on_over_the_trunk_is_still_the_caller() -> None:
    """The branch's agent sends the caller to the queue: the far end of the trunk waits there."""
    floor = Floor("a3")
    arrives(floor)
    (offer,) = floor.state.offers
    talk = [event for event in interleaved(near(offer), far(offer), "time") if event.at < 15]
    floor.do(*talk)
    floor.do(
        ev.BlindTransferred(at=16.0, by="g", transferee="p2", exten="2001", context="cti-agent"),
        ev.BridgeLeft(at=16.1, bridge="be", channel="g"),
        ev.ChannelEnded(at=16.2, channel="g", cause=16),
        ev.BridgeLeft(at=16.2, bridge="be", channel="p2"),
        ev.CallQueued(at=16.3, channel="p2", queue="sales", name="PJSIP/cti-site-main@east-1"),
        ev.AgentLoggedIn(at=17.0, agent="a1"),
    )
    assert person(floor.state, "p2") == "c"
    (transfer,) = floor.state.calls["c"].transfers
    assert (transfer.by, transfer.transferee) == (A3, "c")
    again = [c for c in floor.commands if isinstance(c, OfferCall)][-1]
    assert (again.channel, again.channel_name) == ("p2", "PJSIP/cti-site-main@east-1")
    floor.do(ev.BridgeLeft(at=18.0, bridge="bm", channel="c"), ev.ChannelEnded(at=18.0, channel="c", cause=16))
    floor.do(ev.ChannelEnded(at=18.1, channel="p1", cause=16), ev.ChannelEnded(at=18.2, channel="p2", cause=16))
    assert [e.outcome for e in floor.calls["c"].entries] == ["answered", "short_abandoned"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_outside_call_by_the_main_sites_trunk_is_one_call_in_any_order(order: tuple[int, ...]) -> None:
    """The branch's agent dials, the trunk between the sites, and the main site's own trunk, in three pieces."""
    agent = [
        ev.ChannelCreated(at=10.0, channel="g", linked="g", name=f"{A3}-1", number="1003", exten="139", incoming=True)
    ]
    leg: list[Event] = [
        ev.ChannelCreated(at=10.1, channel="q1", linked="g", name="PJSIP/cti-site-main@east-2"),
        ev.DialStarted(at=10.1, channel="g", dest="q1", dest_name="PJSIP/cti-site-main@east-2", dialled="139"),
    ]
    main: list[Event] = [
        ev.ChannelCreated(at=10.2, channel="q2", linked="q2", name="PJSIP/cti-site-east-3", incoming=True),
        ev.SitesLinked(at=10.2, channel="q2", peer="q1"),
        ev.ChannelCreated(at=10.3, channel="t", linked="q2", name="PJSIP/trunk-4"),
        ev.DialStarted(at=10.3, channel="q2", dest="t", dest_name="PJSIP/trunk-4", dialled="139"),
    ]
    floor = Floor()
    for piece in order:
        if [agent, leg, main][piece] is leg and order.index(0) > order.index(1):
            return  # one link keeps its own order
        floor.do(*[agent, leg, main][piece])
    call = floor.state.calls["g"]
    assert (call.id, call.direction, call.dnis, call.caller) == ("g", "outbound", "139", "t")
    assert [(g.id, g.role) for g in call.legs] == [("g", "agent"), ("t", "caller")]
    assert len(floor.state.calls) == 1


def test_a_hold_at_the_far_phone_is_told_by_its_own_site_only() -> None:
    floor = Floor("a3")
    arrives(floor)
    (offer,) = floor.state.offers
    floor.do(*[event for event in interleaved(near(offer), far(offer), "time") if event.at < 15])
    floor.do(ev.ChannelHeld(at=15.0, channel="g"), ev.ChannelHeld(at=15.1, channel="p1"))
    assert {g.spans[-1].mode for g in floor.state.calls["c"].legs} == {"hold"}
    floor.do(ev.ChannelUnheld(at=17.0, channel="g"), ev.ChannelUnheld(at=17.1, channel="p1"))
    assert [(s.mode, s.start) for s in floor.state.calls["c"].legs[0].spans] == [
        ("talk", 14.06),
        ("hold", 15.0),
        ("talk", 17.0),
    ]
