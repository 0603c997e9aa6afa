"""Agents over time: wrap-ups, states that grow too old, phones to choose from, and the sums of the day."""

import pytest

from cti_server.core import events as ev
from cti_server.core.agents import status
from cti_server.core.commands import Resync
from cti_server.core.events import QueueConfig
from tests.core.small import Small, an_agent

SALES = QueueConfig(
    id="sales", name="Sales", wrapup_s=10.0, wrapup_extend_s=20.0, ring_s=10.0, rest_s=2.0, rona_limit=2
)


def one(**config: object) -> Small:
    return Small(SALES, agents=(an_agent("a", more=("PJSIP/web",), mobile="13900000000"),), **config)


def one_call(small: Small, talk_s: float) -> None:
    small.arrive()
    small.answer("c", "a")
    small.do(ev.ChannelEnded(at=0, channel="a-c", cause=16), talk_s)
    small.end("c")


def test_wrap_up_ends_by_itself_or_by_the_agent_and_is_extended_once() -> None:
    small = one()
    one_call(small, 5)
    assert status(small.agent()) == "wrap_up"
    until = small.agent().wrapup_until
    assert until is not None
    small.do(ev.WrapUpExtended(at=0, agent="a", by="a"))
    small.do(ev.WrapUpExtended(at=0, agent="a", by="a"))
    assert small.agent().wrapup_until == until + 20.0
    assert small.center.state.odd == {"agent: wrap-up not extended": 1}
    small.tick(12)
    assert status(small.agent()) == "wrap_up"
    small.tick(20)
    assert status(small.agent()) == "available"
    small.do(ev.WrapUpExtended(at=0, agent="a", by="a"))
    assert small.agent().wrapup_until is None
    small.center.state.odd.clear()
    one_call_again = Small(SALES, agents=(an_agent("a"),))
    one_call(one_call_again, 3)
    one_call_again.do(ev.WrapUpEnded(at=0, agent="a"))
    assert status(one_call_again.agent()) == "available"


def test_who_has_hung_up_is_free_though_the_pbx_still_has_the_channel() -> None:
    small = Small(QueueConfig(id="sales", name="Sales"), agents=(an_agent("a"),))
    small.arrive("c")
    small.answer("c", "a")
    small.arrive("next")
    assert status(small.agent()) == "talking"
    small.do(ev.HangupRequested(at=0, channel="a-c", asked=True), 5)
    assert status(small.agent()) == "talking", "a button has been pressed, and the phone still talks"
    step = small.do(ev.HangupRequested(at=0, channel="a-c", cause=16))
    assert [e.channel for e in step.events if isinstance(e, ev.OfferMade)] == ["next"]
    assert status(small.agent()) == "reserved"
    small.do(ev.ChannelEnded(at=0, channel="a-c", cause=16))
    assert status(small.agent()) == "reserved"


def test_a_decline_ends_with_the_offer_and_not_before() -> None:
    small = one()
    small.arrive()
    small.do(ev.ChannelCreated(at=0, channel="a-c", linked="c", name="PJSIP/a-c"))
    small.do(ev.DialStarted(at=0, channel="c", dest="a-c", dest_name="PJSIP/a-c"))
    small.do(ev.HangupRequested(at=0, channel="a-c", cause=21))
    assert status(small.agent()) == "ringing"


def test_a_state_that_grows_too_old_is_told_once_and_the_pbx_is_asked() -> None:
    small = one(max_age_s={"talking": 60.0, "paused": 100.0})
    small.arrive()
    small.answer("c", "a")
    assert small.tick(50).events[1:] == []
    small.tick(15)
    (told,) = small.events(ev.AgentOverdue)
    assert isinstance(told, ev.AgentOverdue)
    assert (told.agent, told.status) == ("a", "talking")
    assert small.commands(Resync) == [Resync()]
    assert small.agent().overdue
    small.tick(200)
    assert small.events(ev.AgentOverdue) == []
    small.end("a-c", "c")
    assert not small.agent().overdue
    small.do(ev.WrapUpEnded(at=0, agent="a"))
    small.do(ev.AgentPaused(at=0, agent="a", code="lunch"))
    small.tick(101)
    assert [e.status for e in small.events(ev.AgentOverdue)] == ["paused"]  # type: ignore[attr-defined]
    assert small.commands(Resync) == []


