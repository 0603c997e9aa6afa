"""The desk's buttons on real calls: what each side hears, and what the records say, as after a phone's own acts."""

import asyncio
from pathlib import Path

import pytest

from cti_server.pbx.provision import Installed
from tests.live.at_desk import at_desk
from tests.live.heard import listen, listened
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.sipp import tone_energy
from tests.live.site import Site
from tests.live.test_calls import finished, seconds

pytestmark = pytest.mark.live
NEAR = 0.5


def channel(site: Site, endpoint: str) -> str:
    """The name of the live channel of this endpoint."""
    lines = site.pbx.console("core show channels concise").splitlines()
    return next(line.partition("!")[0] for line in lines if line.startswith(f"{endpoint}-"))


async def hears(site: Site, endpoint: str, file: Path, hertz: float, during: float = 0.8) -> bool:
    """Whether the tone is in what the PBX sends to this endpoint for the next moment."""
    name = channel(site, endpoint)
    listen(site, name, file)
    await asyncio.sleep(during)
    _, power, share = tone_energy(await listened(site, name, file), hertz)
    return power > 1000 and share > 0.5


async def verified(site: Site) -> str:
    verify = await asyncio.create_subprocess_exec(
        *site.command("journal", "verify"), env=site.environ(), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await verify.communicate()
    return f"{verify.returncode} {out.decode()}"


async def test_hold_and_resume(asterisk: Installed, tmp_path: Path) -> None:
    site = Site(asterisk, tmp_path, ready=("agent1",))
    await site.start()
    try:
        async with at_desk(site, "agent1") as (desk,):
            await site.phone(1, site.agent(1).answer(ring=0.3).wait_bye())
            caller = await site.call(site.caller().call().wait_bye())
            card = await desk.phase("talking")
            assert await hears(site, "PJSIP/trunk", tmp_path / "a.wav", AGENT_HZ)
            assert await hears(site, "PJSIP/agent1", tmp_path / "b.wav", CALLER_HZ)
            assert (await desk.press("resume", card["leg"]))[0] == 409
            await desk.does("hold", card["leg"])
            await desk.phase("on_hold")
            assert not await hears(site, "PJSIP/trunk", tmp_path / "c.wav", AGENT_HZ)
            assert not await hears(site, "PJSIP/agent1", tmp_path / "d.wav", CALLER_HZ)
            await desk.does("resume", card["leg"])
            await desk.phase("talking")
            assert await hears(site, "PJSIP/trunk", tmp_path / "e.wav", AGENT_HZ)
            assert await hears(site, "PJSIP/agent1", tmp_path / "f.wav", CALLER_HZ)
            await desk.does("hang_up", card["leg"])
            await finished(caller)
        (call,) = await site.call_records()
        assert call["hangup_by"] == "agent"
        for endpoint in ("PJSIP/agent1", "PJSIP/trunk"):
            assert seconds(call, endpoint, "hold") == pytest.approx(2, abs=NEAR)
        assert (await verified(site)).startswith("0 ")
    finally:
        await site.close()
