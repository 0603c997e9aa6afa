"""The one place where everything is wired. It reads from top to bottom: what is started, in which order, how it ends.

callers and people -> bus -> hub -> live pages, desks        on every node: here
AMI -> hub (center) -> journal, recorder, commands           on the one that leads: `term.py`
"""

import asyncio
import importlib.metadata
import os
import signal
import sys
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cti_server import migrations, pauses
from cti_server.bus import Gap, LeaseLost, open_bus
from cti_server.contexts import ROUTE_MODULES, RULE_SUBJECTS
from cti_server.core.center import Step
from cti_server.core.commands import Command
from cti_server.core.state import State
from cti_server.customers.errands import MAKERS
from cti_server.customers.imports.run import IMPORTS, Imports
from cti_server.db import open_engine
from cti_server.desk.feed import DESKS, DeskFeed
from cti_server.desk.ledger import add_ledger
from cti_server.desk.phones import PHONES, add_phones
from cti_server.floor.feed import FLOOR, FloorFeed
from cti_server.followups.forms import DISMISSED
from cti_server.heart import Heart
from cti_server.hub import Hub
from cti_server.ivr.calendars import Calendars
from cti_server.ivr.install import install_prompts
from cti_server.ivr.runner import IvrRunner
from cti_server.journal.load import load
from cti_server.journal.terms import journal_name
from cti_server.needs import claim, needed
from cti_server.pbx.fastagi import FastAgiServer
from cti_server.rules.keys import SUBJECTS
from cti_server.settings import Settings
from cti_server.settings.doubts import warnings
from cti_server.staff.queries import Staff, ensure_first_administrator
from cti_server.tasks import Tasks
from cti_server.term import Term
from cti_server.tickets.errands import caller
from cti_server.tickets.missed import on_dismissed
from cti_server.tickets.site import CALENDARS
from cti_server.web.i18n import site_words
from cti_server.web.live import HUB
from cti_server.web.metrics import METRICS, Metrics
from cti_server.web.server import Parts, build_app, start

log = structlog.get_logger()

_AGAIN_S = 0.5
VERSION = importlib.metadata.version("cti-server")


