"""A callback at a time: what is planned, what is merged, what is refused."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cti_server import clock
from cti_server.desk.callback import Refused, moment
from cti_server.settings import Settings
from tests.journal.floor import opening
from tests.web.kit import ZONE, Site, running_site, web_settings
from tests.wrapup.kit import Json, only, talking

HOURS = [{"days": [1, 2, 3, 4, 5, 6, 7], "open": "08:00", "close": "20:00"}]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    more = {"calendar": {"hours": HOURS}, "pbx": {"callback_prefixes": ["1", "021"]}}
    settings = Settings.model_validate(web_settings(tmp_path).model_dump(exclude={"pbx", "calendar"}) | more)
    async with running_site(tmp_path, settings=settings) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 7200))
        only(site, "a1")
        yield site


def tomorrow(hour: int) -> tuple[str, float]:
    local = datetime.fromtimestamp(clock.now() + 86_400, ZONE).replace(hour=hour, minute=30, second=0, microsecond=0)
    return local.strftime("%Y-%m-%dT%H:%M"), local.timestamp()


async def test_it_is_planned_for_the_time_and_a_second_one_becomes_part_of_it(site: Site) -> None:
    caller, _ = talking(site)
    early, late = tomorrow(9), tomorrow(15)
    async with site.visitor("agent") as visitor:
        anna = Json(visitor)
        wanted = {"call": caller.id, "at": late[0], "note": "about boiler 9", "mine": True}
        status, said = await anna.send("POST", "/desk/callback", wanted)
        assert (status, said["merged"], said["at"], said["queue_name"]) == (200, False, late[1], "Sales")
        promise = site.state.callbacks[said["callback"]]
        assert (promise.number, promise.wanted, promise.not_before) == (caller.number, "a1", late[1])
        assert (promise.by, promise.call) == ("agent", caller.id)
        wanted = {"call": caller.id, "at": early[0], "number": "138 0013 8000", "note": "and 10"}
        status, again = await anna.send("POST", "/desk/callback", wanted)
        assert (status, again["merged"], again["callback"]) == (200, True, said["callback"])
        assert (again["at"], len(site.state.callbacks)) == (early[1], 1)
        _, day = await anna.get("/desk/day")
        assert [(c["number"], c["note"]) for c in day["callbacks"]] == [(caller.number, "about boiler 9\nand 10")]
        status, page = await visitor.get("/follow-ups")
        assert status == 200 and "about boiler 9" in page


async def test_what_cannot_be_kept_is_refused_with_a_sentence(site: Site) -> None:
    caller, _ = talking(site)
    good, _ = tomorrow(10)
    async with site.visitor("agent") as visitor, site.visitor("supervisor") as other:
        anna = Json(visitor)
        for given, words in (
            ({"at": "2020-01-01T10:00"}, "passed already"),
            ({"at": "2200-01-01T10:00"}, "at most 90 days"),
            ({"at": "tomorrow"}, "that exist"),
            ({"at": tomorrow(22)[0]}, "opens again on"),
            ({"at": good, "number": "hello"}, "is not a number"),
            ({"at": good, "number": "0085212345678"}, "may not be called back"),
        ):
            status, said = await anna.send("POST", "/desk/callback", {"call": caller.id} | given)
            assert (status, words in said["detail"]) == (422, True), said
        assert (await anna.send("POST", "/desk/callback", {"call": "1.1", "at": good}))[0] == 404
        assert (await anna.send("POST", "/desk/callback", {"call": caller.id}))[0] == 400
        wanted = {"call": caller.id, "at": good, "mine": True}
        assert (await Json(other).send("POST", "/desk/callback", wanted))[0] == 422, "who has no phone calls nobody"
        assert site.state.callbacks == {}
        wanted = {"call": caller.id, "at": good, "queue": "support"}
        assert (await anna.send("POST", "/desk/callback", wanted))[1]["queue"] == "support"


def test_a_time_that_the_clocks_leave_out_does_not_exist() -> None:
    zone = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 28, tzinfo=zone).timestamp()
    assert moment("2026-03-29T03:30", zone, now) == datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("UTC")).timestamp()
    for said in ("2026-03-29T02:30", "2026-02-30T10:00", "2026-03-29 10:00", "", "9999-99-99T99:99"):
        with pytest.raises(Refused):
            moment(said, zone, now)
