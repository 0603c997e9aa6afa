"""Promised callbacks: the place is kept, the customer is reached or tried again, and no promise is forgotten."""

import pytest

from cti_server.core import events as ev
from cti_server.core.commands import CallBack
from cti_server.core.events import QueueConfig
from cti_server.core.state import Callback
from tests.core.small import Small, an_agent

NUMBER = "13900000001"


def a_site(first: str = "agent", agents: int = 1, **config: object) -> Small:
    sales = QueueConfig(id="sales", name="Sales", callback=True, callback_first=first, callback_attempts=2, **config)  # type: ignore[arg-type]
    return Small(sales, agents=tuple(an_agent(i) for i in "ab"[:agents]))


def promise(small: Small) -> Callback:
    (found,) = small.center.state.callbacks.values()
    return found


def asked(small: Small, caller: str = "c", number: str = NUMBER) -> None:
    """Everybody talks; the caller waits, presses 1, and hangs up."""
    small.arrive(caller)
    small.do(ev.CallerChoosing(at=0, channel=caller), after=7)
    small.do(ev.CallbackAsked(at=0, channel=caller, number=number, queue="sales"))
    small.end(caller)


def busy(small: Small, *agents: str) -> None:
    for agent in agents:
        small.arrive(f"t{agent}")
        small.answer(f"t{agent}", small.events(ev.OfferMade)[0].agent if small.events(ev.OfferMade) else agent)  # type: ignore[attr-defined]


def ring_back(small: Small, agent: str = "a") -> tuple[CallBack, str]:
    (command,) = small.commands(CallBack)
    assert isinstance(command, CallBack)
    small.do(ev.ChannelCreated(at=0, channel=command.channel, linked=command.channel, name=f"PJSIP/{agent}-back"))
    return command, command.channel


def reach(small: Small, channel: str) -> str:
    small.do(ev.ChannelAnswered(at=0, channel=channel))
    customer = f"out-{channel}"
    small.do(ev.ChannelCreated(at=0, channel=customer, linked=channel, name=f"PJSIP/trunk-{customer}"))
    small.do(ev.DialStarted(at=0, channel=channel, dest=customer, dest_name=f"PJSIP/trunk-{customer}", dialled=NUMBER))
    return customer


def test_the_place_is_kept_and_the_agent_is_rung_when_it_comes() -> None:
    small = a_site()
    busy(small, "a")
    small.arrive("before")
    small.tick(40)
    asked(small)
    small.arrive("after")
    made = promise(small)
    assert (made.number, made.queue, made.status) == (NUMBER, "sales", "waiting")
    small.end("a-ta", "ta")
    assert [e.channel for e in small.steps[-2].events if isinstance(e, ev.OfferMade)] == ["before"]
    small.answer("before", "a")
    small.end("before")
    small.end("a-before")
    command, channel = ring_back(small)
    assert (command.first, command.number, command.agent, command.endpoint) == ("agent", NUMBER, "a", "PJSIP/a")
    assert small.agent().engagement == "ringing"
    customer = reach(small, channel)
    small.talk(channel, customer)
    assert small.center.state.callbacks == {}
    call = small.center.state.calls[channel]
    assert (call.direction, call.dnis, call.caller) == ("outbound", NUMBER, customer)
    assert small.entry("after").status == "waiting"


def test_the_stay_in_the_queue_ends_as_callback() -> None:
    small = a_site()
    busy(small, "a")
    small.arrive()
    call = small.center.state.calls["c"]
    small.do(ev.CallerChoosing(at=0, channel="c"))
    assert small.center.state.queues["sales"].waiting == []
    small.do(ev.CallbackAsked(at=0, channel="c", number=NUMBER))
    small.end("c")
    assert call.entries[0].outcome == "callback"


def test_pressing_1_withdraws_the_offer_that_was_on_its_way() -> None:
    small = a_site()
    small.arrive()
    assert small.agent().engagement == "reserved"
    small.do(ev.CallerChoosing(at=0, channel="c"))
    assert (small.agent().engagement, small.agent().missed) == ("idle", 0)
    assert small.center.state.offers == {}


@pytest.mark.parametrize(
    ("status", "why"), [("BUSY", "busy"), ("NOANSWER", "no_answer"), ("CONGESTION", "unreachable")]
)
def test_a_customer_who_is_not_reached_is_tried_again_later(status: str, why: str) -> None:
    small = a_site(callback_spacing_s=300.0)
    asked_at_once(small)
    _, channel = ring_back(small)
    customer = reach(small, channel)
    small.do(ev.DialEnded(at=0, channel=channel, dest=customer, status=status))
    small.end(customer)
    small.end(channel)
    (missed,) = [e for s in small.steps for e in s.events if isinstance(e, ev.CallbackMissed)]
    assert (missed.why, missed.not_before) == (why, pytest.approx(missed.at + 300))
    assert promise(small).attempts == 1
    assert small.agent().engagement == "idle"
    small.tick(200)
    assert small.commands(CallBack) == []
    small.tick(101)
    _, channel = ring_back(small)
    customer = reach(small, channel)
    small.do(ev.DialEnded(at=0, channel=channel, dest=customer, status=status))
    small.end(customer)
    small.end(channel)
    assert small.center.state.callbacks == {}, "two attempts were promised"
    assert [e.outcome for e in small.events(ev.CallbackEnded)] == ["failed"]  # type: ignore[attr-defined]


