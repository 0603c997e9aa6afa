"""`/api/v1/recordings`: the list with its filters, and one. The sound itself is served by `sound`."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.recording import queries
from cti_server.recording.queries import Filter, Recording
from cti_server.recording.rules import Flag
from cti_server.recording.sound import number_of
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, query_of
from cti_server.web.routes import Route, api

Status = Literal["pending", "sealed", "missing", "failed", "erased"]
_Moment = Annotated[float, Meta(ge=0, le=1e11)]
_Word = Annotated[str, Meta(max_length=150)]


class RecordingQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`since` <= started < `until`, epoch seconds. `flag`: one flag, or `any`."""

    call: _Word = ""
    agent: _Word = ""
    status: Status | None = None
    flag: Flag | Literal["any"] | None = None
    since: _Moment | None = None
    until: _Moment | None = None
    limit: Annotated[int, Meta(ge=1, le=queries.MOST_ROWS)] = 50
    offset: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class RecordingPage(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first. `total`: how many there are with this filter."""

    items: list[Recording]
    total: int
    limit: int
    offset: int


async def _list(request: web.Request) -> web.Response:
    asked = query_of(request, RecordingQuery)
    wanted = Filter(
        call=asked.call,
        agent=asked.agent,
        status=asked.status or "",
        flag=asked.flag or "",
        since=asked.since,
        until=asked.until,
    )
    items, total = await queries.page(request.app[ENGINE], wanted, asked.limit, asked.offset)
    return answer(RecordingPage(items=items, total=total, limit=asked.limit, offset=asked.offset))


async def _one(request: web.Request) -> web.Response:
    found = await queries.find(request.app[ENGINE], number_of(request))
    if found is None:
        raise web.HTTPNotFound()
    return answer(found)


ROUTES: tuple[Route, ...] = (
    api(
        "/recordings",
        _list,
        Permission.HEAR_RECORDINGS,
        "Recordings with expected and found length and energy per channel",
        RecordingPage,
        RecordingQuery,
    ),
    api("/recordings/{id}", _one, Permission.HEAR_RECORDINGS, "One recording", Recording),
)
