"""Who may have a phone in the browser, and how it is refused."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from cti_server.core.events import AgentConfig, SiteConfigured
from cti_server.desk.phones import NO_CREDENTIALS
from cti_server.settings import Agent, Pbx, Settings
from tests.web.kit import Site, Visitor, running_site, web_settings

PAGE = "page-0001"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """Agent a1 has a phone in the browser; there is no PBX at all."""
    plain = web_settings(tmp_path)
    agents = (Agent.model_validate({"id": "a1", "browser": True}), Agent(id="a2", phone="PJSIP/a2"))
    settings = Settings(site=plain.site, server=plain.server, agent=agents, pbx=Pbx(http_port=1, action_timeout_s=2))
    async with running_site(tmp_path, settings=settings) as made:
        await made.add_people()
        configs = tuple(AgentConfig(id=a.id, name=a.id, endpoint=a.phone) for a in settings.agent)
        made.do(SiteConfigured(at=1.0, agents=configs))
        yield made


async def ask(visitor: Visitor, body: str, token: str | None = None) -> tuple[int, str]:
    given = await visitor.form_token("/desk") if token is None else token
    headers = {"X-CSRF-Token": given, "Content-Type": "application/json"}
    async with visitor.session.post("/desk/phone", data=body, headers=headers) as response:
        return response.status, await response.text()


async def test_credentials_are_for_agents_with_such_a_phone_and_a_form_token(site: Site) -> None:
    async with site.visitor("agent") as visitor:
        assert (await ask(visitor, f'{{"page": "{PAGE}"}}'))[0] == 503, "there is no PBX that could be told"
        assert (await ask(visitor, f'{{"page": "{PAGE}"}}', token="wrong"))[0] == 403
        for odd in ("", "{}", '{"page": "short"}', '{"page": "../../../../etc"}', '{"page": "page-0001", "user": "x"}'):
            assert (await ask(visitor, odd))[0] == 400, odd
    async with site.visitor("supervisor") as visitor:
        assert (await ask(visitor, f'{{"page": "{PAGE}"}}'))[0] == 404, "no agent, no phone"


async def test_sip_is_for_our_own_pages_with_credentials(site: Site) -> None:
    sip = f"/sip?page={PAGE}"
    async with site.visitor("agent") as visitor:
        for origin in ({}, {"Origin": "https://elsewhere.example"}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await visitor.session.ws_connect(sip, protocols=("sip",), headers=origin)
            assert refused.value.status == 403
        headers = {"Origin": site.address}
        async with visitor.session.ws_connect(sip, protocols=("sip",), headers=headers) as socket:
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
            assert socket.close_code == NO_CREDENTIALS
    async with site.visitor("supervisor") as visitor:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await visitor.session.ws_connect(sip, protocols=("sip",), headers={"Origin": site.address})
        assert refused.value.status == 404
