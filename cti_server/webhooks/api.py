"""`/api/v1/webhooks` and `/api/v1/webhook-deliveries`: as on the pages, by the same rules."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.web.keys import ENGINE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of, problem, query_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of, settings_of
from cti_server.webhooks import gather, queries
from cti_server.webhooks.pages import ident_of, sentence
from cti_server.webhooks.queries import MOST_NAME, Conflict, Delivery, Webhook
from cti_server.webhooks.rules import MOST_URL, Refused

Topic = Literal[
    "customer", "note", "ticket", "contract", "lead", "opportunity", "quote", "order", "payment", "return", "offer",
    "call",
]  # fmt: skip
_Name = Annotated[str, Meta(min_length=1, max_length=MOST_NAME)]
_Url = Annotated[str, Meta(min_length=1, max_length=MOST_URL)]
_Topics = Annotated[list[Topic], Meta(min_length=1, max_length=20)]
_Version = Annotated[int, Meta(ge=1, le=2_000_000_000)]
_Word = Annotated[str, Meta(max_length=150)]
_T = TypeVar("_T")


class NewWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`url`: https, or http to those whom the settings allow."""

    name: _Name
    url: _Url
    topics: _Topics


class ChangedWebhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version`: of the webhook that was seen."""

    name: _Name
    url: _Url
    topics: _Topics
    enabled: bool
    version: _Version


class SeenVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`version`: of the webhook that was seen."""

    version: _Version


class WebhookList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Webhook]


class WebhookSecret(msgspec.Struct, frozen=True, kw_only=True):
    """`secret`: it signs what is sent, and is not shown again."""

    webhook: Webhook
    secret: str


class WebhookDeliveriesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`object`: what it is about, such as `order/17`; `event`: the webhook-id.

    `after`: the `next` of the page before.
    """

    webhook: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    state: Literal["waiting", "sending", "delivered", "failed"] | None = None
    type: _Word = ""
    object: _Word = ""
    event: _Word = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    after: Annotated[str, Meta(max_length=2000)] = ""


class WebhookDeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first. `next`: `after` of the following page; empty on the last one."""

    items: list[Delivery]
    next: str


class WebhookDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """`body`: as it is sent."""

    delivery: Delivery
    body: str


_Handler = Callable[[web.Request], Awaitable[web.Response]]


def _guarded(handler: _Handler) -> _Handler:
    """What was refused, as a problem that says why."""

    @wraps(handler)
    async def guarded(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except Refused as refused:
            raise BadRequest(sentence(request, refused)) from None
        except LookupError:
            raise web.HTTPNotFound() from None
        except Conflict as conflict:
            return problem(HTTPStatus.CONFLICT, f"version {conflict.now.version} by {conflict.now.changed_by}")

    return guarded


async def _list(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        return answer(WebhookList(items=await queries.webhooks(db)))


async def _add(request: web.Request) -> web.Response:
    body, login = await body_of(request, NewWebhook), person_of(request).login
    allow, now = settings_of(request).webhooks.allow, clock.now()
    async with request.app[ENGINE].begin() as db:
        ident, secret = await queries.add(db, body.name, body.url, list(body.topics), allow, by=login, at=now)
        return answer(WebhookSecret(webhook=_known(await queries.one(db, ident)), secret=secret))


async def _one(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        return answer(_known(await queries.one(db, ident_of(request))))


async def _save(request: web.Request) -> web.Response:
    ident, body = ident_of(request), await body_of(request, ChangedWebhook)
    allow, login = settings_of(request).webhooks.allow, person_of(request).login
    topics: list[str] = list(body.topics)
    told = (body.name, body.url, topics, body.enabled)
    async with request.app[ENGINE].begin() as db:
        await queries.save(db, ident, body.version, *told, allow, by=login, at=clock.now())
        return answer(_known(await queries.one(db, ident)))


async def _rotate(request: web.Request) -> web.Response:
    ident, body = ident_of(request), await body_of(request, SeenVersion)
    async with request.app[ENGINE].begin() as db:
        secret = await queries.rotate(db, ident, body.version, by=person_of(request).login, at=clock.now())
        return answer(WebhookSecret(webhook=_known(await queries.one(db, ident)), secret=secret))


async def _ping(request: web.Request) -> web.Response:
    async with request.app[ENGINE].begin() as db:
        hook = _known(await queries.one(db, ident_of(request)))
        await gather.ping(db, hook.id, clock.now())
    return answer(hook)


async def _remove(request: web.Request) -> web.Response:
    async with request.app[ENGINE].begin() as db:
        hook = _known(await queries.one(db, ident_of(request)))
        await queries.remove(db, hook.id)
    return answer(hook)


async def _deliveries(request: web.Request) -> web.Response:
    wanted = query_of(request, WebhookDeliveriesQuery)
    given = {name: str(value) for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
    async with request.app[ENGINE].connect() as db:
        page = await fetch(db, queries.DELIVERIES, asked(queries.DELIVERIES, given))
    return answer(WebhookDeliveryPage(items=[queries.delivery_of(row) for row in page.rows], next=page.next))


async def _delivery(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        delivery, body = _known(await queries.delivery(db, ident_of(request)))
    return answer(WebhookDelivery(delivery=delivery, body=body))


async def _again(request: web.Request) -> web.Response:
    ident = ident_of(request)
    async with request.app[ENGINE].begin() as db:
        await queries.send_again(db, ident, clock.now())
        delivery, body = _known(await queries.delivery(db, ident))
    return answer(WebhookDelivery(delivery=delivery, body=body))


def _known(found: _T | None) -> _T:
    if found is None:
        raise web.HTTPNotFound()
    return found


_MAY = Permission.MANAGE_RULES
_ONE = "/webhooks/{id}"
ROUTES: tuple[Route, ...] = (
    api("/webhooks", _list, _MAY, "Who is told of what", WebhookList),
    api("/webhooks", _guarded(_add), _MAY, "Tell somebody; answers the secret", WebhookSecret, body=NewWebhook),
    api(_ONE, _one, _MAY, "One webhook", Webhook),
    api(_ONE, _guarded(_save), _MAY, "Change a webhook", Webhook, body=ChangedWebhook, method="PUT"),
    api(_ONE, _remove, _MAY, "Tell them no more; all that was sent is forgotten", Webhook, method="DELETE"),
    api(f"{_ONE}/secret", _guarded(_rotate), _MAY, "A new secret; the old one signs as well for a day", WebhookSecret,
        body=SeenVersion),
    api(f"{_ONE}/ping", _ping, _MAY, "Send something, to see whether it arrives", Webhook, method="POST"),
    api("/webhook-deliveries", _deliveries, _MAY, "What was sent, and what came of it", WebhookDeliveryPage,
        WebhookDeliveriesQuery),
    api("/webhook-deliveries/{id}", _delivery, _MAY, "One delivery with its body", WebhookDelivery),
    api("/webhook-deliveries/{id}/again", _again, _MAY, "Send it again", WebhookDelivery, method="POST"),
)  # fmt: skip