def asked_at_once(small: Small) -> None:
    small.do(ev.CallbackPlanned(at=0, callback="p", queue="sales", number=NUMBER, queued=small.at))


def test_an_agent_who_does_not_take_it_costs_no_attempt_and_the_next_one_is_rung() -> None:
    small = a_site(agents=2, rest_s=5.0)
    asked_at_once(small)
    _, channel = ring_back(small, promise(small).agent)
    first = promise(small).agent
    small.end(channel)
    (command,) = small.commands(CallBack)
    assert isinstance(command, CallBack)
    assert command.agent != first
    assert promise(small).attempts == 1
    assert (small.agent(first).missed, small.agent(first).rest_until > 0) == (1, True)


def test_customer_first_the_customer_waits_with_the_place_that_was_kept() -> None:
    small = a_site(first="customer")
    asked_at_once(small)
    (command,) = small.commands(CallBack)
    assert isinstance(command, CallBack)
    assert (command.first, command.agent) == ("customer", "")
    promised = promise(small).queued
    small.do(ev.ChannelCreated(at=0, channel=command.channel, linked=command.channel, name="PJSIP/trunk-x"), after=6)
    small.do(ev.ChannelAnswered(at=0, channel=command.channel))
    small.do(ev.CallQueued(at=0, channel=command.channel, queue="sales"))
    assert small.center.state.callbacks == {}
    entry = small.entry(command.channel)
    assert (entry.place, entry.agent or small.center.state.agents["a"].offer != "") == (pytest.approx(promised), True)
    assert small.center.state.calls[command.channel].dnis == NUMBER


@pytest.mark.parametrize(("cause", "why"), [(17, "busy"), (19, "no_answer"), (1, "unreachable")])
def test_customer_first_and_not_reached(cause: int, why: str) -> None:
    small = a_site(first="customer")
    asked_at_once(small)
    (command,) = small.commands(CallBack)
    assert isinstance(command, CallBack)
    small.do(ev.ChannelCreated(at=0, channel=command.channel, linked=command.channel, name="PJSIP/trunk-x"))
    small.do(ev.ChannelEnded(at=0, channel=command.channel, cause=cause))
    assert [e.why for e in small.events(ev.CallbackMissed)] == [why]  # type: ignore[attr-defined]


def test_a_second_promise_for_one_number_is_merged_with_the_better_place() -> None:
    small = a_site()
    busy(small, "a")
    asked_at_once(small)
    first = promise(small).queued
    small.do(ev.CallbackPlanned(at=0, callback="q", queue="sales", number=NUMBER, queued=first - 50))
    assert [e.outcome for e in small.events(ev.CallbackEnded)] == ["merged"]  # type: ignore[attr-defined]
    assert (promise(small).id, promise(small).queued) == ("p", first - 50)


def test_an_attempt_of_which_nothing_is_seen_does_not_hold_its_agent_for_ever() -> None:
    small = a_site()
    asked_at_once(small)
    assert small.agent().engagement == "reserved"
    small.tick(95)
    assert [e.why for e in small.events(ev.CallbackMissed)] == ["failed"]  # type: ignore[attr-defined]
    assert small.agent().engagement == "idle"


def test_nobody_is_called_back_out_of_hours() -> None:
    small = a_site()
    small.do(ev.QueueHours(at=0, queue="sales", open=False))
    asked_at_once(small)
    assert small.commands(CallBack) == []
    small.do(ev.QueueHours(at=0, queue="sales", open=True))
    assert len(small.commands(CallBack)) == 1


def test_a_cancelled_promise_is_not_called() -> None:
    small = a_site()
    busy(small, "a")
    asked_at_once(small)
    small.do(ev.CallbackEnded(at=0, callback="p", outcome="cancelled", by="boss"))
    small.end("a-ta", "ta")
    assert small.commands(CallBack) == []


def test_an_agent_at_a_mobile_is_not_taken_for_the_customer() -> None:
    sales = QueueConfig(id="sales", name="Sales", mobile_when_closed=True)
    small = Small(sales, agents=(an_agent("a", mobile="13700000000"),), trunks=("PJSIP/trunk*",))
    small.do(ev.AgentDeviceChosen(at=0, agent="a", endpoint="mobile"))
    asked_at_once(small)
    (command,) = small.commands(CallBack)
    assert isinstance(command, CallBack)
    assert (command.endpoint, command.accept) == ("PJSIP/13700000000@trunk", True)
    small.do(ev.ChannelCreated(at=0, channel=command.channel, linked=command.channel, name="PJSIP/trunk-m"))
    assert small.agent().engagement in ("ringing", "talking")
    customer = reach(small, command.channel)
    small.talk(command.channel, customer)
    call = small.center.state.calls[command.channel]
    assert (call.direction, call.caller) == ("outbound", customer)
    assert [leg.agent for leg in call.legs] == ["a", ""]


def test_a_callback_for_a_later_time_waits_from_then_on() -> None:
    small = a_site()
    later = small.at + 3600
    small.do(ev.CallbackPlanned(at=0, callback="p", queue="sales", number=NUMBER, queued=later, not_before=later))
    assert (promise(small).queued, small.commands(CallBack)) == (later, [])
    small.tick(3601)
    assert len(small.commands(CallBack)) == 1