class Server:
    """One running node. `start` brings it up, `stop` drains it. Alone or as the leader of several it has a `Term`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.calendars = Calendars(settings)
        self.tasks = Tasks()
        self.bus = open_bus(settings.redis)
        self.state = State()
        self._claim: int | None = None

    async def start(self) -> None:
        settings = self.settings
        with needed(f"the folder {settings.server.data_dir} cannot be made", "server.data_dir"):
            settings.server.data_dir.mkdir(parents=True, exist_ok=True)

        for doubt in warnings(settings):
            log.warning("the configuration is hardly meant so", doubt=doubt)

        # The truth.
        with needed("the database cannot be used", "database.url"):
            self.engine = open_engine(settings.database.url)
            self._claim = claim(settings.database.url)
            async with self.engine.begin() as connection:
                await connection.run_sync(migrations.upgrade)
            name = await journal_name(self.engine)
        await self.bus.open(name)

        # Everyone who looks at the center's steps, on every node.
        self.hub = Hub(self.bus)
        self.web = build_app(
            Parts(
                settings=settings,
                engine=self.engine,
                state=lambda: self.state,
                publish=self.bus.publish,
                perform=self.perform,
                people=Staff(self.engine),
                led=self.bus.serves,
            ),
            ROUTE_MODULES,
        )
        self.web[SUBJECTS] = RULE_SUBJECTS
        self.web[CALENDARS] = self.calendars
        MAKERS["call"] = caller(self.calendars.of)
        say = site_words(settings.site).text
        self.web[DISMISSED] = (on_dismissed(self.engine, self.calendars.of, say),)
        self._floor = self.web[FLOOR] = FloorFeed(self.web[HUB], lambda: self.state)
        self._desks = self.web[DESKS] = DeskFeed(self.web[HUB], lambda: self.state, add_ledger(self.web))
        add_phones(self.web, settings)
        self.hub.listeners += [
            lambda step: self._floor.step(step.events, step.touched),
            lambda step: self._desks.step(step.events, step.touched),
            lambda step: self.web[PHONES].step(step.events),
            lambda step: _count(self.web[METRICS], step),
        ]

        self.imports = self.web[IMPORTS] = Imports(settings, self.engine)
        await self.imports.start()

        # The IVR.
        for folder in {pbx.sounds_dir for pbx in settings.sites().values()}:
            with needed(f"the prompts cannot be put into {folder}", "sounds_dir of pbx and of each branch"):
                install_prompts(folder)
        runner = IvrRunner(settings, self.bus.publish, calendars=self.calendars, by_mobile=self._by_mobile)
        for problem in runner.problems():
            log.error("the IVR cannot serve a number", problem=problem)
        self.agi = FastAgiServer(settings.server.fastagi_host, settings.server.fastagi_port, runner.run)

        # Go.
        begun, self._stopping = asyncio.Event(), False
        self.life = self.tasks.start(self._live(begun), "life")
        waiting = self.tasks.start(begun.wait(), "start")
        await asyncio.wait({self.life, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if self.life.done():
            self.life.result()
        agi_address = f"{settings.server.fastagi_host}:{settings.server.fastagi_port}"
        with needed(f"nobody can listen at {agi_address} for FastAGI", "server.fastagi_host and fastagi_port"):
            await self.agi.start()
        with needed(f"nobody can listen at {settings.web.host}:{settings.web.port} for pages", "web.host and web.port"):
            self._runner = await start(self.web, settings.web.host, settings.web.port)
        if password := await ensure_first_administrator(self.engine):
            print(f"\nFirst administrator: login 'admin', password '{password}' (shown once)\n", file=sys.stderr)
        log.info("serving", web=f"http://{settings.web.host}:{settings.web.port}", version=VERSION)

    async def stop(self) -> None:
        """Drain: no new callers in the IVR, those in it go on to the hold, everything known is committed.

        Asterisk keeps the callers: without our heartbeat those who wait go to the fallback queue, unless another node
        takes over.
        """
        await self.agi.close(self.settings.server.drain_s / 2)
        self._stopping = True
        self.life.cancel()
        await asyncio.wait({self.life})
        await self.bus.close()
        await self._runner.cleanup()
        await self.imports.close()
        await self.tasks.close()
        await self._leave_database()

    async def give_up(self) -> None:
        """After a start that did not succeed: what runs by then ends, and the database's threads with it."""
        await self.tasks.close()
        if hasattr(self, "engine"):
            await self._leave_database()

    async def _leave_database(self) -> None:
        await self.engine.dispose()
        if self._claim is not None:
            os.close(self._claim)

    async def perform(self, command: Command) -> None:
        self.bus.publish(command)

    def _by_mobile(self, queue: str) -> bool:
        return queue in self.state.queues and self.state.queues[queue].mobile

    async def _live(self, begun: asyncio.Event) -> None:
        """Follow until elected, lead until deposed, and again."""
        while True:
            try:
                if not await self.bus.elected():
                    await self._follow(begun)
                await self._lead(begun)
            except Gap:
                log.warning("steps were missed; reading the journal again")
            except LeaseLost:
                log.warning("the lease was lost before the term began")
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                self.bus.depose("the journal cannot be read")
                log.error("the journal cannot be read; trying again", error=repr(error))
            await asyncio.sleep(_AGAIN_S)

    async def _follow(self, begun: asyncio.Event) -> None:
        loaded = await load(self.engine, ZoneInfo(self.settings.site.time_zone))
        self._show(loaded.state)
        begun.set()
        log.info("this node follows", after=loaded.last_seq)
        async for decided in self.bus.follow(loaded.last_seq):
            self.hub.follow(self.state, decided.events)

    async def _lead(self, begun: asyncio.Event) -> None:
        term = Term(self.settings, self.calendars, self.engine, self.bus, self.hub, VERSION)
        try:
            await term.begin(self._show)
            begun.set()
            await term.run()
        finally:
            await term.end(stopping=self._stopping)

    def _show(self, state: State) -> None:
        self.state = state
        self._floor.renew()
        self._desks.renew()


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then drain."""
    server = Server(settings)
    heart = Heart.from_environment()
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    try:
        await server.start()
    except Exception:
        await server.give_up()
        raise
    pauses.settled()
    # Only now: a long journal may keep the loop busy, and the watchdog waits longer for the first beat.
    _ = server.tasks.start(heart.beat(), "heart")
    heart.ready()
    told = server.tasks.start(ending.wait(), "until told to end")
    await asyncio.wait({told, server.life}, return_when=asyncio.FIRST_COMPLETED)
    heart.stopping()
    log.info("draining")
    failed = not ending.is_set()
    await server.stop()
    if failed:
        raise SystemExit("the server ended by an error of its own; see the log")


def _count(metrics: Metrics, step: Step) -> None:
    for event in step.events:
        metrics.count(event)
    metrics.fault(len(step.faults))
