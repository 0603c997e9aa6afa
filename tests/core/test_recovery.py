"""What is told of a gap after the fact: by the same rules as always, and nothing is decided about the past."""

from cti_server.core import events as ev
from cti_server.core.center import Center, Step
from cti_server.core.commands import OfferCall
from cti_server.core.events import Event
from cti_server.core.state import Call, State
from cti_server.routing.router import Router

SINCE, BACK = 1000.0, 1600.0
SITE = ev.SiteConfigured(
    at=0.0,
    queues=(ev.QueueConfig(id="sales", name="Sales", wrapup_s=30.0), ev.QueueConfig(id="service", name="Service")),
    agents=tuple(
        ev.AgentConfig(id=a, name=a, endpoint=f"PJSIP/{a}", queues=("sales", "service")) for a in ("a1", "a2")
    ),
    default_queue="service",
)
DEVICES = {"PJSIP/a1": "NOT_INUSE", "PJSIP/a2": "NOT_INUSE"}


class Floor:
    """A center in which a1 is ready; `calls`: as they were last seen."""

    def __init__(self) -> None:
        self.center = Center(State(), Router())
        self.state = self.center.state
        self.calls: dict[str, Call] = {}
        self.steps: list[Step] = []
        self.do(
            SITE,
            ev.PbxConnected(at=1.0),
            ev.PbxResynced(at=1.0, channels=(), devices=DEVICES),
            ev.AgentLoggedIn(at=2.0, agent="a1"),
        )

    def do(self, *events: Event) -> list[Event]:
        """Everything that came of these events."""
        steps = [self.center.handle(event) for event in events]
        for step in steps:
            self.calls |= step.touched.calls
        self.steps += steps
        return [event for step in steps for event in step.events]

    def offers(self) -> list[OfferCall]:
        return [c for step in self.steps for c in step.commands if isinstance(c, OfferCall)]


def arrival(at: float, channel: str) -> Event:
    return ev.ChannelCreated(at=at, channel=channel, linked=channel, name=f"PJSIP/trunk-{channel}", incoming=True)


def answered(at: float, caller: str, agent: str = "a1") -> list[Event]:
    leg = f"{caller}{agent}"
    return [
        ev.ChannelCreated(at=at, channel=leg, linked=caller, name=f"PJSIP/{agent}-{leg}"),
        ev.DialStarted(at=at, channel=caller, dest=leg, dest_name=f"PJSIP/{agent}-{leg}"),
        ev.ChannelAnswered(at=at + 1, channel=leg),
        ev.BridgeEntered(at=at + 1, bridge=f"b{leg}", channel=leg),
        ev.BridgeEntered(at=at + 1, bridge=f"b{leg}", channel=caller),
    ]


def hung_up(at: float, caller: str, agent: str = "a1") -> list[Event]:
    return [
        ev.HangupRequested(at=at, channel=caller),
        *(ev.ChannelEnded(at=at, channel=c, cause=16) for c in (caller, f"{caller}{agent}")),
    ]


def test_who_waits_in_the_telling_is_offered_to_nobody_until_the_state_is_asterisks_again() -> None:
    floor = Floor()
    floor.do(
        ev.GapOpened(at=SINCE, until=BACK, calls=("c1", "c2")),
        arrival(1010.0, "c1"),
        ev.CallQueued(at=1011.0, channel="c1", queue="sales"),
        ev.Tick(at=1012.0),
        ev.ChannelEnded(at=1020.0, channel="c1"),
        arrival(1030.0, "c2"),
        ev.CallQueued(at=1031.0, channel="c2", queue="sales"),
        ev.Tick(at=BACK),
    )
    assert floor.state.agents["a1"].engagement == "idle"
    assert floor.offers() == []
    assert floor.calls["c1"].entries[0].outcome == "abandoned"
    live = ev.LiveChannel(channel="c2", linked="c2", name="PJSIP/trunk-c2", up=True, context="cti-hold")
    floor.do(ev.PbxResynced(at=BACK + 1, channels=(live,), devices=DEVICES))
    assert [(o.channel, o.agent) for o in floor.offers()] == [("c2", "a1")]
    assert floor.calls["c2"].entries[0].queued == 1031.0


def test_calls_of_the_gap_are_marked_known_ones_new_ones_and_merged_ones() -> None:
    floor = Floor()
    floor.do(arrival(900.0, "c1"), arrival(901.0, "c2"), arrival(902.0, "c3"))
    floor.do(ev.AttendedTransferred(at=903.0, by="c2", by_second="c3"))
    floor.do(ev.GapOpened(at=SINCE, until=BACK, calls=("c3", "c4")), arrival(1010.0, "c4"))
    assert {ident: call.recovered for ident, call in floor.state.calls.items()} == {"c1": False, "c2": True, "c4": True}
    floor.do(ev.AttendedTransferred(at=1011.0, by="c1", by_second="c4"))
    assert floor.state.calls["c1"].recovered, "part of it is"
    channels = tuple(ev.LiveChannel(channel=c.id, linked=c.id, name=c.name) for c in floor.state.channels.values())
    floor.do(ev.PbxResynced(at=BACK, channels=channels), arrival(BACK + 1, "c5"))
    assert floor.state.recovering == []
    assert not floor.state.calls["c5"].recovered


