"""The demo from its start to Ctrl-C, in order."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiohttp

from cti_server import clock
from cti_server.db import open_engine
from cti_server.demo import leftover, stock
from cti_server.demo.breaks import take_breaks
from cti_server.demo.people import LOGINS
from cti_server.demo.plan import Plans
from cti_server.demo.player import Player
from cti_server.demo.site import DemoError, Site
from cti_server.demo.watch import tell
from cti_server.pbx.provision import install
from cti_server.tasks import Tasks

_READY_S = 60.0
_LAST_RECORDS_S = 1.5

Say = Callable[[str], None]


def play(folder: Path, seconds: float, web_port: int, per_minute: float, seed: int, customers: int, say: Say) -> None:
    """Play until SIGINT or SIGTERM, or for `seconds` when that is not 0. Leaves nothing running.

    `customers`: how many there are.
    Raises DemoError, AlreadyRunning, ProvisionError, InstanceError, RenderError, OSError.
    """
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs are started with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    site: Site | None = None
    with leftover.alone(folder):
        try:
            installed = install(say=say)
            if ended := leftover.end(folder):
                say(f"Ended {ended} processes that an earlier demo had left behind.")
            site = Site(installed, folder, web_port)
            site.wipe()
            say("Starting Asterisk and the server ...")
            site.open(customers, seed, say)
            asyncio.run(_play(site, seconds, per_minute, seed, say))
        except KeyboardInterrupt:
            pass
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            if site:
                _end(site, say)


def _end(site: Site, say: Say) -> None:
    say("\nEnding: the callers hang up, the server writes its last records, Asterisk stops ...")
    site.end_calls()
    time.sleep(_LAST_RECORDS_S)
    site.close()
    leftover.end(site.folder)
    say(f"Ended. What was recorded stays in {site.folder} until the next start.")


async def _play(site: Site, seconds: float, per_minute: float, seed: int, say: Say) -> None:
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    tasks = Tasks()
    engine = open_engine(site.settings.database.url)
    try:
        if not await _ready(site, ending):
            return
        say(_welcome(site))
        plans = Plans(seed, await stock.callers(engine))
        player = Player(site.account, site.settings.pbx, site.speech, plans, per_minute, tasks)
        _ = tasks.start(player.run(), "player")
        _ = tasks.start(take_breaks(site.address, site.passwords, Plans(seed)), "breaks")
        _ = tasks.start(tell(engine, site.address, lambda text: say(f"{_time()}  {text}")), "tell")
        await _until(ending, seconds, site)
    finally:
        await tasks.close()
        await engine.dispose()


async def _ready(site: Site, ending: asyncio.Event) -> bool:
    """True once the server is ready, False when told to end. Raises DemoError."""
    deadline = clock.monotonic() + _READY_S
    async with aiohttp.ClientSession(site.address, timeout=aiohttp.ClientTimeout(total=5)) as browser:
        while clock.monotonic() < deadline and not ending.is_set():
            if trouble := site.trouble():
                raise DemoError(trouble)
            with suppress(aiohttp.ClientError, TimeoutError):
                async with browser.get("/health/ready") as answer:
                    if answer.status == 200:
                        return True
            await asyncio.sleep(0.2)
    if ending.is_set():
        return False
    raise DemoError(f"the server did not get ready within {_READY_S:g} s; {site.log} says why")


async def _until(ending: asyncio.Event, seconds: float, site: Site) -> None:
    """Until told to end, or the time is over. Raises DemoError when something of the site ended by itself."""
    deadline = clock.monotonic() + seconds if seconds else float("inf")
    while not ending.is_set() and clock.monotonic() < deadline:
        if trouble := site.trouble():
            raise DemoError(trouble)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(1.0, max(0.0, deadline - clock.monotonic()))):
                await ending.wait()


def _welcome(site: Site) -> str:
    width = max(len(p.login) for p in LOGINS)
    rows = "\n".join(f"    {p.login:<{width}}  {site.passwords[p.login]}  {p.does}" for p in LOGINS)
    return f"""
A small call center is playing itself. Open

    {site.address}/

and sign in (login, password, who it is):

{rows}

Calls come by themselves; within a minute the first recording can be heard. Ctrl-C ends everything.
The server's log: {site.log}
"""


def _time() -> str:
    return time.strftime("%H:%M:%S")
