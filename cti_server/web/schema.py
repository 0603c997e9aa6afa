"""The OpenAPI 3.1 document, made from the declarations that serve the API: it cannot say anything else."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from aiohttp import web

from cti_server.web.permissions import Permission
from cti_server.web.problems import Problem
from cti_server.web.routes import Route

_REF = "#/components/schemas/{name}"
_REFUSALS = {400: "The request cannot be understood", 401: "No valid token", 403: "Not permitted", 404: "No such thing"}
_CHANGES = {409: "Not as things are now: somebody else changed it meanwhile, for example", 413: "More than is taken"}
"""Of what changes something."""


def document(routes: Iterable[Route], title: str, version: str) -> dict[str, Any]:
    """Describe every API route."""
    listed = [route for route in routes if route.kind == "api" and route.response is not None]
    shapes: list[Any] = [Problem]
    for route in listed:
        shapes += [shape for shape in (route.response, route.query, route.body) if shape is not None]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    schema_of = dict(zip(map(repr, shapes), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(listed, key=lambda r: (r.path, r.method)):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schema_of, components)
    queries = {route.query.__name__ for route in listed if route.query is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "cti_session"},
            },
        },
    }


def _operation(route: Route, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    named = re.findall(r"{(\w+)}", route.path)
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}} for name in named
    ]
    if route.query is not None:
        shape = components[route.query.__name__]
        required = shape.get("required", [])
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in shape["properties"].items()
        ]
    responses: dict[str, Any] = {
        "200": {
            "description": route.summary,
            "content": {"application/json": {"schema": schema_of[repr(route.response)]}},
        }
    }
    refusals = _REFUSALS | ({} if route.method == "GET" else _CHANGES)
    for status, said in refusals.items():
        if status != 404 or named:
            responses[str(status)] = {
                "description": said,
                "content": {"application/problem+json": {"schema": schema_of[repr(Problem)]}},
            }
    name = re.sub(r"\W+", "_", f"{route.method.lower()} {route.path.removeprefix('/api/v1/')}").strip("_")
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": route.summary,
        "tags": [route.tag],
        "parameters": parameters,
        "responses": responses,
    }
    if route.body is not None:
        sent = {"application/json": {"schema": schema_of[repr(route.body)]}}
        operation["requestBody"] = {"required": True, "content": sent}
    return operation


DOCUMENT: web.AppKey[Callable[[], bytes]] = web.AppKey("openapi")


async def _openapi(request: web.Request) -> web.Response:
    return web.Response(body=request.app[DOCUMENT](), content_type="application/json")


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/openapi.json",
        handler=_openapi,
        permission=Permission.PUBLIC,
        kind="api",
    ),
)
