"""What the simulated people know of the world they live in."""

from collections.abc import Callable
from typing import Protocol

from cti_server.core.events import Event
from cti_server.core.state import State


class Clock(Protocol):
    """`at`: now, epoch seconds. `plan_at(at, what)`: later. `tell(event)`: the PBX tells the Center, who commands."""

    at: float
    state: State

    def plan_at(self, at: float, what: Callable[[], object]) -> None: ...

    def tell(self, event: Event) -> object: ...
