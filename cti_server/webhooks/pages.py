"""`/webhooks`: who is told of what; one of them with what was sent, what came back, and sending it again."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from cti_server import clock
from cti_server.web.keys import ENGINE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of, settings_of
from cti_server.webhooks import gather, queries, rules
from cti_server.webhooks.queries import Conflict, Webhook
from cti_server.webhooks.rules import Refused


async def _list(request: web.Request) -> web.Response:
    return await _listed(request, {})


async def _listed(request: web.Request, draft: dict[str, Any], *, wrong: str = "", status: int = 200) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        kept, counts = await queries.webhooks(db), await queries.counts(db)
    shown = {"kept": kept, "counts": counts, "topics": rules.TOPICS, "draft": draft, "wrong": wrong}
    return render(request, "webhooks/list.html", status=status, **shown)


async def _add(request: web.Request) -> web.Response:
    draft = await _sent(request)
    person, options = person_of(request), settings_of(request).webhooks
    try:
        async with request.app[ENGINE].begin() as db:
            ident, secret = await queries.add(
                db, draft["name"], draft["url"], draft["topics"], options.allow, by=person.login, at=clock.now()
            )
    except Refused as refused:
        return await _listed(request, draft, wrong=sentence(request, refused), status=422)
    return await _shown(request, ident, secret=secret)


async def _one(request: web.Request) -> web.Response:
    return await _shown(request, ident_of(request))


async def _shown(
    request: web.Request,
    ident: int,
    *,
    secret: str = "",
    draft: dict[str, Any] | None = None,
    wrong: str = "",
    theirs: bool = False,
    status: int = 200,
) -> web.Response:
    """`secret`: fresh, to be copied now. `theirs`: somebody else saved it meanwhile; `draft` is what was typed."""
    wanted = asked(queries.DELIVERIES, dict(request.query) | {"webhook": str(ident)})
    async with request.app[ENGINE].connect() as db:
        hook = await queries.one(db, ident)
        found = await fetch(db, queries.DELIVERIES, wanted)
    if hook is None:
        raise web.HTTPNotFound()
    address = f"/webhooks/{ident}"
    filters = {name: value for name, value in wanted.filters.items() if name != "webhook"}
    return render(
        request,
        "webhooks/one.html",
        status=status,
        hook=hook,
        draft=draft or _draft(hook),
        secret=secret,
        wrong=wrong,
        theirs=theirs,
        topics=rules.TOPICS,
        states=rules.STATES,
        filters=filters,
        deliveries=[queries.delivery_of(row) for row in found.rows],
        begun=not wanted.after,
        first=address,
        following=wanted.url(address, webhook="", after=found.next) if found.next else "",
    )


async def _save(request: web.Request) -> web.Response:
    ident, draft = ident_of(request), await _sent(request)
    person, options = person_of(request), settings_of(request).webhooks
    told = (draft["name"], draft["url"], draft["topics"], draft["enabled"], options.allow)
    try:
        async with request.app[ENGINE].begin() as db:
            await queries.save(db, ident, draft["version"], *told, by=person.login, at=clock.now())
    except Refused as refused:
        return await _shown(request, ident, draft=draft, wrong=sentence(request, refused), status=422)
    except LookupError:
        raise web.HTTPNotFound() from None
    except Conflict as conflict:
        draft["version"] = conflict.now.version
        return await _shown(request, ident, draft=draft, theirs=True, status=409)
    return _to(f"/webhooks/{ident}")


async def _rotate(request: web.Request) -> web.Response:
    ident, draft = ident_of(request), await _sent(request)
    try:
        async with request.app[ENGINE].begin() as db:
            login = person_of(request).login
            secret = await queries.rotate(db, ident, draft["version"], by=login, at=clock.now())
    except LookupError:
        raise web.HTTPNotFound() from None
    except Conflict:
        return await _shown(request, ident, theirs=True, status=409)
    return await _shown(request, ident, secret=secret)


async def _ping(request: web.Request) -> web.Response:
    ident = ident_of(request)
    async with request.app[ENGINE].begin() as db:
        if await queries.one(db, ident) is None:
            raise web.HTTPNotFound()
        await gather.ping(db, ident, clock.now())
    return _to(f"/webhooks/{ident}")


async def _remove(request: web.Request) -> web.Response:
    async with request.app[ENGINE].begin() as db:
        if not await queries.remove(db, ident_of(request)):
            raise web.HTTPNotFound()
    return _to("/webhooks")


async def _delivery(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        found = await queries.delivery(db, ident_of(request))
        hook = await queries.one(db, found[0].webhook) if found else None
    if found is None or hook is None:
        raise web.HTTPNotFound()
    return render(request, "webhooks/delivery.html", hook=hook, delivery=found[0], body=found[1])


async def _again(request: web.Request) -> web.Response:
    ident = ident_of(request)
    async with request.app[ENGINE].begin() as db:
        if await queries.delivery(db, ident) is None:
            raise web.HTTPNotFound()
        await queries.send_again(db, ident, clock.now())
    return _to(f"/webhooks/deliveries/{ident}")


def sentence(request: web.Request, refused: Refused) -> str:
    """Why, in the language of who asked."""
    return words_of(request).text(f"webhooks.refused.{refused.key}", **refused.values)


def ident_of(request: web.Request) -> int:
    """The number in the path. Raises 404 for anything else."""
    value = request.match_info["id"]
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise web.HTTPNotFound()
    return int(value)


async def _sent(request: web.Request) -> dict[str, Any]:
    sent = await request.post()
    version = str(sent.get("version", ""))
    return {
        "name": str(sent.get("name", "")),
        "url": str(sent.get("url", "")),
        "topics": [str(topic) for topic in sent.getall("topic", [])],
        "enabled": bool(sent.get("enabled")),
        "version": int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
    }


def _draft(hook: Webhook) -> dict[str, Any]:
    return {name: getattr(hook, name) for name in ("name", "url", "topics", "enabled", "version")}


def _to(path: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})


_MAY = Permission.MANAGE_RULES
ROUTES: tuple[Route, ...] = (
    page("/webhooks", _list, _MAY),
    form("/webhooks", _add, _MAY),
    page("/webhooks/{id}", _one, _MAY),
    form("/webhooks/{id}", _save, _MAY),
    form("/webhooks/{id}/secret", _rotate, _MAY),
    form("/webhooks/{id}/ping", _ping, _MAY),
    form("/webhooks/{id}/remove", _remove, _MAY),
    page("/webhooks/deliveries/{id}", _delivery, _MAY),
    form("/webhooks/deliveries/{id}/again", _again, _MAY),
)
