"""`/api/v1/callbacks`, `voicemails`, `callback-suggestions`: what the page of follow-ups shows, as JSON."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.followups import queries
from cti_server.followups.queries import CallbackRow, CallbackState, VoicemailRow
from cti_server.followups.rules import places
from cti_server.followups.sound import scope_of
from cti_server.followups.suggestions import Suggestion, suggestions
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, query_of
from cti_server.web.routes import Route, api

Word = Annotated[str, Meta(max_length=150)]
Hours = Annotated[int, Meta(ge=1, le=168)]
_Limit = Annotated[int, Meta(ge=1, le=queries.MOST_ROWS)]
_Offset = Annotated[int, Meta(ge=0, le=1_000_000)]


class CallbacksQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`state`: one, `open` (waiting or calling), or any. `text`: part of a number or a name."""

    state: CallbackState | Literal["open"] | None = None
    queue: Word = ""
    text: Word = ""
    limit: _Limit = 50
    offset: _Offset = 0


class VoicemailsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`state`: open (somebody still has to do it), done, or any. `text`: part of a number or a name."""

    state: Literal["open", "done"] | None = None
    box: Word = ""
    text: Word = ""
    limit: _Limit = 50
    offset: _Offset = 0


class SuggestionsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`hours`: how far back to look for callers who gave up."""

    hours: Hours = 24
    queue: Word = ""
    limit: _Limit = 50
    offset: _Offset = 0


class CallbackPage(msgspec.Struct, frozen=True, kw_only=True):
    """Open ones by how long the customer waits, any others the latest first. `total`: how many with this filter."""

    items: list[CallbackRow]
    total: int
    limit: int
    offset: int


class VoicemailPage(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first. `total`: how many there are with this filter."""

    items: list[VoicemailRow]
    total: int
    limit: int
    offset: int


class SuggestionPage(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first. `total`: how many there are with this filter."""

    items: list[Suggestion]
    total: int
    limit: int
    offset: int


def with_places(request: web.Request, rows: list[CallbackRow]) -> list[CallbackRow]:
    """The rows with their places in the line, as the State of this moment has it."""
    found = places(request.app[STATE](), clock.now(), {row.queue for row in rows})
    return [msgspec.structs.replace(row, place=found.get(row.id)) if row.state == "waiting" else row for row in rows]


async def _callbacks(request: web.Request) -> web.Response:
    asked = query_of(request, CallbacksQuery)
    rows, total = await queries.callbacks(
        request.app[ENGINE],
        scope_of(request),
        state=asked.state or "",
        queue=asked.queue,
        words=asked.text,
        limit=asked.limit,
        offset=asked.offset,
    )
    items = with_places(request, rows)
    return answer(CallbackPage(items=items, total=total, limit=asked.limit, offset=asked.offset))


async def _voicemails(request: web.Request) -> web.Response:
    asked = query_of(request, VoicemailsQuery)
    rows, total = await queries.voicemails(
        request.app[ENGINE],
        scope_of(request),
        state=asked.state or "",
        box=asked.box,
        words=asked.text,
        limit=asked.limit,
        offset=asked.offset,
    )
    items = [msgspec.convert(row, VoicemailRow, from_attributes=True) for row in rows]
    return answer(VoicemailPage(items=items, total=total, limit=asked.limit, offset=asked.offset))


async def _suggestions(request: web.Request) -> web.Response:
    asked = query_of(request, SuggestionsQuery)
    rows, total = await suggestions(
        request.app[ENGINE],
        scope_of(request),
        clock.now() - asked.hours * 3600,
        queue=asked.queue,
        limit=asked.limit,
        offset=asked.offset,
    )
    return answer(SuggestionPage(items=rows, total=total, limit=asked.limit, offset=asked.offset))


ROUTES: tuple[Route, ...] = (
    api(
        "/callbacks",
        _callbacks,
        Permission.SEE_FOLLOW_UPS,
        "Promised callbacks and what became of them",
        CallbackPage,
        CallbacksQuery,
    ),
    api(
        "/voicemails",
        _voicemails,
        Permission.SEE_FOLLOW_UPS,
        "Messages that callers left, each a task until it is done",
        VoicemailPage,
        VoicemailsQuery,
    ),
    api(
        "/callback-suggestions",
        _suggestions,
        Permission.SEE_FOLLOW_UPS,
        "Callers who gave up and to whom nobody has talked since",
        SuggestionPage,
        SuggestionsQuery,
    ),
)
