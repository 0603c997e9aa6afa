from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journal.conftest import engine, postgres, url
from tests.web.kit import Site, running_site

__all__ = ["engine", "postgres", "url"]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running_site(tmp_path) as running:
        yield running
