"""What the feed sends, and that a new configuration or a resync reaches the browsers whole."""

from typing import Any

import msgspec

from cti_server.core import events as ev
from cti_server.floor.feed import ROOM, FloorFeed
from cti_server.floor.view import floor
from cti_server.web.live import Hub
from tests.journal.floor import T0, Caller, Floor, opening


def watched() -> tuple[Floor, Hub, FloorFeed]:
    hub = Hub()
    site = Floor()
    site.do(*opening())
    feed = FloorFeed(hub, lambda: site.state)
    site.put = lambda step: feed.step(step.events, step.touched)
    return site, hub, feed


def sent(messages: list[bytes]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(message) for message in messages]


def test_a_new_configuration_takes_away_what_is_gone() -> None:
    site, hub, feed = watched()
    browser = hub.subscribe(ROOM, feed.snapshot)
    browser.take()
    only = ev.AgentConfig(id="a1", name="Anna", endpoint="PJSIP/a1", queues=("sales",))
    sales = ev.QueueConfig(id="sales", name="Verkauf")
    for agent in ("a2", "a3"):
        site.do(ev.AgentLoggedOut(at=T0 + 1, agent=agent))
    browser.take()
    site.do(ev.SiteConfigured(at=T0 + 2, queues=(sales,), agents=(only,), default_queue="sales"))
    (message,) = sent(browser.take())
    assert message["patch"]["agents"]["a2"] is message["patch"]["queues"]["support"] is None
    assert message["patch"]["agents"]["a1"]["name"] == "Anna"
    assert message["patch"]["queues"]["sales"]["name"] == "Verkauf"


def test_a_resync_takes_away_calls_that_ended_unseen() -> None:
    site, hub, feed = watched()
    caller = Caller(site)
    caller.arrive(T0 + 1)
    browser = hub.subscribe(ROOM, feed.snapshot)
    assert caller.id in sent(browser.take())[0]["floor"]["calls"]
    devices = {agent.config.endpoint: "NOT_INUSE" for agent in site.state.agents.values()}
    site.do(ev.PbxResynced(at=T0 + 60, channels=(), devices=devices))
    assert sent(browser.take())[-1]["patch"]["calls"][caller.id] is None


def test_who_comes_later_gets_the_same_as_who_was_there() -> None:
    site, hub, feed = watched()
    Caller(site).arrive(T0 + 1)
    late = sent(hub.subscribe(ROOM, feed.snapshot).take())[0]["floor"]
    fresh = msgspec.json.decode(msgspec.json.encode(floor(site.state)))
    assert late == fresh


def test_a_link_that_is_lost_is_told_at_once() -> None:
    site, hub, feed = watched()
    browser = hub.subscribe(ROOM, feed.snapshot)
    browser.take()
    site.do(ev.PbxDisconnected(at=T0 + 1, reason="gone"))
    assert [message["patch"]["pbx"] for message in sent(browser.take())] == [False]
