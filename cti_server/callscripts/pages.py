"""`/scripts`: which scripts there are, and one to be written, with what is wrong told in sentences."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, get_args

from aiohttp import web

from cti_server import clock
from cti_server.callscripts import queries
from cti_server.callscripts.queries import MOST_NAME, Conflict, Script
from cti_server.callscripts.rules import KINDS, MOST_STEPS, Fault, Kind, Step, faults, lines_of, options_of
from cti_server.customers.rules import HIGHEST_TIER, STAGES
from cti_server.web.i18n import LANGUAGES
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import id_of
from cti_server.web.render import render
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of, settings_of

_LABEL = 150
_MOST_ID = 2**31
_EMPTY = {"name": "", "language": "", "dnis": "", "campaign": "", "queue": "", "stage": "", "tier": 0, "active": True}


async def _list(request: web.Request) -> web.Response:
    return render(request, "callscripts/list.html", scripts=await queries.scripts(request.app[ENGINE]))


async def _new(request: web.Request) -> web.Response:
    return _form(request, _EMPTY | {"id": 0, "version": 0, "steps": [Step(id="greeting")]})


async def _one(request: web.Request) -> web.Response:
    found = await queries.one(request.app[ENGINE], _whole(id_of(request)))
    if found is None:
        raise web.HTTPNotFound()
    return _form(request, {name: getattr(found, name) for name in Script.__struct_fields__})


def _form(
    request: web.Request,
    given: Mapping[str, Any],
    wrong: list[Fault] | None = None,
    theirs: Script | None = None,
    status: int = HTTPStatus.OK,
) -> web.Response:
    """`given`: what is in the form, also after it was refused: nothing that was typed is lost."""
    return render(
        request,
        "callscripts/form.html",
        given=given,
        wrong=wrong or [],
        theirs=theirs,
        kinds=KINDS,
        stages=STAGES,
        tiers=range(HIGHEST_TIER + 1),
        queues=[(queue.id, queue.name or queue.id) for queue in settings_of(request).queue],
        lines_of=lines_of,
        status=status,
    )


async def _save(request: web.Request) -> web.Response:
    """Buttons of the form: `save`, `add` (a step more), `remove.N`."""
    sent = {name: str(value) for name, value in (await request.post()).items()}
    given = _read(sent)
    wanted = sent.get("do", "save")
    steps: list[Step] = given["steps"]
    if wanted == "add" and len(steps) < MOST_STEPS:
        return _form(request, given | {"steps": [*steps, Step(id=_fresh(steps))]})
    if wanted.startswith("remove."):
        gone = _whole(wanted.removeprefix("remove."))
        return _form(request, given | {"steps": [step for place, step in enumerate(steps) if place != gone]})
    wrong = faults(steps)
    if not given["name"].strip() or len(given["name"]) > MOST_NAME:
        wrong.insert(0, Fault("name"))
    if wrong:
        return _form(request, given, wrong, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    engine, now, by = request.app[ENGINE], clock.now(), person_of(request).login
    try:
        if given["id"]:
            saved = await queries.save(engine, given["id"], given["version"], given, now, by)
        else:
            saved = await queries.add(engine, given, now, by)
    except Conflict as conflict:
        given["version"] = conflict.now.version
        return _form(request, given, theirs=conflict.now, status=HTTPStatus.CONFLICT)
    if saved is None:
        raise web.HTTPNotFound()
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/scripts"})


def _read(sent: Mapping[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {
        name: sent.get(name, "").strip()[:_LABEL] for name in ("name", "dnis", "campaign", "queue")
    }
    given["language"] = sent["language"] if sent.get("language") in LANGUAGES else ""
    given["stage"] = sent["stage"] if sent.get("stage") in STAGES else ""
    given["tier"] = min(_whole(sent.get("tier", "")), HIGHEST_TIER)
    given["active"] = sent.get("active") == "1"
    given["id"], given["version"] = _whole(sent.get("id", "")), _whole(sent.get("version", ""))
    given["steps"] = [_step(sent, f"step.{place}.") for place in range(MOST_STEPS) if f"step.{place}.id" in sent]
    return given


def _step(sent: Mapping[str, str], prefix: str) -> Step:
    kind: Kind = next((each for each in get_args(Kind) if each == sent.get(f"{prefix}kind")), "none")
    texts = {name: sent.get(prefix + name, "").replace("\r\n", "\n") for name in ("id", "text", "ask", "next")}
    options = options_of(sent.get(f"{prefix}options", "")) if kind == "choice" else ()
    return Step(**{name: value.strip() for name, value in texts.items()}, kind=kind, options=options)


def _fresh(steps: list[Step]) -> str:
    known = {step.id for step in steps}
    return next(name for n in range(len(steps) + 1, MOST_STEPS + 2) if (name := f"step-{n}") not in known)


def _whole(said: str) -> int:
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 12 else 0
    return number if number < _MOST_ID else 0


ROUTES: tuple[Route, ...] = (
    page("/scripts", _list, Permission.MANAGE_KNOWLEDGE),
    page("/scripts/new", _new, Permission.MANAGE_KNOWLEDGE),
    page("/scripts/{id}", _one, Permission.MANAGE_KNOWLEDGE),
    form("/scripts/save", _save, Permission.MANAGE_KNOWLEDGE),
)
