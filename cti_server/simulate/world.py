"""The clock of a simulated day. It feeds the Center with what the PBX would tell, and gives its Commands to people.

Ticks come each second, as in the server, while anything can be due; else time jumps to the next thing that happens.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from zoneinfo import ZoneInfo

from cti_server import hours
from cti_server.core import events as ev
from cti_server.core.center import Center, Step
from cti_server.core.commands import CallBack, Command, OfferCall, SendCaller
from cti_server.core.decision import Router
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.ivr.calendar import midnight, next_change
from cti_server.ivr.calendars import Calendars
from cti_server.journal.gather import Gathered, Gatherer
from cti_server.simulate.day import Day
from cti_server.simulate.people import People
from cti_server.simulate.variant import Plan

LINGER_S = 4 * 3600.0
"""So long after the last recorded moment callers are still served; who waits then is shown as waiting."""


class World:
    """One run. `router`: a fresh one. `faults`: what the Center found impossible, in its own words."""

    def __init__(self, day: Day, plan: Plan, router: Router, zone: ZoneInfo, seed: int) -> None:
        self.day = day
        self.at = day.since
        self.events = 0
        self.faults: list[str] = []
        self.state = State(at=day.since)
        self._zone = zone
        self._plan = plan
        self._center = Center(self.state, router)
        self._gatherer = Gatherer(self.state, zone)
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._serials = count()
        self._calendars = Calendars(plan.settings)
        self._people = People(self, day, plan, seed)

    def run(self) -> Gathered:
        """The rows that the journal would hold of this day."""
        self._open()
        recorded = min(self.day.end, self.day.until)
        end, tick = recorded + LINGER_S, math.floor(self.at) + 1.0
        while self._heap or self._busy():
            following = self._heap[0][0] if self._heap else math.inf
            if self._busy():
                if tick <= following:
                    self._at(tick)
                    self.tell(ev.Tick(at=tick))
                    tick += 1.0
                    if tick > end:
                        break
                    continue
            elif following < math.inf:
                tick = math.floor(following) + 1.0
            when, _, what = heappop(self._heap)
            if when > end:
                break
            self._at(when)
            what()
        self._close(recorded)
        return self._gatherer.take()

    def plan_at(self, at: float, what: Callable[[], object]) -> None:
        """Let `what` happen at `at`; what is planned for the same moment happens in the order of planning."""
        heappush(self._heap, (max(at, self.at), next(self._serials), what))

    def tell(self, event: Event) -> Step:
        """The Center hears of `event`; its Commands are obeyed from now on."""
        step = self._center.handle(event)
        self._gatherer.feed(step.events, step.touched)
        self.events += len(step.events)
        self.faults += step.faults
        for command in step.commands:
            self._obey(command)
        for derived in step.events:
            if isinstance(derived, ev.WrapUpStarted):
                self._people.wraps_up(derived)
            elif isinstance(derived, ev.AgentPaused) and derived.by == "center":
                self._people.found_absent(derived)
        return step

    def _obey(self, command: Command) -> None:
        match command:
            case OfferCall():
                self._people.rung(command)
            case SendCaller():
                self._people.sent(command)
            case CallBack():
                self._people.called_back(command)
            case _:
                pass

    def _at(self, at: float) -> None:
        self.at = max(self.at, at)

    def _busy(self) -> bool:
        """Whether a second that passes can make a difference."""
        state = self.state
        return bool(
            state.entries
            or state.callbacks
            or any(a.wrapup_until is not None or a.rest_until for a in state.agents.values())
        )

    def _open(self) -> None:
        at, site = self.day.since, self._plan.site
        self.tell(ev.ServerStarted(at=at, node="simulation", version=""))
        self.tell(site)
        self.tell(ev.PbxConnected(at=at))
        phones = {agent.endpoint: "NOT_INUSE" for agent in site.agents}
        self.tell(ev.PbxResynced(at=at, channels=(), devices=phones))
        self._look_at_hours()
        self._people.begin()

    def _look_at_hours(self) -> None:
        for event in hours.due(self.state, self._calendars, self._zone, self.at):
            self.tell(event)
        tomorrow = midnight(self._zone, datetime.fromtimestamp(self.at, self._zone).date() + timedelta(days=1))
        changes = (next_change(self._calendars.of(i), self.at, tomorrow) for i in self._calendars.queues)
        following = min((change for change in changes if change is not None), default=tomorrow)
        if following < min(self.day.end, self.day.until):
            self.plan_at(following, self._look_at_hours)

    def _close(self, recorded: float) -> None:
        """Everybody goes home at the end of the record, so that the last stretch of each agent ends and counts."""
        self._at(recorded)
        for ident, agent in self.state.agents.items():
            if agent.intent != "logged_out":
                self.tell(ev.AgentLoggedOut(at=self.at, agent=ident))
