"""What every handler may reach through `request.app`. Handlers read State, never change it."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.commands import Command
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.settings import Settings

SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
ENGINE: web.AppKey[AsyncEngine] = web.AppKey("engine", AsyncEngine)
STATE: web.AppKey[Callable[[], State]] = web.AppKey("state")
PUBLISH: web.AppKey[Callable[[Event], None]] = web.AppKey("publish")
PERFORM: web.AppKey[Callable[[Command], Awaitable[None]]] = web.AppKey("perform")
LED: web.AppKey[Callable[[], bool]] = web.AppKey("led")
"""Whether somebody, here or elsewhere, decides."""
