"""The demo's data goes into SQLite and into PostgreSQL, as the demo itself opens them."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.demo.business.near import near_engine
from tests.journal.conftest import postgres, url

__all__ = ["engine", "postgres", "url"]


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = near_engine(url)
    yield engine
    await engine.dispose()
