"""A web server as in production, with a real database and center, fed with Events instead of a PBX."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
from aiohttp import web
from argon2 import PasswordHasher
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.contexts import ROUTE_MODULES, RULE_SUBJECTS
from cti_server.core.center import Center, Step
from cti_server.core.commands import Command
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.customers.imports.run import IMPORTS, Imports
from cti_server.db import open_engine
from cti_server.desk.feed import DESKS, DeskFeed
from cti_server.desk.ledger import add_ledger
from cti_server.desk.phones import add_phones
from cti_server.floor.feed import FLOOR, FloorFeed
from cti_server.followups.forms import DISMISSED
from cti_server.ivr.calendars import Calendars
from cti_server.journal.load import load
from cti_server.journal.writer import Writer
from cti_server.routing.router import Router
from cti_server.rules.keys import SUBJECTS
from cti_server.settings import Journal, Server, Settings
from cti_server.settings import Site as SiteSettings
from cti_server.staff.queries import Staff, add_token
from cti_server.staff.tables import staff_user
from cti_server.tasks import Tasks
from cti_server.tickets.missed import on_dismissed
from cti_server.tickets.site import CALENDARS
from cti_server.web.i18n import site_words
from cti_server.web.live import HUB
from cti_server.web.metrics import METRICS
from cti_server.web.permissions import ROLES
from cti_server.web.routes import RouteModule
from cti_server.web.server import Parts, build_app, start
from tests.fresh import sqlite_database

PASSWORD = "correct horse 1"
ZONE = ZoneInfo("Asia/Shanghai")


def web_settings(folder: Path) -> Settings:
    return Settings(site=SiteSettings(name="Northwind Support"), server=Server(data_dir=folder))


@cache
def password_hash() -> str:
    """One that is quickly verified: the costly ones, made as in production, are those of tests/staff."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass
class Site:
    """A running site. `do` is what the hub's one task does in production."""

    settings: Settings
    engine: AsyncEngine
    center: Center
    writer: Writer
    app: web.Application
    address: str
    published: list[Event] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    @property
    def state(self) -> State:
        return self.center.state

    def do(self, *events: Event) -> Step:
        """Gives the last Step."""
        step = Step()
        for event in events:
            step = self.center.handle(event)
            self.writer.put(step)
            self.app[FLOOR].step(step.events, step.touched)
            self.app[DESKS].step(step.events, step.touched)
            for each in step.events:
                self.app[METRICS].count(each)
        return step

    def publish(self, event: Event) -> None:
        self.published.append(event)
        self.do(event)

    async def add_people(self) -> None:
        """One user for each role, named after it; the agent's phone is `a1`'s."""
        users = [
            {"login": role, "name": role, "role": role, "agent": "a1" if role == "agent" else ""}
            | {"password": password_hash(), "language": "", "theme": "auto", "disabled": False, "created": 0.0}
            for role in ROLES
        ]
        async with self.engine.begin() as connection:
            await connection.execute(insert(staff_user), users)

    async def token(self, login: str) -> str:
        return await add_token(self.engine, login)

    @asynccontextmanager
    async def visitor(self, login: str = "", language: str = "en") -> AsyncIterator["Visitor"]:
        """Someone with a browser's cookies, signed in when `login` names a user."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(
            self.address, cookie_jar=jar, headers={"Accept-Language": language}
        ) as session:
            visitor = Visitor(session)
            if login:
                status, _ = await visitor.sign_in(login)
                assert status == 303, status
            yield visitor


@dataclass
class Visitor:
    session: aiohttp.ClientSession
    token: str = ""

    async def get(self, path: str, **more: Any) -> tuple[int, str]:
        async with self.session.get(path, allow_redirects=False, **more) as response:
            return response.status, await response.text()

    async def form_token(self, path: str = "/login") -> str:
        """The token as it stands in the forms of a page."""
        _, text = await self.get(path)
        return text.partition('name="csrf" value="')[2].partition('"')[0]

    async def post(self, path: str, fields: dict[str, str], **more: Any) -> tuple[int, str]:
        async with self.session.post(path, data=fields, allow_redirects=False, **more) as response:
            return response.status, response.headers.get("Location", "") or await response.text()

    async def sign_in(self, login: str, password: str = PASSWORD, target: str = "/") -> tuple[int, str]:
        csrf = await self.form_token()
        fields = {"login": login, "password": password, "csrf": csrf, "next": target}
        return await self.post("/login", fields)


@asynccontextmanager
async def running_site(
    folder: Path,
    modules: tuple[RouteModule, ...] = ROUTE_MODULES,
    settings: Settings | None = None,
    prepare: Callable[[web.Application], object] = lambda app: None,
    url: str = "",
) -> AsyncIterator[Site]:
    """`url`: of a migrated database; empty: SQLite below `folder`."""
    settings = settings or web_settings(folder)
    async with AsyncExitStack() as later:
        engine = open_engine(url or sqlite_database(folder))
        later.push_async_callback(engine.dispose)
        loaded = await load(engine, ZONE, folder)
        options = Journal(group_s=0.001, commit_timeout_s=5)
        writer = Writer(
            engine, loaded.state, loaded.gatherer, data_dir=folder, last_seq=loaded.last_seq, options=options
        )
        tasks = Tasks()
        later.push_async_callback(tasks.close)
        writer.start(tasks)
        later.push_async_callback(writer.close)
        published: list[Event] = []
        commands: list[Command] = []
        center = Center(loaded.state, Router())

        async def perform(command: Command) -> None:
            commands.append(command)

        parts = Parts(
            settings=settings,
            engine=engine,
            state=lambda: center.state,
            publish=lambda event: site.publish(event),
            perform=perform,
            people=Staff(engine),
        )
        app = build_app(parts, modules)
        app[FLOOR] = FloorFeed(app[HUB], parts.state)
        app[DESKS] = DeskFeed(app[HUB], parts.state, add_ledger(app))
        add_phones(app, settings)
        app[SUBJECTS] = RULE_SUBJECTS
        calendars = app[CALENDARS] = Calendars(settings)
        app[DISMISSED] = (on_dismissed(engine, calendars.of, site_words(settings.site).text),)
        imports = app[IMPORTS] = Imports(settings, engine)
        later.push_async_callback(imports.close)
        prepare(app)
        runner = await start(app, "127.0.0.1", 0)
        later.push_async_callback(runner.cleanup)
        host, port = runner.addresses[0][:2]
        site = Site(settings, engine, center, writer, app, f"http://{host}:{port}", published, commands)
        yield site