def test_a_wrap_up_of_the_past_begins_and_ends_in_the_past() -> None:
    floor = Floor()
    floor.do(
        ev.GapOpened(at=SINCE, until=BACK, calls=("c1",)),
        arrival(1010.0, "c1"),
        ev.CallFellBack(at=1010.0, channel="c1", queue="sales"),
        *answered(1012.0, "c1"),
    )
    (started,) = [e for e in floor.do(*hung_up(1100.0, "c1")) if isinstance(e, ev.WrapUpStarted)]
    assert (started.at, started.until) == (1100.0, 1130.0)
    ended = [e for e in floor.do(ev.Tick(at=1129.0), ev.Tick(at=1130.0)) if isinstance(e, ev.WrapUpEnded)]
    assert [e.at for e in ended] == [1130.0]
    assert (floor.state.agents["a1"].engagement, floor.state.agents["a1"].idle_since) == ("idle", 1130.0)
    (entry,) = floor.calls["c1"].entries
    assert (entry.queue, entry.outcome, entry.agent) == ("sales", "answered", "a1")
    assert floor.calls["c1"].hangup_by == "caller"
    assert floor.offers() == []


def test_without_the_next_second_a_late_tick_ends_it_at_once() -> None:
    floor = Floor()
    floor.do(
        ev.GapOpened(at=SINCE, until=BACK, calls=("c1",)),
        arrival(1010.0, "c1"),
        ev.CallFellBack(at=1010.0, channel="c1", queue="sales"),
        *answered(1012.0, "c1"),
        *hung_up(1100.0, "c1"),
        ev.PbxResynced(at=BACK, channels=(), devices=DEVICES),
    )
    assert [type(e) for e in floor.do(ev.Tick(at=BACK))] == [ev.Tick, ev.WrapUpEnded]
    assert floor.state.agents["a1"].engagement == "idle"


def test_a_caller_who_fell_back_from_one_queue_stays_in_it_and_an_unknown_queue_is_the_default_one() -> None:
    floor = Floor()
    floor.do(ev.AgentLoggedOut(at=3.0, agent="a1"), arrival(10.0, "c1"))
    floor.do(ev.CallQueued(at=11.0, channel="c1", queue="sales"), ev.CallFellBack(at=14.0, channel="c1", queue=""))
    floor.do(arrival(20.0, "c2"), ev.CallFellBack(at=21.0, channel="c2", queue="nowhere"))
    entries = {call.id: [(e.queue, e.status) for e in call.entries] for call in floor.state.calls.values()}
    assert entries == {"c1": [("sales", "fallback")], "c2": [("service", "fallback")]}


def offered(floor: Floor) -> ev.OfferMade:
    made = floor.do(arrival(990.0, "c1"), ev.CallQueued(at=991.0, channel="c1", queue="sales"))
    return next(e for e in made if isinstance(e, ev.OfferMade))


def test_an_offer_that_was_open_when_the_server_died_is_answered_as_it_was() -> None:
    """A new server knows nothing of it before it has read the record: it neither gives it up nor offers anew."""
    floor = Floor()
    offer = offered(floor)
    assert len(floor.offers()) == 1
    late = floor.do(ev.ServerStarted(at=BACK, node="n", version="1", since=SINCE), ev.Tick(at=BACK + 1))
    assert [type(e) for e in late] == [ev.ServerStarted, ev.Tick]
    floor.do(ev.GapOpened(at=SINCE, until=BACK + 1, calls=("c1",)), *answered(1000.5, "c1"), *hung_up(1050.0, "c1"))
    (one,) = floor.calls["c1"].offers
    assert (one.id, one.outcome, one.ringing, one.ended) == (offer.offer, "answered", 1000.5, 1001.5)
    assert floor.calls["c1"].recovered
    assert len(floor.offers()) == 1


def test_an_offer_that_came_to_nothing_in_the_gap_pauses_nobody() -> None:
    floor = Floor()
    offered(floor)
    found = floor.do(
        ev.ServerStarted(at=BACK, node="n", version="1", since=SINCE),
        ev.GapOpened(at=SINCE, until=BACK + 1, calls=("c1",)),
        ev.CallFellBack(at=1003.0, channel="c1", queue="sales"),
        *(ev.Tick(at=1003.0 + n) for n in range(60)),
        ev.ChannelEnded(at=1070.0, channel="c1"),
        ev.PbxResynced(at=BACK + 1, channels=(), devices=DEVICES),
    )
    assert [e.outcome for e in found if isinstance(e, ev.OfferEnded)] == ["failed"]
    assert not any(isinstance(e, ev.AgentPaused | ev.OfferMade) for e in found)
    agent = floor.state.agents["a1"]
    assert (agent.intent, agent.engagement, agent.missed, agent.offer) == ("ready", "idle", 0, "")
    assert floor.calls["c1"].entries[0].outcome == "abandoned"
