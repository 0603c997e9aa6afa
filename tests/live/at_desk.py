"""An agent at the desk during a live test: signed in, looking at the desk's socket, pressing its buttons."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from cti_server.db import open_engine
from cti_server.staff.queries import add_user
from tests.live.site import Site
from tests.web.kit import Visitor

PASSWORD = "a good long pass phrase"
Card = dict[str, Any]


class Desk:
    """`desk`: the newest that the socket said."""

    def __init__(self, session: aiohttp.ClientSession, agent: str) -> None:
        self.agent = agent
        self.desk: dict[str, Any] = {}
        self.pops: list[Card] = []
        self._session = session
        self._token = ""
        self._changed = asyncio.Event()

    async def sign_in(self) -> None:
        visitor = Visitor(self._session)
        status, _ = await visitor.sign_in(f"desk-{self.agent}", PASSWORD)
        assert status == 303
        self._token = await visitor.form_token("/desk")

    async def listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            said = json.loads(message.data)
            if said["type"] in ("snapshot", "desk"):
                self.desk = said["desk"]
            elif said["type"] == "pop":
                self.pops.append(said["pop"])
            self._changed.set()

    async def until(self, right: Callable[[Card], bool], at_most: float = 15.0) -> Card:
        """The first card for which `right` holds, as soon as there is one."""
        until = time.monotonic() + at_most
        while True:
            if found := [card for card in self.desk.get("cards", ()) if right(card)]:
                return dict(found[0])
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.0, until - time.monotonic()))
            except TimeoutError:
                raise AssertionError(f"{self.agent} sees {self.desk.get('cards')}") from None

    async def phase(self, *phases: str) -> Card:
        return await self.until(lambda card: card["phase"] in phases)

    async def talk(self) -> Card:
        """A card of a talk: the phone is answered, and both are in a bridge."""
        return await self.until(lambda c: c["phase"] == "talking" and ("hold" in c["can"] or bool(c["members"])))

    async def empty(self, at_most: float = 15.0) -> None:
        async with asyncio.timeout(at_most):
            while self.desk.get("cards"):
                self._changed.clear()
                await self._changed.wait()

    async def press(self, do: str, leg: str = "", to: str = "") -> tuple[int, dict[str, Any]]:
        async with self._session.post(
            "/desk/call", json={"do": do, "leg": leg, "to": to}, headers={"X-CSRF-Token": self._token}
        ) as response:
            return response.status, json.loads(await response.text())

    async def does(self, do: str, leg: str = "", to: str = "") -> dict[str, Any]:
        status, said = await self.press(do, leg, to)
        assert status == 202, said
        return said


@asynccontextmanager
async def at_desk(site: Site, *agents: str) -> AsyncIterator[list[Desk]]:
    """One desk for each of these agents."""
    known = {row["login"] for row in site.rows("SELECT login FROM staff_user")}
    engine = open_engine(f"sqlite+aiosqlite:///{site.database}")
    for agent in agents:
        if f"desk-{agent}" not in known:
            await add_user(engine, f"desk-{agent}", PASSWORD, "agent", agent=agent)
    await engine.dispose()
    address = f"http://127.0.0.1:{site.web}"
    sessions = [aiohttp.ClientSession(address, cookie_jar=aiohttp.CookieJar(unsafe=True)) for _ in agents]
    listening: list[asyncio.Task[None]] = []
    try:
        desks = [Desk(session, agent) for session, agent in zip(sessions, agents, strict=True)]
        for desk, session in zip(desks, sessions, strict=True):
            await desk.sign_in()
            listening.append(asyncio.ensure_future(desk.listen(await session.ws_connect("/desk/socket"))))
        yield desks
    finally:
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        for session in sessions:
            await session.close()
