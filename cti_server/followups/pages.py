"""`/follow-ups`: one page with three lists, their filters in the address. Callbacks come first."""

import asyncio
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.followups import queries
from cti_server.followups.api import Hours, Word, with_places
from cti_server.followups.queries import CallbackState
from cti_server.followups.rules import Scope, boxes, dialable
from cti_server.followups.sound import scope_of, sound_of
from cti_server.followups.suggestions import suggestions
from cti_server.journal.promises import ENDED, OPEN
from cti_server.journal.wording import Wording
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import query_of
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, page
from cti_server.web.session import person_of, settings_of

ROWS = 50
DAY_HOURS = 24
CALLBACK_STATES = ("open", *OPEN, *ENDED, "all")

_Page = Annotated[int, Meta(ge=1, le=20_000)]


class _CallbacksQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: CallbackState | Literal["open", "all"] = "open"
    queue: Word = ""
    text: Word = ""
    page: _Page = 1


class _VoicemailsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    state: Literal["open", "done", "all"] = "open"
    box: Word = ""
    text: Word = ""
    page: _Page = 1


class _SuggestionsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    hours: Hours = DAY_HOURS
    queue: Word = ""
    page: _Page = 1


async def _callbacks(request: web.Request) -> web.Response:
    asked = query_of(request, _CallbacksQuery)
    rows, total = await queries.callbacks(
        request.app[ENGINE],
        scope_of(request),
        state="" if asked.state == "all" else asked.state,
        queue=asked.queue,
        words=asked.text,
        limit=ROWS,
        offset=(asked.page - 1) * ROWS,
    )
    shown = {"callbacks": with_places(request, rows), "states": CALLBACK_STATES, "ended": ENDED, "dialable": dialable}
    return await _render(request, "callbacks", asked, total, shown)


async def _voicemails(request: web.Request) -> web.Response:
    asked, mine = query_of(request, _VoicemailsQuery), scope_of(request)
    rows, total = await queries.voicemails(
        request.app[ENGINE],
        mine,
        state="" if asked.state == "all" else asked.state,
        box=asked.box,
        words=asked.text,
        limit=ROWS,
        offset=(asked.page - 1) * ROWS,
    )
    folders = settings_of(request).recordings()
    heard = await asyncio.to_thread(lambda: {row.id for row in rows if sound_of(folders, row) is not None})
    owners = {box: owner for box, owner in boxes(request.app[STATE]()).items() if mine.has_box(box)}
    shown = {"voicemails": rows, "heard": heard, "owners": owners, "most_note": queries.MOST_NOTE}
    return await _render(request, "voicemails", asked, total, shown)


async def _suggestions(request: web.Request) -> web.Response:
    asked = query_of(request, _SuggestionsQuery)
    since = clock.now() - asked.hours * 3600
    rows, total = await suggestions(
        request.app[ENGINE], scope_of(request), since, queue=asked.queue, limit=ROWS, offset=(asked.page - 1) * ROWS
    )
    hours = sorted({4, 8, DAY_HOURS, 72, 168, asked.hours})
    shown = {"suggestions": rows, "hours": hours, "dialable": dialable}
    return await _render(request, "suggestions", asked, total, shown)


async def _render(
    request: web.Request,
    name: Literal["callbacks", "voicemails", "suggestions"],
    asked: _CallbacksQuery | _VoicemailsQuery | _SuggestionsQuery,
    total: int,
    shown: dict[str, Any],
) -> web.Response:
    state, mine = request.app[STATE](), scope_of(request)
    wording = Wording(words_of(request), state)
    kept = [(key, value) for key, value in request.query.items() if key != "page" and value]

    def other(number: int) -> str:
        return f"{request.path}?{urlencode([*kept, ('page', str(number))])}"

    return render(
        request,
        f"followups/{name}.html",
        name=name,
        asked=asked,
        total=total,
        counts=await _counts(request, mine),
        filtered=bool(kept),
        here=request.path_qs,
        later=other(asked.page - 1) if asked.page > 1 else None,
        earlier=other(asked.page + 1) if asked.page * ROWS < total else None,
        manages=person_of(request).may(Permission.MANAGE_FOLLOW_UPS),
        now=clock.now(),
        agents=wording.agents,
        queues=wording.queues,
        own_queues=[ident for ident in sorted(state.queues) if mine.has_queue(ident)],
        **shown,
    )


async def _counts(request: web.Request, mine: Scope) -> dict[str, int]:
    """How many are open in each list, for the tabs."""
    engine = request.app[ENGINE]
    since = clock.now() - DAY_HOURS * 3600
    return {
        "callbacks": (await queries.callbacks(engine, mine, state="open", limit=0))[1],
        "voicemails": (await queries.voicemails(engine, mine, state="open", limit=0))[1],
        "suggestions": (await suggestions(engine, mine, since, limit=1))[1],
    }


ROUTES: tuple[Route, ...] = (
    page("/follow-ups", _callbacks, Permission.SEE_FOLLOW_UPS),
    page("/follow-ups/voicemails", _voicemails, Permission.SEE_FOLLOW_UPS),
    page("/follow-ups/suggestions", _suggestions, Permission.SEE_FOLLOW_UPS),
)
