"""What is due, and what is done then: wrap-ups and rests end, offers come to nothing, waits grow too long.

Each thing has its own next time in a heap; at that time its State is looked at, and what is not due yet is set again.
So nothing is looked at in vain, whoever else is there.
"""

from collections.abc import Iterator

from cti_server.core import events as ev
from cti_server.core import pokes, returning
from cti_server.core.agents import status
from cti_server.core.commands import Command, Resync
from cti_server.core.deadlines import Deadlines, Key
from cti_server.core.events import Event
from cti_server.core.offers import offer_of
from cti_server.core.overflow import waited_too_long
from cti_server.core.places import entry_of
from cti_server.core.sites import channel_site, connected
from cti_server.core.state import Agent, Entry, State
from cti_server.core.touched import Touched

UNHEARD_S = 10.0
"""A caller of whom the PBX says nothing for so long is none: whoever connects to FastAGI can claim one."""
RING_GRACE_S = 10.0
"""The dialplan ends the ring; this much later the center stops believing in it."""
ACCEPT_S = 15.0
"""So much longer a mobile may take: who answers is asked to press 1."""
SEND_S = 6.0
"""Of a caller who was sent elsewhere nothing was heard for so long: still in the hold."""
DIAL_OUT_S = 75.0
"""A number that a caller is sent to may ring for a minute before anything is heard."""
CHOOSE_S = 180.0
"""Longer than the whole conversation about a callback: the PBX is asked where the caller is."""
CALL_OUT_S = 90.0
"""An attempt to call back of which nothing was seen for so long has failed."""
GIVE_UP_AGAIN_S = 5.0
"""A leg whose page did not come back, and that did not end when it was told to, is told once more."""
FIRST_ANNOUNCEMENT_S = 8.0


