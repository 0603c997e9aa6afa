"""What our own dialplan tells, as Events."""

import pytest

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.pbx.fields import Untranslatable
from cti_server.pbx.framing import Message
from cti_server.pbx.translate import translate


def told(name: str, *lines: str) -> list[Event]:
    text = "\r\n".join(["Event: UserEvent", f"UserEvent: {name}", "Channel: PJSIP/trunk-1", "Uniqueid: 1.1", *lines])
    return translate(Message(text.encode()), 5.0)


@pytest.mark.parametrize(
    ("name", "lines", "event"),
    [
        ("CtiHeld", ["By: 1.2"], ev.ChannelHeld(at=5.0, channel="1.2", held="1.1")),
        (
            "CtiTransferred",
            ["By: 1.2", "Exten: 1002"],
            ev.BlindTransferred(at=5.0, by="1.2", transferee="1.1", exten="1002"),
        ),
        (
            "CtiTransferred",
            ["By: 1.2", "Target: 1.3"],
            ev.AttendedTransferred(at=5.0, by="1.2", by_second="1.2", transferee="1.1", target="1.3"),
        ),
        ("CtiChoosing", ["Queue: sales"], ev.CallerChoosing(at=5.0, channel="1.1")),
        (
            "CtiCallback",
            ["Queue: sales", "Number: +8613800138000"],
            ev.CallbackAsked(at=5.0, channel="1.1", number="+8613800138000", queue="sales"),
        ),
        ("CtiLeft", ["Caller: 1.1", "To: voicemail:night"], ev.CallerLeft(at=5.0, channel="1.1", to="voicemail:night")),
        ("CtiLeft", ["Caller: 0.7", "To: number:110"], ev.CallerLeft(at=5.0, channel="0.7", to="number:110")),
        (
            "CtiHold",
            ["Queue: sales", "T0: 4.5", "QueuePriority: 05", "Why: CHOSE_TO_WAIT", "Agent: ", "Offer: "],
            ev.CallQueued(
                at=5.0, channel="1.1", queue="sales", arrived=4.5, priority=5, why="CHOSE_TO_WAIT", name="PJSIP/trunk-1"
            ),
        ),
    ],
)
def test_the_line(name: str, lines: list[str], event: Event) -> None:
    assert told(name, *lines) == [event]


@pytest.mark.parametrize(
    ("name", "lines"), [("CtiCallback", ["Queue: sales"]), ("CtiLeft", ["To: hangup"]), ("CtiHeld", [])]
)
def test_what_lacks_the_chief_thing_is_not_understood(name: str, lines: list[str]) -> None:
    with pytest.raises(Untranslatable):
        told(name, *lines)


def test_somebody_elses_events_mean_nothing() -> None:
    assert told("Weather", "Rain: much") == []
