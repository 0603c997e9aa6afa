"""The gate between a site's PBX link and the bus: after a gap, what was missed goes through before what is live.

`PbxConnected` waits here for `PbxResynced`: until it is known what is live nobody may act on what was. After a gap
these and every event behind them wait while Asterisk's own record is read; then what was missed goes out, then the
waiting events, in order. Nothing else waits: callers, people and time go straight to the bus.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.core.events import Event, GapOpened, PbxConnected, PbxDisconnected, PbxResynced
from cti_server.core.ids import MAIN, SiteId
from cti_server.core.state import State
from cti_server.journal.outages import missed_events
from cti_server.pbx.framing import Message
from cti_server.pbx.sites import told_by
from cti_server.pbx.translate import Untranslatable, translate
from cti_server.tasks import Tasks

log = structlog.get_logger()

_WRITTEN_S = 0.1
"""Asterisk writes its record a little after the fact."""


class Gate:
    """`publish`: the bus. `site`: whose events these are; they get its name here.

    `since`: the last moment at which the server is known to have lived, 0 for none. `odd`: called with the reason for
    each message that could not be translated.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        state: State,
        tasks: Tasks,
        publish: Callable[[Event], None],
        *,
        site: SiteId = MAIN,
        cel_file: Path | None,
        since: float,
        odd: Callable[[str], None],
    ) -> None:
        self._site = site
        self._engine, self._state, self._tasks = engine, state, tasks
        self._publish = publish
        self._cel_file = cel_file
        self._since = since
        self._odd = odd
        self._connected: list[Event] = []
        self._waiting: list[Event] | None = None

    def message(self, message: Message) -> None:
        """One AMI message, in order."""
        try:
            events: Sequence[Event] = translate(message, clock.now())
        except Untranslatable as error:
            self._odd(str(error))
            return
        for event in events:
            self.event(event)

    def event(self, event: Event) -> None:
        """One event of the site's link."""
        event = told_by(event, self._site)
        self._pass(event)

    def _pass(self, event: Event) -> None:
        if isinstance(event, PbxDisconnected) and not self._since:
            self._since = event.at
        if self._waiting is not None:
            self._waiting.append(event)
        elif isinstance(event, PbxConnected):
            self._connected = [event]
        elif isinstance(event, PbxResynced) and self._since and self._cel_file is not None:
            self._waiting, self._connected = [*self._connected, event], []
            _ = self._tasks.start(self._recover(self._cel_file, self._since, event.at), "recovery")
        else:
            self._since = 0.0 if isinstance(event, PbxResynced) else self._since
            held, self._connected = self._connected, []
            for one in [*held, event]:
                self._publish(one)

    async def _recover(self, cel_file: Path, since: float, until: float) -> None:
        found: list[Event] = []
        try:
            await asyncio.sleep(_WRITTEN_S)
            found = await missed_events(self._engine, self._state, cel_file, since=since, until=until)
        except Exception as error:
            # What is live must go on, whatever is wrong with the record of what was.
            log.error("the calls of the gap cannot be recovered", error=repr(error), exc_info=error)
        calls = next((event.calls for event in found if isinstance(event, GapOpened)), ())
        log.info("after a gap", since=since, until=until, recovered=len(calls))
        waiting, self._waiting, self._since = self._waiting or [], None, 0.0
        known = next(n for n, event in enumerate(waiting, 1) if isinstance(event, PbxResynced))
        told = (told_by(event, self._site) for event in found)
        for event in [*told, *waiting[:known]]:
            self._publish(event)
        # The link may have been lost again meanwhile: that gap is another one.
        for event in waiting[known:]:
            self._pass(event)
