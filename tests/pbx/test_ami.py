"""The link against a scripted AMI peer: what no healthy Asterisk does, and what must not come of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import structlog

from cti_server.core.events import Event, PbxConnected, PbxDisconnected, PbxResynced
from cti_server.pbx.actions import Action, ActionRefused
from cti_server.pbx.ami import ActionTimedOut, AmiLink, LinkLost, NotConnected, Timing
from cti_server.pbx.framing import Message
from cti_server.settings import Pbx
from cti_server.tasks import Tasks
from tests.pbx.fake_ami import FakeAmi, event, listing, reply

FAST = Timing(connect_s=2.0, boot_s=0.2, ping_every_s=0.05, ping_s=0.2, retry_s=0.02, retry_most_s=0.05, refused_s=60.0)


QUIET = Timing()
"""Pings far apart: the scripted peer would answer one in the middle of a message that a test cuts."""


class Rig:
    """A link, and all that came out of it in the order in which it came."""

    def __init__(self, link: AmiLink, out: list[Event | Message]) -> None:
        self.link = link
        self.out = out

    def events(self, kind: type[Event]) -> list[Event]:
        return [e for e in self.out if isinstance(e, kind)]

    def messages(self) -> list[Message]:
        return [m for m in self.out if isinstance(m, Message) and m.event != "FullyBooted"]


async def until(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0.005)


@asynccontextmanager
async def linked(
    ami: FakeAmi,
    timing: Timing = FAST,
    secret: str = "right",
    action_timeout_s: float = 2.0,
    raises: Callable[[Message], None] | None = None,
    system_name: str = "",
) -> AsyncIterator[Rig]:
    out: list[Event | Message] = []

    def take(message: Message) -> None:
        out.append(message)
        if raises:
            raises(message)

    settings = Pbx(port=ami.port, secret=secret, action_timeout_s=action_timeout_s)  # type: ignore[arg-type]
    link = AmiLink(settings, on_message=take, publish=out.append, timing=timing, system_name=system_name)
    tasks = Tasks()
    tasks.start(link.run(), "ami")
    try:
        yield Rig(link, out)
    finally:
        await tasks.close()


@asynccontextmanager
async def ready(ami: FakeAmi, **kwargs: object) -> AsyncIterator[Rig]:
    async with linked(ami, **kwargs) as rig:  # type: ignore[arg-type]
        await until(lambda: rig.events(PbxResynced))
        yield rig


async def test_it_says_connected_then_what_is_live_then_what_came_meanwhile() -> None:
    async with FakeAmi() as ami:
        ami.answers["CoreShowChannels"] = lambda a: (
            event("Newchannel", "Uniqueid: 2.1")
            + listing(
                a,
                "CoreShowChannels",
                event(
                    "CoreShowChannel",
                    "Channel: PJSIP/trunk-00000001",
                    "Uniqueid: 1.1",
                    "Linkedid: 1.1",
                    "ChannelState: 6",
                    "CallerIDName: 王小明",
                    "BridgeId: b1",
                    "Duration: 01:02:03",
                ),
            )
            + event("Hangup", "Uniqueid: 1.1")
        )
        ami.answers["BridgeList"] = lambda a: listing(
            a, "BridgeList", event("BridgeListItem", "BridgeUniqueid: b1", "BridgeType: basic")
        )
        ami.answers["DeviceStateList"] = lambda a: listing(
            a,
            "DeviceStateList",
            event("DeviceStateChange", "Device: PJSIP/agent1", "State: NOT_INUSE"),
            event("DeviceStateChange", "Device: Queue:q_avail", "State: INUSE"),
        )
        async with ready(ami) as rig:
            await until(lambda: len(rig.messages()) == 2)
            kinds = [e.event if isinstance(e, Message) else type(e).__name__ for e in rig.out]
            assert kinds == ["PbxConnected", "PbxResynced", "FullyBooted", "Newchannel", "Hangup"]
            (connected,) = rig.events(PbxConnected)
            assert isinstance(connected, PbxConnected) and connected.version == "22.10.1"
            (live,) = rig.events(PbxResynced)
            assert isinstance(live, PbxResynced)
            (channel,) = live.channels
            assert (channel.channel, channel.up, channel.caller_name) == ("1.1", True, "王小明")
            assert (channel.bridge, channel.duration_s) == ("b1", 3723.0)
            assert live.devices == {"PJSIP/agent1": "NOT_INUSE"}
            assert live.bridges == {"b1": "basic"}


async def test_a_name_split_at_every_byte_arrives_whole_and_in_order() -> None:
    data = event("NewCallerid", "Uniqueid: 1.1", "CallerIDName: 王小明 ☎ 客服") + event("Hangup", "Uniqueid: 1.1")
    async with FakeAmi() as ami, ready(ami, timing=QUIET) as rig:
        for n in range(1, len(data)):
            ami.send(data[:n])
            await asyncio.sleep(0.001)
            ami.send(data[n:])
        await until(lambda: len(rig.messages()) == 2 * (len(data) - 1))
        names = {m.get("CallerIDName") for m in rig.messages()[::2]}
        assert names == {"王小明 ☎ 客服"}
        assert {m.event for m in rig.messages()[1::2]} == {"Hangup"}


async def test_bytes_one_at_a_time() -> None:
    async with FakeAmi() as ami, ready(ami, timing=QUIET) as rig:
        for byte in b"\r\n" + event("Hold", "Channel: PJSIP/王-1"):
            ami.send(bytes([byte]))
            await ami.drain()
            await asyncio.sleep(0)
        await until(rig.messages)
        assert rig.messages()[0].get("Channel") == "PJSIP/王-1"


@pytest.mark.parametrize(
    "bad", ["\r\nAction: Originate", "a\nb", "a\rb", "a\0b", "a\x1bb", "\udcff", "x" * 901, "王" * 400]
)
async def test_a_value_that_could_smuggle_an_action_is_never_sent(bad: str) -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        with pytest.raises(ActionRefused):
            await rig.link.send(Action("Setvar", (("Variable", "CTI_X"), ("Value", bad))))
        assert not ami.named("Setvar")
        assert rig.link.counts["action refused"] == 1


@pytest.mark.parametrize(
    "action",
    [
        Action("Command", (("Command", "core stop now"),)),
        Action("Originate", (("Channel", "PJSIP/1"), ("Application", "System"), ("Data", "id"))),
        Action("Originate", (("Channel", "PJSIP/1"), ("Variable", "CTI_X=1,SHELL(id)=2"))),
        Action("Setvar", (("Variable", "SHELL(id)"), ("Value", "1"))),
        Action("Hangup", (("Channel", "/.*/"),)),
        Action("Redirect", (("Channel", "PJSIP/1-1"), ("Context", "a,b"), ("Exten", "s"), ("Priority", "1"))),
        Action("Ping", (("Evil\r\nAction: X", "1"),)),
        Action("Setvar", (("Variable", "CTI_X"), ("Value", "1"), ("Value", "2"))),
    ],
)
async def test_what_is_not_on_the_list_is_refused(action: Action) -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        before = len(ami.actions)
        with pytest.raises(ActionRefused):
            await rig.link.send(action)
        assert all(a.get("Action") == "Ping" for a in ami.actions[before:])


async def test_every_action_has_a_timeout_and_a_late_answer_harms_nobody() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        late: list[bytes] = []
        ami.answers["Setvar"] = lambda a: late.append(reply(a))  # type: ignore[func-returns-value]
        with pytest.raises(ActionTimedOut):
            await rig.link.send(Action("Setvar", (("Variable", "CTI_X"), ("Value", "1"))), timeout_s=0.05)
        ami.send(late[0])
        await until(lambda: rig.link.counts["answer to nobody"])
        assert (await rig.link.send(Action("Ping"))).ok


async def test_pending_actions_fail_when_the_link_drops_and_are_never_sent_again() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        ami.answers["Originate"] = lambda a: None
        ami.answers["QueueStatus"] = lambda a: (
            reply(a, "EventList: start") + event("QueueMember", f"ActionID: {a.get('ActionID')}")
        )
        dial = Action("Originate", (("Channel", "PJSIP/agent1"), ("Exten", "100"), ("Async", "true")))
        asked = [asyncio.ensure_future(rig.link.send(a)) for a in (dial, Action("QueueStatus"))]
        await until(lambda: ami.named("Originate") and ami.named("QueueStatus"))
        ami.drop()
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(r) for r in results] == [LinkLost, LinkLost]
        await until(lambda: len(rig.events(PbxResynced)) == 2)
        await until(lambda: len(ami.named("Ping")) > 2)
        assert len(ami.named("Originate")) == 1
        assert [type(e) for e in rig.out if not isinstance(e, Message)] == [
            PbxConnected,
            PbxResynced,
            PbxDisconnected,
            PbxConnected,
            PbxResynced,
        ]


async def test_what_is_posted_together_leaves_in_one_write_and_what_is_refused_keeps_nothing_back() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        dial = Action("Setvar", (("Channel", "PJSIP/t-1"), ("Variable", "CTI_NEXT"), ("Value", "x")))
        with rig.link.together():
            answers = [rig.link.post(dial), rig.link.post(Action("Ping", ()))]
            await asyncio.sleep(0.05)
            assert not ami.named("Setvar")
        assert [(await answer).ok for answer in answers] == [True, True]
        with pytest.raises(ActionRefused), rig.link.together():
            kept = rig.link.post(dial)
            rig.link.post(Action("Command"))
        assert (await kept).ok


async def test_without_a_connection_an_action_fails_at_once_and_is_not_kept() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        await ami.stop()
        await until(lambda: not rig.link.connected)
        with pytest.raises(NotConnected):
            await rig.link.send(Action("Hangup", (("Channel", "PJSIP/agent1-1"),)))
        await ami.listen()
        await until(lambda: len(rig.events(PbxResynced)) == 2)
        assert not ami.named("Hangup")


async def test_a_peer_that_no_longer_answers_pings_is_dropped_and_found_again() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        ami.answers["Ping"] = lambda a: None
        await until(lambda: rig.events(PbxDisconnected))
        (gone,) = rig.events(PbxDisconnected)
        assert isinstance(gone, PbxDisconnected) and "does not answer a ping" in gone.reason
        del ami.answers["Ping"]
        await until(lambda: len(rig.events(PbxResynced)) >= 2)


async def test_a_peer_that_accepts_and_says_nothing_is_given_up() -> None:
    held: list[asyncio.StreamWriter] = []

    async def mute(writer: asyncio.StreamWriter) -> bool:
        held.append(writer)
        await asyncio.sleep(60)
        return False

    async with FakeAmi() as ami:
        ami.on_connect = mute
        timing = Timing(connect_s=0.05, retry_s=0.01, retry_most_s=0.02)
        async with linked(ami, timing) as rig:
            await until(lambda: ami.connections >= 3)
            assert len(rig.events(PbxDisconnected)) == 1, "the same reason is said once"
            assert not rig.link.connected


async def _closes(writer: asyncio.StreamWriter) -> bool:
    return False


async def _nonsense(writer: asyncio.StreamWriter) -> bool:
    writer.write(bytes(range(256)) * 8)
    await writer.drain()
    await asyncio.sleep(0.05)
    return False


async def _half_a_greeting(writer: asyncio.StreamWriter) -> bool:
    writer.write(b"Asterisk Call Man")
    await writer.drain()
    return False


async def _http(writer: asyncio.StreamWriter) -> bool:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(0.05)
    return False


@pytest.mark.parametrize("odd", [_closes, _nonsense, _half_a_greeting, _http])
async def test_an_odd_peer_is_left_and_tried_again(odd: Callable[[asyncio.StreamWriter], Awaitable[bool]]) -> None:
    async with FakeAmi() as ami:
        ami.on_connect = odd
        async with linked(ami) as rig:
            await until(lambda: ami.connections >= 3)
            assert not rig.events(PbxConnected)
            ami.on_connect = None
            await until(lambda: rig.events(PbxResynced))


async def test_a_wrong_password_is_said_once_and_not_hammered() -> None:
    async with FakeAmi() as ami:
        with structlog.testing.capture_logs() as lines:
            async with linked(ami, secret="very-wrong-secret") as rig:
                await until(lambda: rig.events(PbxDisconnected))
                await asyncio.sleep(0.3)
        assert ami.connections == 1
        (said,) = rig.events(PbxDisconnected)
        assert isinstance(said, PbxDisconnected)
        assert "Authentication failed" in said.reason and "pbx.secret" in said.reason
        assert len([line for line in lines if line["log_level"] == "error"]) == 1
        assert "very-wrong-secret" not in repr(lines) + repr(ami.actions) + said.reason


async def test_missing_rights_are_named() -> None:
    async with FakeAmi() as ami:
        ami.answers["CoreShowChannels"] = lambda a: reply(a, "Message: Permission denied", response="Error")
        async with linked(ami) as rig:
            await until(lambda: rig.events(PbxDisconnected))
            (said,) = rig.events(PbxDisconnected)
            assert isinstance(said, PbxDisconnected) and "reporting" in said.reason
            await asyncio.sleep(0.1)
            assert ami.connections == 1


async def test_a_user_without_the_system_class_never_sees_fully_booted_and_works_all_the_same() -> None:
    async with FakeAmi() as ami:
        ami.boots = False
        async with ready(ami) as rig:
            ami.send(event("FullyBooted"))
            ami.send(event("FullyBooted"))
            await until(lambda: len(rig.events(PbxResynced)) == 2)


async def test_a_key_twice_invalid_utf8_and_an_extra_crlf() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        ami.send(b"Event: Odd\r\nVariable: a=1\r\nVariable: b=2\r\nName: \xff\xfe\xe7\x8e\r\nno colon\r\n\r\n\r\n")
        ami.send(event("TestEvent", "State: X") + b"\r\n" + event("Hangup", "Uniqueid: 1.1"))
        await until(lambda: len(rig.messages()) == 2)
        odd, hangup = rig.messages()
        assert odd.all("variable") == ["a=1", "b=2"]
        assert "\ufffd" in odd.get("Name")
        assert hangup.event == "Hangup"
        assert rig.link.counts["unwanted"] == 1


async def test_sixteen_megabytes_in_one_message() -> None:
    size = 16 * 1024 * 1024
    async with FakeAmi() as ami, ready(ami, timing=QUIET) as rig:
        ami.send(b"Event: Huge\r\nData: " + b"x" * size + b"\r\n\r\n" + event("Hangup"))
        await until(lambda: len(rig.messages()) == 2)
        assert len(rig.messages()[0].get("Data")) == size
        ami.send(b"Event: VarSet\r\n" + b"A: b\r\n" * (size // 6) + b"\r\n" + event("Hold"))
        await until(lambda: len(rig.messages()) == 3)
        assert rig.link.counts["unwanted"] == 1


async def test_a_message_cut_off_by_the_disconnect_is_dropped_and_counted() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        ami.send(event("Hold") + b"Event: Hangup\r\nUniqueid: 1.")
        await until(rig.messages)
        ami.drop()
        await until(lambda: len(rig.events(PbxResynced)) == 2)
        assert [m.event for m in rig.messages()] == ["Hold"]
        assert rig.link.counts["truncated"] == 1


async def test_a_handler_that_raises_is_counted_and_the_link_lives() -> None:
    def fussy(message: Message) -> None:
        if message.event == "Bad":
            raise RuntimeError("no")

    async with FakeAmi() as ami, ready(ami, raises=fussy) as rig:
        ami.send(event("Bad") + event("Good"))
        await until(lambda: len(rig.messages()) == 2)
        assert rig.link.counts["handler errors"] == 1
        assert (await rig.link.send(Action("Ping"))).ok
        assert ami.connections == 1


async def test_an_originate_response_is_an_event_although_it_carries_our_id() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        ami.answers["QueueStatus"] = lambda a: (
            reply(a, "EventList: start")
            + event("OriginateResponse", f"ActionID: {a.get('ActionID')}", "Response: Failure")
            + event("QueueMember", "Location: PJSIP/agent1", f"ActionID: {a.get('ActionID')}")
            + event("QueueMember", "Location: PJSIP/other")
            + event("QueueStatusComplete", f"ActionID: {a.get('ActionID')}")
        )
        answer = await rig.link.send(Action("QueueStatus"))
        assert [i.get("Location") for i in answer.items] == ["PJSIP/agent1"]
        assert [m.event for m in rig.messages()] == ["OriginateResponse", "QueueMember"]


async def test_a_list_that_never_ends_times_out_and_the_next_one_is_not_mixed_up() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        ami.answers["QueueStatus"] = lambda a: reply(a, "EventList: start")
        with pytest.raises(ActionTimedOut):
            await rig.link.send(Action("QueueStatus"), timeout_s=0.05)
        del ami.answers["QueueStatus"]
        assert (await rig.link.send(Action("QueueStatus"))).items == ()


async def test_an_error_of_the_pbx_is_an_answer() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        ami.answers["Hangup"] = lambda a: reply(a, "Message: No such channel", response="Error")
        answer = await rig.link.send(Action("Hangup", (("Channel", "PJSIP/agent1-1"), ("Cause", "16"))))
        assert (answer.ok, answer.text) == (False, "No such channel")


async def test_resync_on_demand() -> None:
    async with FakeAmi() as ami, ready(ami) as rig:
        rig.link.resync()
        await until(lambda: len(rig.events(PbxResynced)) == 2)


async def test_a_branch_that_calls_itself_otherwise_is_refused() -> None:
    """Its calls would have the ids of another Asterisk's."""
    async with FakeAmi() as ami:
        async with linked(ami, system_name="east") as rig:
            await until(lambda: rig.events(PbxDisconnected))
        assert "set systemname = east" in rig.events(PbxDisconnected)[0].reason
        assert rig.events(PbxConnected) == []
        ami.answers["CoreSettings"] = lambda action: reply(action, "AsteriskVersion: 22.10.1", "SystemName: east")
        async with linked(ami, system_name="east") as rig:
            await until(lambda: rig.events(PbxConnected))
