"""Which buttons make sense when, and what the PBX is asked for each. Pure."""

from typing import Any

import pytest

from cti_server.core import commands as cmd
from cti_server.core import events as ev
from cti_server.core.events import AgentConfig
from cti_server.desk.acts import Deeds, Press, Refused, pressed
from cti_server.desk.pop import Card, desk
from tests.core.small import Small

TALK: dict[str, Any] = {"channel": "a-c", "channel_name": "PJSIP/a-c", "held": "c", "held_name": "PJSIP/trunk-c"}


def people() -> Small:
    agents = tuple(
        AgentConfig(id=i, name=i.upper(), endpoint=f"PJSIP/{i}", extension=f"100{n}", queues=("sales",), mobile="139")
        for n, i in enumerate("ab", 1)
    )
    return Small(agents=agents)


def talking() -> Small:
    small = people()
    small.arrive()
    small.answer("c", "a")
    return small


def apart(small: Small) -> Small:
    for member in ("a-c", "c"):
        small.do(ev.BridgeLeft(at=0, bridge="ba-c", channel=member))
    small.do(ev.ChannelHeld(at=0, channel="a-c", held="c"))
    small.do(ev.BridgeEntered(at=0, bridge="w", channel="a-c", bridge_type="waiting", technology="holding_bridge"))
    return small


def asked(small: Small, *, answered: bool = True) -> Small:
    small.do(ev.BridgeLeft(at=0, bridge="w", channel="a-c"))
    small.do(ev.ChannelCreated(at=0, channel="b-c", linked="c", name="PJSIP/b-c"))
    small.do(ev.DialStarted(at=0, channel="a-c", dest="b-c", dest_name="PJSIP/b-c"))
    if answered:
        small.talk("a-c", "b-c")
    return small


def card(small: Small, agent: str = "a") -> Card:
    (found,) = desk(small.center.state, small.center.state.agents[agent]).cards
    return found


def press(small: Small, do: str, agent: str = "a", *, outside: bool = True, **more: str) -> Deeds:
    more.setdefault("leg", "a-c")
    return pressed(
        small.center.state,
        agent,
        Press(do=do, **more),
        at=5.0,
        by="anna",
        numbers=frozenset({"1001", "1002", "2001", "*61002"}),
        outside=outside,
        fresh="desk-1",
    )


def test_a_talk_can_be_held_sent_on_and_ended() -> None:
    small = talking()
    assert card(small).can == ("hold", "transfer", "consult", "dtmf", "mute", "hang_up")
    assert press(small, "hold").commands == (cmd.Hold(**TALK),)
    assert press(small, "transfer", to="2001").commands == (cmd.SendOn(**TALK, exten="2001"),)
    assert press(small, "consult", to="1002").commands == (cmd.Consult(**TALK, exten="1002"),)
    assert press(small, "dtmf", to="12#").commands == (cmd.PressKeys(channel_name="PJSIP/trunk-c", digits="12#"),)
    ended = press(small, "hang_up")
    assert ended.commands == (cmd.HangUp(channel_name="PJSIP/a-c"),)
    assert ended.events == (ev.HangupRequested(at=5.0, channel="a-c", asked=True),)


def test_who_is_held_can_be_taken_back_and_ends_with_the_call() -> None:
    small = apart(talking())
    assert card(small).can == ("resume", "transfer", "consult", "mute", "hang_up")
    assert press(small, "resume").commands == (cmd.Resume(**TALK),)
    assert press(small, "consult", to="1002").commands == (cmd.Consult(**TALK, exten="1002", apart=True),)
    names = [c.channel_name for c in press(small, "hang_up").commands if isinstance(c, cmd.HangUp)]
    assert names == ["PJSIP/a-c", "PJSIP/trunk-c"], "nobody is left in the music"


def test_who_is_asked_is_on_the_card_and_the_call_can_be_handed_over_when_they_answer() -> None:
    small = asked(apart(talking()), answered=False)
    shown = card(small)
    assert shown.consult is not None
    assert (shown.consult.name, shown.consult.number, shown.consult.phase) == ("B", "1002", "ringing")
    assert shown.can == ("cancel", "mute", "hang_up")
    small.talk("a-c", "b-c")
    shown = card(small)
    assert shown.consult is not None
    assert shown.consult.phase == "talking"
    assert shown.can == ("cancel", "complete", "conference", "dtmf", "mute", "hang_up")
    assert card(small, "b").transferred_by == "A"
    assert press(small, "cancel").commands == (cmd.Resume(**TALK, fetch=True),)
    assert press(small, "complete").commands == (cmd.HandOver(**TALK, target="b-c"),)
    (room,) = press(small, "conference").commands
    assert isinstance(room, cmd.Confer)
    assert room.room.startswith("000"), "nobody dials into it by chance"
    assert (room.channel_name, room.pair, room.guests) == ("PJSIP/a-c", "PJSIP/b-c", ("PJSIP/trunk-c",))
    deeds = press(small, "hang_up")
    assert deeds.commands == (cmd.EndConsult(channel="a-c", channel_name="PJSIP/a-c"),)
    assert deeds.events == (), "the customer is still held"


