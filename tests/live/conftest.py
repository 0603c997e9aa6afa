"""Fixtures of the live tests. The private Asterisk is installed once, into the project's cache."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server.pbx.provision import Installed, install
from tests.live.lab import Lab


@pytest.fixture(scope="session")
def asterisk() -> Installed:
    """Asterisk, installed if it is not yet. Raises ProvisionError, with what to do, where it cannot be."""
    return install(say=print)


@pytest.fixture
async def lab(asterisk: Installed, tmp_path: Path) -> AsyncIterator[Lab]:
    """A running Asterisk of the test's own with agents agent1 to agent3, web1 and a trunk."""
    made = Lab(asterisk, tmp_path)
    await made.start()
    yield made
    await made.close()
