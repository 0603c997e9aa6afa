"""A route as a declaration: method, path, handler, who may, and what goes in and out.

`kind` decides how a refusal is told: `page` sends people to the login, `api` answers a JSON problem.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from aiohttp import web

from cti_server.web.permissions import Permission

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Kind: TypeAlias = Literal["page", "api", "file"]
Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`query`, `body`, `response`: msgspec Structs of the query string, the JSON sent and the answer (API only).

    `body_limit`: how many bytes may be sent, where files are taken; 0: as few as everywhere.
    `permission` None is what a forgotten declaration looks like: `server.build_app` refuses it.
    """

    method: Method
    path: str
    handler: Handler
    permission: Permission | None = None
    kind: Kind = "page"
    summary: str = ""
    tag: str = ""
    query: type[Any] | None = None
    body: type[Any] | None = None
    response: Any = None
    body_limit: int = 0


class RouteModule(Protocol):
    @property
    def ROUTES(self) -> tuple[Route, ...]: ...


def page(path: str, handler: Handler, permission: Permission) -> Route:
    """A page for people."""
    return Route(method="GET", path=path, handler=handler, permission=permission)


def form(path: str, handler: Handler, permission: Permission, body_limit: int = 0) -> Route:
    """Where a page's form is posted to; guarded by `csrf`."""
    return Route(method="POST", path=path, handler=handler, permission=permission, body_limit=body_limit)


def data(path: str, handler: Handler, permission: Permission, method: Method = "GET") -> Route:
    """JSON between a page of ours and its server: not part of the API. Changes carry the token in `X-CSRF-Token`."""
    return Route(method=method, path=path, handler=handler, permission=permission)


def api(
    path: str,
    handler: Handler,
    permission: Permission,
    summary: str,
    response: Any,
    query: type[Any] | None = None,
    body: type[Any] | None = None,
    method: Method | None = None,
    body_limit: int = 0,
) -> Route:
    """A JSON answer under `/api/v1`, described in the OpenAPI document. With a `body` it is posted to, unless `method`
    says otherwise."""
    return Route(
        method=method or ("GET" if body is None else "POST"),
        path=f"/api/v1{path}",
        handler=handler,
        permission=permission,
        kind="api",
        summary=summary,
        tag=path.split("/")[1],
        query=query,
        body=body,
        response=response,
        body_limit=body_limit,
    )


def file(path: str, handler: Handler, permission: Permission) -> Route:
    """Bytes for a machine or a player: static files, audio, health, metrics, a WebSocket."""
    return Route(method="GET", path=path, handler=handler, permission=permission, kind="file")
