"""What touches the database runs on SQLite and on PostgreSQL; pages and JSON on a site of each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server import clock
from cti_server.settings import Settings
from tests.journal.conftest import engine, postgres, url
from tests.journal.floor import opening
from tests.web.kit import Site, running_site, web_settings

__all__ = ["engine", "postgres", "site", "url"]

QUEUES = (
    {"id": "sales", "name": "Sales", "wrapup_s": 10.0, "wrapup_code": "required"},
    {"id": "support", "name": "Support"},
)


def settings_of(folder: Path) -> Settings:
    return Settings.model_validate(web_settings(folder).model_dump() | {"queue": QUEUES})


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Opened two hours ago; `a1` is logged in, the others are not."""
    async with running_site(tmp_path, settings=settings_of(tmp_path)) as site:
        await site.add_people()
        site.do(*opening(clock.now() - 7200))
        yield site
