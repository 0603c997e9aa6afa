"""A term: all that only the leading node does, from taking the journal over to giving it up.

AMI bytes -> gate -> bus -> hub (center) -> journal, recorder -> commands -> AMI

It begins from what is true: the journal, then the steps that the leader before had not committed yet. Each term has a
number of its own, one higher than the last; the journal takes nothing from an older one.
"""

from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.bus import Bus
from cti_server.core.center import Center, Step
from cti_server.core.commands import CallBack, Command, MuteAudio, OfferCall
from cti_server.core.events import (
    AgentConfig,
    AgentLoggedIn,
    CallbackMissed,
    ChannelMuted,
    OfferEnded,
    QueueConfig,
    ServerStarted,
    ServerStopped,
    SiteConfigured,
    Widen,
)
from cti_server.core.ids import at_site
from cti_server.core.state import State
from cti_server.customers.identify import Identifier
from cti_server.customers.nightly import keep_customers
from cti_server.customers.queries import plan_of
from cti_server.customers.refused import Refuser
from cti_server.hours import keep_hours
from cti_server.hub import Hub
from cti_server.ivr.calendars import Calendars
from cti_server.journal.load import load
from cti_server.journal.spill import Spill
from cti_server.journal.terms import next_term
from cti_server.journal.writer import Writer
from cti_server.links import Links
from cti_server.recording.worker import Recorder
from cti_server.routing.router import Router
from cti_server.sales.nightly import keep_pairs
from cti_server.settings import Settings
from cti_server.tasks import Tasks
from cti_server.tickets.keeper import Keeper
from cti_server.tickets.mail import service as mail
from cti_server.web.i18n import site_words
from cti_server.webhooks.sending import Sender

log = structlog.get_logger()

_CALL_BACK_AGAIN_S = 60.0

_Config = TypeVar("_Config", QueueConfig, AgentConfig, Widen)