def test_whoever_waits_for_a_queue_in_a_consultation_can_come_back() -> None:
    small = apart(talking())
    small.do(ev.BridgeLeft(at=0, bridge="w", channel="a-c"))
    small.do(ev.CallQueued(at=0, channel="a-c", queue="sales"))
    shown = card(small)
    assert shown.consult is not None
    assert (shown.consult.name, shown.can[0]) == ("Sales", "cancel")


def test_a_transfer_from_whom_is_told() -> None:
    small = asked(apart(talking()))
    small.do(ev.AttendedTransferred(at=0, by="a-c", by_second="a-c", transferee="c", target="b-c"))
    small.do(ev.BridgeLeft(at=0, bridge="bb-c", channel="b-c"))
    small.end("a-c")
    small.talk("c", "b-c")
    assert card(small, "b").transferred_by == "A"
    assert "hold" in card(small, "b").can


def test_a_phones_own_hold_ends_at_the_phone() -> None:
    small = talking()
    small.do(ev.ChannelHeld(at=0, channel="a-c"))
    assert card(small).can == ("mute", "hang_up")
    with pytest.raises(Refused, match="not_now"):
        press(small, "resume")


def test_a_ringing_call_can_be_declined_and_nothing_else() -> None:
    small = people()
    small.arrive()
    small.do(ev.ChannelCreated(at=0, channel="a-c", linked="c", name="PJSIP/a-c"))
    small.do(ev.DialStarted(at=0, channel="c", dest="a-c", dest_name="PJSIP/a-c"))
    assert card(small).can == ("decline",)
    assert press(small, "decline").commands == (cmd.HangUp(channel_name="PJSIP/a-c", cause=21),)


def test_all_recordings_of_the_call_pause_for_each_hears_the_customer() -> None:
    small = asked(apart(talking()))
    for leg in ("a-c", "b-c"):
        small.do(ev.RecordingStarted(at=0, channel=leg))
    assert "pause_recording" in card(small).can
    paused = press(small, "pause_recording").commands
    assert [c.channel_name for c in paused if isinstance(c, cmd.MuteRecording)] == ["PJSIP/a-c", "PJSIP/b-c"]
    small.do(ev.RecordingMuted(at=0, channel="a-c", muted=True))
    assert card(small).recording_paused
    assert "resume_recording" in card(small).can


def test_mute_is_known_because_it_was_asked_for() -> None:
    small = talking()
    deeds = press(small, "mute")
    assert deeds.commands == (cmd.MuteAudio(channel="a-c", channel_name="PJSIP/a-c", muted=True),)
    small.do(deeds.events[0])
    assert card(small).muted
    small.do(press(small, "mute", on="no").events[0])
    assert not card(small).muted


def test_a_call_of_ones_own_rings_the_phone_first_and_is_no_pop() -> None:
    small = people()
    deeds = press(small, "dial", to="13700137000", leg="")
    assert deeds.leg == "desk-1"
    assert deeds.commands == (cmd.DialOut(channel="desk-1", endpoint="PJSIP/a", number="13700137000", shown="1001"),)
    small.do(deeds.events[0])
    small.do(ev.ChannelCreated(at=0, channel="desk-1", linked="desk-1", name="PJSIP/a-1"))
    small.do(ev.DialStarted(at=0, dest="desk-1", dest_name="PJSIP/a-1"))
    shown = card(small)
    assert (shown.own, shown.number, shown.phase) == (True, "13700137000", "ringing")
    small.end("desk-1")
    assert small.center.state.placing == {}


def test_at_a_mobile_a_call_of_ones_own_has_to_be_accepted() -> None:
    small = people()
    small.do(ev.AgentDeviceChosen(at=0, agent="a", endpoint="mobile"))
    deeds = press(small, "dial", to="1002", leg="")
    (dial,) = deeds.commands
    assert isinstance(dial, cmd.DialOut)
    assert (dial.endpoint, dial.accept) == ("PJSIP/139@trunk", True)
    small.do(deeds.events[0])
    small.do(ev.ChannelCreated(at=0, channel="desk-1", linked="desk-1", name="PJSIP/trunk-1"))
    assert card(small).own, "the trunk is the agent's phone"


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("hold", {"leg": "b-c"}, "no_call"),
    ("resume", {}, "not_now"),
    ("fly", {}, "not_now"),
    ("dtmf", {"to": "12D"}, "not_keys"),
    ("transfer", {"to": ""}, "no_number"),
    ("transfer", {"to": "1001"}, "oneself"),
    ("transfer", {"to": "*8"}, "unknown_number"),
    ("transfer", {"to": "99"}, "unknown_number"),
    ("consult", {"to": "13700137000", "outside": False}, "not_outside"),
    ("dial", {"to": "1002"}, "busy"),
    ("hold", {"agent": "nobody"}, "no_phone"),
    ("hold", {"agent": "b"}, "no_call"),
]


@pytest.mark.parametrize(("do", "more", "word"), REFUSED)
def test_what_makes_no_sense_is_refused_with_a_word(do: str, more: dict[str, Any], word: str) -> None:
    with pytest.raises(Refused, match=word):
        press(talking(), do, **more)
