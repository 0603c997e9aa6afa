"""The center: one Event in, the changed State, derived Events and Commands out.

`handle` applies the event, draws the conclusions (`conclusions.py`; Events again, applied at once), does what is due
(`due.py`), and lets the router match waiting callers with free agents. Nothing here awaits: between the event and its
last consequence nobody sees the State.
"""

from collections import deque
from dataclasses import dataclass, field

from cti_server.core import events as ev
from cti_server.core import returning
from cti_server.core.agents import rung_at
from cti_server.core.apply import apply
from cti_server.core.calls import agent_at
from cti_server.core.commands import CallBack, Command, RefreshHeartbeat, Resync, ReturnToHold, SetFallbackMembers
from cti_server.core.conclusions import conclusions
from cti_server.core.decision import Keep, Match, Router
from cti_server.core.due import Due
from cti_server.core.events import Event
from cti_server.core.invariants import violations
from cti_server.core.places import entry_of
from cti_server.core.pokes import send, set_queue
from cti_server.core.rooms import left_alone
from cti_server.core.sites import phone_at
from cti_server.core.state import Entry, State
from cti_server.core.touched import Touched

CHECK_S = 60.0
"""So often it is looked whether what must be true of every State is true."""
_ENGAGED = frozenset({"reserved", "ringing", "talking", "on_hold"})


@dataclass(slots=True)
class Step:
    """What came of one event: `events` in the order they were applied, the given one first.

    `faults`: what should be impossible and was seen, in words, for the log; the caller is served all the same.
    """

    events: list[Event] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    touched: Touched = field(default_factory=Touched)


