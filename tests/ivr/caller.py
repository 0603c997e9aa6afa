"""A caller for IVR nodes and scripts: presses the keys it was told to, and remembers what it heard."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

from cti_server.ivr.calendar import Timetable
from cti_server.ivr.calendars import Calendars
from cti_server.ivr.call import Call, Route, Routed
from cti_server.pbx.agi_session import AgiSession
from cti_server.settings import Number, Queue, Settings

OFFICE = Settings(queue=(Queue(id="sales"), Queue(id="service"), Queue(id="vip")))
MONDAY_NOON = 1_763_956_800.0
"""2025-11-24 12:00 in Shanghai."""


class Caller:
    """`presses`: what happens at each moment when a key could be pressed, in order: a key, or "" for silence; silence
    for ever after the last one. `heard`: the prompts, each as language/name; `steps`: the IVR path. `mobile`: queues
    that somebody has switched to mobile numbers.
    """

    def __init__(
        self,
        *presses: str,
        settings: Settings = OFFICE,
        number: Number | None = None,
        language: str = "en",
        at: float = MONDAY_NOON,
        scripts: dict[str, Callable[[Call], Awaitable[None]]] | None = None,
        mobile: tuple[str, ...] = (),
    ) -> None:
        self.channel, self.ani, self.dnis, self.caller_name = "170.1", "13800138000", "4000", ""
        self.settings, self.number = settings, number or Number(match="*")
        self.language, self.ahead = language, ""
        self.data: dict[str, str] = {}
        self.heard: list[str] = []
        self.steps: list[tuple[str, str, str]] = []
        self.waits: list[float] = []
        self._presses = list(presses)
        self._at = at
        self.mobile = mobile
        self._scripts = scripts or {}

    def now(self) -> float:
        return self._at

    def timetable(self, queue: str) -> Timetable:
        return Calendars(self.settings).of(queue)

    def by_mobile(self, queue: str) -> bool:
        return queue in self.mobile

    def _press(self) -> str:
        return self._presses.pop(0) if self._presses else ""

    async def sound(self, prompts: Sequence[str], keys: str = "") -> str:
        self.heard += [f"{self.language}/{name}" for name in prompts]
        return self._press() if keys else ""

    async def key(self, seconds: float) -> str:
        self.waits.append(seconds)
        return self._press()

    wait_for_digit = key
    read_digits = AgiSession.read_digits

    def step(self, node: str, label: str = "", result: str = "") -> None:
        self.steps.append((node, label, result))

    def keep(self, key: str, value: str) -> None:
        self.data[key] = value

    async def run_script(self, name: str) -> None:
        await self._scripts[name](self)

    def go(self, route: Route) -> NoReturn:
        raise Routed(route)


async def routed(script: Awaitable[None]) -> Route:
    """Where a script, or a node that ends one, sends its caller."""
    try:
        await script
    except Routed as end:
        return end.route
    raise AssertionError("the script sent its caller nowhere")
