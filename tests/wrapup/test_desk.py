"""Notes save themselves: during the call, in the wrap-up, after it; nobody overwrites anybody."""

import pytest
from msgspec.structs import replace

from cti_server import clock
from cti_server.core import events as ev
from cti_server.staff.queries import add_user
from tests.web.kit import PASSWORD, Site
from tests.wrapup.kit import Json, only, talking, transferred


async def test_the_codes_of_a_queue(site: Site) -> None:
    async with site.visitor("agent") as visitor, site.visitor("agent", language="zh") as chinese:
        status, said = await Json(visitor).get("/desk/codes?queue=sales")
        assert status == 200 and said["required"]
        first = said["items"][0]
        assert (first["id"], first["name"], first["group_name"]) == ("answered", "Question answered", "Service")
        assert "service" not in [code["id"] for code in said["items"]], "a group is not chosen itself"
        assert {code["id"] for code in said["items"] if code["plans_callback"]} == {"call_back"}
        assert "zxydf" in first["search"] and "咨询已答复" in first["search"]
        _, said = await Json(chinese).get("/desk/codes?queue=support")
        assert (said["required"], said["items"][0]["name"]) == (False, "咨询已答复")


async def test_notes_are_saved_during_the_call_in_the_wrap_up_and_after(site: Site) -> None:
    only(site, "a1")
    caller, leg = talking(site)
    async with site.visitor("agent") as visitor:
        anna = Json(visitor)
        status, said = await anna.get(f"/desk/notes/{caller.id}")
        assert (status, said["required"], said["writable"], said["until"]) == (200, True, True, None)
        assert [(t["leg"], t["version"], t["mine"]) for t in said["talks"]] == [(leg, 0, True)]
        status, said = await anna.save(caller.id, version=0, note="Boiler")
        assert (status, said["version"], said["note"], said["code"]) == (200, 1, "Boiler", "")
        assert (await anna.save(caller.id, version=0, note="Boiler"))[1]["version"] == 1, "the answer was lost: no harm"
        caller.end_talk(clock.now() - 5, leg)
        assert site.state.agents["a1"].engagement == "wrap_up"
        status, said = await anna.save(caller.id, version=1, code="solved")
        assert (status, said["version"], said["note"], said["code"]) == (200, 2, "Boiler", "solved")
        site.do(ev.WrapUpEnded(at=clock.now(), agent="a1"), ev.AgentLoggedOut(at=clock.now(), agent="a1"))
        status, said = await anna.save(caller.id, version=2, note="Boiler 9")
        assert (status, said["version"]) == (200, 3)
        _, said = await anna.get(f"/desk/notes/{caller.id}")
        assert said["talks"][0]["code_name"] == "Problem solved"
        assert 23 * 3600 < said["until"] - clock.now() < 24 * 3600


async def test_two_who_write_lose_nothing(site: Site) -> None:
    only(site, "a1")
    caller, _ = talking(site)
    async with site.visitor("agent") as visitor:
        anna = Json(visitor)
        await anna.save(caller.id, version=0, note="one")
        await anna.save(caller.id, version=1, note="two")
        for stale in (0, 1, 9):
            status, said = await anna.save(caller.id, version=stale, note="three")
            assert (status, said["now"]["note"], said["now"]["version"]) == (409, "two", 2)
            assert said["detail"].startswith("agent saved this at")
        assert (await anna.get(f"/desk/notes/{caller.id}"))[1]["talks"][0]["note"] == "two"


async def test_what_cannot_be_saved_is_refused_with_a_sentence(site: Site) -> None:
    only(site, "a1")
    caller, _ = talking(site)
    await add_user(site.engine, "second", PASSWORD, "agent", agent="a2")
    async with site.visitor("agent") as visitor, site.visitor("second") as stranger, site.visitor("supervisor") as mei:
        anna = Json(visitor)
        for code in ("service", "nonsense", "' OR 1=1 --"):
            status, said = await anna.save(caller.id, version=0, code=code)
            assert status == 422 and code in said["detail"]
        assert (await anna.save(caller.id, version=0, note="x" * 20_001))[0] == 422
        assert (await anna.save(caller.id, version=0, notes="x"))[0] == 400
        assert (await anna.save(caller.id, version=-1, note="x"))[0] == 400
        assert (await anna.save("1700000000.99999", version=0, note="x"))[0] == 404
        assert (await Json(stranger).save(caller.id, version=0, note="x"))[0] == 404
        assert (await Json(stranger).get(f"/desk/notes/{caller.id}"))[0] == 404
        assert (await Json(mei).save(caller.id, version=0, note="x"))[0] == 403
        assert (await Json(mei).get(f"/desk/notes/{caller.id}"))[0] == 200
        async with visitor.session.put(f"/desk/notes/{caller.id}", json={"note": "x"}) as response:
            assert response.status == 403, "without the page's token"
        await anna.save(caller.id, version=0, note="\x00 <b>")
        assert (await anna.get(f"/desk/notes/{caller.id}"))[1]["talks"][0]["note"] == "\ufffd <b>"


