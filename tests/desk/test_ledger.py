"""Was each pop shown? What is noted, what is sent again, and the page of it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.core import events as ev
from cti_server.desk.ledger import LEDGER, Ledger
from cti_server.desk.pop import desk
from cti_server.desk.tables import pop_delivery
from tests.desk.test_feed import next_of
from tests.desk.test_pop import rings
from tests.journal.conftest import engine, postgres, url
from tests.journal.floor import T0, Caller, Floor, opening
from tests.web.kit import Site, running_site
from tests.wrapup.kit import Json, caller_of, only

__all__ = ["engine", "postgres", "url"]


@pytest.fixture
async def site(tmp_path: Path, url: str) -> AsyncIterator[Site]:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 7200))
        only(site, "a1")
        yield site


def ringing(site: Site) -> tuple[Caller, str]:
    caller = caller_of(site)
    caller.arrive(clock.now() - 9)
    caller.queue(clock.now() - 8)
    site.do(*rings(caller, clock.now()))
    return caller, f"{caller.id}9"


async def rows(engine: AsyncEngine) -> dict[str, dict[str, Any]]:
    async with engine.connect() as db:
        return {row["leg"]: dict(row) for row in (await db.execute(select(pop_delivery))).mappings()}


async def test_a_pop_is_made_sent_rendered_and_acknowledged(site: Site) -> None:
    async with site.visitor("agent") as visitor, visitor.session.ws_connect("/desk/socket") as socket:
        anna = Json(visitor)
        _, leg = ringing(site)
        assert (await next_of(socket, "pop"))["pop"]["leg"] == leg
        assert (await anna.send("POST", "/desk/popped", {"leg": leg, "what": "rendered"}))[0] == 200
        assert (await anna.send("POST", "/desk/popped", {"leg": leg, "what": "acknowledged"}))[0] == 200
        assert (await anna.send("POST", "/desk/popped", {"leg": "1.1", "what": "rendered"}))[0] == 404
        assert (await anna.send("POST", "/desk/popped", {"leg": leg, "what": "eaten"}))[0] == 400
        await site.app[LEDGER].flush()
        row = (await rows(site.engine))[leg]
        assert row["made"] <= row["sent"] <= row["rendered"] <= row["acknowledged"]
        assert (row["tries"], row["ended"], row["agent"], len(row["session"])) == (1, None, "a1", 12)


async def test_what_was_not_shown_is_sent_again_also_in_the_middle_of_the_call(site: Site) -> None:
    caller, leg = ringing(site)
    async with site.visitor("agent") as visitor:
        async with visitor.session.ws_connect("/desk/socket") as socket:
            assert [card["leg"] for card in (await socket.receive_json())["pop"]] == [leg]
        site.do(
            ev.ChannelAnswered(at=clock.now(), channel=leg),
            ev.BridgeEntered(at=clock.now(), bridge="b", channel=leg, linked=caller.id, bridge_type="basic"),
            ev.BridgeEntered(at=clock.now(), bridge="b", channel=caller.id, linked=caller.id, bridge_type="basic"),
        )
        async with visitor.session.ws_connect("/desk/socket") as socket:
            (card,) = (await socket.receive_json())["pop"]
            assert (card["leg"], card["phase"]) == (leg, "talking")
        await Json(visitor).send("POST", "/desk/popped", {"leg": leg, "what": "rendered"})
        async with visitor.session.ws_connect("/desk/socket") as socket:
            assert (await socket.receive_json())["pop"] == []
    site.do(ev.ChannelEnded(at=clock.now(), channel=leg), ev.ChannelEnded(at=clock.now(), channel=caller.id))
    await site.app[LEDGER].flush()
    row = (await rows(site.engine))[leg]
    assert row["tries"] == 2 and row["ended"] > row["rendered"]


async def test_nobody_reports_for_somebody_else(site: Site) -> None:
    _, leg = ringing(site)
    async with site.visitor("supervisor") as mei:
        assert (await Json(mei).send("POST", "/desk/popped", {"leg": leg, "what": "rendered"}))[0] == 404
    ledger = site.app[LEDGER]
    assert not await ledger.told("a2", leg, "rendered", "s")
    await ledger.flush()
    assert (await rows(site.engine))[leg]["rendered"] is None


async def test_the_page_and_the_api_show_what_was_not_shown(site: Site) -> None:
    caller, shown = ringing(site)
    async with site.visitor("agent") as anna:
        await Json(anna).send("POST", "/desk/popped", {"leg": shown, "what": "rendered"})
    for channel in (shown, caller.id):
        site.do(ev.ChannelEnded(at=clock.now(), channel=channel))
    site.do(ev.Tick(at=clock.now()), ev.AgentUnstuck(at=clock.now(), agent="a1", by="wu"))
    other, unseen = ringing(site)
    for channel in (unseen, other.id):
        site.do(ev.ChannelEnded(at=clock.now(), channel=channel))
    await site.app[LEDGER].flush()
    async with site.visitor("supervisor") as mei, site.visitor("supervisor", language="zh") as chinese:
        status, page = await mei.get("/desk/deliveries")
        assert status == 200 and f'data-leg="{shown}" data-shown="yes"' in page
        assert f'data-leg="{unseen}" data-shown="no"' in page
        _, page = await mei.get("/desk/deliveries?shown=no&agent=a1&sort=made")
        assert shown not in page and unseen in page
        _, page = await mei.get("/desk/deliveries?day=2001-01-01")
        assert "No phone rang" in page
        assert "弹屏记录" in (await chinese.get("/desk/deliveries?day=all"))[1]
        _, said = await Json(mei).get("/api/v1/pop-deliveries?day=all")
        assert [item["leg"] for item in said["items"]] == [unseen, shown]
        assert (said["sums"]["made"], said["sums"]["shown"]) == (2, 1)
        assert said["sums"]["p50"] == said["sums"]["p95"] >= 0
        _, said = await Json(mei).get("/api/v1/pop-deliveries?limit=1")
        _, more = await Json(mei).get(f"/api/v1/pop-deliveries?limit=1&after={said['next']}")
        assert (more["items"][0]["leg"], more["next"]) == (shown, "")
        assert (await mei.get("/desk/deliveries?day=9999-99-99"))[0] == 200
        assert (await mei.get("/desk/deliveries?day=yesterday"))[0] == 400


def pressed_on(floor: Floor, caller: Caller) -> tuple[Any, Any]:
    owner = floor.state.agents[caller.offer().agent]
    before = desk(floor.state, owner)
    floor.do(*rings(caller, T0 + 6))
    return before, desk(floor.state, owner)


async def test_two_nodes_write_one_row_and_a_new_run_knows_what_was_not_shown(engine: AsyncEngine) -> None:
    floor = Floor()
    floor.do(*opening())
    caller = Caller(floor)
    caller.arrive(T0 + 1)
    caller.queue(T0 + 5)
    before, after = pressed_on(floor, caller)
    leg, one, two = f"{caller.id}9", Ledger(engine), Ledger(engine)
    one.changed(before, after, watched=True)
    two.changed(before, after, watched=False)
    await asyncio.gather(one.flush(), two.flush())
    two.sent(after.cards)
    await two.flush()
    row = (await rows(engine))[leg]
    assert (row["tries"], row["rendered"], len(await rows(engine))) == (2, None, 1)
    again = Ledger(engine)
    running = asyncio.ensure_future(again.run())
    for _ in range(200):
        if again.due(after) and await again.told(after.agent, leg, "acknowledged", "abc"):
            break
        await asyncio.sleep(0.01)
    running.cancel()
    await again.flush()
    row = (await rows(engine))[leg]
    assert row["rendered"] is not None and row["acknowledged"] is not None and row["session"] == "abc"
    forgotten = Ledger(engine)
    assert await forgotten.told(after.agent, leg, "rendered", "xyz")
    assert not await forgotten.told("a9", leg, "rendered", "xyz")
    assert (await rows(engine))[leg]["session"] == "abc", "who was first stays"