def test_unstick_frees_an_agent_and_gives_the_caller_back() -> None:
    small = one()
    small.arrive()
    (offer,) = small.center.state.offers
    small.do(ev.AgentUnstuck(at=0, agent="a", by="boss", reason="the phone is broken"))
    assert offer not in small.center.state.offers
    assert small.commands(Resync) == [Resync()]
    assert [e.outcome for e in small.steps[-1].events if isinstance(e, ev.OfferEnded)] == ["withdrawn"]
    assert small.agent().missed == 0
    small = one()
    one_call(small, 5)
    small.do(ev.AgentUnstuck(at=0, agent="a", by="boss"))
    assert status(small.agent()) == "available"


def test_the_chosen_phone_is_the_one_that_rings_and_decides_who_is_reachable() -> None:
    small = one()
    assert status(small.agent()) == "available"
    small.do(ev.AgentDeviceChosen(at=0, agent="a", endpoint="PJSIP/web"))
    assert status(small.agent()) == "unreachable"
    small.do(ev.DeviceChanged(at=0, device="PJSIP/web", state="NOT_INUSE"))
    small.arrive()
    (made,) = small.events(ev.OfferMade)
    assert isinstance(made, ev.OfferMade)
    assert made.endpoint == "PJSIP/web"
    small.do(ev.AgentDeviceChosen(at=0, agent="a", endpoint="PJSIP/somebody"))
    assert small.agent().chosen == "PJSIP/web"
    assert small.center.state.odd["agent: not a phone of theirs"] == 1


def test_a_mobile_leg_is_the_agents_although_it_is_on_a_trunk() -> None:
    small = one()
    small.do(ev.AgentDeviceChosen(at=0, agent="a", endpoint="mobile"))
    small.arrive()
    (made,) = small.events(ev.OfferMade)
    assert isinstance(made, ev.OfferMade)
    assert (made.endpoint, made.accept) == ("PJSIP/13900000000@trunk", True)
    small.do(ev.ChannelCreated(at=0, channel="m", linked="c", name="PJSIP/trunk-m"))
    small.do(ev.DialStarted(at=0, channel="c", dest="m", dest_name="PJSIP/trunk-m", dialled="13900000000@trunk"))
    assert status(small.agent()) == "ringing"
    small.talk("c", "m")
    entry = small.entry()
    assert (entry.outcome, entry.agent, status(small.agent())) == ("answered", "a", "talking")
    small.end("m")
    assert status(small.agent()) == "wrap_up"


@pytest.mark.parametrize("why", ["NOANSWER", "NOT_ACCEPTED"])
def test_a_mobile_that_nobody_accepts_is_rona(why: str) -> None:
    small = one()
    small.do(ev.AgentDeviceChosen(at=0, agent="a", endpoint="mobile"))
    small.arrive()
    for _ in range(2):
        (offer,) = small.center.state.offers
        small.do(ev.CallQueued(at=0, channel="c", queue="sales", why=why, agent="a", offer=offer), 5)
        small.tick(3)
    assert (small.agent().intent, small.agent().pause_code) == ("paused", "rona")
    assert (small.entry().status, small.entry().offers) == ("waiting", 2)


def test_a_busy_phone_is_no_rona() -> None:
    small = one()
    small.arrive()
    for _ in range(3):
        (offer,) = small.center.state.offers
        small.do(ev.CallQueued(at=0, channel="c", queue="sales", why="BUSY", agent="a", offer=offer))
        small.tick(3)
    assert (small.agent().intent, small.agent().missed) == ("ready", 0)


def test_the_days_sums_begin_at_midnight() -> None:
    small = one()
    one_call(small, 20)
    small.do(ev.WrapUpEnded(at=0, agent="a"), 4)
    small.tick(6)
    agent = small.agent()
    assert agent.answered == 1
    assert agent.busy_s == pytest.approx(24, abs=1)
    small.do(ev.DayBegan(at=0))
    assert (agent.answered, agent.busy_s, agent.free_s) == (0, 0.0, 0.0)
    small.do(ev.AgentPaused(at=0, agent="a", code="tea"), 30)
    assert agent.free_s == pytest.approx(30, abs=0.5)


def test_an_agent_deleted_while_talking_finishes_the_call_and_leaves() -> None:
    small = one()
    small.arrive()
    small.answer("c", "a")
    small.do(ev.SiteConfigured(at=0, queues=(SALES,), agents=(), default_queue="sales"))
    assert status(small.agent()) == "talking"
    small.arrive("d")
    assert small.events(ev.OfferMade) == []
    small.end("a-c")
    small.tick(11)
    assert small.center.state.agents == {}
    assert small.center.state.endpoints == {}