class Due:
    """`events` at each Tick, then `commands`. Made from the State of a server that has just started, too."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._deadlines = Deadlines()
        self._commands: list[Command] = []
        self._pokes: dict[str, int] = {}
        self._ask_again(state.at)

    def note(self, event: Event, touched: Touched) -> None:
        """What was touched may be due earlier than was known."""
        for ident in touched.agents:
            self._set("agent", ident)
            self._set("left", ident)
        for call in touched.calls.values():
            for entry in call.entries:
                if not entry.outcome:
                    self._set("entry", entry.id)
                    self._first_announcement(entry)
        for ident in touched.callbacks:
            self._set("callback", ident)
        if isinstance(event, ev.OfferMade):
            self._set("offer", event.offer)
        elif isinstance(event, ev.CallArrived):
            self._set("channel", event.channel)
        elif isinstance(event, ev.SiteConfigured | ev.PbxResynced):
            self._ask_again(event.at)

    def poke(self, offer: str) -> list[Command]:
        """The first poke of an offer; the others come when they are due."""
        self._pokes[offer] = 1
        self._deadlines.set(("poke", offer), self._state.at + pokes.POKE_AGAIN_S)
        return pokes.offer(self._state, offer)

    def events(self, at: float) -> Iterator[Event]:
        """What is due at `at`."""
        for key in self._deadlines.due(at):
            when = self._when(key)
            if when is not None and when > at:
                self._deadlines.set(key, when)
                continue
            yield from self._act(key, at)

    def commands(self) -> list[Command]:
        taken, self._commands = self._commands, []
        return taken

    # ------------------------------------------------------------ when

    def _ask_again(self, at: float) -> None:
        state = self._state
        things = (
            ("agent", state.agents),
            ("left", state.agents),
            ("entry", state.entries),
            ("offer", state.offers),
            ("poke", state.offers),
            ("callback", state.callbacks),
            ("channel", [c.id for c in state.channels.values() if c.unheard is not None]),
        )
        for kind, idents in things:
            for ident in idents:
                self._set(kind, ident)

    def _set(self, kind: str, ident: str) -> None:
        if (when := self._when((kind, ident))) is not None:
            self._deadlines.set((kind, ident), when)

    def _when(self, key: Key) -> float | None:
        kind, ident = key
        state = self._state
        if kind == "agent":
            agent = state.agents.get(ident)
            return self._agent_due(agent) if agent else None
        if kind == "left":
            owner = state.agents.get(ident)
            return returning.due_at(state, owner) if owner else None
        if kind == "entry":
            entry = entry_of(state, ident)
            return self._entry_due(entry) if entry else None
        if kind in ("offer", "poke"):
            offer = offer_of(state, ident)
            if offer is None:
                return None
            if kind == "poke":
                return offer.made + pokes.POKE_AGAIN_S * self._pokes.get(ident, 1)
            if offer.ringing is None:
                return offer.made + pokes.POKE_AGAIN_S * (pokes.POKES + 1)
            queue = state.queues.get(offer.queue)
            return offer.made + (queue.config.ring_s if queue else 20.0) + RING_GRACE_S + ACCEPT_S * offer.accept
        if kind == "callback":
            promise = state.callbacks.get(ident)
            return promise.called + CALL_OUT_S if promise and promise.status == "calling" else None
        if kind == "channel":
            live = state.channels.get(ident)
            return live.unheard + UNHEARD_S if live and live.unheard is not None else None
        return None

    def _agent_due(self, agent: Agent) -> float | None:
        times = [agent.wrapup_until, agent.rest_until or None]
        if not agent.overdue and (most_s := self._state.max_age_s.get(status(agent))):
            times.append(agent.since + most_s)
        return min((t for t in times if t is not None), default=None)

    def _entry_due(self, entry: Entry) -> float | None:
        if entry.status == "leaving":
            return (
                None if entry.left else entry.sent_at + (DIAL_OUT_S if entry.sent_to.startswith("number") else SEND_S)
            )
        if entry.status == "choosing":
            return entry.sent_at + CHOOSE_S
        queue = self._state.queues.get(entry.queue)
        if queue is None or queue.config.max_wait_s <= 0 or entry.status not in ("waiting", "offered"):
            return None
        return entry.queued + queue.config.max_wait_s

    # ------------------------------------------------------------ what is done then

    def _act(self, key: Key, at: float) -> Iterator[Event]:
        kind, ident = key
        match kind:
            case "agent":
                if (agent := self._state.agents.get(ident)) is not None:
                    yield from self._agent(ident, agent, at)
            case "left":
                if (owner := self._state.agents.get(ident)) is not None:
                    self._commands += returning.given_up(self._state, owner)
                    self._deadlines.set(("left", ident), at + GIVE_UP_AGAIN_S)
            case "offer":
                yield from self._offer(ident, at)
            case "poke":
                self._poke_again(ident)
            case "entry":
                if (entry := entry_of(self._state, ident)) is not None:
                    yield from self._entry(entry, at)
            case "announce":
                self._announce(ident, at)
            case "callback":
                yield from self._callback(ident, at)
            case "channel":
                yield from self._channel(ident, at)
            case _:
                raise LookupError(f"nothing is done when {kind!r} is due")

    def _agent(self, ident: str, agent: Agent, at: float) -> Iterator[Event]:
        if agent.wrapup_until is not None and agent.wrapup_until <= at:
            yield ev.WrapUpEnded(at=at, agent=ident, call=agent.call)
        if 0 < agent.rest_until <= at:
            yield ev.AgentRested(at=at, agent=ident)
        word = status(agent)
        most_s = self._state.max_age_s.get(word)
        if most_s and not agent.overdue and agent.since + most_s <= at:
            yield ev.AgentOverdue(at=at, agent=ident, status=word, since=agent.since)

    def _offer(self, ident: str, at: float) -> Iterator[Event]:
        """Without the PBX nobody knows what became of it; when a gap is told, time passes in it as it did."""
        state = self._state
        offer = offer_of(state, ident)
        if offer is None:
            return
        agent = state.agents.get(offer.agent)
        talks = offer.ringing is not None and agent is not None and agent.engagement in ("talking", "on_hold")
        if talks or not (connected(state, channel_site(state, offer.channel)) or state.recovering):
            self._deadlines.set(("offer", ident), at + 1.0)
        else:
            yield ev.OfferEnded(at=at, offer=ident, outcome="failed")

    def _poke_again(self, ident: str) -> None:
        offer = offer_of(self._state, ident)
        done = self._pokes.get(ident, 1)
        if offer is None or offer.ringing is not None or done >= pokes.POKES:
            self._pokes.pop(ident, None)
            return
        self._pokes[ident] = done + 1
        self._commands += pokes.offer(self._state, ident)
        self._deadlines.set(("poke", ident), offer.made + pokes.POKE_AGAIN_S * (done + 1))

    def _entry(self, entry: Entry, at: float) -> Iterator[Event]:
        if entry.status == "leaving":
            yield ev.CallerStayed(at=at, entry=entry.id)
        elif entry.status == "choosing":
            self._commands.append(Resync())
            self._deadlines.set(("entry", entry.id), at + CHOOSE_S)
        elif entry.status == "waiting":
            yield from waited_too_long(self._state, entry, at)
        else:
            self._deadlines.set(("entry", entry.id), at + 1.0)

    def _first_announcement(self, entry: Entry) -> None:
        queue = self._state.queues.get(entry.queue)
        if queue is not None and queue.config.announce_every_s > 0 and entry.status == "waiting":
            first_s = min(FIRST_ANNOUNCEMENT_S, queue.config.announce_every_s)
            if not self._deadlines.has(("announce", entry.id)):
                self._deadlines.set(("announce", entry.id), max(entry.queued, self._state.at) + first_s)

    def _announce(self, ident: str, at: float) -> None:
        entry = entry_of(self._state, ident)
        queue = self._state.queues.get(entry.queue) if entry else None
        if entry is None or queue is None or queue.config.announce_every_s <= 0:
            return
        self._commands += pokes.announce(self._state, entry, at)
        self._deadlines.set(("announce", ident), at + queue.config.announce_every_s)

    def _callback(self, ident: str, at: float) -> Iterator[Event]:
        promise = self._state.callbacks.get(ident)
        if promise is None or promise.status != "calling":
            return
        if promise.channel in self._state.channels:
            self._deadlines.set(("callback", ident), at + 10.0)
            return
        queue = self._state.queues.get(promise.queue)
        spacing_s = queue.config.callback_spacing_s if queue else 60.0
        yield ev.CallbackMissed(at=at, callback=ident, why="failed", not_before=at + spacing_s)

    def _channel(self, ident: str, at: float) -> Iterator[Event]:
        state = self._state
        live = state.channels.get(ident)
        if live is None or live.unheard is None:
            return
        if not connected(state, channel_site(state, ident)) or state.recovering:
            self._deadlines.set(("channel", ident), at + 1.0)
            return
        yield ev.ChannelEnded(at=at, channel=ident, cause=0, name=live.name)
