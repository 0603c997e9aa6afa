"""The doctor knows what phones in the browser need, and says in words what is missing."""

import pytest
from pydantic import SecretStr

from cti_server.pbx.examine import Finding, examine
from cti_server.settings import Settings
from tests.browser_phone.kit import BrowserSite

pytestmark = pytest.mark.live
WHAT = "phones in the browser"


async def found(settings: Settings, **pbx: object) -> Finding:
    changed = settings.model_copy(update={"pbx": settings.pbx.model_copy(update=pbx)})
    (one,) = [finding for finding in await examine(changed) if finding.what == WHAT]
    return one


async def test_a_rendered_pbx_is_ready_and_what_is_missing_is_named(site: BrowserSite) -> None:
    assert (await found(site.settings)).verdict == "ok"
    wrong = [finding for finding in await examine(site.settings) if finding.verdict == "wrong"]
    assert wrong == [], "phones that are not open yet are nothing to mend"
    told = await found(site.settings, ari_secret=SecretStr("something else"))
    assert told.verdict == "wrong" and "pbx.ari_secret" in told.text and "something else" not in told.text
    told = await found(site.settings, http_port=1)
    assert told.verdict == "wrong" and "does not answer" in told.text and "http.conf" in told.mend
    site.pbx.console("module unload -f res_pjsip_transport_websocket.so")
    told = await found(site.settings)
    assert told.verdict == "wrong" and "WebSocket" in told.text
    (modules,) = [f for f in await examine(site.settings) if f.what == "modules"]
    assert "res_pjsip_transport_websocket" in modules.text
