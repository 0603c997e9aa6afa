"""Two real Asterisks, one server: a caller is served wherever the agent is, and it is one call with one record."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server.pbx.provision import Installed
from tests.live.branches import TwoSites
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.sipp import tone_energy
from tests.live.test_calls import NEAR, finished, leg, near, seconds

pytestmark = pytest.mark.live


@pytest.fixture
async def sites(asterisk: Installed, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[TwoSites]:
    """`request.param`: the agents who are ready, and the branch's own trunk."""
    ready, trunk = request.param
    made = TwoSites(asterisk, tmp_path, ready=ready, east_trunk=trunk)
    await made.start()
    yield made
    await made.close()


def served(*ready: str, trunk: str = "trunk") -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sites", [(ready, trunk)], indirect=True)


@served("agent3")
async def test_a_caller_at_the_main_site_and_an_agent_at_the_branch(sites: TwoSites) -> None:
    phone = await sites.east_phone(sites.agent(3).answer(ring=0.5).wait(3).hang_up())
    caller = await sites.call(sites.caller().call().wait_bye())
    await finished(caller, phone)
    (call,) = await sites.call_records()
    assert (call["ani"], call["direction"], call["hangup_by"]) == ("13800138000", "inbound", "agent")
    assert [one["endpoint"] for one in call["legs"]] == ["PJSIP/trunk", "PJSIP/agent3@east"]
    (entry,) = call["entries"]
    assert (entry["outcome"], entry["agent"], entry["offers"]) == ("answered", "agent3", 1)
    assert near(entry["ended"], to=phone.answered)
    assert near(call["answered"], to=phone.answered)
    assert near(call["ended"], to=phone.bye_sent)
    for endpoint in ("PJSIP/trunk", "PJSIP/agent3@east"):
        assert seconds(call, endpoint, "talk") == pytest.approx(3, abs=NEAR)
    assert call["offers"][0]["agent_channel"] == leg(call, "PJSIP/agent3@east")["id"]
    (segment,) = call["recordings"]
    assert segment["leg"] == leg(call, "PJSIP/agent3@east")["id"]
    for side, hertz in (("caller_path", CALLER_HZ), ("agent_path", AGENT_HZ)):
        length, power, share = tone_energy(Path(segment[side]), hertz)
        assert length == pytest.approx(3, abs=NEAR)
        assert power > 1000 and share > 0.9
