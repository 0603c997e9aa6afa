"""A site whose agents talk by browser: Asterisk, the server, callers of SIPp and pages of Chromium, in one network."""

import asyncio
import math
import shutil
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Error, Page, async_playwright
from pydantic import SecretStr

from cti_server.db import open_engine
from cti_server.pbx.instance import Phone
from cti_server.pbx.provision import Installed
from cti_server.settings import Agent, Settings
from cti_server.staff.queries import add_user
from tests.browser.chromium import NAMES
from tests.live.lab import AGENT_HZ, HOST
from tests.live.site import Site

PASSWORD = "a good long pass phrase"
ARI_SECRET = "only_for_tests_too"
RETURN_S = 12.0
WEB = Path(__file__).parents[2] / "web"


class BrowserSite(Site):
    """Agents agent1 ... have the phone of the desk alone. `address`: at which browsers reach Asterisk's sound; `host`:
    at which they reach the pages.
    """

    def __init__(
        self, installed: Installed, folder: Path, address: str, agents: int = 2, host: str = HOST, **more: Any
    ) -> None:
        super().__init__(installed, folder, agents=agents, **more)
        self.host = host
        people = [
            {"id": a.id, "browser": True, "extension": a.extension, "queues": ["support"]}
            for a in self.settings.agent
            if a.id.startswith("agent")
        ]
        values = self.settings.model_dump() | {"agent": people}
        values["pbx"] |= {
            "http_port": self.ports.http,
            "ari_secret": SecretStr(ARI_SECRET),
            "secret": self.settings.pbx.secret,
        }
        self.settings = Settings.model_validate(values)
        self._pbx = (
            f'http_port = {self.ports.http}\nari_secret = "{ARI_SECRET}"\nmedia_address = "{address}"\n'
            f"return_s = {RETURN_S}"
        )

    def phones(self) -> list[Phone]:
        return []

    def device_of(self, agent: Agent) -> str:
        return "browser = true"

    async def add_people(self) -> None:
        engine = open_engine(f"sqlite+aiosqlite:///{self.database}")
        for agent in self.settings.agent:
            await add_user(engine, f"desk-{agent.id}", PASSWORD, "agent", agent=agent.id)
        await engine.dispose()

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.web}"

    def environ(self) -> dict[str, str]:
        return super().environ() | {"CTI_WEB__HOST": "0.0.0.0" if self.host != HOST else HOST}

    def channel_of(self, endpoint: str) -> str:
        """The one live channel of this endpoint, by name."""
        lines = self.pbx.console("core show channels concise").splitlines()
        (found,) = [name for line in lines if (name := line.partition("!")[0]).startswith(f"PJSIP/{endpoint}-")]
        return found

    def contacts(self) -> list[str]:
        """The contacts of the browsers' phones, as Asterisk has them."""
        lines = self.pbx.console("pjsip show contacts").splitlines()
        return [line.split()[1] for line in lines if "Contact:" in line and "web-" in line]


def write_wave(file: Path, hertz: float, seconds: float = 4.0, rate: int = 48000) -> Path:
    """A tone as Chromium takes it for a microphone."""
    count = round(seconds * rate)
    samples = struct.pack(f"<{count}h", *(round(9000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(count)))
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, rate, count, "NONE", ""))
        out.writeframes(samples)
    return file


async def phone_script(folder: Path) -> str:
    """page.js with JsSIP in it."""
    out = folder / "page.js"
    process = await asyncio.create_subprocess_exec(
        str(WEB / "node_modules" / ".bin" / "esbuild"),
        str(Path(__file__).parent / "page.js"),
        "--bundle",
        "--format=iife",
        "--log-level=warning",
        f"--outfile={out}",
        env={"NODE_PATH": str(WEB / "node_modules"), "PATH": "/usr/local/bin:/usr/bin:/bin"},
    )
    assert await process.wait() == 0
    return out.read_text(encoding="utf-8")


@dataclass
class Desk:
    """One agent's page. `load` again is a reload."""

    page: Page
    script: str
    address: str
    login: str

    async def sign_in(self) -> None:
        await self.page.goto(f"{self.address}/login")
        await self.page.fill("[name=login]", self.login)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.click("button.primary")
        await self.page.wait_for_url(lambda url: "/login" not in url)

    async def load(self) -> None:
        """A page of ours that has no phone of its own, fresh, with one that has not begun yet."""
        await self.page.goto(f"{self.address}/customers")
        await self.phone_in()

    async def phone_in(self) -> None:
        token = await self.page.locator("[name=csrf]").first.get_attribute("value")
        await self.page.evaluate("token => { window.csrf = token }", token)
        await self.page.evaluate(self.script)

    async def another_tab(self) -> "Desk":
        """The same person's second tab, in the same browser."""
        desk = Desk(await self.page.context.new_page(), self.script, self.address, self.login)
        await desk.load()
        return desk

    async def crash(self) -> None:
        """The page's process is gone at once: no close frame, no BYE."""
        session = await self.page.context.new_cdp_session(self.page)
        with suppress(Error, TimeoutError):
            await asyncio.wait_for(session.send("Page.crash"), 2)

    async def do(self, what: str) -> Any:
        """`what`: a method of page.js's phone with its arguments."""
        return await self.page.evaluate(f"async () => await (window.phone.{what})")

    async def register(self, take: bool = False) -> None:
        status = await self.do(f"start({str(take).lower()})")
        assert status == 200, status
        assert await self.do("saw('registered')"), await self.said()

    async def said(self) -> list[str]:
        found: list[str] = await self.page.evaluate("() => window.phone.said")
        return found


@asynccontextmanager
async def chromium_with_tone(folder: Path, hertz: float = AGENT_HZ, *more: str) -> AsyncIterator[Browser]:
    """A Chromium whose microphone hears nothing but a tone. `more`: flags."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path, "the browser tests need Chromium: apt-get install chromium"
    tone = write_wave(folder / "microphone.wav", hertz)
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={tone}",
        "--autoplay-policy=no-user-gesture-required",
        "--disable-background-networking",
        "--disable-features=AudioServiceSandbox",
        *more,
    ]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


async def open_desk(browser: Browser, site: BrowserSite, agent: str, script: str) -> Desk:
    context = await browser.new_context(permissions=["microphone"])
    return await desk_in(context, site, agent, script)


async def desk_in(context: BrowserContext, site: BrowserSite, agent: str, script: str) -> Desk:
    desk = Desk(await context.new_page(), script, site.address, f"desk-{agent}")
    await desk.sign_in()
    await desk.load()
    return desk
