"""A talk that the desk takes apart and puts together again: what the legs' time counts as."""

from cti_server.core import events as ev
from cti_server.core.commands import HangUp
from cti_server.core.state import Call
from tests.core.small import Small


def talking() -> Small:
    small = Small()
    small.arrive()
    small.answer("c", "a")
    return small


def apart(small: Small) -> None:
    """By the desk: both leave the bridge; the agent waits in one of BridgeWait's, the caller in none."""
    for member in ("a-c", "c"):
        small.do(ev.BridgeLeft(at=0, bridge="ba-c", channel=member))
    small.do(ev.BridgeEnded(at=0, bridge="ba-c"))
    small.do(ev.ChannelHeld(at=0, channel="a-c", held="c"))
    wait = ev.BridgeEntered(at=0, bridge="w", channel="a-c", bridge_type="waiting", technology="holding_bridge")
    small.do(wait, after=2)


def modes(call: Call, leg: str) -> list[str]:
    (found,) = [one for one in call.legs if one.id == leg]
    return [span.mode for span in found.spans]


def test_who_is_held_apart_is_held_until_they_talk_again() -> None:
    small = talking()
    apart(small)
    call = small.center.state.calls["c"]
    assert (modes(call, "a-c"), modes(call, "c")) == (["ring", "talk", "hold"], ["talk", "hold"])
    assert small.agent().engagement == "on_hold"
    small.do(ev.BridgeLeft(at=0, bridge="w", channel="a-c"))
    small.talk("c", "a-c")
    assert (modes(call, "a-c")[2:], modes(call, "c")) == (["hold", "talk"], ["talk", "hold", "talk"])
    assert small.agent().engagement == "talking"


def test_whoever_is_consulted_meanwhile_is_not_held() -> None:
    small = talking()
    apart(small)
    small.do(ev.ChannelCreated(at=0, channel="b-c", linked="c", name="PJSIP/b-c"))
    small.do(ev.DialStarted(at=0, channel="a-c", dest="b-c", dest_name="PJSIP/b-c"))
    small.talk("a-c", "b-c")
    call = small.center.state.calls["c"]
    assert (modes(call, "a-c")[-1], modes(call, "b-c")[-1], modes(call, "c")[-1]) == ("hold", "talk", "hold")


def test_a_holder_who_is_gone_holds_nobody_and_the_caller_waits_again() -> None:
    small = talking()
    apart(small)
    small.end("a-c")
    small.do(ev.CallQueued(at=0, channel="c", queue="sales", why="HOLDERGONE", arrived=100))
    call = small.center.state.calls["c"]
    assert [entry.outcome for entry in call.entries] == ["answered", ""]
    assert call.entries[-1].offers == 1, "somebody else gets the caller at once"


def test_a_word_of_hold_that_comes_after_its_holder_holds_nobody() -> None:
    small = talking()
    small.end("a-c")
    small.do(ev.ChannelHeld(at=0, channel="a-c", held="c"))
    assert small.center.state.channels["c"].held_by == ""


def test_the_last_of_a_conference_of_the_desk_is_let_go_but_the_customer_by_the_pbx() -> None:
    small = talking()
    for member in ("a-c", "c"):
        small.do(ev.BridgeLeft(at=0, bridge="ba-c", channel=member))
        assert small.commands(HangUp) == [], "a talk is no conference"
    small.do(ev.ChannelCreated(at=0, channel="x", linked="c", name="PJSIP/trunk-x"))
    for member in ("a-c", "c", "x"):
        small.do(ev.BridgeEntered(at=0, bridge="room", channel=member, bridge_type="desk"))
    small.do(ev.BridgeLeft(at=0, bridge="room", channel="a-c"))
    assert small.commands(HangUp) == [], "the others go on"
    small.do(ev.BridgeLeft(at=0, bridge="room", channel="c"))
    assert small.commands(HangUp) == [HangUp(channel_name="PJSIP/trunk-x")]
    small.do(ev.BridgeEntered(at=0, bridge="room", channel="c", bridge_type="desk"))
    small.do(ev.BridgeLeft(at=0, bridge="room", channel="x"))
    assert small.commands(HangUp) == []


def test_an_agent_who_does_not_wait_for_a_queue_any_more_is_out_of_its_line() -> None:
    small = talking()
    apart(small)
    small.do(ev.BridgeLeft(at=0, bridge="w", channel="a-c"))
    small.do(ev.CallQueued(at=0, channel="a-c", queue="sales"))
    (made,) = small.events(ev.OfferMade)
    assert isinstance(made, ev.OfferMade)
    assert made.agent == "b"
    small.do(ev.BridgeEntered(at=0, bridge="w2", channel="a-c", bridge_type="waiting", technology="holding_bridge"))
    assert [entry.outcome for entry in small.center.state.calls["c"].entries] == ["answered", "short_abandoned"]
    assert small.agent("b").engagement == "idle"


def test_who_sent_a_call_on_is_known_even_when_already_gone() -> None:
    small = talking()
    small.end("a-c")
    small.do(ev.BlindTransferred(at=0, by="a-c", transferee="c", exten="1003"))
    small.do(ev.AttendedTransferred(at=0, by="a-c", by_second="a-c", transferee="c"))
    assert [transfer.by for transfer in small.center.state.calls["c"].transfers] == ["PJSIP/a", "PJSIP/a"]
