"""After each Step, the desks that it changed, each to the browsers of its own agent."""

from collections.abc import Callable, Iterable

import msgspec
from aiohttp import web

from cti_server import clock
from cti_server.core.events import Event, PbxResynced, SiteConfigured
from cti_server.core.ids import AgentId
from cti_server.core.state import State
from cti_server.core.touched import Touched
from cti_server.desk.pop import Card, Desk, concerned, desk, pops, ringing
from cti_server.web.live import Hub
from cti_server.web.wire import encode

_WHOLE = (SiteConfigured, PbxResynced)


class Snapshot(msgspec.Struct, tag="snapshot", tag_field="type"):
    """`pop`: what rings at this moment, for a browser that comes in the middle of it."""

    now: float
    desk: Desk | None
    pop: tuple[Card, ...] = ()


class Change(msgspec.Struct, tag="desk", tag_field="type"):
    now: float
    desk: Desk


class Pop(msgspec.Struct, tag="pop", tag_field="type"):
    now: float
    pop: Card


def room(agent: AgentId) -> str:
    return f"desk:{agent}"


class DeskFeed:
    """`step` is to be called after each Step, before anything is awaited. What is told of a gap pops nothing."""

    def __init__(self, hub: Hub, state: Callable[[], State]) -> None:
        self._hub, self._state = hub, state
        self._shown: dict[AgentId, Desk] = {i: desk(state(), a) for i, a in state().agents.items()}

    def step(self, events: Iterable[Event], touched: Touched) -> None:
        state = self._state()
        if state.recovering:
            return
        whole = any(isinstance(event, _WHOLE) for event in events)
        self._show(set(state.agents) if whole else concerned(state, touched))
        if whole:
            self._forget()

    def renew(self) -> None:
        """The State was replaced by another one."""
        self._show(set(self._state().agents))
        self._forget()

    def _show(self, agents: Iterable[AgentId]) -> None:
        state = self._state()
        for ident in agents:
            after, before = desk(state, state.agents[ident]), self._shown.get(ident)
            if after == before:
                continue
            self._shown[ident] = after
            if not self._hub.listeners(room(ident)):
                continue
            for card in pops(before, after):
                self._hub.publish(room(ident), encode(Pop(clock.now(), card)))
            self._hub.publish(room(ident), encode(Change(clock.now(), after)))

    def _forget(self) -> None:
        for gone in self._shown.keys() - self._state().agents.keys():
            del self._shown[gone]

    def snapshot(self, agent: AgentId) -> bytes:
        state = self._state()
        owner = state.agents.get(agent)
        shown = desk(state, owner) if owner else None
        return encode(Snapshot(clock.now(), shown, ringing(shown) if shown else ()))


DESKS: web.AppKey[DeskFeed] = web.AppKey("desk_feed")