class Term:
    """`begin`, `run` until this node does not lead any more or is told to stop, `end`.

    `show(state)`: called when the State is complete, before anything is awaited.
    """

    def __init__(
        self, settings: Settings, calendars: Calendars, engine: AsyncEngine, bus: Bus, hub: Hub, version: str
    ) -> None:
        self._settings, self._calendars, self._version = settings, calendars, version
        self._engine, self._bus, self._hub = engine, bus, hub
        self._tasks = Tasks()
        self._begun = False

    async def begin(self, show: Callable[[State], None]) -> None:
        """Raises LeaseLost, and what the database raises."""
        settings, bus = self._settings, self._bus

        # The truth so far.
        await Spill(settings.server.data_dir).take_in(self._engine)
        number = await next_term(self._engine)
        loaded = await load(self._engine, ZoneInfo(settings.site.time_zone))
        state = loaded.state
        self.writer = Writer(
            self._engine,
            state,
            loaded.gatherer,
            data_dir=settings.server.data_dir,
            last_seq=loaded.last_seq,
            options=settings.journal,
            term=number,
            marks=bus.marks,
            fenced=lambda: bus.depose("another server writes the journal"),
        )

        # What the leader before had decided, and not committed.
        clean, since = loaded.clean, loaded.last_at
        show(state)
        self._hub.listeners.append(self.writer.put)
        try:
            async for decided in bus.rest(loaded.last_seq):
                self._hub.follow(state, decided.events)
                clean, since = isinstance(decided.events[-1], ServerStopped), max(since, decided.events[-1].at)
        finally:
            self._hub.listeners.remove(self.writer.put)
        await bus.lead(self.writer.seq, loaded.marks | {"term": number})

        # Each site's PBX: one link in, commands out.
        self._links = Links(
            settings,
            self._engine,
            state,
            self._tasks,
            bus.report,
            since=loaded.gatherer.gap_since or since,
            may_act=bus.leads,
            failed=self._failed,
            odd=self._odd,
        )
        self._recorder = Recorder(settings, self._engine, self._tasks)
        plan, tasks = plan_of(settings), self._tasks
        self._callers = Identifier(self._engine, plan, lambda: state, bus.report, tasks)
        say = site_words(settings.site).text
        self._tickets = Keeper(self._engine, self._calendars.of, plan, lambda: state, bus.report, tasks, say)
        self._refuser = Refuser(self._engine, plan_of(settings), self._perform, self._tasks)
        self._center = Center(state, Router())
        self._hub.listeners[:0] = [self._write, self._note]

        # Go.
        bus.report(
            ServerStarted(at=clock.now(), node=settings.server.node, version=self._version, since=since, clean=clean)
        )
        bus.report(site_configured(settings))
        for agent in settings.agent:
            known = state.agents.get(agent.id)
            if agent.auto_login and (known is None or known.intent == "logged_out"):
                bus.report(AgentLoggedIn(at=clock.now(), agent=agent.id, by="configuration"))
        self.writer.start(self._tasks)
        self._recorder.start()
        self._callers.start()
        self._refuser.start()
        self._tickets.start()
        mail.start(settings, self._engine, self._calendars.of, self._tasks)
        _ = self._tasks.start(self._hub.tick(), "tick")
        zone = ZoneInfo(settings.site.time_zone)
        _ = self._tasks.start(keep_hours(state, self._calendars, zone, bus.report), "hours")
        _ = self._tasks.start(keep_pairs(self._engine, zone), "what is bought together")
        _ = self._tasks.start(keep_customers(self._engine, settings), "what customers are worth")
        _ = self._tasks.start(Sender(settings, self._engine, self._tasks).keep_sending(), "webhooks")
        self._links.start()
        self._begun = True
        log.info("this node leads", term=number, after=self.writer.seq)

    async def run(self) -> None:
        await self._hub.run(self._center, self._perform)

    async def end(self, *, stopping: bool) -> None:
        """`stopping`: by our own will. Commit what is known, unless another term has begun."""
        if self._begun:
            await self._links.stop()
            if stopping:
                self._bus.report(ServerStopped(at=clock.now(), node=self._settings.server.node))
                await self._hub.drain(self._center, self._perform)
            for listener in (self._write, self._note):
                self._hub.listeners.remove(listener)
            await self.writer.close(self._settings.server.drain_s / 2)
        await self._tasks.close()

    # ------------------------------------------------------------ what happens to each step, and each command

    def _write(self, step: Step) -> None:
        first = self.writer.seq + 1
        self.writer.put(step)
        if self.writer.seq >= first:
            self._bus.announce(first, step.events)

    def _note(self, step: Step) -> None:
        self._recorder.joined(step.touched.merged)
        for call in step.touched.calls.values():
            self._recorder.note(call)
        self._callers.step(step.touched)
        self._refuser.step(step.events)
        self._tickets.step(step.touched)

    def _perform(self, command: Command) -> None:
        self._links.perform(command)

    def _failed(self, command: Command, reason: str) -> None:
        """The PBX would not take it. An offer that cannot be made frees its agent at once."""
        at = clock.now()
        if isinstance(command, OfferCall):
            self._bus.report(OfferEnded(at=at, offer=command.offer, outcome="failed"))
        elif isinstance(command, CallBack):
            missed = CallbackMissed(at=at, callback=command.callback, why="failed", not_before=at + _CALL_BACK_AGAIN_S)
            self._bus.report(missed)
        elif isinstance(command, MuteAudio):
            self._bus.report(ChannelMuted(at=at, channel=command.channel, muted=not command.muted))

    def _odd(self, reason: str) -> None:
        self._hub.counts["not understood"] += 1
        log.warning("an AMI message could not be understood", reason=reason)


def site_configured(settings: Settings) -> SiteConfigured:
    """The configuration as the core needs it. What both sides have under one name is carried over."""
    return SiteConfigured(
        at=clock.now(),
        queues=tuple(
            _carried(
                QueueConfig,
                queue,
                name=queue.name or queue.id,
                box=queue.box or queue.id.replace(".", "-"),
                widen=tuple(_carried(Widen, step) for step in queue.widen),
            )
            for queue in settings.queue
        ),
        agents=tuple(
            _carried(AgentConfig, agent, name=agent.name or agent.id, endpoint=agent.phone, more=agent.phones)
            for agent in settings.agent
        ),
        trunks=(
            *settings.pbx.trunks,
            *(at_site(pattern, branch.id) for branch in settings.branch for pattern in branch.trunks),
        ),
        branches=tuple(branch.id for branch in settings.branch),
        default_queue=settings.default_queue(),
        mobile_trunk=settings.pbx.out_trunk,
        max_age_s=settings.routing.max_age_s,
        return_s=settings.pbx.return_s,
    )


def _carried(kind: type[_Config], section: BaseModel, **given: object) -> _Config:
    shared = {name: getattr(section, name) for name in kind.__struct_fields__ if hasattr(section, name)}
    return kind(**shared | given)
