"""Now and then an agent takes a break, by the buttons of the desk as anybody would: signed in, form and all."""

import asyncio
import re

import aiohttp
import structlog

from cti_server.demo.people import AGENTS
from cti_server.demo.plan import Plans

log = structlog.get_logger()

_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_EVERY_S = (45.0, 90.0)
_LENGTH_S = (15.0, 35.0)
_CODES = ["break", "training", "backoffice"]
_LIMIT = aiohttp.ClientTimeout(total=10)


async def take_breaks(address: str, passwords: dict[str, str], plans: Plans) -> None:
    """Runs until it is cancelled. One agent at a time is away; the next one may be another."""
    while True:
        await asyncio.sleep(plans.uniform(*_EVERY_S))
        agent = plans.choice([a.id for a in AGENTS if a.ready])
        try:
            jar = aiohttp.CookieJar(unsafe=True)  # by default it keeps no cookies of a host that is an address
            async with aiohttp.ClientSession(address, timeout=_LIMIT, cookie_jar=jar) as browser:
                await _sign_in(browser, agent, passwords[agent])
                await _press(browser, "pause", plans.choice(_CODES))
                await asyncio.sleep(plans.uniform(*_LENGTH_S))
                await _press(browser, "resume")
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("a break could not be taken", agent=agent, reason=repr(error))


async def _sign_in(browser: aiohttp.ClientSession, login: str, password: str) -> None:
    fields = {"csrf": await _token(browser, "/login"), "login": login, "password": password}
    async with browser.post("/login", data=fields) as answer:
        answer.raise_for_status()


async def _press(browser: aiohttp.ClientSession, wanted: str, code: str = "") -> None:
    fields = {"csrf": await _token(browser, "/desk"), "do": wanted, "code": code}
    async with browser.post("/desk/intent", data=fields) as answer:
        answer.raise_for_status()


async def _token(browser: aiohttp.ClientSession, path: str) -> str:
    async with browser.get(path) as page:
        page.raise_for_status()
        found = _TOKEN.search(await page.text())
    return found.group(1) if found else ""
