"""`/api/v1/figures`: half-hours of queues and agents, added up as asked. Formulas: see `figures`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server import clock
from cti_server.journal.intervals import day
from cti_server.statistics import queries
from cti_server.statistics.figures import AGENT_FORMULAS, QUEUE_FORMULAS, Formula
from cti_server.statistics.queries import Line, Width
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, query_of
from cti_server.web.routes import Route, api
from cti_server.web.session import settings_of

_LONGEST_S = {"half_hour": 32 * 86_400, "hour": 63 * 86_400, "day": 367 * 86_400, "all": 367 * 86_400}
_Moment = Annotated[float, Meta(ge=0, le=1e11, description="UTC epoch seconds")]


class FiguresQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Half-hours that begin in `since` <= start < `until`; default: today at the site.

    `by` queue or agent; `id`: only this one.
    """

    by: Literal["queue", "agent"] = "queue"
    since: _Moment | None = None
    until: _Moment | None = None
    width: Width = "half_hour"
    id: Annotated[str, Meta(max_length=150)] = ""


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure means. `unit`: share (0 to 1) or s."""

    name: str
    version: int
    unit: str
    definition: str


class FiguresAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`counted_by`: arrival (when the caller came) or event (when it happened). Null: the figure has no meaning."""

    since: float
    until: float
    width: str
    time_zone: str
    counted_by: str
    formulas: list[Definition]
    lines: list[Line]


async def _figures(request: web.Request) -> web.Response:
    asked, zone, since, until = _asked(request)
    only = [asked.id] if asked.id else []
    engine = request.app[ENGINE]
    if asked.by == "agent":
        lines = await queries.by_agent(engine, zone, since, until, asked.width, only)
        return _answer(asked, zone, since, until, "event", AGENT_FORMULAS, lines)
    lines = await queries.by_queue(engine, zone, since, until, asked.width, only)
    return _answer(asked, zone, since, until, "arrival", QUEUE_FORMULAS, lines)


def _asked(request: web.Request) -> tuple[FiguresQuery, ZoneInfo, float, float]:
    """Raises BadRequest for a period that ends before it begins, or gives more lines than anyone reads."""
    asked = query_of(request, FiguresQuery)
    zone = ZoneInfo(settings_of(request).site.time_zone)
    first, last = day(datetime.fromtimestamp(clock.now(), zone).date(), zone)
    since = first if asked.since is None else asked.since
    until = max(last, since + 1) if asked.until is None else asked.until
    longest = _LONGEST_S[asked.width]
    if asked.until is None:
        until = min(until, since + longest)
    if not since < until <= since + longest:
        raise BadRequest(f"until lies after since, by at most {longest // 86_400} days for this width")
    return asked, zone, since, until


def _answer(
    asked: FiguresQuery,
    zone: ZoneInfo,
    since: float,
    until: float,
    counted_by: str,
    formulas: Sequence[Formula],
    lines: list[Line],
) -> web.Response:
    definitions = [Definition(name=f.name, version=f.version, unit=f.unit, definition=f.definition) for f in formulas]
    return answer(
        FiguresAnswer(
            since=since,
            until=until,
            width=asked.width,
            time_zone=zone.key,
            counted_by=counted_by,
            formulas=definitions,
            lines=lines,
        )
    )


ROUTES: tuple[Route, ...] = (
    api("/figures", _figures, Permission.READ_FIGURES, "Figures by queue or by agent", FiguresAnswer, FiguresQuery),
)
