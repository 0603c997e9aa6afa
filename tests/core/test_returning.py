"""An agent's page goes in the middle of a call: held, rung again, or given up; one talk in every figure."""

from zoneinfo import ZoneInfo

from cti_server.core import events as ev
from cti_server.core.commands import HangUp, Hold, RingAgain, RingBack
from cti_server.core.events import AgentConfig, QueueConfig
from cti_server.journal.projections import call_rows
from tests.core.small import Small

PHONE = "PJSIP/web-a"


def at_browsers() -> Small:
    agents = tuple(AgentConfig(id=i, name=i, endpoint=f"PJSIP/web-{i}", queues=("sales",)) for i in ("a", "b"))
    return Small(QueueConfig(id="sales", name="Sales", ring_s=20, wrapup_s=10), agents=agents, return_s=30.0)


def ring(small: Small, leg: str = "w1") -> None:
    small.do(ev.ChannelCreated(at=0, channel=leg, linked="c", name=f"{PHONE}-{leg}"))
    small.do(ev.DialStarted(at=0, channel="c", dest=leg, dest_name=f"{PHONE}-{leg}"))


def talking() -> Small:
    small = at_browsers()
    small.arrive("c")
    small.do(ev.AgentPaused(at=0, agent="b", code="break"))
    ring(small)
    small.talk("c", "w1")
    return small


def leave(small: Small) -> None:
    small.do(ev.PageLeft(at=0, agent="a", endpoint=PHONE), after=5)


def taken_apart(small: Small) -> None:
    for channel in ("w1", "c"):
        small.do(ev.BridgeLeft(at=0, bridge="bw1", channel=channel))
    small.do(ev.ChannelHeld(at=0, channel="w1", held="c"))


def registered(small: Small, status: str = "NonQualified") -> None:
    small.do(ev.ContactChanged(at=0, endpoint=PHONE, status=status, reachable=status != "Removed"), after=1)


def test_the_customer_is_held_and_the_phone_rung_when_it_is_back_and_that_is_one_talk() -> None:
    small = talking()
    leave(small)
    assert small.commands(Hold) == [Hold(channel="w1", channel_name=f"{PHONE}-w1", held="c", held_name="PJSIP/trunk-c")]
    taken_apart(small)
    registered(small, "Removed")
    assert not small.commands(RingBack) and small.agent().unregistered == [PHONE]
    registered(small)
    (back,) = small.commands(RingBack)
    assert (back.channel, back.holder, back.endpoint) == ("c", "w1", PHONE)
    assert small.agent().engagement == "on_hold" and small.agent().unregistered == []
    ring(small, "w2")
    small.end("w1")
    small.talk("c", "w2")
    assert small.agent().engagement == "talking" and small.agent().left == []
    small.tick(60)
    assert not small.commands(HangUp, Hold)
    call = small.center.state.calls["c"]
    small.end("w2", "c")
    assert small.agent().engagement == "wrap_up"
    rows = call_rows(call, ZoneInfo("Asia/Shanghai"), {})
    (leg,) = [row for row in rows.legs if row["role"] == "agent"]
    assert leg["id"] == "w1" and leg["ended"] == call.legs[-1].ended
    assert leg["talk_s"] > 60 and 1.5 < leg["hold_s"] < 3
    (entry,) = rows.entries
    assert entry["talk_ms"] == round(leg["talk_s"] * 1000) and entry["hold_ms"] == round(leg["hold_s"] * 1000)
    handling_s = leg["talk_s"] + leg["hold_s"] + 10
    assert abs(small.center.state.queues["sales"].handle_s - handling_s) < 0.01, "one call, not two short ones"


def test_a_phone_that_is_back_before_the_customer_is_held_is_rung_then_and_not_for_ever() -> None:
    small = talking()
    leave(small)
    registered(small)
    assert not small.commands(RingBack)
    for channel in ("w1", "c"):
        small.do(ev.BridgeLeft(at=0, bridge="bw1", channel=channel))
    tried = 0
    for _ in range(8):
        small.do(ev.ChannelHeld(at=0, channel="w1", held="c"))
        tried += len(small.commands(RingBack))
    assert tried == 5


def test_a_page_that_stays_away_loses_the_call_and_the_customer_keeps_the_place() -> None:
    small = talking()
    leave(small)
    taken_apart(small)
    small.tick(28)
    assert not small.commands(HangUp)
    small.tick(3)
    assert small.commands(HangUp) == [HangUp(channel_name=f"{PHONE}-w1")]
    small.end("w1")
    first = small.entry().place
    small.do(ev.CallQueued(at=0, channel="c", queue="sales", why="HOLDERGONE"))
    assert len(small.center.state.calls["c"].entries) == 2
    assert abs(small.entry().place - first) < 0.01
    small.tick(60)
    assert not small.commands(HangUp)


def test_who_was_on_hold_anyway_is_on_hold_again() -> None:
    small = talking()
    small.do(ev.ChannelHeld(at=0, channel="w1"))
    for channel in ("w1", "c"):
        small.do(ev.BridgeLeft(at=0, bridge="bw1", channel=channel))
    leave(small)
    assert not small.commands(Hold)
    registered(small)
    assert small.commands(RingBack)
    ring(small, "w2")
    small.end("w1")
    small.talk("c", "w2")
    assert small.commands(Hold) == [Hold(channel="w2", channel_name=f"{PHONE}-w2", held="c", held_name="PJSIP/trunk-c")]


def test_a_phone_that_rang_is_rung_again_for_the_rest_of_the_time() -> None:
    small = at_browsers()
    small.arrive("c")
    small.do(ev.AgentPaused(at=0, agent="b", code="break"))
    ring(small)
    leave(small)
    assert not small.commands(Hold, RingAgain)
    registered(small)
    (again,) = small.commands(RingAgain)
    assert (again.agent, again.channel_name, again.ring_s) == ("a", "PJSIP/trunk-c", 14)
    small.end("w1")
    assert small.agent().engagement == "reserved"
    ring(small, "w2")
    small.talk("c", "w2")
    (offer,) = small.center.state.calls["c"].offers
    assert offer.outcome == "answered" and not small.center.state.calls["c"].legs[-1].continues


def test_a_page_without_a_call_just_goes() -> None:
    small = at_browsers()
    leave(small)
    registered(small, "Removed")
    registered(small)
    small.tick(60)
    assert not small.commands(Hold, RingBack, RingAgain, HangUp)


def test_a_phone_with_a_live_leg_is_known_by_its_contact() -> None:
    small = talking()
    registered(small, "Removed")
    assert small.agent().unregistered == [PHONE]
    small.do(ev.DeviceChanged(at=0, device=PHONE, state="INUSE"))
    assert small.agent().unregistered == [PHONE], "the leg is in use, whoever is registered"
    small.end("w1", "c")
    small.do(ev.DeviceChanged(at=0, device=PHONE, state="NOT_INUSE"))
    assert small.agent().unregistered == []
