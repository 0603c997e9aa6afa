"""To whom a call can go, and who is free; and one's favourites."""

import asyncio

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.core.events import AgentConfig, QueueConfig
from cti_server.desk.directory import queries
from cti_server.desk.directory.rules import MOST, directory
from cti_server.settings import Settings
from tests.core.small import Small
from tests.web.kit import Site

PEOPLE = {
    "wang": ("王小明", "1001", "hangzhou"),
    "shan": ("单芳", "1002", ""),
    "anna": ("Anna Müller", "1003", ""),
    "hidden": ("Nobody", "", ""),
}
SETTINGS = Settings.model_validate(
    {
        "queue": [{"id": "sales", "name": "Sales", "extension": "2001"}, {"id": "inner", "name": "Inner"}],
        "agent": [{"id": i, "phone": f"PJSIP/{i}", "extension": e} for i, (_, e, _) in PEOPLE.items()],
    }
)


def a_floor() -> Small:
    agents = tuple(
        AgentConfig(id=i, name=n, endpoint=f"PJSIP/{i}", extension=e, site=s, queues=("sales",))
        for i, (n, e, s) in PEOPLE.items()
    )
    return Small(QueueConfig(id="sales", name="Sales"), QueueConfig(id="inner", name="Inner"), agents=agents)


def found(small: Small, asked: str, own: str = "", *likes: tuple[str, str]) -> list[str]:
    rows = directory(small.center.state, SETTINGS, asked, own=own, favourites=frozenset(likes))
    return [f"{row.kind} {row.to}" for row in rows]


@pytest.mark.parametrize(
    "asked", ["王", "小明", "wang", "WangXiao", "wxm", "WX", "1001", "１００１", "hangzhou", "wang 10"]
)
def test_a_person_is_found_by_name_sound_initials_number_and_site(asked: str) -> None:
    assert "person 1001" in found(a_floor(), asked)
    assert "person 1003" not in found(a_floor(), asked)


def test_of_a_family_name_its_own_sound_counts() -> None:
    assert found(a_floor(), "sf") == ["person 1002", "box *61002"]


def test_nobody_finds_oneself_nor_who_cannot_be_dialled() -> None:
    assert set(found(a_floor(), "", "anna")) == {"person 1001", "person 1002", "queue 2001"}


def test_favourites_come_first_then_who_is_free() -> None:
    small = a_floor()
    small.do(ev.AgentPaused(at=0, agent="wang", code="lunch"))
    assert found(small, "")[-1] == "person 1001"
    likes = [("person", "wang"), ("box", "*61003")]
    assert found(small, "", "", *likes)[:2] == ["person 1001", "box *61003"]


def test_the_rows_say_who_is_free_and_who_waits() -> None:
    small = a_floor()
    small.do(ev.AgentPaused(at=0, agent="hidden"))
    small.arrive("c")
    taken = small.center.state.calls["c"].offers[-1].agent
    small.answer("c", taken)
    rows = {row.id: row for row in directory(small.center.state, SETTINGS, "", own="", favourites=())}
    assert rows["sales"].free == 2
    assert [row.status for row in rows.values()].count("talking") == 1
    assert rows[taken].since == small.agent(taken).since
    small.arrive("d")
    small.arrive("e")
    rows = {row.id: row for row in directory(small.center.state, SETTINGS, "sales", own="", favourites=())}
    assert (rows["sales"].waiting, rows["sales"].free) == (2, 0)
    assert rows["sales"].oldest is not None
    rows = {row.id: row for row in directory(small.center.state, SETTINGS, "", own="", favourites=())}
    ringing = small.center.state.calls["d"].offers[-1].agent
    assert rows[ringing].status == "reserved"
    assert rows[ringing].since == small.agent(ringing).since


@pytest.mark.slow
def test_a_thousand_agents_give_fifty_rows() -> None:
    agents = tuple(
        AgentConfig(id=f"a{n}", name=f"Agent {n}", endpoint=f"PJSIP/a{n}", extension=f"{5000 + n}") for n in range(1000)
    )
    small = Small(agents=agents)
    rows = directory(small.center.state, SETTINGS, "agent", own="", favourites=())
    assert len(rows) == MOST


async def test_favourites_are_each_persons_own(engine: AsyncEngine) -> None:
    key = ("person", "wang")
    assert await queries.add_favourite(engine, 1, key, 1.0)
    assert await queries.add_favourite(engine, 1, key, 2.0), "twice is once"
    assert await queries.favourites(engine, 1) == {key}
    assert await queries.favourites(engine, 2) == frozenset()
    await asyncio.gather(*(queries.add_favourite(engine, 3, ("person", f"p{n}"), 1.0) for n in range(5)))
    assert len(await queries.favourites(engine, 3)) == 5
    await queries.remove_favourite(engine, 1, key)
    assert await queries.favourites(engine, 1) == frozenset()


async def test_too_many_favourites_are_refused(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST", 1)
    assert await queries.add_favourite(engine, 1, ("person", "wang"), 1.0)
    assert not await queries.add_favourite(engine, 1, ("person", "anna"), 1.0)


async def test_the_pages(site: Site) -> None:
    await site.add_people()
    site.do(ev.SiteConfigured(at=1, agents=(AgentConfig(id="a9", name="Li", endpoint="PJSIP/a9", extension="109"),)))
    async with site.visitor("agent") as visitor:
        token = {"X-CSRF-Token": await visitor.form_token("/nothing")}
        like = {"kind": "person", "id": "a9"}
        for method, status in (("put", 204), ("put", 204)):
            async with getattr(visitor.session, method)("/desk/favourites", json=like, headers=token) as response:
                assert response.status == status
        _, text = await visitor.get("/desk/directory?q=li")
        (row,) = [item for item in msgspec.json.decode(text)["items"] if item["kind"] == "person"]
        assert (row["to"], row["favourite"]) == ("109", True)
        async with visitor.session.delete("/desk/favourites", json=like) as response:
            assert response.status == 403, "without the token of the session"
        async with visitor.session.delete("/desk/favourites", json=like, headers=token) as response:
            assert response.status == 204
        async with visitor.session.put(
            "/desk/favourites", json={"kind": "ghost", "id": "1"}, headers=token
        ) as response:
            assert response.status == 400
        assert (await visitor.get("/desk/directory?q=" + "x" * 65))[0] == 400
