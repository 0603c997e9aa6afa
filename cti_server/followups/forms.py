"""What people do about follow-ups. A promise is made and broken by an Event; what is done by hand is kept here.

A button that publishes an Event waits for a moment until the records show it, so that the page it leads back to does.
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Literal

from aiohttp import web

from cti_server import clock
from cti_server.core.events import CallbackEnded
from cti_server.core.state import Callback
from cti_server.followups import queries, suggestions
from cti_server.followups.plan import fresh, plan, shown
from cti_server.followups.queries import MOST_NOTE
from cti_server.followups.rules import Scope, dialable, suggestion_id
from cti_server.followups.sound import scope_of
from cti_server.followups.suggestions import Suggestion
from cti_server.web.keys import ENGINE, PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import local_path
from cti_server.web.routes import Route, form
from cti_server.web.session import person_of

DISMISSED: web.AppKey[tuple[Callable[[str, str, float], Awaitable[None]], ...]] = web.AppKey("dismissed")
"""Who else wants to know that nobody need be called back for a stay: its id, the login, the moment."""
_MOST_ID = 200


async def _cancel(request: web.Request) -> web.Response:
    """Break a promise that waits. One that is being called just now goes on: somebody may talk already."""
    fields = await _fields(request)
    promise = request.app[STATE]().callbacks.get(fields["id"])
    if promise is not None and promise.status == "waiting":
        _end(request, promise, "cancelled")
        await shown(lambda: _has_ended(request, promise.id))
    return _back(fields)


async def _plan_again(request: web.Request) -> web.Response:
    """Call at once. A promise that waits keeps its place; one that has ended is made anew and waits from now on."""
    fields = await _fields(request)
    promise = request.app[STATE]().callbacks.get(fields["id"])
    if promise is None:
        known = await queries.one_callback(request.app[ENGINE], fields["id"], Scope())
        if known is None or not dialable(known.number):
            raise web.HTTPNotFound()
        now = clock.now()
        await plan(request, fresh(now, known.number), known, now, agent=known.wanted)
    elif promise.status == "waiting":
        _end(request, promise, "merged")
        ident = fresh(clock.now(), promise.number)
        await plan(request, ident, promise, promise.queued, agent=promise.wanted, priority=promise.priority)
        await shown(lambda: _has_ended(request, promise.id))
    return _back(fields)


async def _plan_suggested(request: web.Request) -> web.Response:
    """A callback for a caller who gave up. Its id is made of that stay's, so two clicks make one promise."""
    fields = await _fields(request)
    lost = await _gave_up(request, fields["id"])
    if not dialable(lost.number):
        raise web.HTTPBadRequest()
    ident, now = suggestion_id(lost.entry), clock.now()
    known = await queries.one_callback(request.app[ENGINE], ident, Scope())
    if known is None or known.ended is not None:
        await plan(request, ident if known is None else fresh(now, lost.number), lost, now)
    return _back(fields)


async def _dismiss(request: web.Request) -> web.Response:
    fields = await _fields(request)
    lost = await _gave_up(request, fields["id"])
    login, now = person_of(request).login, clock.now()
    await suggestions.dismiss(request.app[ENGINE], lost, login, now)
    for told in request.app.get(DISMISSED, ()):
        await told(lost.entry, login, now)
    return _back(fields)


async def _note(request: web.Request) -> web.Response:
    """Mark a message as done or open again, or only note something."""
    fields = await _fields(request)
    done = {"done": True, "open": False, "note": None}
    if fields["do"] not in done or len(fields["note"]) > MOST_NOTE:
        raise web.HTTPBadRequest()
    engine = request.app[ENGINE]
    message = await queries.one_voicemail(engine, fields["id"], scope_of(request))
    if message is None:
        raise web.HTTPNotFound()
    note = None if fields["note"].strip() == message.note else fields["note"].strip()
    login, now = person_of(request).login, clock.now()
    await queries.note_voicemail(engine, message.id, login, now, done=done[fields["do"]], note=note)
    return _back(fields)


async def _fields(request: web.Request) -> dict[str, str]:
    sent = await request.post()
    fields = {name: str(sent.get(name, "")) for name in ("id", "do", "note", "next")}
    if not fields["id"] or len(fields["id"]) > _MOST_ID or "\0" in "".join(fields.values()):
        raise web.HTTPBadRequest()
    return fields


def _back(fields: dict[str, str]) -> web.Response:
    target = local_path(fields["next"])
    return web.Response(
        status=HTTPStatus.SEE_OTHER, headers={"Location": target if target.startswith("/follow-ups") else "/follow-ups"}
    )


async def _gave_up(request: web.Request, entry: str) -> Suggestion:
    lost = await suggestions.gave_up(request.app[ENGINE], entry)
    if lost is None:
        raise web.HTTPNotFound()
    return lost


def _end(request: web.Request, promise: Callback, outcome: Literal["cancelled", "merged"]) -> None:
    ended = CallbackEnded(at=clock.now(), callback=promise.id, outcome=outcome, by=person_of(request).login)
    request.app[PUBLISH](ended)


async def _has_ended(request: web.Request, ident: str) -> bool:
    row = await queries.one_callback(request.app[ENGINE], ident, Scope())
    return row is not None and row.ended is not None


ROUTES: tuple[Route, ...] = (
    form("/follow-ups/callbacks/cancel", _cancel, Permission.MANAGE_FOLLOW_UPS),
    form("/follow-ups/callbacks/plan", _plan_again, Permission.MANAGE_FOLLOW_UPS),
    form("/follow-ups/suggestions/plan", _plan_suggested, Permission.MANAGE_FOLLOW_UPS),
    form("/follow-ups/suggestions/dismiss", _dismiss, Permission.MANAGE_FOLLOW_UPS),
    form("/follow-ups/voicemails/task", _note, Permission.SEE_FOLLOW_UPS),
)
