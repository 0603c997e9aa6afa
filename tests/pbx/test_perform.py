"""Commands carried out over a link: what is reported when the PBX does not take one."""

import asyncio

from cti_server.core import commands as c
from cti_server.pbx.framing import Message
from cti_server.pbx.perform import Performer
from tests.pbx.fake_ami import FakeAmi, event, listing, reply
from tests.pbx.test_ami import ready
from tests.pbx.test_orders import OFFER


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
