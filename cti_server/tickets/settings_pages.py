"""`/tickets/settings`: service levels by kind and priority, and categories; who saves names the version seen."""

from typing import Any

from aiohttp import web
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cti_server.tickets import queries, rules, sla
from cti_server.tickets.forms import to
from cti_server.tickets.hand import fitting
from cti_server.tickets.rules import MOST_WORD, PRIORITIES, Refused
from cti_server.tickets.site import reading, sentence, writing
from cti_server.tickets.tables import ticket_category, ticket_target
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
        found = (await db.execute(select(ticket_target))).mappings().all()
        categories = await queries.categories(db)
    own = {(row["kind"], row["priority"]): row for row in found}
    order = [("", n) for n in range(len(PRIORITIES))] + sorted(key for key in own if key[0])
    state = request.app[STATE]()
    teams = {agent.config.team for agent in state.agents.values()} | {one.team for one in categories}
    language = words_of(request).language
    return render(
        request,
        "tickets/settings.html",
        status=status,
        targets=[_shown(kind, priority, own.get((kind, priority))) for kind, priority in order],
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
    this = (ticket_target.c.kind == kind, ticket_target.c.priority == priority, ticket_target.c.version == seen)
    try:
        values = {"first_s": _seconds(sent.get("first", "")), "resolve_s": _seconds(sent.get("resolve", ""))}
        async with writing(request) as db:
            if sent.get("remove"):
                done = (await db.execute(delete(ticket_target).where(*this))).rowcount
            elif seen:
                done = (
                    await db.execute(update(ticket_target).where(*this).values(**values, version=seen + 1))
                ).rowcount
            else:
                await db.execute(insert(ticket_target).values(kind=kind, priority=priority, version=1, **values))
                done = 1
            if not done:
                raise Refused("conflict")
    except IntegrityError:
        return await _page(request, status=409, wrong=sentence(request, Refused("conflict")))
    except Refused as refused:
        status = 409 if refused.why == "conflict" else 422
        return await _page(request, status=status, wrong=sentence(request, refused))
    return to(_PATH)


async def _save_category(request: web.Request) -> web.Response:
    sent = {name: str(value) for name, value in (await request.post()).items()}
    ident, parent, seen = _number(sent.get("id", "")), _number(sent.get("parent", "")), _version(sent)
    try:
        values: dict[str, Any] = {
            name: fitting(" ".join(sent.get(name, "").split()), MOST_WORD) for name in ("name", "name_zh", "team")
        }
        values |= {"retired": bool(sent.get("retired")), "parent": parent}
        if not values["name"]:
            raise Refused("no_text")
        async with writing(request) as db:
            if parent is not None:
                above = select(ticket_category.c.id).where(
                    ticket_category.c.id == parent, ticket_category.c.parent.is_(None)
                )
                if parent == ident or (await db.execute(above)).first() is None:
                    raise Refused("no_category")
            if ident is None:
                await db.execute(insert(ticket_category).values(**values, version=1))
            else:
                this = (ticket_category.c.id == ident, ticket_category.c.version == seen)
                if not (
                    await db.execute(update(ticket_category).where(*this).values(**values, version=seen + 1))
                ).rowcount:
                    raise Refused("conflict")
    except Refused as refused:
        status = 409 if refused.why == "conflict" else 422
        return await _page(request, status=status, wrong=sentence(request, refused))
    return to(_PATH)


def _shown(kind: str, priority: int, row: Any) -> dict[str, Any]:
    ours = sla.DEFAULTS[priority]
    first, resolve = (ours.first_s, ours.resolve_s) if row is None else (row["first_s"], row["resolve_s"])
    return {
        "kind": kind,
        "priority": PRIORITIES[priority],
        "first": _hours(first),
        "resolve": _hours(resolve),
        "version": 0 if row is None else row["version"],
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
