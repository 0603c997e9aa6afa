"""Builds the aiohttp application from a list of route modules. Building fails for a route that names no permission."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cache

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.commands import Command
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.settings import Settings
from cti_server.web import assets, guard, health, keys, live, metrics, schema
from cti_server.web.assets import ASSETS, Assets
from cti_server.web.headers import add_headers
from cti_server.web.i18n import web_files
from cti_server.web.metrics import METRICS, Metrics
from cti_server.web.render import RENDERER, Renderer
from cti_server.web.routes import Route, RouteModule
from cti_server.web.session import PEOPLE, People
from cti_server.web.throttle import THROTTLE, Throttle

_BODY_LIMIT = 256 * 1024
_VERSION = "1"


class UndeclaredPermission(RuntimeError):
    """A route does not say who may use it."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the web needs from the rest of the server. `state` gives the State of this moment, to be read only."""

    settings: Settings
    engine: AsyncEngine
    state: Callable[[], State]
    publish: Callable[[Event], None]
    perform: Callable[[Command], Awaitable[None]]
    people: People
    led: Callable[[], bool] = lambda: True


def build_app(parts: Parts, modules: Iterable[RouteModule]) -> web.Application:
    """The application, ready for a runner. Raises UndeclaredPermission, and ValueError for a path declared twice."""
    routes = [r for m in (assets, health, metrics, schema, *modules) for r in m.ROUTES]
    app = web.Application(middlewares=[guard.access_log, guard.errors, guard.admission], client_max_size=_BODY_LIMIT)
    app[keys.SETTINGS] = parts.settings
    app[keys.ENGINE] = parts.engine
    app[keys.STATE] = parts.state
    app[keys.PUBLISH] = parts.publish
    app[keys.PERFORM] = parts.perform
    app[keys.LED] = parts.led
    app[PEOPLE] = parts.people
    files = web_files()
    app[ASSETS] = Assets(files / "static")
    app[RENDERER] = Renderer(parts.settings, files)
    app[METRICS] = Metrics(parts.state)
    app[THROTTLE] = Throttle()
    hub = app[live.HUB] = live.Hub()

    @cache
    def described() -> bytes:
        return msgspec.json.encode(schema.document(routes, parts.settings.site.name, _VERSION))

    openapi: Callable[[], bytes] = described
    app[schema.DOCUMENT] = openapi
    app[guard.DECLARED] = _declare(app, routes)
    app.on_response_prepare.append(add_headers)

    async def close_hub(_: web.Application) -> None:
        await hub.close()

    app.on_shutdown.append(close_hub)
    return app


def _declare(app: web.Application, routes: Iterable[Route]) -> dict[web.AbstractRoute, Route]:
    declared: dict[web.AbstractRoute, Route] = {}
    seen: set[tuple[str, str]] = set()
    for route in routes:
        if route.permission is None:
            raise UndeclaredPermission(f"{route.method} {route.path} does not say who may use it")
        if (route.method, route.path) in seen:
            raise ValueError(f"{route.method} {route.path} is declared twice")
        seen.add((route.method, route.path))
        declared[app.router.add_route(route.method, route.path, route.handler)] = route
        if route.method == "GET":
            declared[app.router.add_route("HEAD", route.path, route.handler)] = route
    return declared


async def start(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen on `host`:`port` (0: any free one; see `runner.addresses`). End it with `await runner.cleanup()`."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
