"""Who has which phone in the browser: one page for each agent, its credentials, and its open SIP connection.

Credentials belong to one session and one page, live in our memory and in Asterisk's, and are replaced by the next ones.
Another page of the same agent gets them only by taking the phone over.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable

import msgspec
import structlog
from aiohttp import web

from cti_server.core.events import Event, PageOpened
from cti_server.core.ids import MAIN, AgentId
from cti_server.pbx.ari import Ari, AriError
from cti_server.pbx.browser_phone import objects, password_object, user_of
from cti_server.settings import Agent, Pbx, Settings

log = structlog.get_logger()

NO_CREDENTIALS, NOT_OURS, TAKEN, NO_PBX, AGAIN = 4404, 4403, 4409, 4502, 4408
"""Why a page's SIP connection was closed: it has to ask for credentials again; it said what it may not; another page of
this agent has taken the phone; Asterisk cannot be reached; the same page has opened another one."""


GOING_S = 1.0


class Line:
    """One open SIP connection of a page. `close(code)` ends it, from whichever side."""

    def __init__(self, page: str, close: Callable[[int], None]) -> None:
        self.page = page
        self.close = close


class Credentials(msgspec.Struct, frozen=True):
    agent: AgentId
    session: str
    page: str
    user: str
    password: str


class Taken(RuntimeError):
    """Another page of this agent has the phone."""


class Phones:
    """`issue`, then `known` and `hold` for the connection; `withdraw` at the end of the session."""

    def __init__(self, settings: Settings) -> None:
        self._agents = {agent.id: agent for agent in settings.agent if agent.browser}
        self._sites = settings.sites()
        self._ari = {site: Ari(pbx) for site, pbx in self._sites.items()}
        self._given: dict[AgentId, Credentials] = {}
        self._lines: dict[AgentId, Line] = {}
        self._locks: dict[AgentId, asyncio.Lock] = {}

    async def close(self) -> None:
        for line in list(self._lines.values()):
            line.close(1001)
        for ari in self._ari.values():
            await ari.close()

    def agent(self, ident: AgentId) -> Agent | None:
        """The agent of this id who has a phone in the browser."""
        return self._agents.get(ident)

    def pbx(self, ident: AgentId) -> Pbx:
        return self._sites[self._site(ident)]

    def ari(self, ident: AgentId) -> Ari:
        return self._ari[self._site(ident)]

    def _site(self, ident: AgentId) -> str:
        site = self._agents[ident].site
        return site if site in self._sites else MAIN

    async def issue(self, ident: AgentId, session: str, page: str, *, take: bool) -> Credentials:
        """Fresh credentials, already known to Asterisk. Raises `Taken` and `AriError`."""
        async with self._locks.setdefault(ident, asyncio.Lock()):
            if not take:
                await self._free(ident, page)
            line = self._lines.get(ident)
            agent = self._agents[ident]
            made = Credentials(ident, session, page, user_of(agent), secrets.token_urlsafe(24))
            await self._put(made)
            self._given[ident] = made
            if line is not None and line.page != page and self._lines.get(ident) is line:
                line.close(TAKEN)
            return made

    async def _free(self, ident: AgentId, page: str) -> None:
        """A page that is being loaded again is gone in a moment. Raises `Taken` when another page stays."""
        for _ in range(round(GOING_S / 0.05)):
            line = self._lines.get(ident)
            if line is None or line.page == page:
                return
            await asyncio.sleep(0.05)
        raise Taken

    def known(self, ident: AgentId, session: str, page: str) -> Credentials | None:
        """The credentials of this very page, unless another has them by now."""
        given = self._given.get(ident)
        return given if given is not None and (given.session, given.page) == (session, page) else None

    async def renew(self, given: Credentials) -> None:
        """Tell Asterisk once more, which forgets with a restart. Raises `AriError`."""
        async with self._locks.setdefault(given.agent, asyncio.Lock()):
            if self._given.get(given.agent) is given:
                await self._put(given)

    async def _put(self, given: Credentials) -> None:
        ari, agent = self.ari(given.agent), self._agents[given.agent]
        await ari.put(password_object(agent, given.password))
        await ari.phone(objects(agent, self.pbx(given.agent)))

    def step(self, events: Iterable[Event]) -> None:
        """After each Step: a page that took the phone over may have asked another node."""
        for event in events:
            if isinstance(event, PageOpened) and (line := self._lines.get(event.agent)) and line.page != event.page:
                line.close(TAKEN)

    def hold(self, ident: AgentId, line: Line) -> None:
        """This connection is the agent's phone from now on; one from before, of the same page, is closed."""
        before = self._lines.get(ident)
        self._lines[ident] = line
        if before is not None:
            before.close(AGAIN)

    def has(self, ident: AgentId, page: str) -> bool:
        """Whether this page has the phone at this moment."""
        line = self._lines.get(ident)
        return line is not None and line.page == page

    def release(self, ident: AgentId, line: Line) -> bool:
        """False when another connection has taken its place meanwhile."""
        if self._lines.get(ident) is not line:
            return False
        del self._lines[ident]
        return True

    async def withdraw(self, ident: AgentId, session: str) -> None:
        """The session is over: nobody can register with its password any more."""
        async with self._locks.setdefault(ident, asyncio.Lock()):
            given = self._given.get(ident)
            if given is None or given.session != session:
                return
            del self._given[ident]
            try:
                await self.ari(ident).delete("auth", given.user)
            except AriError as error:
                log.warning("a phone's password cannot be withdrawn", agent=ident, reason=str(error))


PHONES: web.AppKey[Phones] = web.AppKey("phones")


def add_phones(app: web.Application, settings: Settings) -> None:
    """The phones in the browser become the application's; they end with it."""
    phones = app[PHONES] = Phones(settings)

    async def close(_: web.Application) -> None:
        await phones.close()

    app.on_cleanup.append(close)
