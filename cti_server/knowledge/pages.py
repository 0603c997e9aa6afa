"""`/knowledge`: search, read, write. `/knowledge/panel`: what an agent looks things up with during a call."""

from http import HTTPStatus

from aiohttp import web

from cti_server import clock
from cti_server.journal.clean import text
from cti_server.knowledge import queries
from cti_server.knowledge.queries import Article, Conflict, Wrong
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import id_of
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of

_MOST_ASKED = 2000
_PANEL = 5
_MOST_ID = 2**31


async def _list(request: web.Request) -> web.Response:
    asked, language, category = (text(request.query.get(name, ""))[:200] for name in ("q", "language", "category"))
    engine = request.app[ENGINE]
    manages = person_of(request).may(Permission.MANAGE_KNOWLEDGE)
    found = await queries.search(engine, asked, language=language, category=category, all_states=manages, limit=100)
    if category:
        found = [each for each in found if each.category == category]
    kept = await queries.categories(engine)
    return render(
        request,
        "knowledge/list.html",
        found=found,
        asked=asked,
        language=language,
        category=category,
        categories=kept,
    )


async def _panel(request: web.Request) -> web.Response:
    """Suggested from what the ticket is about and what was noted, or searched for."""
    asked, category = text(request.query.get("q", ""))[:_MOST_ASKED], text(request.query.get("category", ""))[:200]
    engine, language = request.app[ENGINE], words_of(request).language
    found = await queries.search(engine, asked, language=language, category=category, limit=_PANEL)
    if asked and not found:
        found = await queries.search(engine, asked, category=category, limit=_PANEL)
    return render(request, "knowledge/panel.html", found=found, asked=asked, category=category)


async def _one(request: web.Request) -> web.Response:
    found = await _article(request)
    return render(
        request, "knowledge/one.html", one=found, versions=await queries.versions(request.app[ENGINE], found.id)
    )


async def _new(request: web.Request) -> web.Response:
    given = {"language": words_of(request).language, "active": True, "question": request.query.get("question", "")}
    return _form(request, given)


async def _edit(request: web.Request) -> web.Response:
    found = await _article(request)
    return _form(request, {name: getattr(found, name) for name in Article.__struct_fields__})


def _form(
    request: web.Request,
    given: dict[str, object],
    wrong: str = "",
    theirs: Article | None = None,
    status: int = HTTPStatus.OK,
) -> web.Response:
    """`given`: what is in the form, also after it was refused: nothing that was typed is lost."""
    names = ("id", "version", "question", "answer", "category", "tags", "language")
    shown = {name: given.get(name, "") for name in names} | {"active": bool(given.get("active"))}
    limits = (queries.MOST_QUESTION, queries.MOST_ANSWER, queries.MOST_LABEL)
    return render(request, "knowledge/form.html", status=status, given=shown, wrong=wrong, theirs=theirs, limits=limits)


async def _save(request: web.Request) -> web.Response:
    given: dict[str, object] = {name: str(value) for name, value in (await request.post()).items()}
    given["active"] = given.get("active") == "1"
    ident, seen = _whole(given.get("id")), _whole(given.get("version"))
    engine, now, by = request.app[ENGINE], clock.now(), person_of(request).login
    try:
        if ident:
            saved = await queries.save(engine, ident, seen, given, now, by)
        else:
            saved = await queries.add(engine, given, now, by)
    except Wrong as wrong:
        return _form(request, given, wrong=str(wrong), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except Conflict as conflict:
        given["version"] = conflict.now.version
        return _form(request, given, theirs=conflict.now, status=HTTPStatus.CONFLICT)
    if saved is None:
        raise web.HTTPNotFound()
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/knowledge/{saved.id}"})


async def _helped(request: web.Request) -> web.Response:
    ident = _whole(id_of(request))
    if not ident or not await queries.helped(request.app[ENGINE], ident):
        raise web.HTTPNotFound()
    if request.headers.get("HX-Request"):
        return web.Response(text=words_of(request).text("knowledge.thanks"))
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/knowledge/{ident}"})


async def _article(request: web.Request) -> Article:
    """Raises 404 also for what is not shown to this person."""
    found = await queries.one(request.app[ENGINE], _whole(id_of(request)))
    if found is None or not (found.active or person_of(request).may(Permission.MANAGE_KNOWLEDGE)):
        raise web.HTTPNotFound()
    return found


def _whole(said: object) -> int:
    """A whole number that the database can hold; 0 for all else."""
    digits = str(said)
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else 0
    return number if number < _MOST_ID else 0


ROUTES: tuple[Route, ...] = (
    page("/knowledge", _list, Permission.SEE_KNOWLEDGE),
    page("/knowledge/panel", _panel, Permission.SEE_KNOWLEDGE),
    page("/knowledge/new", _new, Permission.MANAGE_KNOWLEDGE),
    page("/knowledge/{id}", _one, Permission.SEE_KNOWLEDGE),
    page("/knowledge/{id}/edit", _edit, Permission.MANAGE_KNOWLEDGE),
    form("/knowledge/save", _save, Permission.MANAGE_KNOWLEDGE),
    form("/knowledge/{id}/helped", _helped, Permission.SEE_KNOWLEDGE),
)
