"""What the desk is told of who calls, and who it is of several."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.core import events as ev
from cti_server.staff.queries import add_user
from cti_server.tickets import changes
from cti_server.tickets.model import New
from tests.customers.kit import add
from tests.journal.conftest import postgres, url
from tests.journal.floor import opening
from tests.tickets.kit import of
from tests.web.kit import PASSWORD, Site, running_site
from tests.wrapup.kit import Json, caller_of, only, talking, transferred

NUMBER = "13800138000"

__all__ = ["postgres", "url"]


@pytest.fixture
async def site(tmp_path: Path, url: str) -> AsyncIterator[Site]:
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 7200))
        only(site, "a1")
        yield site


async def test_a_stranger_several_and_the_one_who_it_is(site: Site) -> None:
    caller, leg = talking(site)
    async with site.visitor("agent") as visitor:
        anna, path = Json(visitor), f"/desk/context/{caller.id}"
        _, said = await anna.get(path)
        assert (said["found"], said["number"], said["leg"], said["late"]) == ("none", NUMBER, leg, [])
        assert said["prefill"]["url"] == f"/customers/new?number={NUMBER}&call={caller.id}"
        assert list(said["panels"]) == ["customer"]
        older = await add(site.engine, "<script>alert(1)</script>", NUMBER, at=clock.now() - 9000, tier=2)
        newer = await add(site.engine, "王芳", NUMBER, at=clock.now(), tier=4, stage="stable", owner="a3")
        _, said = await anna.get(path)
        assert (said["found"], said["customer"]) == ("several", None)
        assert {match["id"] for match in said["matches"]} == {older, newer}
        assert [match["owner_name"] for match in said["matches"] if match["id"] == newer] == ["Agent 3"]
        status, taken = await anna.send("POST", "/desk/identify", {"call": caller.id, "customer": newer})
        assert (status, taken["name"]) == (200, "王芳")
        assert site.state.calls[caller.id].data["customer"] == str(newer)
        _, said = await anna.get(path)
        assert (said["found"], said["customer"], said["matches"][0]["tier"]) == ("one", newer, 4)
        assert said["panels"]["sales"] == f"/sales/panel?customer={newer}&call={caller.id}"
        for wrong in (999_999, older + 10_000):
            assert (await anna.send("POST", "/desk/identify", {"call": caller.id, "customer": wrong}))[0] == 404
        assert (await anna.send("POST", "/desk/identify", {"call": caller.id, "customer": "x"}))[0] == 400


async def test_the_open_ticket_the_calls_before_and_who_transferred_and_why(site: Site) -> None:
    await add_user(site.engine, "second", PASSWORD, "agent", agent="a2")
    ident = await add(site.engine, "王芳", NUMBER)
    async with site.engine.begin() as db:
        made = await changes.create(
            db, New(kind="repair", subject="Boiler 9", customer=ident), by="agent", at=clock.now(), of=of
        )
    async with site.visitor("agent") as visitor, site.visitor("second") as other:
        anna, bob = Json(visitor), Json(other)
        first, leg = talking(site, at=clock.now() - 600)
        await anna.save(first.id, version=0, code="answered", note="asked for the price")
        first.end_talk(clock.now() - 500, leg)
        site.do(ev.WrapUpEnded(at=clock.now() - 490, agent="a1"))
        await site.writer.flush()
        caller, leg = talking(site)
        assert (await bob.get(f"/desk/context/{caller.id}"))[0] == 404, "not theirs yet"
        await anna.save(caller.id, version=0, code="passed_on", note="wants a technician")
        transferred(caller, leg, clock.now() - 1)
        status, said = await bob.get(f"/desk/context/{caller.id}")
        assert status == 200
        assert (said["customer"], said["ticket"]["number"], said["tickets"]) == (ident, made.number, 1)
        (handed,) = said["transfers"]
        assert (handed["kind"], handed["by_name"]) == ("blind", "Agent 1")
        assert (handed["why"]["code_name"], handed["why"]["note"]) == ("Passed on", "wants a technician")
        (before,) = said["previous"]
        assert (before["call"], before["agent_name"], before["outcome"]) == (first.id, "Agent 1", "answered")
        assert before["notes"][0]["note"] == "asked for the price"


async def test_a_database_that_hangs_costs_the_parts_and_not_the_pop(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = caller_of(site)
    caller.arrive(clock.now() - 9)
    caller.queue(clock.now() - 8)
    caller.agent_answers(clock.now() - 5)

    async def slow(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("cti_server.desk.context.panel_of", slow)
    async with site.visitor("agent") as visitor:
        status, said = await Json(visitor).get(f"/desk/context/{caller.id}")
        assert (status, said["late"], said["number"], said["found"]) == (200, ["customer"], NUMBER, "none")
