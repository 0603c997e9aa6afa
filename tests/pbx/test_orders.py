"""Commands as AMI actions: what is sent, and what is refused."""

from typing import Any

import pytest

from cti_server.core import commands as c
from cti_server.pbx.actions import Action, ActionRefused, check
from cti_server.pbx.ami import Response
from cti_server.pbx.fallback import fallback_changes
from cti_server.pbx.framing import Message
from cti_server.pbx.orders import Outside, actions_for

OUTSIDE = Outside("carrier", "4008123123")

OFFER = c.OfferCall(
    offer="1700000000.12-1.1",
    channel="1700000000.12",
    channel_name="PJSIP/trunk-00000001",
    agent="alice",
    endpoint="PJSIP/agent1",
    ring_s=20,
    expires=1700000003,
)

CALL_BACK = c.CallBack(
    callback="cb-7",
    channel="cti-back-1.1",
    first="agent",
    number="+8613800138000",
    queue="support",
    queued=1700000000.25,
    agent="alice",
    endpoint="PJSIP/agent1",
    accept=True,
)

TALK: dict[str, Any] = {
    "channel": "1.2",
    "channel_name": "PJSIP/agent1-00000001",
    "held": "1.1",
    "held_name": "PJSIP/trunk-00000001",
}


def _fields(command: c.Command) -> dict[str, object]:
    return {f: getattr(command, f) for f in command.__struct_fields__}


def _sent_to(to: str) -> c.SendCaller:
    return c.SendCaller(channel="1.1", channel_name="PJSIP/trunk-00000001", to=to, expires=1700000003)


def _announced(*prompts: str, language: str = "en") -> c.Announce:
    return c.Announce(
        channel="1.1", channel_name="PJSIP/trunk-00000001", prompts=prompts, expires=1700000003, language=language
    )


def _poke(value: str) -> list[tuple[str, dict[str, str]]]:
    return [
        ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_NEXT", "Value": value}),
        ("PlayDTMF", {"Channel": "PJSIP/trunk-00000001", "Digit": "D", "Receive": "true"}),
    ]


