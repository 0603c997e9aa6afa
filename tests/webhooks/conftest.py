"""On SQLite and on PostgreSQL, with a receiver that is a real server."""

from collections.abc import AsyncIterator

import pytest

from tests.journal.conftest import engine, postgres, url
from tests.webhooks.receiver import Receiver, receiving

__all__ = ["engine", "postgres", "receiver", "url"]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running
