"""`/calls`: the list with its filters in the address, and one call with everything that happened in it."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.journal import queries
from cti_server.journal.api import Direction, Outcome, Word
from cti_server.journal.codes import CODES, NONE
from cti_server.journal.decisions import decisions, points
from cti_server.journal.intervals import day
from cti_server.journal.path import data_words
from cti_server.journal.queries import BadQuery, CallFilter
from cti_server.journal.story import story
from cti_server.journal.wording import Wording
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, id_of, query_of
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, page
from cti_server.web.session import settings_of

ROWS = 50


class _ListQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`first`, `last`: days of the site, both included. `text`: part of a number, a name or an id."""

    first: date | None = None
    last: date | None = None
    text: Word = ""
    queue: Word = ""
    agent: Word = ""
    outcome: Outcome | None = None
    direction: Direction | None = None
    code: Word = ""
    cursor: Annotated[str, Meta(max_length=1000)] = ""


async def _list(request: web.Request) -> web.Response:
    asked = query_of(request, _ListQuery)
    zone = ZoneInfo(settings_of(request).site.time_zone)
    wanted = CallFilter(
        since=_edge(asked.first, zone, 0),
        until=_edge(asked.last, zone, 1),
        text=asked.text,
        queue=asked.queue,
        agent=asked.agent,
        outcome=asked.outcome or "",
        direction=asked.direction or "",
        code=asked.code,
    )
    engine = request.app[ENGINE]
    try:
        found = await queries.calls(engine, wanted, limit=ROWS, cursor=asked.cursor)
    except BadQuery as error:
        raise BadRequest(str(error)) from None
    wording = Wording(words_of(request), request.app[STATE]())
    named, given = dict[str, str](), dict[str, list[str]]()
    for codes in CODES:
        named |= await codes.names(engine, words_of(request).language)
        given |= await codes.of_calls(engine, [row["id"] for row in found.rows])
    kept = [(name, value) for name, value in request.query.items() if name != "cursor" and value]
    return render(
        request,
        "journal/calls.html",
        calls=found.rows,
        asked=asked,
        newest=request.rel_url.with_query(kept) if asked.cursor else None,
        older=request.rel_url.with_query([*kept, ("cursor", found.next)]) if found.next else None,
        outcomes=Outcome.__args__,  # type: ignore[attr-defined]
        directions=Direction.__args__,  # type: ignore[attr-defined]
        codes=named,
        codes_of=given,
        no_code=NONE,
        filtered=bool(kept),
        agents=wording.agents,
        queues=wording.queues,
    )


def _edge(when: date | None, zone: ZoneInfo, side: int) -> float | None:
    """The first moment of the day (0) or of the next one (1). Raises BadRequest for years that no calendar can hold."""
    if when is None:
        return None
    if not 1970 < when.year < 9999:
        raise BadRequest(f"{when.isoformat()}: no call is that far away")
    return day(when, zone)[side]


async def _one(request: web.Request) -> web.Response:
    engine, ident = request.app[ENGINE], id_of(request)
    found = await queries.one_call(engine, ident)
    if found is None:
        raise web.HTTPNotFound()
    rows = await queries.call_events(engine, ident)
    wording = Wording(words_of(request), request.app[STATE]())
    events = queries.events_of(rows)
    return render(
        request,
        "journal/call.html",
        call=found.call,
        row=found.row,
        legs=found.legs,
        entries=found.entries,
        decisions=decisions(found.call, events, wording),
        points=points,
        story=story(found.call, events),
        data=[data_words(key, value) for key, value in found.call.data.items() if value and key != "language"],
        events=[(row, msgspec.json.encode(row["payload"]).decode()) for row in rows],
        wording=wording,
    )


ROUTES: tuple[Route, ...] = (
    page("/calls", _list, Permission.READ_CALLS),
    page("/calls/{id}", _one, Permission.READ_CALLS),
)
