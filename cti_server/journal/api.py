"""`/api/v1/calls`: the list with its filters, and one call with everything about it."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.core.state import Call
from cti_server.journal import queries
from cti_server.journal.clean import Row
from cti_server.journal.decisions import Decision, decisions
from cti_server.journal.queries import BadQuery, CallFilter
from cti_server.journal.wording import Wording
from cti_server.web.i18n import choose
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, id_of, query_of
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api

T = TypeVar("T", bound=msgspec.Struct)
Word = Annotated[str, Meta(max_length=150)]
Moment = Annotated[float, Meta(ge=0, le=1e11, description="UTC epoch seconds")]
Outcome = Literal[
    "answered",
    "abandoned",
    "short_abandoned",
    "flowed_out",
    "callback",
    "voicemail",
    "refused",
    "left_ivr",
    "no_answer",
]
Direction = Literal["inbound", "outbound", "internal"]


class CallsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`since` <= started < `until`. `text`: part of a number, a name or an id. `code`: that an agent gave the call, or
    `-`: none. `cursor`: `next` of the page before."""

    since: Moment | None = None
    until: Moment | None = None
    ani: Word = ""
    dnis: Word = ""
    agent: Word = ""
    queue: Word = ""
    outcome: Outcome | None = None
    direction: Direction | None = None
    code: Word = ""
    text: Word = ""
    sort: Literal["started", "ani", "dnis", "wait_s", "talk_s"] = "started"
    order: Literal["asc", "desc"] = "desc"
    limit: Annotated[int, Meta(ge=1, le=queries.MAX_LIMIT)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] = ""


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """`outcome` is empty while the call is live. `queue`, `agent`: the last ones. Lengths in seconds."""

    id: str
    direction: str
    started: float
    answered: float | None
    ended: float | None
    ani: str
    caller_name: str
    dnis: str
    campaign: str
    language: str
    script: str
    outcome: str
    queue: str
    agent: str
    wait_s: float
    talk_s: float
    hold_s: float
    hangup_cause: int
    hangup_by: str
    recovered: bool


class LegRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    endpoint: str
    role: str
    agent: str
    number: str
    started: float
    answered: float | None
    ended: float | None
    ring_s: float
    talk_s: float
    hold_s: float
    cause: int
    ended_by: str
    dial_status: str


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """`cause`: seq of the event that the center answered with this one, 0 for none. `payload`: the Event itself."""

    seq: int
    at: float
    type: str
    cause: int
    payload: dict[str, Any]


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: the cursor of the following page; empty on the last one."""

    items: list[CallRow]
    next: str


class CallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`call`: the whole record, with queue entries, offers, IVR path, transfers and recordings."""

    summary: CallRow
    legs: list[LegRow]
    call: Call
    events: list[EventRow]


async def _list(request: web.Request) -> web.Response:
    asked = query_of(request, CallsQuery)
    try:
        page = await queries.calls(
            request.app[ENGINE],
            wanted(asked),
            sort=asked.sort,
            order=asked.order,
            limit=asked.limit,
            cursor=asked.cursor,
        )
    except BadQuery as error:
        raise BadRequest(str(error)) from None
    return answer(CallPage(items=[_shaped(row, CallRow) for row in page.rows], next=page.next))


def _shaped(row: Row, shape: type[T]) -> T:
    """The columns that the API names, of a row as the database gives it (its keys are SQLAlchemy's own strings)."""
    return msgspec.convert({field.name: row[field.name] for field in msgspec.structs.fields(shape)}, shape)


def wanted(asked: CallsQuery) -> CallFilter:
    return CallFilter(
        since=asked.since,
        until=asked.until,
        ani=asked.ani,
        dnis=asked.dnis,
        agent=asked.agent,
        queue=asked.queue,
        outcome=asked.outcome or "",
        direction=asked.direction or "",
        code=asked.code,
        text=asked.text,
    )


async def _one(request: web.Request) -> web.Response:
    engine, ident = request.app[ENGINE], id_of(request)
    found = await queries.one_call(engine, ident)
    if found is None:
        raise web.HTTPNotFound()
    events = await queries.call_events(engine, ident)
    return answer(
        CallAnswer(
            summary=_shaped(found.row, CallRow),
            legs=[_shaped(row, LegRow) for row in found.legs],
            call=found.call,
            events=[_shaped(row, EventRow) for row in events],
        )
    )


class DecisionsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`language`: of the words; without it the one that the request's Accept-Language prefers."""

    language: Literal["en", "zh"] | None = None


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """Why each offer of a call went to whom it went. `language`: of the words."""

    language: str
    items: list[Decision]


async def _decisions(request: web.Request) -> web.Response:
    asked, engine, ident = query_of(request, DecisionsQuery), request.app[ENGINE], id_of(request)
    found = await queries.one_call(engine, ident)
    if found is None:
        raise web.HTTPNotFound()
    events = queries.events_of(await queries.call_events(engine, ident))
    words = words_of(request, asked.language or choose(request.headers.get("Accept-Language", ""), ""))
    wording = Wording(words, request.app[STATE]())
    return answer(Decisions(language=words.language, items=decisions(found.call, events, wording)))


ROUTES: tuple[Route, ...] = (
    api("/calls", _list, Permission.READ_CALLS, "Calls, the latest first", CallPage, CallsQuery),
    api("/calls/{id}", _one, Permission.READ_CALLS, "One call with its legs and events", CallAnswer),
    api(
        "/calls/{id}/decisions",
        _decisions,
        Permission.READ_CALLS,
        "Who got this call and why: scores by part, who was passed over, in words of the language asked for",
        Decisions,
        DecisionsQuery,
    ),
)
