"""Fixtures: a network, a site and a browser with a tone for a microphone, all of the test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from cti_server.pbx.provision import Installed, install
from tests.browser_phone.kit import BrowserSite, chromium_with_tone, phone_script
from tests.browser_phone.namespace import own_network


@pytest.fixture(scope="session")
def asterisk() -> Installed:
    return install(say=print)


@pytest.fixture
async def site(asterisk: Installed, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[BrowserSite]:
    """Agents agent1 and agent2, both logged in, who talk by browser. The parameter: more for the `BrowserSite`."""
    with own_network() as address:
        made = BrowserSite(asterisk, tmp_path, address, **getattr(request, "param", {}))
        try:
            await made.start()
            await made.add_people()
            yield made
        finally:
            await made.close()


@pytest.fixture
async def browser(site: BrowserSite, tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium_with_tone(tmp_path) as found:
        yield found


@pytest.fixture
async def script(tmp_path: Path) -> str:
    return await phone_script(tmp_path)
