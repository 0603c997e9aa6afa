"""`/recordings`: the list for people, one recording with its player, and the players of one call as a fragment."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.recording import queries
from cti_server.recording.api import Status
from cti_server.recording.queries import Filter
from cti_server.recording.rules import FLAGS, Flag
from cti_server.recording.sound import number_of
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import id_of, query_of
from cti_server.web.render import render
from cti_server.web.routes import Route, page
from cti_server.web.session import settings_of

_ROWS = 50
_Word = Annotated[str, Meta(max_length=150)]


class _ListQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`day`: in the site's zone."""

    agent: _Word = ""
    call: _Word = ""
    flag: Flag | Literal["any"] | None = None
    status: Status | None = None
    day: date | None = None
    page: Annotated[int, Meta(ge=1, le=100_000)] = 1


def _bounds(day: date | None, zone: ZoneInfo) -> tuple[float | None, float | None]:
    """First and last moment of a day of the site (23 to 25 hours long), as epoch seconds."""
    if day is None or day.year < 1970 or day.year > 9998:
        return None, None
    begin, end = (datetime.combine(d, time(), zone) for d in (day, day + timedelta(days=1)))
    return begin.timestamp(), end.timestamp()


def _names(request: web.Request) -> dict[str, str]:
    """Agents' names by id as they are today; an id that is gone is shown itself."""
    return {ident: agent.config.name or ident for ident, agent in sorted(request.app[STATE]().agents.items())}


async def _list(request: web.Request) -> web.Response:
    asked = query_of(request, _ListQuery)
    since, until = _bounds(asked.day, ZoneInfo(settings_of(request).site.time_zone))
    wanted = Filter(
        call=asked.call, agent=asked.agent, status=asked.status or "", flag=asked.flag or "", since=since, until=until
    )
    rows, total = await queries.page(request.app[ENGINE], wanted, _ROWS, (asked.page - 1) * _ROWS)
    kept = [(n, v) for n, v in request.query.items() if n != "page" and v]
    return render(
        request,
        "recording/list.html",
        recordings=rows,
        agents=_names(request),
        total=total,
        asked=asked,
        flags=FLAGS,
        statuses=("sealed", "pending", "missing", "failed", "erased"),
        earlier=request.rel_url.with_query([*kept, ("page", str(asked.page + 1))])
        if asked.page * _ROWS < total
        else None,
        later=request.rel_url.with_query([*kept, ("page", str(asked.page - 1))]) if asked.page > 1 else None,
    )


async def _one(request: web.Request) -> web.Response:
    found = await queries.find(request.app[ENGINE], number_of(request))
    if found is None:
        raise web.HTTPNotFound()
    return render(request, "recording/one.html", recordings=[found], recording=found, agents=_names(request))


async def _of_call(request: web.Request) -> web.Response:
    """The players of a call, without a page around them: the call page loads it."""
    found = await queries.of_call(request.app[ENGINE], id_of(request))
    return render(request, "recording/player.html", recordings=found, agents=_names(request))


ROUTES: tuple[Route, ...] = (
    page("/recordings", _list, Permission.HEAR_RECORDINGS),
    page("/recordings/of/{id}", _of_call, Permission.HEAR_RECORDINGS),
    page("/recordings/{id}", _one, Permission.HEAR_RECORDINGS),
)
