"""What breaks around a page that talks: the server, the PBX, the browser itself, the session."""

import asyncio

import pytest
from playwright.async_api import Browser

from tests.browser_phone.kit import BrowserSite, open_desk
from tests.live.heard import listen, listened
from tests.live.lab import AGENT_HZ, CALLER_HZ
from tests.live.sipp import tone_energy

pytestmark = [pytest.mark.live, pytest.mark.browser]


async def test_a_killed_server_does_not_touch_the_call_and_the_page_registers_again(
    site: BrowserSite, browser: Browser, script: str
) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    caller = await site.call(site.caller().call().wait_bye())
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    trunk = site.channel_of("trunk")
    file = listen(site, trunk, site.folder / "customer-hears.wav")
    await site.kill_server()
    await asyncio.sleep(2)
    assert await desk.do(f"hears({CALLER_HZ}, 500)"), "nothing happens to the call"
    await site.serve()
    assert await desk.do("registers_again()"), await desk.said()
    await asyncio.sleep(1)
    await listened(site, trunk, file)
    seconds, _, share = tone_energy(file, AGENT_HZ)
    assert seconds > 3 and share > 0.9, "the customer heard the agent all the time"
    assert await desk.do(f"hears({CALLER_HZ}, 500)")
    assert not any(word.startswith("call ended") for word in await desk.said())
    await desk.do("current.terminate()")
    assert await caller.wait() == 0, caller.errors()
    (record,) = await site.call_records()
    assert len([leg for leg in record["legs"] if leg["role"] == "agent"]) == 1


async def test_a_restarted_pbx_is_told_of_the_phone_again(site: BrowserSite, browser: Browser, script: str) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    await asyncio.to_thread(site.pbx.stop)
    assert await desk.do("saw('disconnected 4502')"), await desk.said()
    await asyncio.to_thread(site.pbx.start)
    assert await desk.do("registers_again()"), await desk.said()
    await site.until_ready()
    caller = await site.call(site.caller().call().wait_bye())
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    await desk.do("current.terminate()")
    assert await caller.wait() == 0, caller.errors()


async def test_a_browser_that_dies_without_a_word_leaves_its_customer_to_another_agent(
    site: BrowserSite, browser: Browser, script: str
) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    caller = await site.call(site.caller().call().wait_bye())
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    await desk.crash()
    (held,) = await site.events("channel_held", at_most=20)
    answer = site.rows("SELECT payload FROM journal WHERE type = 'page_left'")
    assert len(answer) == 1 and held["channel"]
    again = await open_desk(browser, site, "agent1", script)
    await again.register()
    assert await again.do(f"hears({CALLER_HZ})"), await again.said()
    await again.do("current.terminate()")
    assert await caller.wait() == 0, caller.errors()


async def test_after_the_logout_nobody_registers_and_no_log_holds_a_password(
    site: BrowserSite, browser: Browser, script: str
) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    password = await desk.do("given.password")
    assert len(site.contacts()) == 1
    assert "web-agent1" in site.pbx.console("pjsip show auths")
    await desk.do("log_out()")
    assert await desk.do("saw('disconnected 4401')"), await desk.said()
    for _ in range(50):
        if not site.contacts() and "web-agent1" not in site.pbx.console("pjsip show auths"):
            break
        await asyncio.sleep(0.1)
    assert not site.contacts() and "web-agent1" not in site.pbx.console("pjsip show auths")
    told: list[str] = []
    for _ in range(50):
        told = [e["state"] for e in await site.events("device_changed") if e["device"] == "PJSIP/web-agent1"]
        if told[-1:] == ["UNAVAILABLE"]:
            break
        await asyncio.sleep(0.1)
    assert told[-1:] == ["UNAVAILABLE"]
    for log in (
        site.folder / "server.log",
        site.folder / "pbx" / "log" / "full",
        site.folder / "pbx" / "log" / "console",
    ):
        text = log.read_text(encoding="utf-8", errors="replace")
        assert password not in text and "only_for_tests_too" not in text, log
    stored = site.rows("SELECT count(*) AS n FROM journal WHERE payload LIKE ?", f"%{password}%")
    assert stored == [{"n": 0}]


async def test_another_agents_name_is_refused_on_the_wire(site: BrowserSite, browser: Browser, script: str) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    assert await desk.do("credentials()") is not None
    assert await desk.do("speaks_as('web-agent2')") == 4403
    assert "web-agent2" not in "".join(site.contacts())


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_without_server_and_page_the_customer_is_still_not_lost(
    site: BrowserSite, browser: Browser, script: str
) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    _ = await site.call(site.caller().call().wait_bye())
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    await site.kill_server()
    await desk.crash()
    for _ in range(900):
        if "cti-fallback" in site.pbx.console("core show channels concise"):
            break
        await asyncio.sleep(0.1)
    channels = site.pbx.console("core show channels concise").splitlines()
    assert [line.split("!")[1] for line in channels if line.startswith("PJSIP/trunk-")] == ["cti-fallback"]
    assert not [line for line in channels if "web-agent1" in line], "and the dead leg is gone"


async def test_the_customer_hangs_up_and_the_page_knows(site: BrowserSite, browser: Browser, script: str) -> None:
    desk = await open_desk(browser, site, "agent1", script)
    await desk.register()
    caller = await site.call(site.caller().call().wait(4).hang_up())
    assert await desk.do(f"hears({CALLER_HZ})"), await desk.said()
    assert await caller.wait() == 0, caller.errors()
    assert await desk.do("saw('call ended Terminated')"), await desk.said()
