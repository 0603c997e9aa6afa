"""After each Step, the desks that it changed, each to the browsers of its own agent."""

from collections.abc import Callable, Iterable

import msgspec
from aiohttp import web

from cti_server import clock
from cti_server.core.events import Event, PbxResynced, SiteConfigured
from cti_server.core.ids import AgentId, ChannelId, QueueId
from cti_server.core.state import State
from cti_server.core.touched import Touched
from cti_server.desk.ledger import Ledger
from cti_server.desk.pop import Card, Desk, Line, concerned, desk, legs, lines, pops
from cti_server.web.live import Hub
from cti_server.web.wire import encode

_ROOM = "desk:"
_WHOLE = (SiteConfigured, PbxResynced)


class Snapshot(msgspec.Struct, tag="snapshot", tag_field="type"):
    """`lines`: of the own queues. `pop`: for a browser that comes in the middle of it: what rings at this moment, and
    calls that go on of which no page has said that it shows them."""

    now: float
    desk: Desk | None
    lines: tuple[Line, ...] = ()
    pop: tuple[Card, ...] = ()


class Change(msgspec.Struct, tag="desk", tag_field="type"):
    now: float
    desk: Desk


class LineChange(msgspec.Struct, tag="line", tag_field="type"):
    now: float
    line: Line


class Pop(msgspec.Struct, tag="pop", tag_field="type"):
    now: float
    pop: Card


def room(agent: AgentId) -> str:
    return f"{_ROOM}{agent}"


class DeskFeed:
    """`step` is to be called after each Step, before anything is awaited. What is told of a gap pops nothing."""

    def __init__(self, hub: Hub, state: Callable[[], State], ledger: Ledger) -> None:
        self._hub, self._state, self._ledger = hub, state, ledger
        self._shown: dict[AgentId, Desk] = {i: desk(state(), a) for i, a in state().agents.items()}
        self._legs: dict[AgentId, tuple[tuple[ChannelId, str], ...]] = {}
        self._lines: dict[QueueId, Line] = {}

    def step(self, events: Iterable[Event], touched: Touched) -> None:
        state = self._state()
        if state.recovering:
            return
        whole = any(isinstance(event, _WHOLE) for event in events)
        self._show(set(state.agents) if whole else concerned(state, touched))
        self._show_lines(state.queues if whole else touched.queues)
        if whole:
            self._forget()

    def renew(self) -> None:
        """The State was replaced by another one."""
        self._show(set(self._state().agents))
        self._show_lines(self._state().queues)
        self._forget()

    def _show(self, agents: Iterable[AgentId]) -> None:
        state = self._state()
        for ident in agents:
            watched, at_phone = bool(self._hub.listeners(room(ident))), legs(state, state.agents[ident])
            # While nobody looks only the ledger wants to know, and only of what comes to the phone and goes.
            if not watched and self._legs.get(ident) == at_phone:
                continue
            self._legs[ident] = at_phone
            after, before = desk(state, state.agents[ident]), self._shown.get(ident)
            if after == before:
                continue
            self._shown[ident] = after
            self._ledger.changed(before, after, watched)
            if not watched:
                continue
            for card in pops(before, after):
                self._hub.publish(room(ident), encode(Pop(clock.now(), card)))
            self._hub.publish(room(ident), encode(Change(clock.now(), after)))

    def _show_lines(self, queues: Iterable[QueueId]) -> None:
        """Each line that changed, to those who serve that queue and look. While nobody looks nothing is known."""
        state = self._state()
        looking = [a for name in self._hub.rooms() if (a := state.agents.get(name.removeprefix(_ROOM))) is not None]
        if not looking:
            self._lines.clear()
            return
        for ident, line in lines(state, queues).items():
            if self._lines.get(ident) == line:
                continue
            self._lines[ident] = line
            message = encode(LineChange(clock.now(), line))
            for agent in looking:
                if ident in agent.config.queues:
                    self._hub.publish(room(agent.config.id), message)

    def _forget(self) -> None:
        for gone in self._shown.keys() - self._state().agents.keys():
            del self._shown[gone]
            self._legs.pop(gone, None)

    def snapshot(self, agent: AgentId) -> bytes:
        state = self._state()
        owner = state.agents.get(agent)
        if owner is None:
            return encode(Snapshot(clock.now(), None))
        shown, own = desk(state, owner), lines(state, owner.config.queues)
        due = self._ledger.due(shown)
        self._ledger.sent(due)
        return encode(Snapshot(clock.now(), shown, tuple(own.values()), due))


DESKS: web.AppKey[DeskFeed] = web.AppKey("desk_feed")
