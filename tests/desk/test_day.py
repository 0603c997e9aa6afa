"""My day: the reports' figures, own calls with what was noted, what is still to do; and nobody else's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from cti_server import clock
from cti_server.core import events as ev
from cti_server.recording.tables import recording
from cti_server.staff.queries import add_user
from cti_server.tickets import changes
from cti_server.tickets.model import New
from tests.journal.conftest import postgres, url
from tests.journal.floor import T0, opening
from tests.tickets.kit import of
from tests.web.kit import PASSWORD, Site, running_site
from tests.wrapup.conftest import settings_of
from tests.wrapup.kit import Json, caller_of, only, talking

NOON = T0 + 5 * 3600
"""11:13 at the site, on 15 November 2023."""

__all__ = ["postgres", "url"]


@pytest.fixture
async def site(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    async with running_site(tmp_path, settings=settings_of(tmp_path), url=url) as site:
        await site.add_people()
        site.do(*opening(NOON - 7200))
        only(site, "a1")
        yield site


def handled(site: Site, at: float, talk_s: float) -> tuple[str, str]:
    """A call that was answered after two seconds and talked for so long, with a wrap-up that time ends."""
    caller, leg = talking(site, at=at)
    caller.end_talk(at + 4 + talk_s, leg)
    site.do(ev.Tick(at=at + 4 + talk_s + 20))
    return caller.id, leg


async def test_figures_calls_and_what_is_still_to_do(site: Site) -> None:
    await add_user(site.engine, "second", PASSWORD, "agent", agent="a2")
    first, _ = handled(site, NOON - 3600, 100)
    second, _ = handled(site, NOON - 3000, 50)
    missed = caller_of(site)
    missed.arrive(NOON - 2000)
    missed.queue(NOON - 1999)
    missed.agent_misses(NOON - 1998)
    missed.give_up(NOON - 1900)
    site.do(
        ev.CallbackPlanned(
            at=NOON,
            callback="c1",
            queue="sales",
            number="13911112222",
            queued=NOON + 60,
            not_before=NOON + 60,
            agent="a1",
        )
    )
    async with site.engine.begin() as db:
        await changes.create(db, New(kind="repair", subject="Boiler 9", owner="agent"), by="agent", at=NOON, of=of)
        await changes.create(db, New(kind="repair", subject="Not mine", owner="mei"), by="agent", at=NOON, of=of)
    await site.writer.flush()
    async with site.visitor("agent") as visitor, site.visitor("second") as other:
        anna = Json(visitor)
        await anna.save(first, version=0, code="solved", note="Boiler")
        status, said = await anna.get("/desk/day")
        assert (status, said["date"], said["agent"]) == (200, "2023-11-15", "a1")
        figures = said["figures"]
        assert (figures["handled"], figures["talk_ms"], figures["wrapup_ms"]) == (2, 150_000, 40_000)
        assert figures["aht"] == 95 and 0 < figures["occupancy"] < 1
        assert said["definitions"]["aht"] == "(talk + hold + wrap-up) / handled"
        assert said["not_taken"] == {"no_answer": 1}
        assert [(c["call"], c["code_name"], c["note"], c["lacks_code"]) for c in said["calls"]][1:] == [
            (second, "", "", True),
            (first, "Problem solved", "Boiler", False),
        ]
        assert (said["calls"][0]["answered"], said["calls"][0]["lacks_code"], said["without_code"]) == (None, False, 1)
        assert [(c["id"], c["at"]) for c in said["callbacks"]] == [("c1", NOON + 60)]
        assert [t["subject"] for t in said["tickets"]] == ["Boiler 9"]
        _, said = await Json(other).get("/desk/day")
        assert (said["figures"].get("handled", 0), said["calls"], said["callbacks"], said["tickets"]) == (0, [], [], [])


async def test_yesterdays_calls_are_not_todays_and_recordings_are_for_who_may_hear(site: Site) -> None:
    handled(site, NOON - 12 * 3600, 30)
    today, leg = handled(site, NOON - 600, 30)
    await site.writer.flush()
    blank = {c.name: "" for c in recording.columns if str(c.type) in ("VARCHAR", "TEXT")}
    row = blank | {c.name: 0 for c in recording.columns if not c.nullable and c.name not in blank and c.name != "id"}
    async with site.engine.begin() as db:
        await db.execute(insert(recording).values(row | {"call": today, "leg": leg, "status": "sealed"}))
    await add_user(site.engine, "lead", PASSWORD, "supervisor", agent="a1")
    async with site.visitor("agent") as visitor, site.visitor("lead") as lead, site.visitor("supervisor") as nobody:
        _, said = await Json(visitor).get("/desk/day")
        assert [(c["call"], c["recordings"]) for c in said["calls"]] == [(today, [])]
        _, said = await Json(lead).get("/desk/day")
        assert [len(c["recordings"]) for c in said["calls"]] == [1]
        assert (await Json(nobody).get("/desk/day"))[0] == 404
