"""Whatever a form or an address holds: a sentence or a page, never a fault."""

import random
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.tickets import changes
from cti_server.tickets.model import New
from tests.tickets.kit import of
from tests.web.kit import running_site

ODD = ["", "0", "-1", "1", "9" * 20, "1e9", "\0", "x" * 300, "١", "2026-02-30T25:61", "9999-12-31T23:59", "nan", "inf"]
ODD += ["0001-01-01T00:00", "waiting", "closed", "complaint", "urgent", "<b>", "'; drop", "T-2026-000001", "agent"]
FORMS = "new assign 1/edit 2/edit 1/comment 2/step 1/tie 1/watch contracts/new settings/targets settings/categories"
FIELDS = "kind status priority subject description owner team category product serial phone email queue resolution"
FIELDS += " promised customer version text step then other untie call on id name parent first resolve retired begins"
FIELDS += " ends every_months remind_days number notes make_ticket remove next"
PAGES = "/tickets /tickets/export.csv /tickets/contracts /tickets/new /tickets/panel /tickets/of-call"
ASKED = "status kind priority owner team category customer due watch call text sort after limit find state"


@pytest.mark.slow
async def test_odd_values_are_no_fault(url: str, tmp_path: Path) -> None:
    chance, faults = random.Random(7), []
    async with running_site(tmp_path, url=url) as site:
        await site.add_people()
        async with site.engine.begin() as db:
            for kind in ("inquiry", "complaint"):
                new = New(kind=kind, subject="x")  # type: ignore[arg-type]
                await changes.create(db, new, by="agent", at=clock.now(), of=of)
        async with site.visitor("supervisor") as visitor:
            csrf = await visitor.form_token("/tickets")
            for _ in range(200):
                path = f"/tickets/{chance.choice(FORMS.split())}"
                names = chance.sample(FIELDS.split(), chance.randrange(1, 20))
                fields = {name: chance.choice(ODD) for name in names}
                if (await visitor.post(path, fields | {"csrf": csrf}))[0] >= 500:
                    faults.append((path, fields))
            for _ in range(100):
                path = chance.choice(PAGES.split())
                query = {name: chance.choice(ODD) for name in chance.sample(ASKED.split(), chance.randrange(1, 8))}
                if (await visitor.get(path, params=query))[0] >= 500:
                    faults.append((path, query))
    assert faults == []
