"""The pop goes to the browsers of the agent whose phone rings, and to nobody else."""

import asyncio
from typing import Any

import aiohttp
from msgspec.structs import replace

from cti_server import clock
from cti_server.core import events as ev
from cti_server.staff.queries import add_user
from tests.desk.test_pop import rings
from tests.journal.floor import AGENTS, QUEUES, T0, Caller, Floor, opening
from tests.web.kit import PASSWORD, Site


def caller_of(site: Site, number: str = "13800138000") -> Caller:
    floor = Floor(site.state)
    floor.center = site.center

    def do(*events: ev.Event) -> None:
        for event in events:
            floor.steps.append(site.do(event))

    floor.do = do  # type: ignore[method-assign]
    return Caller(floor, number=number)


async def next_of(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            message: dict[str, Any] = await socket.receive_json()
            if message["type"] == kind:
                return message


async def drained(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    """What had been sent to it before the pong of a ping."""
    found = []
    await socket.ping(b"end")
    while True:
        message = await socket.receive()
        if message.type is aiohttp.WSMsgType.PONG:
            return found
        found.append(message.json())


async def test_only_the_right_agents_browsers_get_the_pop(site: Site) -> None:
    await site.add_people()
    await add_user(site.engine, "second", PASSWORD, "agent", agent="a2")
    site.do(*opening())
    site.do(ev.AgentLoggedOut(at=T0, agent="a3"), ev.AgentLoggedOut(at=T0, agent="a2"))
    async with (
        site.visitor("agent") as anna,
        site.visitor("second") as bob,
        anna.session.ws_connect("/desk/socket") as first,
        anna.session.ws_connect("/desk/socket") as again,
        bob.session.ws_connect("/desk/socket", autoping=False) as other,
    ):
        for socket in (first, again, other):
            snapshot = await socket.receive_json()
            assert (snapshot["type"], snapshot["pop"]) == ("snapshot", [])
        caller = caller_of(site)
        caller.arrive(T0 + 1)
        caller.queue(T0 + 5)
        assert caller.offer().agent == "a1"
        site.do(*rings(caller, T0 + 6))
        for socket in (first, again):
            pop = (await next_of(socket, "pop"))["pop"]
            assert (pop["number"], pop["queue_name"], pop["dnis"]) == ("13800138000", "Sales", "4001")
        assert "13800138000" not in repr(await drained(other))
        async with anna.session.ws_connect("/desk/socket") as back:
            snapshot = await back.receive_json()
            assert [card["number"] for card in snapshot["pop"]] == ["13800138000"]


async def test_a_button_publishes_and_the_page_follows_the_event(site: Site) -> None:
    await site.add_people()
    site.do(*opening(clock.now() - 60))
    async with site.visitor("agent") as anna, anna.session.ws_connect("/desk/socket") as socket:
        assert (await socket.receive_json())["desk"]["status"] == "available"
        csrf = await anna.form_token("/desk")
        assert await anna.post("/desk/intent", {"csrf": csrf, "do": "pause", "code": "lunch"}) == (303, "/desk")
        event = site.published[-1]
        assert isinstance(event, ev.AgentPaused)
        assert (event.agent, event.code, event.by) == ("a1", "lunch", "agent")
        shown = (await next_of(socket, "desk"))["desk"]
        assert (shown["status"], shown["code"]) == ("paused", "lunch")
        for wanted, kind in (
            ("resume", ev.AgentResumed),
            ("log_out", ev.AgentLoggedOut),
            ("log_in", ev.AgentLoggedIn),
            ("end_wrap_up", ev.WrapUpEnded),
            ("extend_wrap_up", ev.WrapUpExtended),
        ):
            assert (await anna.post("/desk/intent", {"csrf": csrf, "do": wanted}))[0] == 303
            assert isinstance(site.published[-1], kind)
        count = len(site.published)
        assert (await anna.post("/desk/intent", {"csrf": csrf, "do": "device", "phone": "PJSIP/a1"}))[0] == 303
        assert site.published[-1] == replace(
            ev.AgentDeviceChosen(at=0, agent="a1", endpoint="PJSIP/a1", by="agent"), at=site.published[-1].at
        )
        count = len(site.published)
        for phone in ("PJSIP/a2", "mobile", ""):
            assert (await anna.post("/desk/intent", {"csrf": csrf, "do": "device", "phone": phone}))[0] == 400
        for fields in ({"do": "explode"}, {"do": "pause", "code": "rona"}, {"do": "pause", "code": "<b>"}, {}):
            assert (await anna.post("/desk/intent", {"csrf": csrf, **fields}))[0] == 400
        assert len(site.published) == count


async def test_a_person_without_a_phone_is_told_so(site: Site) -> None:
    await site.add_people()
    site.do(*opening())
    async with site.visitor("supervisor") as visitor:
        status, text = await visitor.get("/desk")
        assert status == 200 and "Your account has no phone" in text
        csrf = await visitor.form_token("/desk")
        assert (await visitor.post("/desk/intent", {"csrf": csrf, "do": "log_in"}))[0] == 403
    assert site.published == []


async def test_a_changed_configuration_reaches_the_desk(site: Site) -> None:
    await site.add_people()
    site.do(*opening())
    async with site.visitor("agent") as anna, anna.session.ws_connect("/desk/socket") as socket:
        await socket.receive_json()
        renamed = ev.AgentConfig(id="a1", name="Anna", endpoint="PJSIP/a1", extension="7", queues=("sales",))
        site.do(ev.SiteConfigured(at=T0 + 1, queues=(), agents=(renamed,), default_queue="sales"))
        assert (await next_of(socket, "desk"))["desk"]["extension"] == "7"


async def test_the_lines_of_the_own_queues_move(site: Site) -> None:
    await site.add_people()
    site.do(*opening())
    only_support = ev.AgentConfig(id="a2", name="Bob", endpoint="PJSIP/a2", queues=("support",))
    site.do(ev.SiteConfigured(at=T0, queues=QUEUES, agents=(AGENTS[0], only_support), default_queue="sales"))
    site.do(*(ev.AgentPaused(at=T0, agent=agent, code="lunch") for agent in ("a1", "a2")))
    await add_user(site.engine, "second", PASSWORD, "agent", agent="a2")
    async with (
        site.visitor("agent") as anna,
        site.visitor("second") as bob,
        anna.session.ws_connect("/desk/socket") as socket,
        bob.session.ws_connect("/desk/socket", autoping=False) as other,
    ):
        snapshot = await socket.receive_json()
        assert [(line["id"], line["waiting"]) for line in snapshot["lines"]] == [("sales", 0), ("support", 0)]
        assert [line["id"] for line in (await other.receive_json())["lines"]] == ["support"]
        caller = caller_of(site)
        caller.arrive(T0 + 1)
        caller.queue(T0 + 5)
        line = (await next_of(socket, "line"))["line"]
        assert (line["id"], line["waiting"], line["oldest"]) == ("sales", 1, T0 + 5)
        caller.give_up(T0 + 9)
        assert (await next_of(socket, "line"))["line"]["waiting"] == 0
        assert all(message["type"] != "line" for message in await drained(other))
