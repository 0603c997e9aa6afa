"""`/rules`: the rules in their order, one to be written with what is wrong told at once, and what they did."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from cti_server import clock
from cti_server.rules import draft as drafts
from cti_server.rules import queries
from cti_server.rules.draft import Draft, Trial
from cti_server.rules.keys import subjects_of
from cti_server.rules.queries import Conflict, Rule
from cti_server.rules.subject import Subject
from cti_server.rules.wording import Wording
from cti_server.web.keys import ENGINE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import id_of
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of, settings_of


async def _list(request: web.Request) -> web.Response:
    subjects = subjects_of(request)
    kept: dict[str, list[Rule]] = {name: [] for name in subjects}
    for rule in await queries.rules(request.app[ENGINE]):
        kept.setdefault(rule.subject, []).append(rule)
    wording = Wording(words_of(request))
    return render(request, "rules/list.html", kept=kept, subjects=subjects, wording=wording, tab="rules")


async def _firings(request: web.Request) -> web.Response:
    wanted = asked(queries.FIRINGS, request.query)
    async with request.app[ENGINE].connect() as db:
        found = await fetch(db, queries.FIRINGS, wanted)
    return render(
        request,
        "rules/firings.html",
        firings=[queries.firing_of(row) for row in found.rows],
        asked=wanted,
        following=wanted.url("/rules/firings", after=found.next) if found.next else "",
        first="/rules/firings" if not wanted.filters else f"/rules/firings?{urlencode(wanted.filters)}",
        begun=not wanted.after,
        subjects=subjects_of(request),
        outcomes=queries.OUTCOMES,
        wording=Wording(words_of(request)),
        tab="firings",
    )


async def _new(request: web.Request) -> web.Response:
    subject = _subject(request, request.query.get("subject", ""))
    wording = Wording(words_of(request))
    chosen = next((each for each in subject.examples if each.name == request.query.get("example")), None)
    draft = drafts.of_example(chosen, wording.example(chosen.name)) if chosen else Draft()
    return await _form(request, subject, draft)


async def _one(request: web.Request) -> web.Response:
    rule = await _rule(request, id_of(request))
    return await _form(request, _subject(request, rule.subject), drafts.of_rule(rule))


async def _check(request: web.Request) -> web.Response:
    """What is wrong with what is typed by now; also another action, or one less."""
    sent = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    subject = _subject(request, sent.get("subject", ""))
    return await _form(request, subject, drafts.of_form(subject, sent, _zone(request)), tried=True)


async def _save(request: web.Request) -> web.Response:
    sent = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    subject = _subject(request, sent.get("subject", ""))
    draft = drafts.of_form(subject, sent, _zone(request))
    if drafts.problems(subject, draft):
        return await _form(request, subject, draft, tried=True, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    names = ("event", "name", "active", "last", "condition", "acts")
    content = {name: getattr(draft, name) for name in names} | {"subject": subject.name}
    engine, now, login = request.app[ENGINE], clock.now(), person_of(request).login
    if not draft.id:
        await queries.add(engine, content, now, login)
    else:
        try:
            saved = await queries.save(engine, draft.id, draft.version, content, now, login)
        except Conflict as conflict:
            return await _form(request, subject, draft, theirs=conflict.now, status=HTTPStatus.CONFLICT)
        if saved is None:
            raise web.HTTPNotFound()
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/rules"})


async def _move(request: web.Request) -> web.Response:
    sent = await request.post()
    rule = await _rule(request, str(sent.get("id", "")))
    now, login = clock.now(), person_of(request).login
    await queries.move(request.app[ENGINE], rule.id, sent.get("to") == "earlier", now, login)
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/rules"})


async def _form(
    request: web.Request,
    subject: Subject,
    draft: Draft,
    *,
    tried: bool = False,
    theirs: Rule | None = None,
    status: int = HTTPStatus.OK,
) -> web.Response:
    """The form. `tried`: also what is wrong and what the example comes to. `theirs`: as somebody saved it meanwhile."""
    found = drafts.problems(subject, draft) if tried else []
    right = tried and not any(each.key not in ("no_name", "long_name") for each in found)
    history = await queries.versions(request.app[ENGINE], draft.id) if draft.id else []
    shown: dict[str, Any] = {
        "subject": subject,
        "draft": draft,
        "problems": found,
        "right": right,
        "trial": drafts.trial(subject, draft, _zone(request)) if right else Trial(),
        "used": drafts.used(subject, draft),
        "theirs": theirs,
        "history": history,
        "wording": Wording(words_of(request)),
        "tab": "rules",
    }
    return render(request, "rules/form.html", status=status, **shown)


def _subject(request: web.Request, name: str) -> Subject:
    subject = subjects_of(request).get(name)
    if subject is None:
        raise web.HTTPNotFound()
    return subject


async def _rule(request: web.Request, ident: str) -> Rule:
    known = ident.isascii() and ident.isdigit() and len(ident) < 16
    rule = await queries.one_rule(request.app[ENGINE], int(ident)) if known else None
    if rule is None:
        raise web.HTTPNotFound()
    return rule


def _zone(request: web.Request) -> ZoneInfo:
    return ZoneInfo(settings_of(request).site.time_zone)


ROUTES: tuple[Route, ...] = (
    page("/rules", _list, Permission.MANAGE_RULES),
    page("/rules/firings", _firings, Permission.MANAGE_RULES),
    page("/rules/new", _new, Permission.MANAGE_RULES),
    page("/rules/{id}", _one, Permission.MANAGE_RULES),
    form("/rules/check", _check, Permission.MANAGE_RULES),
    form("/rules/save", _save, Permission.MANAGE_RULES),
    form("/rules/move", _move, Permission.MANAGE_RULES),
)
