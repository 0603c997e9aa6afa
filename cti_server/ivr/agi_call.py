"""A `Call` on a real channel: the IVR's protocol carried out by a FastAGI session."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NoReturn

import structlog

from cti_server import clock
from cti_server.core.events import CallDataSet, Event, IvrStepped
from cti_server.ivr.calendar import Timetable
from cti_server.ivr.call import LANGUAGES, Call, Route, Routed
from cti_server.ivr.install import sound_path
from cti_server.pbx.agi_session import AgiSession, CommandFailed
from cti_server.settings import Number, Settings

log = structlog.get_logger()

Script = Callable[[Call], Awaitable[None]]


class AgiCall:
    """See `call.Call`. `publish` takes the events of the IVR path; `scripts` finds a script by its name."""

    def __init__(
        self,
        session: AgiSession,
        settings: Settings,
        number: Number,
        publish: Callable[[Event], None],
        scripts: Callable[[str], Script],
        timetable: Callable[[str], Timetable],
        by_mobile: Callable[[str], bool],
    ) -> None:
        self.channel = session.channel
        self.ani, self.dnis, self.caller_name = session.ani, session.dnis, session.caller_name
        self.settings, self.number = settings, number
        self.language = language_of(number, settings)
        self.ahead = ""
        self.data: dict[str, str] = {}
        self.route: Route | None = None
        self.timetable, self.by_mobile = timetable, by_mobile
        self._session, self._publish, self._scripts = session, publish, scripts
        self._sounds: Path = settings.pbx.sounds_dir

    def now(self) -> float:
        return clock.now()

    async def sound(self, prompts: Sequence[str], keys: str = "") -> str:
        for prompt in prompts:
            if key := await self._play(prompt, keys):
                return key
        return ""

    async def _play(self, prompt: str, keys: str) -> str:
        """A prompt that is missing in the call's language is played in another one; if in none, the call goes on."""
        for language in (self.language, *(each for each in LANGUAGES if each != self.language)):
            try:
                return await self._session.stream_file(sound_path(self._sounds, language, prompt), keys)
            except CommandFailed:
                log.warning("prompt cannot be played", call_id=self.channel, prompt=prompt, language=language)
        return ""

    async def key(self, seconds: float) -> str:
        return await self._session.wait_for_digit(seconds)

    async def read_digits(
        self, typed: str = "", *, most: int = 20, end: str = "#", first_s: float = 5.0, between_s: float = 3.0
    ) -> tuple[str, str]:
        return await self._session.read_digits(typed, most=most, end=end, first_s=first_s, between_s=between_s)

    def step(self, node: str, label: str = "", result: str = "") -> None:
        self._publish(IvrStepped(at=clock.now(), channel=self.channel, node=node, label=label, result=result))

    def keep(self, key: str, value: str) -> None:
        self.data[key] = value
        self._publish(CallDataSet(at=clock.now(), channel=self.channel, key=key, value=value))

    async def run_script(self, name: str) -> None:
        await self._scripts(name)(self)

    def go(self, route: Route) -> NoReturn:
        self.route = route
        raise Routed(route)


def language_of(number: Number, settings: Settings) -> str:
    """The number's language, else the site's, else English: the first one that the IVR speaks."""
    wanted = (number.language, settings.site.language)
    return next((each for each in wanted if each in LANGUAGES), LANGUAGES[0])
