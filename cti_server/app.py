"""The one place where everything is wired. It reads from top to bottom: what is started, in which order, how it ends.

AMI bytes -> gate -> bus -> hub (center) -> journal, live pages, desks, recorder -> commands -> AMI
"""

import asyncio
import importlib.metadata
import os
import signal
import sys
from zoneinfo import ZoneInfo

import structlog

from cti_server import clock, migrations
from cti_server.bus import LocalBus
from cti_server.core.center import Center, Step
from cti_server.core.commands import Command, OfferCall
from cti_server.core.events import (
    AgentConfig,
    AgentLoggedIn,
    OfferEnded,
    QueueConfig,
    ServerStarted,
    ServerStopped,
    SiteConfigured,
)
from cti_server.db import open_engine
from cti_server.desk import pages as desk_pages
from cti_server.desk.feed import DESKS, DeskFeed
from cti_server.floor import api as floor_api
from cti_server.floor import pages as floor_pages
from cti_server.floor.feed import FLOOR, FloorFeed
from cti_server.gate import Gate
from cti_server.heart import Heart
from cti_server.hub import Hub
from cti_server.ivr.install import install_prompts
from cti_server.ivr.runner import IvrRunner
from cti_server.journal import api as journal_api
from cti_server.journal import pages as journal_pages
from cti_server.journal.load import load
from cti_server.journal.writer import Writer
from cti_server.needs import claim, needed
from cti_server.pbx.ami import AmiLink
from cti_server.pbx.fastagi import FastAgiServer
from cti_server.pbx.perform import Performer
from cti_server.recording import api as recording_api
from cti_server.recording import pages as recording_pages
from cti_server.recording import sound as recording_sound
from cti_server.recording.worker import Recorder
from cti_server.routing.router import route
from cti_server.settings import Settings
from cti_server.staff import pages as staff_pages
from cti_server.staff.queries import Staff, ensure_first_administrator
from cti_server.statistics import api as statistics_api
from cti_server.tasks import Tasks
from cti_server.web.live import HUB
from cti_server.web.metrics import METRICS, Metrics
from cti_server.web.server import Parts, build_app, start

log = structlog.get_logger()

ROUTE_MODULES = (
    staff_pages,
    floor_pages,
    floor_api,
    desk_pages,
    journal_pages,
    journal_api,
    statistics_api,
    recording_pages,
    recording_api,
    recording_sound,
)

VERSION = importlib.metadata.version("cti-server")


