"""The live channel: bounded for each browser, and nobody waits for the slow."""

import asyncio
import json

import aiohttp
import pytest

from cti_server.core import events as ev
from cti_server.web import live
from cti_server.web.live import Hub
from tests.journal.floor import opening
from tests.web.kit import Site


def test_a_full_queue_is_given_up_and_replaced_by_a_fresh_snapshot() -> None:
    truth = [0]
    hub = Hub()
    slow = hub.subscribe("floor", lambda: b"snapshot %d" % truth[0])
    quick = hub.subscribe("floor", lambda: b"snapshot %d" % truth[0])
    assert slow.take() == quick.take() == [b"snapshot 0"]
    for number in range(1, live.QUEUE_MESSAGES + 10):
        truth[0] = number
        hub.publish("floor", b"patch %d" % number)
        assert quick.take() == [b"patch %d" % number]
    truth[0] = 999
    assert slow.take() == [live.RESYNC, b"snapshot 999"]
    hub.publish("floor", b"patch 1000")
    assert slow.take() == quick.take() == [b"patch 1000"]
    assert (slow.lost, quick.lost) == (1, 0)


def test_the_bound_is_also_in_bytes() -> None:
    hub = Hub()
    slow = hub.subscribe("floor", lambda: b"snapshot")
    slow.take()
    big = b"x" * (live.QUEUE_BYTES // 3)
    for _ in range(4):
        hub.publish("floor", big)
    assert slow.take() == [live.RESYNC, b"snapshot"]


def test_rooms_are_apart_and_go_with_the_last_listener() -> None:
    hub = Hub()
    anna, bob = hub.subscribe("desk:anna", lambda: b"a"), hub.subscribe("desk:bob", lambda: b"b")
    hub.publish("desk:anna", b"for anna")
    assert anna.take() == [b"a", b"for anna"]
    assert bob.take() == [b"b"]
    hub.unsubscribe("desk:anna", anna)
    assert set(hub.rooms()) == {"desk:bob"}
    hub.publish("desk:anna", b"nobody is there")


async def test_snapshot_then_patches_over_a_real_socket(site: Site) -> None:
    await site.add_people()
    site.do(*opening())
    async with site.visitor("supervisor") as visitor, visitor.session.ws_connect("/live/socket") as socket:
        first = await socket.receive_json()
        assert first["type"] == "snapshot"
        assert first["floor"]["agents"]["a1"]["status"] == "available"
        site.do(ev.AgentPaused(at=1_700_000_001.0, agent="a1", code="lunch"))
        second = await socket.receive_json()
        assert second["type"] == "patch"
        assert second["patch"]["agents"]["a1"]["status"] == "paused"
        assert set(second["patch"]["agents"]) == {"a1"}


async def test_a_browser_that_does_not_read_holds_up_nobody(site: Site) -> None:
    """One client's receive buffer is shut; the other gets every patch, and the first a resync once it reads again."""
    await site.add_people()
    site.do(*opening())
    async with site.visitor("supervisor") as visitor:
        deaf = await visitor.session.ws_connect("/live/socket", autoping=False)
        assert (await deaf.receive_json())["type"] == "snapshot"
        transport = deaf.get_extra_info("socket") and deaf._response.connection.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.pause_reading()
        async with visitor.session.ws_connect("/live/socket") as listener:
            await listener.receive_json()
            name = "N" * 60_000
            last = ""
            for number in range(400):
                last = f"c{number}"
                site.do(
                    ev.ChannelCreated(
                        at=1_700_000_001.0 + number,
                        channel=last,
                        linked=last,
                        name=f"PJSIP/trunk-{number}",
                        caller_name=name,
                        incoming=True,
                    ),
                    ev.ChannelEnded(at=1_700_000_001.5 + number, channel=last),
                )
                while True:
                    message = await listener.receive_json()
                    if message["patch"]["calls"] == {last: None}:
                        break
        transport.resume_reading()
        kinds = []
        while "resync" not in kinds:
            kinds.append((await deaf.receive_json())["type"])
        assert (await deaf.receive_json())["type"] == "snapshot"
        await deaf.close()


async def test_logging_out_ends_the_live_page(site: Site) -> None:
    await site.add_people()
    site.do(*opening())
    async with site.visitor("supervisor") as visitor, visitor.session.ws_connect("/live/socket") as socket:
        await socket.receive_json()
        csrf = await visitor.form_token("/live")
        assert await visitor.post("/logout", {"csrf": csrf}) == (303, "/login")
        message = await socket.receive()
        assert (message.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, live.SIGNED_OUT)


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_another_sites_page_cannot_listen(site: Site, headers: dict[str, str]) -> None:
    await site.add_people()
    async with site.visitor("supervisor") as visitor:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await visitor.session.ws_connect("/live/socket", headers=headers)
        assert refused.value.status == 403


@pytest.mark.slow
async def test_a_strange_name_does_not_stop_the_floor(site: Site) -> None:
    """Half a surrogate pair is no Unicode text; the page still gets the call."""
    await site.add_people()
    site.do(*opening())
    async with site.visitor("supervisor") as visitor, visitor.session.ws_connect("/live/socket") as socket:
        await socket.receive_json()
        site.do(
            ev.ChannelCreated(
                at=1_700_000_002.0,
                channel="1",
                linked="1",
                name="PJSIP/trunk-1",
                caller_name="odd \ud800 name",
                incoming=True,
            )
        )
        message = json.loads(await asyncio.wait_for(socket.receive_str(), 10))
        assert message["patch"]["calls"]["1"]["name"] == "odd ? name"
