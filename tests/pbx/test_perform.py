"""Commands as AMI actions: what is sent, what is refused, and what is reported when the PBX does not take it."""

import asyncio

import pytest

from cti_server.core import commands as c
from cti_server.pbx.actions import Action, ActionRefused, check
from cti_server.pbx.ami import Response
from cti_server.pbx.framing import Message
from cti_server.pbx.perform import Performer, actions_for, fallback_changes
from tests.pbx.fake_ami import FakeAmi, event, listing, reply
from tests.pbx.test_ami import ready

OFFER = c.OfferCall(
    offer="1700000000.12-1.1",
    channel="1700000000.12",
    channel_name="PJSIP/trunk-00000001",
    agent="alice",
    endpoint="PJSIP/agent1",
    ring_s=20,
    expires=1700000003,
)

EVERY: list[tuple[c.Command, list[tuple[str, dict[str, str]]]]] = [
    (
        OFFER,
        [
            (
                "Setvar",
                {
                    "Channel": "PJSIP/trunk-00000001",
                    "Variable": "CTI_NEXT",
                    "Value": "alice|PJSIP/agent1|20|1700000000.12-1.1|1|1700000003",
                },
            ),
            ("PlayDTMF", {"Channel": "PJSIP/trunk-00000001", "Digit": "D", "Receive": "true"}),
        ],
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
        c.DialOut(channel="cti-1.1", endpoint="PJSIP/agent1", number="13800138000", caller_id='"王" <4001>'),
        [
            (
                "Originate",
                {
                    "Channel": "PJSIP/agent1",
                    "Context": "cti-agent",
                    "Exten": "13800138000",
                    "Priority": "1",
                    "Timeout": "30000",
                    "Async": "true",
                    "ChannelId": "cti-1.1",
                    "CallerID": '"王" <4001>',
                },
            )
        ],
    ),
    (
        c.BlindTransfer(channel_name="PJSIP/agent1-00000001", exten="1002"),
        [("BlindTransfer", {"Channel": "PJSIP/agent1-00000001", "Context": "cti-agent", "Exten": "1002"})],
    ),
    (
        c.AttendedTransfer(channel_name="PJSIP/agent1-00000001", exten="1002"),
        [("Atxfer", {"Channel": "PJSIP/agent1-00000001", "Context": "cti-agent", "Exten": "1002#"})],
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


@pytest.mark.parametrize(
    ("command", "actions"), EVERY, ids=lambda x: type(x).__name__ if isinstance(x, c.Command) else ""
)
def test_what_is_sent(command: c.Command, actions: list[tuple[str, dict[str, str]]]) -> None:
    sent = actions_for(command)
    assert [(a.name, dict(a.headers)) for a in sent] == actions
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


@pytest.mark.parametrize("bad", ["", "1,2", "1&PJSIP/x", "s@other", "1" * 33, "tel:1", "1\r\n2"])
def test_what_nobody_dials_is_refused(bad: str) -> None:
    for command in (
        c.DialOut(channel="1", endpoint="PJSIP/a", number=bad),
        c.BlindTransfer(channel_name="PJSIP/a-1", exten=bad),
        c.AttendedTransfer(channel_name="PJSIP/a-1", exten=bad),
    ):
        with pytest.raises(ActionRefused):
            actions_for(command)


def test_a_caller_without_a_queue_goes_through_the_door_with_the_one_that_it_has() -> None:
    (door,) = actions_for(c.ReturnToHold(channel="1.1", channel_name="", queue=""))
    assert (door.name, dict(door.headers)["Channel"]) == ("Redirect", "1.1")


def test_one_channel_is_monitored_not_a_list_and_not_with_other_options() -> None:
    for target in ("PJSIP/a-1&PJSIP/b-1", "PJSIP/a-1,r(../x)"):
        with pytest.raises(ActionRefused):
            actions_for(c.Monitor(channel="1", endpoint="PJSIP/boss", target=target))


def _fields(command: c.Command) -> dict[str, object]:
    return {f: getattr(command, f) for f in command.__struct_fields__}


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


async def test_what_the_pbx_did_not_take_is_reported_and_never_raised() -> None:
    failed: list[tuple[c.Command, str]] = []
    async with FakeAmi() as ami, ready(ami, action_timeout_s=0.1) as rig:
        performer = Performer(rig.link, lambda command, reason: failed.append((command, reason)))
        assert await performer.perform(OFFER) == ""
        assert [a.get("Action") for a in ami.actions if a.get("Channel")] == ["Setvar", "PlayDTMF"]

        ami.answers["Setvar"] = lambda a: reply(a, "Message: No such channel", response="Error")
        assert await performer.perform(OFFER) == "Setvar: No such channel"
        ami.answers["PlayDTMF"] = lambda a: None
        assert "no answer" in await performer.perform(c.SwitchMonitor(channel_name="PJSIP/b-1", mode="barge"))
        assert "no way" in await performer.perform(c.SwitchMonitor(channel_name="PJSIP/b-1", mode="shout"))
        await ami.stop()
        while rig.link.connected:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        assert "no connection" in await performer.perform(OFFER)
        assert [type(command).__name__ for command, _ in failed] == [
            "OfferCall",
            "SwitchMonitor",
            "SwitchMonitor",
            "OfferCall",
        ]
        assert performer.counts["failed OfferCall"] == 2


async def test_the_fallback_queue_is_asked_first_and_two_changes_do_not_cross() -> None:
    members: dict[str, str] = {}

    def add(action: Message) -> bytes:
        members[action.get("Interface")] = action.get("MemberName")
        return reply(action)

    def remove(action: Message) -> bytes:
        del members[action.get("Interface")]
        return reply(action)

    async with FakeAmi() as ami, ready(ami) as rig:
        ami.answers["QueueAdd"] = add
        ami.answers["QueueRemove"] = remove
        ami.answers["QueueStatus"] = lambda a: listing(
            a,
            "QueueStatus",
            *(
                event("QueueMember", "Queue: cti-fallback", f"Name: {n}", f"Location: {i}", "Paused: 0")
                for i, n in members.items()
            ),
        )
        performer = Performer(rig.link)
        first = c.SetFallbackMembers(members=(("alice", "PJSIP/a", False), ("bob", "PJSIP/b", False)))
        second = c.SetFallbackMembers(members=(("bob", "PJSIP/b", False), ("carol", "PJSIP/c", False)))
        assert await asyncio.gather(performer.perform(first), performer.perform(second)) == ["", ""]
        assert members == {"PJSIP/b": "bob", "PJSIP/c": "carol"}


async def test_resync_is_the_links_affair() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        assert await Performer(rig.link).perform(c.Resync()) == ""
        while len(ami.named("CoreShowChannels")) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def test_an_action_with_an_unknown_name_or_header_does_not_pass() -> None:
    for action in (Action("Reload"), Action("Ping", (("Channel", "x"),))):
        with pytest.raises(ActionRefused):
            check(action)