KNOWN = [
    ("Setvar", {"Channel": "PJSIP/agent1-00000001", "Variable": "CTI_HELD", "Value": "1.1"}),
    ("Setvar", {"Channel": "PJSIP/agent1-00000001", "Variable": "CTI_IS_AGENT", "Value": "1"}),
    ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_HOLDER", "Value": "1.2"}),
    (
        "Setvar",
        {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_HOLDER_NAME", "Value": "PJSIP/agent1-00000001"},
    ),
]


def moved(who: str, context: str, exten: str, *, held: bool = False) -> tuple[str, dict[str, str]]:
    extra = {
        "ExtraChannel": "PJSIP/trunk-00000001",
        "ExtraContext": "cti-held",
        "ExtraExten": "s",
        "ExtraPriority": "1",
    }
    where = {"Channel": f"PJSIP/{who}-00000001", "Context": context, "Exten": exten, "Priority": "1"}
    return "Redirect", where | (extra if held else {})


def _dialled(channel: str, shown: str, given: str) -> tuple[str, dict[str, str]]:
    return "Originate", {
        "Channel": channel,
        "Context": "cti-dial",
        "Exten": "13800138000",
        "Priority": "1",
        "Timeout": "30000",
        "Async": "true",
        "ChannelId": "cti-1.1",
        "CallerID": shown,
        "Variable": given,
    }


EVERY: list[tuple[c.Command, list[tuple[str, dict[str, str]]]]] = [
    (
        c.RingAgain(
            offer="o1-5", channel_name="PJSIP/trunk-1", agent="anna", endpoint="PJSIP/web-anna", ring_s=9, expires=100
        ),
        [
            (
                "Setvar",
                {"Channel": "PJSIP/trunk-1", "Variable": "CTI_NOW", "Value": "anna|PJSIP/web-anna|9|o1-5|1|100|0"},
            ),
            ("Redirect", {"Channel": "PJSIP/trunk-1", "Context": "cti-again", "Exten": "s", "Priority": "1"}),
        ],
    ),
    (
        c.RingBack(
            channel="1.1",
            channel_name="PJSIP/trunk-1",
            holder="1.2",
            holder_name="PJSIP/web-anna-1",
            agent="anna",
            endpoint="PJSIP/web-anna",
            ring_s=8,
        ),
        [
            ("Setvar", {"Channel": "PJSIP/trunk-1", "Variable": "CTI_BACK", "Value": "anna|PJSIP/web-anna|8"}),
            ("Setvar", {"Channel": "PJSIP/trunk-1", "Variable": "CTI_HOW", "Value": "return"}),
            ("PlayDTMF", {"Channel": "PJSIP/trunk-1", "Digit": "C", "Receive": "true"}),
        ],
    ),
    (OFFER, _poke("alice|PJSIP/agent1|20|1700000000.12-1.1|1|1700000003|0")),
    (
        c.OfferCall(**{**_fields(OFFER), "endpoint": "PJSIP/+8613800138000@carrier", "record": False, "accept": True}),
        _poke("alice|PJSIP/+8613800138000@carrier|20|1700000000.12-1.1|0|1700000003|1"),
    ),
    (_sent_to("voicemail:night"), _poke("@send|voicemail:night|-|-|-|1700000003|0")),
    (_sent_to("number:+861012345678"), _poke("@send|number:+861012345678|-|-|-|1700000003|0")),
    (_sent_to("callback"), _poke("@send|callback|-|-|-|1700000003|0")),
    (_sent_to("hangup"), _poke("@send|hangup|-|-|-|1700000003|0")),
    (
        _sent_to("queue:vip"),
        [("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_QUEUE", "Value": "vip"})],
    ),
    (
        _announced("all-busy", "position:21", "wait:1"),
        _poke("@say|all-busy&position&num-20&num-1&position-end&wait-about&num-1&wait-minute|en|-|-|1700000003|0"),
    ),
    (
        _announced("position:1", "wait:2", language="zh"),
        _poke("@say|position-next&wait-about&num-liang&wait-minutes|zh|-|-|1700000003|0"),
    ),
    (_announced("wait:0", language="fr"), _poke("@say|wait-short|-|-|-|1700000003|0")),
    (_announced(), []),
    (
        CALL_BACK,
        [
            (
                "Originate",
                {
                    "Channel": "PJSIP/agent1",
                    "Context": "cti-callback",
                    "Exten": "s",
                    "Priority": "1",
                    "Timeout": "20000",
                    "Async": "true",
                    "ChannelId": "cti-back-1.1",
                    "CallerID": "<+8613800138000>",
                    "Variable": "CTI_CALLBACK=cb-7 CTI_QUEUE=support CTI_NUMBER=+8613800138000 CTI_AGENT=alice "
                    "CTI_ACCEPT=1",
                },
            )
        ],
    ),
    (
        c.CallBack(**{**_fields(CALL_BACK), "first": "customer", "agent": "", "endpoint": ""}),
        [
            (
                "Originate",
                {
                    "Channel": "PJSIP/+8613800138000@carrier",
                    "Context": "cti-called-back",
                    "Exten": "s",
                    "Priority": "1",
                    "Timeout": "20000",
                    "Async": "true",
                    "ChannelId": "cti-back-1.1",
                    "CallerID": "<4008123123>",
                    "Variable": "CTI_CALLBACK=cb-7 CTI_QUEUE=support CTI_NUMBER=+8613800138000 CTI_T0=1700000000.250",
                },
            )
        ],
    ),
    (
        c.RefuseCallers(numbers=("P8613800138000", "013800138000"), mark=1700000000, before=1699999999),
        [
            ("Setvar", {"Variable": "CTI_REFUSED_P8613800138000", "Value": "1700000000"}),
            ("Setvar", {"Variable": "CTI_REFUSED_013800138000", "Value": "1700000000"}),
            ("Setvar", {"Variable": "CTI_REFUSED_BEFORE", "Value": "1699999999"}),
        ],
    ),
    (
        c.RefuseCallers(numbers=("8001",), mark=0),
        [("Setvar", {"Variable": "CTI_REFUSED_8001", "Value": "0"})],
    ),
    (c.HangUp(channel_name="PJSIP/agent1-00000001"), [("Hangup", {"Channel": "PJSIP/agent1-00000001", "Cause": "16"})]),
    (
        c.ReturnToHold(channel="1.1", channel_name="PJSIP/trunk-00000001", queue="sales"),
        [
            ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_QUEUE", "Value": "sales"}),
            ("Redirect", {"Channel": "PJSIP/trunk-00000001", "Context": "cti-hold", "Exten": "s", "Priority": "1"}),
        ],
    ),
    (c.RefreshHeartbeat(epoch=1700000000), [("Setvar", {"Variable": "CTI_HEARTBEAT", "Value": "1700000000"})]),
    (c.SetFallbackMembers(members=()), [("QueueStatus", {"Queue": "cti-fallback"})]),
    (
        c.DialOut(channel="cti-1.1", endpoint="PJSIP/agent1", number="13800138000", shown="1001"),
        [_dialled("PJSIP/agent1", "<13800138000>", "CTI_ACCEPT=0 CTI_SHOWN=1001")],
    ),
    (
        c.DialOut(channel="cti-1.1", endpoint="PJSIP/13900139000@carrier", number="13800138000", accept=True),
        [_dialled("PJSIP/13900139000@carrier", "<4008123123>", "CTI_ACCEPT=1 CTI_SHOWN=")],
    ),
    (c.Hold(**TALK), [*KNOWN, moved("agent1", "cti-holding", "s", held=True)]),
    (c.Consult(**TALK, exten="1002"), [*KNOWN, moved("agent1", "cti-consult", "1002", held=True)]),
    (c.Consult(**TALK, exten="1002", apart=True), [moved("agent1", "cti-consult", "1002")]),
    (
        c.EndConsult(channel="1.2", channel_name="PJSIP/agent1-00000001"),
        [moved("agent1", "cti-holding", "s")],
    ),
    (
        c.HandOver(**TALK, target="1.3"),
        [
            ("Setvar", {"Channel": "PJSIP/agent1-00000001", "Variable": "CTI_HELD", "Value": ""}),
            ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_WITH", "Value": "1.3"}),
            ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_HOW", "Value": "transfer"}),
            ("PlayDTMF", {"Channel": "PJSIP/trunk-00000001", "Digit": "C", "Receive": "true"}),
        ],
    ),
    (
        c.SendOn(**TALK, exten="+8613800138000"),
        [
            ("Setvar", {"Channel": "PJSIP/agent1-00000001", "Variable": "CTI_HELD", "Value": ""}),
            ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_HOLDER", "Value": "1.2"}),
            moved("trunk", "cti-sent", "+8613800138000"),
            ("Hangup", {"Channel": "PJSIP/agent1-00000001", "Cause": "16"}),
        ],
    ),
    (
        c.Confer(
            room="17",
            channel_name="PJSIP/agent1-00000001",
            pair="PJSIP/trunk-00000001",
            guests=("PJSIP/guest-00000001",),
            others=("PJSIP/more-00000001",),
        ),
        [
            (
                "Redirect",
                moved("agent1", "cti-conference", "17")[1]
                | {
                    "ExtraChannel": "PJSIP/trunk-00000001",
                    "ExtraContext": "cti-conference",
                    "ExtraExten": "17",
                    "ExtraPriority": "1",
                },
            ),
            moved("more", "cti-conference", "17"),
            moved("guest", "cti-guest", "17"),
        ],
    ),
    (
        c.MuteAudio(channel="1.2", channel_name="PJSIP/agent1-00000001", muted=True),
        [("Setvar", {"Channel": "PJSIP/agent1-00000001", "Variable": "MUTEAUDIO(in)", "Value": "on"})],
    ),
    (
        c.PressKeys(channel_name="PJSIP/trunk-00000001", digits="1#"),
        [("PlayDTMF", {"Channel": "PJSIP/trunk-00000001", "Digit": digit}) for digit in "1#"],
    ),
    (
        c.Resume(**TALK),
        [
            ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_WITH", "Value": "1.2"}),
            ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_HOW", "Value": "resume"}),
            ("PlayDTMF", {"Channel": "PJSIP/trunk-00000001", "Digit": "C", "Receive": "true"}),
        ],
    ),
    (
        c.Resume(**TALK, fetch=True),
        [
            ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_WITH", "Value": "1.2"}),
            ("Setvar", {"Channel": "PJSIP/trunk-00000001", "Variable": "CTI_HOW", "Value": "resume"}),
            moved("agent1", "cti-holding", "s"),
            ("PlayDTMF", {"Channel": "PJSIP/trunk-00000001", "Digit": "C", "Receive": "true"}),
        ],
    ),
    (
        c.Monitor(channel="cti-2.1", endpoint="PJSIP/boss", target="PJSIP/agent1-00000001"),
        [
            (
                "Originate",
                {
                    "Channel": "PJSIP/boss",
                    "Context": "cti-spy",
                    "Exten": "s",
                    "Priority": "1",
                    "Variable": "CTI_SPY=PJSIP/agent1-00000001",
                    "Timeout": "30000",
                    "Async": "true",
                    "ChannelId": "cti-2.1",
                },
            )
        ],
    ),
    (
        c.SwitchMonitor(channel_name="PJSIP/boss-00000001", mode="whisper"),
        [("PlayDTMF", {"Channel": "PJSIP/boss-00000001", "Digit": "5", "Receive": "true"})],
    ),
    (
        c.MuteRecording(channel_name="PJSIP/agent1-00000001", recording="0x7f00ab", muted=True),
        [
            (
                "MixMonitorMute",
                {
                    "Channel": "PJSIP/agent1-00000001",
                    "Direction": "both",
                    "State": "1",
                    "MixMonitorID": "0x7f00ab",
                },
            )
        ],
    ),
    (c.Resync(), []),
]


