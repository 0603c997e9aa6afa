"""After each Step, patches to everyone who looks at the floor."""

from collections.abc import Callable, Iterable

import msgspec
from aiohttp import web

from cti_server import clock
from cti_server.core.events import Event, PbxResynced, SiteConfigured
from cti_server.core.state import State
from cti_server.core.touched import Touched
from cti_server.floor.view import Floor, Patch, changed, floor, patch
from cti_server.web.live import Hub
from cti_server.web.wire import encode

ROOM = "floor"
_WHOLE = (SiteConfigured, PbxResynced)
"""After these anything may be gone: compared as a whole."""


class Snapshot(msgspec.Struct, tag="snapshot", tag_field="type"):
    """`now`: the server's clock, for browsers whose own is wrong. The State's moment is older when nothing happens."""

    now: float
    floor: Floor


class Change(msgspec.Struct, tag="patch", tag_field="type"):
    now: float
    patch: Patch


class FloorFeed:
    """Keeps what the browsers know. `step` is to be called after each Step, before anything is awaited.

    While nobody looks nothing is known and nothing is done.
    """

    def __init__(self, hub: Hub, state: Callable[[], State]) -> None:
        self._hub, self._state = hub, state
        self._known: Floor | None = None

    def step(self, events: Iterable[Event], touched: Touched) -> None:
        state = self._state()
        if state.recovering or (known := self._watched()) is None:
            return
        whole = any(isinstance(event, _WHOLE) for event in events)
        self._show(known, _everything(known, floor(state)) if whole else patch(state, touched))

    def renew(self) -> None:
        """The State was replaced by another one."""
        if (known := self._watched()) is not None:
            self._show(known, _everything(known, floor(self._state())))

    def _watched(self) -> Floor | None:
        """What the browsers know; None when there are none."""
        if not self._hub.listeners(ROOM):
            self._known = None
        return self._known

    def _show(self, known: Floor, new: Patch) -> None:
        news = changed(known, new)
        if news is not None:
            self._hub.publish(ROOM, encode(Change(clock.now(), news)))

    def snapshot(self) -> bytes:
        """What the browsers know, at the State's moment."""
        if (known := self._watched()) is None:
            known = self._known = floor(self._state())
        known.at = self._state().at
        return encode(Snapshot(clock.now(), known))


def _everything(known: Floor, fresh: Floor) -> Patch:
    return Patch(
        at=fresh.at,
        pbx=fresh.pbx,
        away=fresh.away,
        calls={**dict.fromkeys(known.calls), **fresh.calls},
        agents={**dict.fromkeys(known.agents), **fresh.agents},
        queues={**dict.fromkeys(known.queues), **fresh.queues},
    )


FLOOR: web.AppKey[FloorFeed] = web.AppKey("floor_feed")
