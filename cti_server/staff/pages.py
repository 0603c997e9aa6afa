"""Login, logout, and one's own language and appearance."""

from http import HTTPStatus
from urllib.parse import urlencode

import structlog
from aiohttp import web

from cti_server import clock
from cti_server.staff import queries
from cti_server.staff.rules import MAX_PASSWORD, THEMES
from cti_server.web.i18n import LANGUAGES
from cti_server.web.keys import ENGINE
from cti_server.web.live import HUB
from cti_server.web.permissions import Permission
from cti_server.web.render import local_path, render
from cti_server.web.routes import Route, form, page
from cti_server.web.session import (
    LANGUAGE_COOKIE,
    PERSON,
    SECRET,
    address_of,
    digest,
    end_session,
    person_of,
    set_cookie,
    set_session,
    settings_of,
)
from cti_server.web.throttle import THROTTLE

log = structlog.get_logger()
_YEAR_S = 31_536_000


async def _login_page(request: web.Request) -> web.Response:
    target = local_path(request.query.get("next", "/"))
    language = request.query.get("language", "")
    if language in LANGUAGES:
        again = "/login" + (f"?{urlencode({'next': target})}" if target != "/" else "")
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": again})
        set_cookie(response, settings_of(request), LANGUAGE_COOKIE, language, _YEAR_S)
        return response
    if request[PERSON]:
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": target})
    return render(request, "staff/login.html", target=target, problem="", wait_s=0, login="")


async def _login(request: web.Request) -> web.Response:
    """Sign in. The same answer for an unknown login and a wrong password, after the same time."""
    fields = await request.post()
    login, password, target = (str(fields.get(name, "")) for name in ("login", "password", "next"))
    login, target, address = login.strip()[:64], local_path(target), address_of(request)
    throttle = request.app[THROTTLE]
    key, now = (login.lower(), address), clock.monotonic()
    if (wait_s := throttle.wait_s(key, now)) > 0:
        log.warning("login throttled", login=login, address=address)
        again = render(
            request, "staff/login.html", status=429, target=target, problem="throttled", wait_s=wait_s, login=login
        )
        again.headers["Retry-After"] = str(int(wait_s) + 1)
        return again
    throttle.failed(key, now)
    engine = request.app[ENGINE]
    user = await queries.check_credentials(engine, login, password[: MAX_PASSWORD + 1]) if login else None
    if user is None:
        log.warning("login failed", login=login, address=address)
        return render(request, "staff/login.html", status=403, target=target, problem="wrong", wait_s=0, login=login)
    throttle.succeeded(key)
    settings = settings_of(request)
    secret = await queries.open_session(engine, user, address, settings.web.session_hours * 3600)
    if request[SECRET]:
        await queries.close_session(engine, digest(request[SECRET]))
    log.info("login", login=login.lower(), address=address)
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": target})
    set_session(response, settings, secret)
    return response


async def _logout(request: web.Request) -> web.Response:
    session = digest(request[SECRET])
    await queries.close_session(request.app[ENGINE], session)
    request.app[HUB].end_session(session)
    log.info("logout", login=person_of(request).login, address=address_of(request))
    response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/login"})
    end_session(response)
    return response


async def _preferences(request: web.Request) -> web.Response:
    """Set one's language or theme; what the form does not send stays."""
    person, fields = person_of(request), await request.post()
    language, theme = str(fields.get("language", person.language)), str(fields.get("theme", person.theme))
    if language not in ("", *LANGUAGES) or theme not in THEMES:
        raise web.HTTPBadRequest()
    await queries.set_preferences(request.app[ENGINE], person.id, language, theme)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": local_path(str(fields.get("next", "/")))})


ROUTES: tuple[Route, ...] = (
    page("/login", _login_page, Permission.PUBLIC),
    form("/login", _login, Permission.PUBLIC),
    form("/logout", _logout, Permission.SIGNED_IN),
    form("/preferences", _preferences, Permission.SIGNED_IN),
)