def _headers(action: Action) -> dict[str, str]:
    """Those that are there several times, as Variable may be, with blanks between."""
    found: dict[str, str] = {}
    for name, value in action.headers:
        found[name] = f"{found[name]} {value}" if name in found else value
    return found


@pytest.mark.parametrize(
    ("command", "actions"), EVERY, ids=lambda x: type(x).__name__ if isinstance(x, c.Command) else ""
)
def test_what_is_sent(command: c.Command, actions: list[tuple[str, dict[str, str]]]) -> None:
    sent = actions_for(command, OUTSIDE)
    assert [(a.name, _headers(a)) for a in sent] == actions
    for action in sent:
        check(action)


def test_every_command_is_known() -> None:
    assert {type(command) for command, _ in EVERY} == set(c.Command.__subclasses__())


@pytest.mark.parametrize("bad", ["a|b", "a,b", "${EVIL}", "a b", "", "a\r\nAction: X", "$[1]", "王"])
def test_what_the_dialplan_would_evaluate_is_refused(bad: str) -> None:
    for offer in (
        c.OfferCall(**{**_fields(OFFER), "agent": bad}),
        c.OfferCall(**{**_fields(OFFER), "endpoint": bad}),
        c.OfferCall(**{**_fields(OFFER), "offer": bad}),
        *([c.ReturnToHold(channel="1.1", channel_name="PJSIP/t-1", queue=bad)] if bad else []),
    ):
        with pytest.raises(ActionRefused):
            actions_for(offer)


