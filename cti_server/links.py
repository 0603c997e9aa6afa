"""The links to all sites' Asterisks: what they say goes through one gate each, Commands go to the site they are for."""

import asyncio
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.commands import Command, RefreshHeartbeat, RefuseCallers, Resync, SetFallbackMembers
from cti_server.core.events import Event
from cti_server.core.ids import MAIN, SiteId
from cti_server.core.state import State
from cti_server.gate import Gate
from cti_server.pbx.ami import AmiLink
from cti_server.pbx.orders import Outside
from cti_server.pbx.perform import Performer
from cti_server.pbx.sites import for_site, site_for
from cti_server.settings import Settings
from cti_server.tasks import Tasks

_FOR_ALL = (RefreshHeartbeat, RefuseCallers, SetFallbackMembers, Resync)


class Links:
    """`publish`: the bus. `since`: the last moment at which the server is known to have lived.

    `may_act()`: asked before each action. `failed(command, reason)`: the PBX would not take it. `odd(reason)`: a
    message that could not be understood. `start`, then `perform`, then `stop`.
    """

    def __init__(
        self,
        settings: Settings,
        engine: AsyncEngine,
        state: State,
        tasks: Tasks,
        publish: Callable[[Event], None],
        *,
        since: float,
        may_act: Callable[[], bool],
        failed: Callable[[Command, str], None],
        odd: Callable[[str], None],
    ) -> None:
        self._tasks = tasks
        self._trunks = {site: pbx.out_trunk for site, pbx in settings.sites().items()}
        self._links: dict[SiteId, AmiLink] = {}
        self._performers: dict[SiteId, Performer] = {}
        self._running: list[asyncio.Task[None]] = []
        for site, pbx in settings.sites().items():
            gate = Gate(engine, state, tasks, publish, site=site, cel_file=pbx.cel_file, since=since, odd=odd)
            name = "" if site == MAIN else site
            link = AmiLink(pbx, on_message=gate.message, publish=gate.event, may_act=may_act, system_name=name)
            outside = Outside(pbx.out_trunk or settings.pbx.out_trunk, pbx.out_caller_id)
            self._links[site] = link
            self._performers[site] = Performer(link, on_failed=failed, outside=outside)

    def start(self) -> None:
        self._running = [self._tasks.start(link.run(), f"ami {site}") for site, link in self._links.items()]

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    def perform(self, command: Command) -> None:
        """Start carrying the command out; what is said to every site goes to each."""
        sites = tuple(self._performers) if isinstance(command, _FOR_ALL) else (site_for(command, self._trunks),)
        for site in sites:
            mine = for_site(command, site, self._trunks)
            _ = self._tasks.start(self._performers[site].begin(mine), f"perform {type(command).__name__}")
