"""What every request goes through, from the outside in: access log, errors, identity, permission and form token."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cti_server import clock
from cti_server.web import csrf
from cti_server.web.problems import BadRequest, problem
from cti_server.web.render import render
from cti_server.web.routes import Route
from cti_server.web.session import PERSON, address_of, identify

log = structlog.get_logger()

DECLARED: web.AppKey[dict[web.AbstractRoute, Route]] = web.AppKey("declared")
_PAGES = frozenset({400, 403, 404, 405, 413, 429, 500, 503})


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line for each request: no query string, no header and no body, for any of them may hold a secret."""
    started = clock.monotonic()
    status = 0
    try:
        response = await handler(request)
        status = response.status
        return response
    finally:
        person = request.get(PERSON)
        log.info(
            "request",
            method=request.method,
            path=request.path[:200],
            status=status,
            ms=round((clock.monotonic() - started) * 1000, 1),
            person=person.login if person else "",
            address=address_of(request),
        )


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A problem for the API, a clean page for people; what went wrong inside is logged and never shown."""
    detail = ""
    headers: dict[str, str] = {}
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        status = error.status
        headers = {str(h): error.headers[h] for h in (hdrs.ALLOW, hdrs.RETRY_AFTER) if h in error.headers}
    except BadRequest as error:
        status, detail = HTTPStatus.BAD_REQUEST, str(error)
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        log.error("database does not answer", path=request.path[:200], error=type(error).__name__)
        status = HTTPStatus.SERVICE_UNAVAILABLE
        headers = {hdrs.RETRY_AFTER: "5"}
    except ConnectionResetError:
        log.info("the browser has gone", path=request.path[:200])
        status = HTTPStatus.SERVICE_UNAVAILABLE
    except Exception:
        log.exception("request failed", method=request.method, path=request.path[:200])
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _refusal(request, status, detail, headers)


def _refusal(request: web.Request, status: int, detail: str, headers: Mapping[str, str]) -> web.StreamResponse:
    response: web.Response
    if _is_api(request):
        response = problem(status, detail)
    elif status == HTTPStatus.UNAUTHORIZED:
        target = request.path_qs if request.method in csrf.SAFE and request.path != "/" else "/"
        response = web.Response(
            status=303, headers={"Location": "/login" + (f"?next={quote(target)}" if target != "/" else "")}
        )
    else:
        response = render(
            request, "web/error.html", status=status, code=status if status in _PAGES else 400, detail=detail
        )
    response.headers.update(headers)
    return response


def _is_api(request: web.Request) -> bool:
    return request.path.startswith("/api/")


@web.middleware
async def admission(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Identify the person and let the request through only when its route's permission is theirs.

    Nothing is admitted that was not declared; an address that does not exist says so to everyone alike.
    """
    route = request.app[DECLARED].get(request.match_info.route)
    if request.match_info.http_exception is not None or route is None:
        if request.match_info.http_exception is None:
            raise web.HTTPForbidden()
        await identify(request)
        return await handler(request)
    await identify(request)
    assert route.permission is not None
    person = request[PERSON]
    if not (route.permission == "public" or person):
        raise web.HTTPUnauthorized()
    if route.permission != "public" and person and not person.may(route.permission):
        log.warning("refused", person=person.login, path=request.path[:200], permission=route.permission)
        raise web.HTTPForbidden()
    if route.body_limit:
        request = request.clone(client_max_size=route.body_limit)
    if not await csrf.is_ours(request):
        log.warning("form refused", path=request.path[:200], address=address_of(request))
        raise web.HTTPForbidden()
    return await handler(request)