_EVIL = ["", "a|b", "a,b", "${EVIL}", "a b", "a&b", "a\r\nAction: X", "$[1]", "王", "a)", 'a"']


@pytest.mark.parametrize("bad", _EVIL)
def test_what_a_poke_or_a_callback_may_not_carry_is_refused(bad: str) -> None:
    def back(**change: object) -> c.CallBack:
        return c.CallBack(**{**_fields(CALL_BACK), **change})

    for command in (
        *(_sent_to(to) for to in (bad, f"queue:{bad}", f"voicemail:{bad}", f"number:{bad}", f"callback{bad} ")),
        _announced(bad),
        _announced(f"position:{bad}"),
        *(back(**{field: bad}) for field in ("callback", "queue", "number", "agent", "endpoint", "first")),
        c.OfferCall(**{**_fields(OFFER), "endpoint": f"PJSIP/{bad or 'x'}@trunk"}),
    ):
        with pytest.raises(ActionRefused):
            actions_for(command, OUTSIDE)


@pytest.mark.parametrize("number", ["12", "1" * 21, "+", "0086 138", "*31#138", "sip:138", "13800138000@x"])
def test_what_cannot_be_a_customers_number_is_not_called_back(number: str) -> None:
    for first in ("agent", "customer"):
        with pytest.raises(ActionRefused):
            actions_for(c.CallBack(**{**_fields(CALL_BACK), "number": number, "first": first}), OUTSIDE)


