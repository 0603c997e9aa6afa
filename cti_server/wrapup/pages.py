"""`/wrapup/codes`: the disposition codes, for administrators; and what was noted, as a part of the page of a call.

A code's id never changes and no code is deleted: one that is not wanted any more is retired. Who saves names the
version that was seen.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from cti_server import clock
from cti_server.journal.wording import Wording
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of, settings_of
from cti_server.wrapup import codes, notes
from cti_server.wrapup.rules import MOST_NAME, Code, Refused
from cti_server.wrapup.talks import call_of, talks_of

_PATH = "/wrapup/codes"
_MOST_ID = 150
_MOST_PLACE = 10_000


async def _codes(request: web.Request) -> web.Response:
    return await _page(request)


async def _page(
    request: web.Request, *, status: int = HTTPStatus.OK, wrong: str = "", typed: Mapping[str, Any] | None = None
) -> web.Response:
    """`typed`: what was sent and not stored; it stands in its form still."""
    async with request.app[ENGINE].connect() as db:
        every = await codes.all_codes(db)
    groups = [code for code in every if not code.parent]
    queues = Wording(words_of(request), request.app[STATE]()).queues
    required = [each.id for each in settings_of(request).queue if each.wrapup_code == "required"]
    return render(
        request,
        "wrapup/codes.html",
        status=status,
        groups=[(group, [code for code in every if code.parent == group.id]) for group in groups],
        queues=queues,
        required=[queues.get(ident, ident) for ident in required],
        typed=typed or {},
        wrong=wrong,
        most=MOST_NAME,
    )


async def _save(request: web.Request) -> web.Response:
    sent = await request.post()
    seen = _number(str(sent.get("version", "")))
    given: dict[str, Any] = {
        name: " ".join(str(sent.get(name, "")).split()) for name in ("id", "name_en", "name_zh", "parent")
    }
    given |= {name: bool(sent.get(name)) for name in ("needs_note", "plans_callback", "retired")}
    known = request.app[STATE]().queues
    queues = sorted({str(queue)[:_MOST_ID].replace("\0", "") for queue in sent.getall("queues", [])})
    values = given | {"position": min(_number(str(sent.get("position", ""))), _MOST_PLACE), "queues": queues}
    try:
        if max(len(values["name_en"]), len(values["name_zh"])) > MOST_NAME:
            raise Refused("name_long", most=MOST_NAME)
        async with request.app[ENGINE].begin() as db:
            before = await codes.one_code(db, values["id"])
            kept = before.queues if before else []
            values["queues"] = [queue for queue in queues if queue in known or queue in kept]
            await codes.write(db, values, seen, at=clock.now(), by=person_of(request).login)
    except Refused as refused:
        status = HTTPStatus.CONFLICT if refused.why in ("conflict", "taken") else HTTPStatus.UNPROCESSABLE_ENTITY
        wrong = words_of(request).text(f"wrapup.refused.{refused.why}", **refused.values)
        return await _page(request, status=status, wrong=wrong, typed=values | {"seen": seen})
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"{_PATH}#{values['id']}"})


async def _of_call(request: web.Request) -> web.Response:
    """A fragment: each talk of a call with its code and note."""
    ident = request.query.get("call", "")[:_MOST_ID].replace("\0", "")
    engine, state = request.app[ENGINE], request.app[STATE]()
    call = await call_of(engine, state, ident) if ident else None
    if call is None:
        raise web.HTTPNotFound()
    async with engine.connect() as db:
        stored = {note.leg: note for note in await notes.of_call(db, call)}
        names: dict[str, Code] = {code.id: code for code in await codes.all_codes(db)}
    talks = [talk for talk in talks_of(call) if talk.talked or talk.leg in stored]
    wording = Wording(words_of(request), state)
    return render(request, "wrapup/of_call.html", talks=talks, stored=stored, codes=names, wording=wording)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


ROUTES: tuple[Route, ...] = (
    page(_PATH, _codes, Permission.MANAGE_WRAPUP),
    form(_PATH, _save, Permission.MANAGE_WRAPUP),
    page("/wrapup/of-call", _of_call, Permission.READ_CALLS),
)
