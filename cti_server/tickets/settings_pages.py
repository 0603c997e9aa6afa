"""`/tickets/settings`: service levels by kind and priority, and categories; who saves names the version seen."""

from typing import Any

from aiohttp import web

from cti_server.tickets import queries, rules, settings
from cti_server.tickets.forms import to
from cti_server.tickets.rules import PRIORITIES, Refused
from cti_server.tickets.settings import Level
from cti_server.tickets.site import reading, sentence, writing
from cti_server.web.keys import STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, form, page

_PATH = "/tickets/settings"
_MOST_HOURS = 10_000


async def _settings(request: web.Request) -> web.Response:
    return await _page(request)


async def _page(request: web.Request, *, status: int = 200, wrong: str = "") -> web.Response:
    async with reading(request) as db:
        levels = await settings.levels(db)
        categories = await queries.categories(db)
    state = request.app[STATE]()
    teams = {agent.config.team for agent in state.agents.values()} | {one.team for one in categories}
    language = words_of(request).language
    return render(
        request,
        "tickets/settings.html",
        status=status,
        targets=[_shown(level) for level in levels],
        categories=categories,
        category_names={one.id: one.said(language) for one in categories},
        kinds=rules.KINDS,
        priorities=PRIORITIES,
        teams=sorted(teams - {""}),
        wrong=wrong,
    )


async def _save_target(request: web.Request) -> web.Response:
    sent = {name: str(value) for name, value in (await request.post()).items()}
    kind, word = sent.get("kind", ""), sent.get("priority", "")
    if kind not in ("", *rules.KINDS) or word not in PRIORITIES:
        raise web.HTTPBadRequest()
    priority, seen = PRIORITIES.index(word), _version(sent)
    try:
        first_s, resolve_s = _seconds(sent.get("first", "")), _seconds(sent.get("resolve", ""))
        async with writing(request) as db:
            if sent.get("remove"):
                await settings.remove_target(db, kind, priority, seen)
            else:
                await settings.save_target(db, kind, priority, seen, first_s, resolve_s)
    except Refused as refused:
        return await _refused(request, refused)
    return to(_PATH)


async def _save_category(request: web.Request) -> web.Response:
    sent = {name: str(value) for name, value in (await request.post()).items()}
    ident, parent, seen = _number(sent.get("id", "")), _number(sent.get("parent", "")), _version(sent)
    words = {name: sent.get(name, "") for name in ("name", "name_zh", "team")}
    try:
        async with writing(request) as db:
            retired = bool(sent.get("retired"))
            _ = await settings.save_category(db, ident, seen, parent=parent, retired=retired, **words)
    except Refused as refused:
        return await _refused(request, refused)
    return to(_PATH)


async def _refused(request: web.Request, refused: Refused) -> web.Response:
    status = 409 if refused.why == "conflict" else 422
    return await _page(request, status=status, wrong=sentence(request, refused))


def _shown(level: Level) -> dict[str, Any]:
    return {
        "kind": level.kind,
        "priority": PRIORITIES[level.priority],
        "first": _hours(level.first_s),
        "resolve": _hours(level.resolve_s),
        "version": level.version,
    }


def _hours(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 3600:g}"


def _seconds(typed: str) -> float | None:
    """Hours as people type them, in seconds; None for nothing. Raises Refused."""
    text = typed.strip().replace(",", ".")
    if not text:
        return None
    try:
        hours = float(text)
    except ValueError:
        raise Refused("hours", value=typed) from None
    if not 0 <= hours <= _MOST_HOURS:
        raise Refused("hours", value=typed)
    return hours * 3600


def _version(sent: dict[str, str]) -> int:
    return _number(sent.get("version", "")) or 0


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


ROUTES: tuple[Route, ...] = (
    page(_PATH, _settings, Permission.MANAGE_TICKETS),
    form(f"{_PATH}/targets", _save_target, Permission.MANAGE_TICKETS),
    form(f"{_PATH}/categories", _save_category, Permission.MANAGE_TICKETS),
)
