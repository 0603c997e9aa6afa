"""The FastAGI handler: which script a number means, its run, and the end that the dialplan goes on from.

Whatever happens here, no caller is lost: without `CTI_IVR_DONE` the dialplan holds the caller with the default queue.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

import structlog

from cti_server import clock
from cti_server.core.events import CallArrived, Event, IvrEnded
from cti_server.core.ids import MAIN
from cti_server.ivr.agi_call import AgiCall, language_of
from cti_server.ivr.calendars import Calendars
from cti_server.ivr.call import Route, Routed
from cti_server.ivr.scripts import Scripts
from cti_server.pbx.agi_session import AgiSession, CallerGone, CommandFailed, SessionLost
from cti_server.pbx.sites import channel_at
from cti_server.settings import Number, Settings

log = structlog.get_logger()

_PATH = "inbound"
Outcome = Literal["queue", "transfer", "hangup", "voicemail", "caller_gone", "error", "lost"]


class IvrRunner:
    """Give `run` to the `FastAgiServer`. `publish` takes each event at once.

    `calendars`: by default made of `settings`. `by_mobile`: whether somebody has switched a queue to its agents' mobile
    numbers.
    """

    def __init__(
        self,
        settings: Settings,
        publish: Callable[[Event], None],
        scripts: Scripts | None = None,
        calendars: Calendars | None = None,
        by_mobile: Callable[[str], bool] = lambda queue: False,
    ) -> None:
        self.settings = settings
        self._publish = publish
        self._scripts = scripts or Scripts()
        self._timetable = (calendars or Calendars(settings)).of
        self._by_mobile = by_mobile

    def problems(self) -> list[str]:
        """What callers would run into, in plain words: scripts of the number table that cannot be loaded."""
        found = []
        for number in self.settings.number:
            if not number.script:
                continue
            try:
                self._scripts(number.script)
            except Exception as error:
                found.append(f"number {number.match!r}: {error!r}")
        return found

    async def run(self, session: AgiSession) -> None:
        """One caller from arrival to `IvrEnded`, which is published exactly once. Raises what ended the session."""
        if session.path != _PATH:
            log.warning("the dialplan asks for an unknown AGI path", call_id=session.channel, path=session.path[:80])
            return
        number = find_number(self.settings, session.dnis)
        if number is None:
            log.warning("unknown number dialled, taking the default queue", call_id=session.channel, dnis=session.dnis)
        await self._arrive(session, number or Number(match="*", script=""))
        outcome: Outcome = "lost"
        detail = ""
        try:
            outcome, detail = await self._serve(session, number)
        except CallerGone:
            outcome = "caller_gone"
            raise
        except SessionLost as error:
            detail = str(error)
            raise
        except asyncio.CancelledError:
            detail = "the server is stopping"
            raise
        except Exception as error:
            outcome, detail = "error", repr(error)[:200]
            raise
        finally:
            self._publish(IvrEnded(at=clock.now(), channel=session.channel, outcome=outcome, detail=detail))

    async def _arrive(self, session: AgiSession, number: Number) -> None:
        """An Asterisk of a branch names its site in the path's query."""
        linked, site = session.channel, session.query.get("site", MAIN)
        try:
            linked = await session.get_variable("CHANNEL(linkedid)") or linked
        except (CallerGone, SessionLost, CommandFailed):
            # The next command meets it again and ends the session in the ordinary way.
            log.debug("the caller was gone on arrival", call_id=session.channel)
        self._publish(
            CallArrived(
                at=clock.now(),
                channel=session.channel,
                name=channel_at(session.name, site if site in self.settings.sites() else MAIN),
                ani=session.ani,
                dnis=session.dnis,
                linked=linked,
                caller_name=session.caller_name,
                campaign=number.campaign,
                language=language_of(number, self.settings),
                script=number.script,
            )
        )

    async def _serve(self, session: AgiSession, number: Number | None) -> tuple[Outcome, str]:
        await session.answer()
        default = Route(action="queue", queue=(number and number.queue) or self.settings.default_queue())
        outcome: Outcome | None = None
        detail = ""
        call = AgiCall(
            session,
            self.settings,
            number or Number(match="*", script=""),
            self._publish,
            self._scripts,
            self._timetable,
            self._by_mobile,
        )
        if number is not None and number.script:
            try:
                await self._scripts(number.script)(call)
            except Routed:
                # AgiCall.go has kept the route.
                pass
            except (CallerGone, SessionLost):
                raise
            except Exception as error:
                log.exception("IVR script failed", call_id=session.channel, script=number.script, error=repr(error))
                outcome, detail, call.route = "error", f"{number.script}: {error!r}"[:200], None
        route = call.route or default
        await _hand_over(session, route, call.language)
        return outcome or route.action, detail or route.queue or route.exten or route.box


def find_number(settings: Settings, dnis: str) -> Number | None:
    """The entry of the number table for a dialled number: the exact one, else `*`, else None."""
    exact = next((n for n in settings.number if n.match == dnis), None)
    return exact or next((n for n in settings.number if n.match == "*"), None)


async def _hand_over(session: AgiSession, route: Route, language: str) -> None:
    """The channel variables that the dialplan reads. `CTI_IVR_DONE` comes last: before it nothing else counts."""
    await session.set_variable("CTI_ACTION", route.action)
    await session.set_variable("CTI_QUEUE", route.queue)
    await session.set_variable("CTI_PRIORITY", route.priority)
    await session.set_variable("CTI_LANG", language)
    await session.set_variable("CTI_EXTEN", route.exten)
    await session.set_variable("CTI_BOX", route.box)
    await session.set_variable("CTI_PROMPT", route.prompt)
    await session.set_variable("CTI_IVR_DONE", 1)
