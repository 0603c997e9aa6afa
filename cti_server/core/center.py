"""The center: one Event in, the changed State, derived Events and Commands out.

`handle` applies the event, lets the rules below draw their conclusions (Events again, applied at once), and then gives
waiting callers to free agents. Nothing here awaits: between the event and its last consequence nobody sees the State.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter

from cti_server.core import events as ev
from cti_server.core.agents import available
from cti_server.core.apply import apply
from cti_server.core.commands import Command, OfferCall, RefreshHeartbeat, ReturnToHold, SetFallbackMembers
from cti_server.core.events import Candidate, Event
from cti_server.core.state import Agent, Entry, Queue, State
from cti_server.core.touched import Touched
from cti_server.core.waiting import entry_of, offer_of

POKE_AGAIN_S = 1.0
"""No dial a second after the poke: poke again. Two pokes ring one agent, so a late one does no harm."""
POKES = 3
UNHEARD_S = 10.0
"""A caller of whom the PBX says nothing for so long is none: whoever connects to FastAGI can claim one."""
RING_GRACE_S = 10.0
"""The dialplan ends the ring; this much later the center stops believing in it."""

_WHY = {
    "NOANSWER": "no_answer",
    "BUSY": "busy",
    "CHANUNAVAIL": "unreachable",
    "CONGESTION": "unreachable",
    "DECLINED": "declined",
    "CANCEL": "caller_gone",
}

Chooser = Callable[[State, Entry, float], tuple[Agent | None, tuple[Candidate, ...]]]


@dataclass(slots=True)
class Step:
    """What came of one event: `events` in the order they were applied, the given one first."""

    events: list[Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    touched: Touched = field(default_factory=Touched)


class Center:
    """Decides. `choose` is the router: (state, entry, at) -> the best agent or None, and the reasons."""

    def __init__(self, state: State, choose: Chooser) -> None:
        self.state = state
        self._choose = choose
        self._pokes: dict[str, int] = {}

    def handle(self, event: Event) -> Step:
        step = Step()
        todo = deque([event])
        while todo:
            current = todo.popleft()
            step.events.append(current)
            touched = apply(self.state, current)
            step.touched.add(touched)
            todo.extend(self._conclusions(current, touched))
            if not todo:
                todo.extend(self._dispatch(event, step))
        step.commands += self._commands(event, step)
        return step

    # ------------------------------------------------------------ conclusions: Events that follow from an Event

    def _conclusions(self, event: Event, touched: Touched) -> list[Event]:
        if isinstance(event, ev.Tick):
            return self._overdue(event.at)
        found: list[Event] = []
        if isinstance(event, ev.CallQueued) and event.offer and event.why:
            outcome = _WHY.get(event.why, "failed")
            if offer_of(self.state, event.offer) is not None:
                found.append(ev.OfferEnded(at=event.at, offer=event.offer, outcome=outcome))  # type: ignore[arg-type]
        if isinstance(event, ev.OfferEnded) and event.outcome in ("no_answer", "declined"):
            found += self._pause_the_absent(event.at)
        for ident in sorted(touched.agents):
            agent = self.state.agents.get(ident)
            if agent is not None and agent.engagement == "idle" and agent.wrapup_s > 0:
                until = event.at + agent.wrapup_s
                found.append(ev.WrapUpStarted(at=event.at, agent=ident, call=agent.last_call, until=until))
        return found

    def _pause_the_absent(self, at: float) -> list[Event]:
        """RONA: who left several offers in a row unanswered is not there."""
        found: list[Event] = []
        for ident, agent in self.state.agents.items():
            limits = [q.config.rona_limit for i, q in self.state.queues.items() if i in agent.config.queues]
            if agent.intent == "ready" and limits and agent.missed >= min(limits):
                found.append(ev.AgentPaused(at=at, agent=ident, code="rona", by="center"))
        return found

    def _overdue(self, at: float) -> list[Event]:
        found: list[Event] = []
        for ident, agent in self.state.agents.items():
            if agent.wrapup_until is not None and agent.wrapup_until <= at:
                found.append(ev.WrapUpEnded(at=at, agent=ident, call=agent.call))
            if 0 < agent.rest_until <= at:
                found.append(ev.AgentRested(at=at, agent=ident))
        if self.state.connected and not self.state.recovering:
            claimed = [c for c in self.state.channels.values() if c.unheard is not None and at - c.unheard > UNHEARD_S]
            found += [ev.ChannelEnded(at=at, channel=c.id, cause=0, name=c.name) for c in claimed]
        # Without the PBX nobody knows what became of an offer; when the gap is told, time passes in it as it did.
        for ident in self.state.offers if self.state.connected or self.state.recovering else ():
            offer = offer_of(self.state, ident)
            if offer is None:
                continue
            queue = self.state.queues.get(offer.queue)
            ring_s = queue.config.ring_s if queue else 20.0
            age = at - offer.made
            silent = offer.ringing is None and age > POKE_AGAIN_S * (POKES + 1)
            if silent or (age > ring_s + RING_GRACE_S and not self._talks(offer.agent)):
                found.append(ev.OfferEnded(at=at, offer=ident, outcome="failed"))
        return found

    def _talks(self, agent: str) -> bool:
        return agent in self.state.agents and self.state.agents[agent].engagement in ("talking", "on_hold")

    # ------------------------------------------------------------ dispatch: waiting callers to free agents

    def _dispatch(self, event: Event, step: Step) -> list[Event]:
        """One offer at a time, the caller with the highest priority and longest wait first.

        Never while a gap is being told: who waits in the telling may long be gone.
        """
        state = self.state
        if not state.connected or state.recovering or not any(queue.waiting for queue in state.queues.values()):
            return []
        served = {queue for agent in state.agents.values() if available(agent) for queue in agent.config.queues}
        lines = [self._line(queue) for ident, queue in state.queues.items() if ident in served and queue.waiting]
        for _, entry in merge(*lines, key=itemgetter(0)):
            agent, considered = self._choose(state, entry, event.at)
            if agent is None:
                continue
            return [
                ev.OfferMade(
                    at=event.at,
                    offer=f"o{state.serial + 1}-{int(event.at)}",
                    entry=entry.id,
                    channel=entry.channel,
                    queue=entry.queue,
                    agent=agent.config.id,
                    endpoint=agent.config.endpoint,
                    considered=considered,
                )
            ]
        return []

    def _line(self, queue: Queue) -> Iterator[tuple[tuple[int, int, float, str], Entry]]:
        """Who waits in this queue with their rank among all queues, the first one first, as they are asked for."""
        for ident in queue.waiting:
            if (entry := entry_of(self.state, ident)) is not None:
                yield (-entry.priority, -queue.config.weight, entry.queued, entry.id), entry

    # ------------------------------------------------------------ commands: what the PBX is asked to do

    def _commands(self, event: Event, step: Step) -> list[Command]:
        found: list[Command] = []
        for derived in step.events:
            if isinstance(derived, ev.OfferMade):
                self._pokes[derived.offer] = 1
                found += self._poke(derived.offer)
        if any(isinstance(e, _CHANGES_MEMBERS) for e in step.events):
            found.append(self._fallback_members())
        if isinstance(event, ev.PbxResynced):
            found += [RefreshHeartbeat(epoch=int(event.at)), *self._strays(event)]
        if isinstance(event, ev.Tick) and self.state.connected:
            found.insert(0, RefreshHeartbeat(epoch=int(event.at)))
            found += self._late_pokes(event.at)
            found += self._from_fallback(event.at)
        return found

    def _poke(self, ident: str) -> list[Command]:
        offer = offer_of(self.state, ident)
        live = self.state.channels.get(offer.channel) if offer else None
        agent = self.state.agents.get(offer.agent) if offer else None
        queue = self.state.queues.get(offer.queue) if offer else None
        if offer is None or live is None or agent is None:
            return []
        return [
            OfferCall(
                offer=offer.id,
                channel=live.id,
                channel_name=live.name,
                agent=offer.agent,
                endpoint=agent.config.endpoint,
                ring_s=int(queue.config.ring_s if queue else 20),
                expires=int(offer.made + POKE_AGAIN_S * POKES),
            )
        ]

    def _late_pokes(self, at: float) -> list[Command]:
        self._pokes = {ident: pokes for ident, pokes in self._pokes.items() if ident in self.state.offers}
        found: list[Command] = []
        for ident in list(self.state.offers):
            offer, pokes = offer_of(self.state, ident), self._pokes.get(ident, 1)
            if offer and offer.ringing is None and pokes < POKES and at - offer.made > POKE_AGAIN_S * pokes:
                self._pokes[ident] = pokes + 1
                found += self._poke(ident)
        return found

    def _fallback_members(self) -> Command:
        members = [
            (ident, agent.config.endpoint, agent.intent == "paused")
            for ident, agent in sorted(self.state.agents.items())
            if agent.intent != "logged_out"
        ]
        return SetFallbackMembers(members=tuple(members))

    def _strays(self, event: ev.PbxResynced) -> list[Command]:
        """Callers in the hold of whom the journal knows nothing: sent through the hold's door once more."""
        known = {entry.channel for i in self.state.entries if (entry := entry_of(self.state, i)) is not None}
        strays = [c for c in event.channels if c.context == "cti-hold" and c.channel not in known and not c.bridge]
        strays.sort(key=lambda c: -c.duration_s)
        return [ReturnToHold(channel=c.channel, channel_name=c.name, queue="") for c in strays]

    def _from_fallback(self, at: float) -> list[Command]:
        """Back from the fallback queue in order of arrival, all at once, before anyone is dispatched."""
        entries = [e for i in self.state.entries if (e := entry_of(self.state, i)) and e.status == "fallback"]
        found: list[Command] = []
        for entry in sorted(entries, key=lambda e: (e.queued, e.id)):
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
    ev.SiteConfigured,
    ev.PbxResynced,
)
