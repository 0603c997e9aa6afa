"""`/health/live`: the loop answers. `/health/ready`: what a call needs is there; else 503 with what is missing."""

from http import HTTPStatus

import msgspec
from aiohttp import web
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cti_server.core.sites import connected
from cti_server.db import limit
from cti_server.web.keys import ENGINE, LED, STATE
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, file

_LIMIT_S = 2.0


class Health(msgspec.Struct, frozen=True):
    status: str
    checks: dict[str, bool] = {}


def _response(health: Health, status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(health), content_type="application/json")


async def _live(request: web.Request) -> web.Response:
    return _response(Health("ok"))


async def _ready(request: web.Request) -> web.Response:
    checks = {
        "database": await _database(request),
        "leader": request.app[LED](),
        "pbx": connected(request.app[STATE]()),
    }
    if all(checks.values()):
        return _response(Health("ok", checks))
    return _response(Health("not ready", checks), HTTPStatus.SERVICE_UNAVAILABLE)


async def _database(request: web.Request) -> bool:
    try:
        engine = request.app[ENGINE]
        async with limit(engine, _LIMIT_S), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


ROUTES: tuple[Route, ...] = (
    file("/health/live", _live, Permission.PUBLIC),
    file("/health/ready", _ready, Permission.PUBLIC),
)