@pytest.mark.parametrize(
    ("endpoint", "outside", "shown"),
    [
        ("PJSIP/agent1", OUTSIDE, "<+8613800138000>"),
        ("PJSIP/13700137000@carrier", OUTSIDE, "<4008123123>"),
        ("PJSIP/13700137000@carrier", Outside("carrier"), "<+8613800138000>"),
    ],
)
def test_a_mobile_is_rung_with_the_number_that_the_carrier_knows(endpoint: str, outside: Outside, shown: str) -> None:
    (action,) = actions_for(c.CallBack(**{**_fields(CALL_BACK), "endpoint": endpoint}), outside)
    assert _headers(action)["CallerID"] == shown
    check(action)


def test_without_a_trunk_nobody_is_called_back() -> None:
    with pytest.raises(ActionRefused, match="out_trunk"):
        actions_for(CALL_BACK)


@pytest.mark.parametrize("bad", ["", "1,2", "1&PJSIP/x", "s@other", "1" * 33, "tel:1", "1\r\n2"])
def test_what_nobody_dials_is_refused(bad: str) -> None:
    for command in (c.DialOut(channel="1", endpoint="PJSIP/a", number=bad),):
        with pytest.raises(ActionRefused):
            actions_for(command)


def test_a_caller_without_a_queue_goes_through_the_door_with_the_one_that_it_has() -> None:
    (door,) = actions_for(c.ReturnToHold(channel="1.1", channel_name="", queue=""))
    assert (door.name, dict(door.headers)["Channel"]) == ("Redirect", "1.1")


def test_one_channel_is_monitored_not_a_list_and_not_with_other_options() -> None:
    for target in ("PJSIP/a-1&PJSIP/b-1", "PJSIP/a-1,r(../x)"):
        with pytest.raises(ActionRefused):
            actions_for(c.Monitor(channel="1", endpoint="PJSIP/boss", target=target))


def _member(endpoint: str, agent: str, paused: bool = False, membership: str = "dynamic") -> Message:
    lines = [f"Queue: cti-fallback\r\nName: {agent}\r\nLocation: {endpoint}"]
    return Message(f"Event: QueueMember\r\n{lines[0]}\r\nMembership: {membership}\r\nPaused: {paused:d}".encode())


def _present(*items: Message) -> Response:
    return Response(True, "", Message(b"Response: Success"), items)


def test_only_the_difference_of_the_fallback_members_is_sent() -> None:
    present = _present(
        _member("PJSIP/a", "alice"),
        _member("PJSIP/b", "bob", paused=True),
        _member("PJSIP/c", "carol"),
        _member("PJSIP/d", "somebody-else"),
        _member("PJSIP/s", "site", membership="static"),
    )
    wanted = [
        ("alice", "PJSIP/a", False),
        ("bob", "PJSIP/b", False),
        ("dan", "PJSIP/d", True),
        ("eve", "PJSIP/e", False),
    ]
    changes = [
        (a.name, dict(a.headers)["Interface"], dict(a.headers).get("Paused")) for a in fallback_changes(wanted, present)
    ]
    assert changes == [
        ("QueueRemove", "PJSIP/c", None),
        ("QueueRemove", "PJSIP/d", None),
        ("QueuePause", "PJSIP/b", "false"),
        ("QueueAdd", "PJSIP/d", "true"),
        ("QueueAdd", "PJSIP/e", "false"),
    ]
    same = [("alice", "PJSIP/a", False), ("bob", "PJSIP/b", True)]
    assert fallback_changes(same, _present(_member("PJSIP/a", "alice"), _member("PJSIP/b", "bob", paused=True))) == ()


def test_an_action_with_an_unknown_name_or_header_does_not_pass() -> None:
    for action in (Action("Reload"), Action("Ping", (("Channel", "x"),))):
        with pytest.raises(ActionRefused):
            check(action)


@pytest.mark.parametrize("bad", ["", "1", "+8613800138000", "P", "BEFORE", "1 2", "12)=x", "1" * 41, "１２"])
def test_only_a_number_is_refused(bad: str) -> None:
    with pytest.raises(ActionRefused):
        actions_for(c.RefuseCallers(numbers=(bad,), mark=1))
