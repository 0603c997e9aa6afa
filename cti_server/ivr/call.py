"""The small protocol that IVR nodes and scripts are written on, and where a script can send its caller."""

import re
from collections.abc import Sequence
from typing import Literal, NoReturn, Protocol

import msgspec

from cti_server.ivr.calendar import Timetable
from cti_server.ivr.prompts import NAME
from cti_server.settings import Number, Queue, Settings

LANGUAGES = ("en", "zh")
ALL_KEYS = "0123456789*#"

_ID = re.compile(r"^[A-Za-z0-9_.-]{1,64}$")
_EXTEN = re.compile(r"^[0-9*#]{1,40}$")
_BOX = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where the caller goes after the IVR. `queue` is for `queue`, `exten` for `transfer`, `box` for `voicemail`.

    `prompt`: what the dialplan plays before the message, its own when empty. Raises `ValueError` for what must not
    reach the dialplan.
    """

    action: Literal["queue", "transfer", "voicemail", "hangup"]
    queue: str = ""
    priority: int = 0
    exten: str = ""
    box: str = ""
    prompt: str = ""

    def __post_init__(self) -> None:
        for value, pattern in (
            (self.queue, _ID),
            (self.box, _BOX),
            (self.exten, _EXTEN),
            (self.prompt, NAME),
        ):
            if value and not pattern.fullmatch(value):
                raise ValueError(f"unfit for the dialplan: {value!r}")
        if self.action == "transfer" and not self.exten:
            raise ValueError("a transfer without an extension")


class Routed(Exception):
    """The script is over: its caller goes to `route`. Raised by `Call.go`, caught by the runner."""

    def __init__(self, route: Route) -> None:
        super().__init__(route.action)
        self.route = route


class Call(Protocol):
    """One caller in the IVR.

    `channel`: Asterisk's Uniqueid; `ani`, `dnis`: numbers as given, empty when withheld; `number`: what the number
    table says of the dialled number; `language`: of the prompts from now on; `data`: what has been set so far; `ahead`:
    keys pressed before they were asked for, which the next question takes as its answer.
    """

    channel: str
    ani: str
    dnis: str
    caller_name: str
    language: str
    ahead: str
    data: dict[str, str]
    number: Number
    settings: Settings

    def now(self) -> float:
        """UTC epoch seconds."""
        ...

    def timetable(self, queue: str) -> Timetable:
        """By which `queue` opens and closes, with the holiday file as it is now."""
        ...

    def by_mobile(self, queue: str) -> bool:
        """Whether somebody has switched `queue` to its agents' mobile numbers, at any hour."""
        ...

    async def sound(self, prompts: Sequence[str], keys: str = "") -> str:
        """Play prompts one after another in the call's language; the key of `keys` that stopped them, or nothing."""
        ...

    async def key(self, seconds: float) -> str:
        """The next key within `seconds`, or an empty string."""
        ...

    async def read_digits(
        self, typed: str = "", *, most: int = 20, end: str = "#", first_s: float = 5.0, between_s: float = 3.0
    ) -> tuple[str, str]:
        """Collect keys after `typed`: (digits, ending), the ending a key of `end`, `most` or `timeout`."""
        ...

    def step(self, node: str, label: str = "", result: str = "") -> None:
        """Write one step of the IVR path."""
        ...

    def keep(self, key: str, value: str) -> None:
        """Let `value` travel with the call."""
        ...

    async def run_script(self, name: str) -> None:
        """Go on with another script. Raises `LookupError` when there is none of that name."""
        ...

    def go(self, route: Route) -> NoReturn:
        """End the script here and send the caller to `route`."""
        ...


def queue_of(call: Call, name: str = "") -> Queue:
    """The queue `name`, or that of the dialled number when `name` is empty or no queue of the configuration."""
    known = {queue.id: queue for queue in call.settings.queue}
    default = call.number.queue or call.settings.default_queue()
    return known.get(name) or known.get(default) or Queue(id=default)


def take_ahead(call: Call) -> str:
    """The first key that was pressed ahead, which is thereby used up."""
    key, call.ahead = call.ahead[:1], call.ahead[1:]
    return key