async def test_a_day_later_it_is_too_late(site: Site) -> None:
    only(site, "a1")
    long_ago = clock.now() - 26 * 3600
    caller, leg = talking(site, at=long_ago)
    caller.end_talk(long_ago + 60, leg)
    await site.writer.flush()
    async with site.visitor("agent") as visitor:
        status, said = await Json(visitor).save(caller.id, version=0, note="late")
        assert (status, "24 hours" in said["detail"]) == (403, True)
        assert (await Json(visitor).get(f"/desk/notes/{caller.id}"))[1]["writable"] is False


@pytest.mark.slow
async def test_after_a_transfer_the_next_agent_sees_what_the_first_one_noted(site: Site) -> None:
    only(site, "a1")
    await add_user(site.engine, "second", PASSWORD, "agent", agent="a2")
    caller, leg = talking(site)
    async with site.visitor("agent") as visitor, site.visitor("second") as other:
        anna, bob = Json(visitor), Json(other)
        await anna.save(caller.id, version=0, code="passed_on", note="wants the price of boiler 9")
        second = transferred(caller, leg, clock.now() - 1)
        status, said = await bob.get(f"/desk/notes/{caller.id}")
        assert status == 200, "while it rings"
        assert [(t["agent_name"], t["note"], t["mine"]) for t in said["talks"]] == [
            ("Agent 1", "wants the price of boiler 9", False),
            ("Agent 2", "", True),
        ]
        site.do(ev.ChannelAnswered(at=clock.now(), channel=second))
        assert (await bob.save(caller.id, version=0, note="told him"))[0] == 200
        assert (await anna.save(caller.id, version=1, note="wants the price of boiler 9 and 10"))[0] == 200
        _, said = await anna.get(f"/desk/notes/{caller.id}")
        assert [t["note"] for t in said["talks"]] == ["wants the price of boiler 9 and 10", "told him"]


async def test_a_required_code_keeps_the_wrap_up_open_until_time_ends_it(site: Site) -> None:
    only(site, "a1")
    caller, leg = talking(site)
    caller.end_talk(clock.now() - 1, leg)
    async with site.visitor("agent") as visitor:
        anna, csrf = Json(visitor), await visitor.form_token("/nothing")
        ending = {"csrf": csrf, "do": "end_wrap_up"}
        status, said = await visitor.post("/desk/intent", ending)
        assert status == 409 and "choose a code" in said
        await anna.save(caller.id, version=0, code="complaint")
        status, said = await visitor.post("/desk/intent", ending)
        assert status == 409 and "asks for a note" in said
        assert site.published == []
        await anna.save(caller.id, version=1, note="It is loud")
        assert (await visitor.post("/desk/intent", ending))[0] == 303
        assert site.state.agents["a1"].engagement == "idle"
        caller, leg = talking(site, at=clock.now() - 30)
        caller.end_talk(clock.now() - 20, leg)
        site.do(ev.Tick(at=clock.now()))
        assert site.state.agents["a1"].engagement == "idle", "time ends it all the same"


async def test_where_no_code_is_required_the_wrap_up_ends_without(site: Site) -> None:
    only(site, "a1")
    queues = tuple(replace(q.config, wrapup_s=10.0) for q in site.state.queues.values())
    agents = tuple(a.config for a in site.state.agents.values())
    site.do(ev.SiteConfigured(at=clock.now(), queues=queues, agents=agents, default_queue="sales"))
    caller, leg = talking(site, queue="support")
    caller.end_talk(clock.now() - 1, leg)
    async with site.visitor("agent") as visitor:
        csrf = await visitor.form_token("/nothing")
        assert (await visitor.post("/desk/intent", {"csrf": csrf, "do": "end_wrap_up"}))[0] == 303