class Server:
    """One running server. `start` brings it up, `stop` drains it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tasks = Tasks()
        self.bus = LocalBus()
        self._claim: int | None = None

    async def start(self) -> None:
        settings = self.settings
        with needed(f"the folder {settings.server.data_dir} cannot be made", "server.data_dir"):
            settings.server.data_dir.mkdir(parents=True, exist_ok=True)

        # The truth so far.
        with needed("the database cannot be used", "database.url"):
            self.engine = open_engine(settings.database.url)
            self._claim = claim(settings.database.url)
            async with self.engine.begin() as connection:
                await connection.run_sync(migrations.upgrade)
        with needed("the journal cannot be read", "database.url"):
            loaded = await load(self.engine, ZoneInfo(settings.site.time_zone), settings.server.data_dir)
        self.state = loaded.state
        self.writer = Writer(
            self.engine,
            self.state,
            loaded.gatherer,
            data_dir=settings.server.data_dir,
            last_seq=loaded.last_seq,
            options=settings.journal,
        )

        # The PBX: one link in, commands out.
        self.gate = Gate(
            self.engine,
            self.state,
            self.tasks,
            self.bus.publish,
            cel_file=settings.pbx.cel_file,
            since=loaded.missed_since,
            odd=self._odd,
        )
        self.link = AmiLink(settings.pbx, on_message=self.gate.message, publish=self.gate.event)
        self.performer = Performer(self.link, on_failed=self._failed)

        # The center, and everyone who looks at its steps.
        self.hub = Hub(self.bus, Center(self.state, route), self._perform)
        self.web = build_app(
            Parts(
                settings=settings,
                engine=self.engine,
                state=lambda: self.state,
                publish=self.bus.publish,
                perform=self.perform,
                people=Staff(self.engine),
            ),
            ROUTE_MODULES,
        )
        floor = self.web[FLOOR] = FloorFeed(self.web[HUB], lambda: self.state)
        desks = self.web[DESKS] = DeskFeed(self.web[HUB], lambda: self.state)
        recorder = Recorder(settings, self.engine, self.tasks)
        self.hub.listeners += [
            self.writer.put,
            lambda step: floor.step(step.events, step.touched),
            lambda step: desks.step(step.events, step.touched),
            lambda step: _note(recorder, step),
            lambda step: _count(self.web[METRICS], step),
        ]

        # The IVR.
        with needed(f"the prompts cannot be put into {settings.pbx.sounds_dir}", "pbx.sounds_dir"):
            install_prompts(settings.pbx.sounds_dir)
        runner = IvrRunner(settings, self.bus.publish)
        for problem in runner.problems():
            log.error("the IVR cannot serve a number", problem=problem)
        self.agi = FastAgiServer(settings.server.fastagi_host, settings.server.fastagi_port, runner.run)

        # Go.
        self.bus.publish(
            ServerStarted(
                at=clock.now(),
                node=settings.server.node,
                version=VERSION,
                since=loaded.last_at,
                clean=loaded.clean,
            )
        )
        self.bus.publish(site_configured(settings))
        for agent in settings.agent:
            known = self.state.agents.get(agent.id)
            if agent.auto_login and (known is None or known.intent == "logged_out"):
                self.bus.publish(AgentLoggedIn(at=clock.now(), agent=agent.id, by="configuration"))
        self.writer.start(self.tasks)
        recorder.start()
        _ = self.tasks.start(self.hub.run(), "hub")
        agi_address = f"{settings.server.fastagi_host}:{settings.server.fastagi_port}"
        with needed(f"nobody can listen at {agi_address} for FastAGI", "server.fastagi_host and fastagi_port"):
            await self.agi.start()
        with needed(f"nobody can listen at {settings.web.host}:{settings.web.port} for pages", "web.host and web.port"):
            self._runner = await start(self.web, settings.web.host, settings.web.port)
        _ = self.tasks.start(self.hub.tick(), "tick")
        self._link_task = self.tasks.start(self.link.run(), "ami")
        if password := await ensure_first_administrator(self.engine):
            print(f"\nFirst administrator: login 'admin', password '{password}' (shown once)\n", file=sys.stderr)
        log.info("serving", web=f"http://{settings.web.host}:{settings.web.port}", version=VERSION)

    async def stop(self) -> None:
        """Drain: no new callers in the IVR, those in it go on to the hold, everything known is committed.

        Asterisk keeps the callers: without our heartbeat those who wait go to the fallback queue.
        """
        await self.agi.close(self.settings.server.drain_s / 2)
        self._link_task.cancel()
        await asyncio.wait({self._link_task})
        self.bus.publish(ServerStopped(at=clock.now(), node=self.settings.server.node))
        await self.hub.drain()
        await self._runner.cleanup()
        await self.writer.close(self.settings.server.drain_s / 2)
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
        await self.performer.perform(command)

    def _perform(self, command: Command) -> None:
        _ = self.tasks.start(self.performer.perform(command), f"perform {type(command).__name__}")

    def _failed(self, command: Command, reason: str) -> None:
        """The PBX would not take it. An offer that cannot be made frees its agent at once."""
        if isinstance(command, OfferCall):
            self.bus.publish(OfferEnded(at=clock.now(), offer=command.offer, outcome="failed"))

    def _odd(self, reason: str) -> None:
        self.hub.counts["not understood"] += 1
        log.warning("an AMI message could not be understood", reason=reason)


def site_configured(settings: Settings) -> SiteConfigured:
    """The configuration as the core needs it."""
    return SiteConfigured(
        at=clock.now(),
        queues=tuple(
            QueueConfig(
                id=q.id,
                name=q.name or q.id,
                sl_threshold_s=q.sl_threshold_s,
                short_abandon_s=q.short_abandon_s,
                ring_s=q.ring_s,
                wrapup_s=q.wrapup_s,
                rona_limit=q.rona_limit,
                rest_s=q.rest_s,
                weight=q.weight,
            )
            for q in settings.queue
        ),
        agents=tuple(
            AgentConfig(id=a.id, name=a.name or a.id, endpoint=a.phone, queues=a.queues, extension=a.extension)
            for a in settings.agent
        ),
        trunks=settings.pbx.trunks,
        default_queue=settings.default_queue(),
    )


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
    # Only now: a long journal may keep the loop busy, and the watchdog waits longer for the first beat.
    _ = server.tasks.start(heart.beat(), "heart")
    heart.ready()
    await ending.wait()
    heart.stopping()
    log.info("draining")
    await server.stop()


def _note(recorder: Recorder, step: Step) -> None:
    recorder.joined(step.touched.merged)
    for call in step.touched.calls.values():
        recorder.note(call)


def _count(metrics: Metrics, step: Step) -> None:
    for event in step.events:
        metrics.count(event)
