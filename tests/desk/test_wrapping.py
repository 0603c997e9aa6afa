"""The card of a call that is wrapped up, for a page that was loaded after its end: live, recorded, and over."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.core import events as ev
from cti_server.staff.queries import add_user
from tests.journal.floor import opening
from tests.web.kit import PASSWORD, Site, running_site
from tests.wrapup.conftest import settings_of
from tests.wrapup.kit import Json, only, talking


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path, settings=settings_of(tmp_path)) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 7200))
        only(site, "a1")
        yield site


async def test_the_card_of_the_call_that_is_wrapped_up_and_nobody_elses(site: Site) -> None:
    await add_user(site.engine, "second", PASSWORD, "agent", agent="a2")
    async with site.visitor("agent") as visitor, site.visitor("second") as second:
        desk, other = Json(visitor), Json(second)
        assert await desk.get("/desk/wrapping") == (204, None)
        caller, leg = talking(site)
        assert await desk.get("/desk/wrapping") == (204, None), "it is not over yet"
        caller.end_talk(clock.now(), leg)
        await site.writer.flush()
        status, card = await desk.get("/desk/wrapping")
        assert (status, card["leg"], card["call"], card["phase"]) == (200, leg, caller.id, "ended")
        assert (card["queue"], card["number"], card["can"]) == ("sales", "13800138000", [])
        assert (await other.get("/desk/wrapping"))[0] == 204
        site.do(ev.WrapUpEnded(at=clock.now(), agent="a1"))
        assert (await desk.get("/desk/wrapping"))[0] == 204