class Center:
    """Decides, with the help of a router, over a State that is its own from now on."""

    def __init__(self, state: State, router: Router) -> None:
        self.state = state
        self._router = router
        self._due = Due(state)
        self._fallen: set[str] = set(state.entries)
        self._rung_at: dict[str, str] = {}
        self._checked = state.at
        router.rebuild(state, state.at)

    def handle(self, event: Event) -> Step:
        step = Step()
        coming = deque([event])
        while coming:
            current = coming.popleft()
            step.events.append(current)
            touched = apply(self.state, current)
            step.touched.add(touched)
            self._learn(current, touched)
            coming.extend(conclusions(self.state, current, touched))
            if isinstance(current, ev.Tick):
                coming.extend(self._due.events(current.at))
            # Who stops begins nothing more: its last word is the last of the journal.
            if coming or isinstance(event, ev.ServerStopped):
                continue
            if (decided := self._decide(event.at, step)) is not None:
                coming.append(decided)
        if isinstance(event, ev.Tick) and event.at - self._checked >= CHECK_S:
            self._checked = event.at
            step.faults += violations(self.state)
        step.commands += self._commands(event, step)
        return step

    def _learn(self, event: Event, touched: Touched) -> None:
        if isinstance(event, ev.SiteConfigured):
            self._router.rebuild(self.state, event.at)
        elif touched:
            self._router.learn(self.state, touched, event.at)
        self._due.note(event, touched)
        for call in touched.calls.values():
            self._fallen.update(entry.id for entry in call.entries if entry.status == "fallback")

    # ------------------------------------------------------------ waiting callers to free agents

    def _decide(self, at: float, step: Step) -> Event | None:
        """Never while a gap is being told: who waits in the telling may long be gone.

        A router that fails is given a fresh index; what has been applied stays, and the next event decides again.
        """
        state = self.state
        if not state.connected or state.recovering:
            return None
        try:
            return self._decided(state, at, step)
        except Exception as error:
            step.faults.append(f"the router failed: {error!r}")
            self._router.rebuild(state, at)
            return None

    def _decided(self, state: State, at: float, step: Step) -> Event | None:
        while (decision := self._router.decide(state, at)) is not None:
            if isinstance(decision, Keep):
                return ev.CallerHeld(
                    at=at, entry=decision.entry, agent=decision.agent, until=decision.until, part=decision.part
                )
            event = self._tried(decision, at) if decision.callback else self._offered(decision, at)
            if event is not None:
                return event
            step.faults.append(f"the router matched what cannot be matched: {decision.item} with {decision.agent}")
        return None

    def _offered(self, match: Match, at: float) -> Event | None:
        entry, agent = entry_of(self.state, match.item), self.state.agents.get(match.agent)
        if entry is None or entry.status != "waiting" or agent is None or agent.engagement != "idle":
            return None
        return ev.OfferMade(
            at=at,
            offer=f"o{self.state.serial + 1}-{int(at)}",
            entry=entry.id,
            channel=entry.channel,
            queue=entry.queue,
            agent=match.agent,
            endpoint=phone_at(agent, match.endpoint),
            strategy=match.strategy,
            accept=match.accept,
            considered=match.considered,
            passed=match.passed,
            urgency=match.urgency,
        )

    def _tried(self, match: Match, at: float) -> Event | None:
        promise, agent = self.state.callbacks.get(match.item), self.state.agents.get(match.agent)
        if promise is None or promise.status != "waiting":
            return None
        if match.agent and (agent is None or agent.engagement != "idle"):
            return None
        return ev.CallbackTried(
            at=at,
            callback=promise.id,
            channel=f"callback-{self.state.serial + 1}-{int(at)}",
            first="agent" if match.agent else "customer",
            agent=match.agent,
            endpoint=phone_at(agent, match.endpoint) if agent else match.endpoint,
            accept=match.accept,
            attempt=promise.attempts + 1,
            strategy=match.strategy,
            considered=match.considered,
            passed=match.passed,
            urgency=match.urgency,
        )

    # ------------------------------------------------------------ commands: what the PBX is asked to do

    def _commands(self, event: Event, step: Step) -> list[Command]:
        found: list[Command] = []
        for derived in step.events:
            found += self._command_of(derived)
            found += returning.commands(self.state, derived)
        if any(isinstance(e, _CHANGES_MEMBERS) for e in step.events) or self._has_moved(event):
            found.append(self._fallback_members())
        if isinstance(event, ev.PbxResynced):
            found += [RefreshHeartbeat(epoch=int(event.at)), *self._strays(event)]
        if isinstance(event, ev.Tick) and self.state.connected:
            found.insert(0, RefreshHeartbeat(epoch=int(event.at)))
            found += self._due.commands()
            found += self._from_fallback()
        return found

    def _command_of(self, event: Event) -> list[Command]:
        match event:
            case ev.OfferMade():
                return self._due.poke(event.offer)
            case ev.CallerSent():
                call = self.state.calls.get(self.state.entries.get(event.entry, ""))
                entry = entry_of(self.state, event.entry)
                if event.to.startswith("queue:"):
                    return set_queue(self.state, event)
                return send(self.state, entry) if call is not None and entry is not None else []
            case ev.CallbackTried():
                return self._call_back(event)
            case ev.BridgeLeft():
                return left_alone(self.state, event)
            case ev.AgentOverdue() if event.status in _ENGAGED:
                return [Resync()]
            case ev.AgentUnstuck():
                return [Resync()]
            case _:
                return []

    def _call_back(self, event: ev.CallbackTried) -> list[Command]:
        promise = self.state.callbacks.get(event.callback)
        if promise is None:
            return []
        queue = self.state.queues.get(promise.queue)
        return [
            CallBack(
                callback=promise.id,
                channel=event.channel,
                first=event.first,
                number=promise.number,
                queue=promise.queue,
                queued=promise.queued,
                agent=event.agent,
                endpoint=event.endpoint,
                ring_s=int(queue.config.ring_s if queue else 20),
                accept=event.accept,
            )
        ]

    def _fallback_members(self) -> Command:
        """At the phone that each agent has chosen. A mobile is not among them: its voicemail would answer."""
        members = [
            (ident, rung_at(agent), paused)
            for ident, agent in sorted(self.state.agents.items())
            if agent.intent != "logged_out" and not agent.gone
            for paused in (agent.intent == "paused",)
        ]
        return SetFallbackMembers(members=tuple(members))

    def _has_moved(self, event: Event) -> bool:
        """An agent's phone is now registered at another site, whose fallback it belongs to."""
        if not isinstance(event, ev.DeviceChanged) or not self.state.branches:
            return False
        agent = self.state.agents.get(agent_at(self.state, event.device))
        if agent is None or self._rung_at.get(agent.config.id) == rung_at(agent):
            return False
        self._rung_at[agent.config.id] = rung_at(agent)
        return True

    def _strays(self, event: ev.PbxResynced) -> list[Command]:
        """Callers in the hold of whom the journal knows nothing: sent through the hold's door once more."""
        known = {entry.channel for i in self.state.entries if (entry := entry_of(self.state, i)) is not None}
        strays = [c for c in event.channels if c.context == "cti-hold" and c.channel not in known and not c.bridge]
        strays.sort(key=lambda c: -c.duration_s)
        return [ReturnToHold(channel=c.channel, channel_name=c.name, queue="") for c in strays]

    def _from_fallback(self) -> list[Command]:
        """Back from the fallback queue in order of arrival, all at once, before anyone is dispatched."""
        entries: list[Entry] = []
        for ident in sorted(self._fallen):
            if (entry := entry_of(self.state, ident)) is not None and entry.status == "fallback":
                entries.append(entry)
            else:
                self._fallen.discard(ident)
        found: list[Command] = []
        for entry in sorted(entries, key=lambda e: (e.place, e.id)):
            live = self.state.channels.get(entry.channel)
            call = self.state.calls.get(entry.call)
            rings = call is not None and any(
                leg.ended is None and (c := self.state.channels.get(leg.id)) is not None and c.ringing
                for leg in call.legs
            )
            if live is not None and not live.bridge and not rings:
                found.append(ReturnToHold(channel=live.id, channel_name=live.name, queue=entry.queue))
        return found


_CHANGES_MEMBERS = (
    ev.AgentLoggedIn,
    ev.AgentLoggedOut,
    ev.AgentPaused,
    ev.AgentResumed,
    ev.AgentDeviceChosen,
    ev.SiteConfigured,
    ev.PbxResynced,
)
