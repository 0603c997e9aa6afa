"""Deliveries of screen pops: what pages report (`/desk/popped`), the list for supervisors, and the API."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from msgspec import Meta
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import clock
from cti_server.desk.ledger import LEDGER, What
from cti_server.desk.tables import pop_delivery
from cti_server.journal.intervals import day
from cti_server.journal.wording import Wording
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.lists import Asked, Filter, Listing, asked, exact, fetch, filtered
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, as_json, body_of, query_of
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, api, data, page
from cti_server.web.session import SECRET, digest, person_of, settings_of

SHOWN = ("no", "late", "yes")
"""Not shown though the call is over or has been answered for long; after the call was gone; in time."""
ROWS = 50
_SESSION = 12
_GRACE_S = 10.0
"""So long after it was made a pop that is not rendered is not yet one that was not shown."""
_Word = Annotated[str, Meta(max_length=150)]
c = pop_delivery.c


class Popped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`rendered`: the page shows the card of this leg. `acknowledged`: the agent did something with it."""

    leg: _Word
    what: What


class Told(msgspec.Struct, frozen=True, kw_only=True):
    leg: str
    what: str


class DeliveriesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`day`: by the site's clock, YYYY-MM-DD; left out: today; `all`: any. `shown`: in time (yes), when the
    call was gone (late), or not at all. `after`: the `next` of the page before, with the same filters."""

    agent: _Word = ""
    day: Annotated[str, Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|all)?$")] = ""
    shown: Literal["", "no", "late", "yes"] = ""
    sort: Literal["made", "-made"] = "-made"
    after: Annotated[str, Meta(max_length=2000)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = ROWS


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One pop. `sent`: null when no browser was open. `ended`: the leg is no more. Times in epoch seconds."""

    leg: str
    call: str
    agent: str
    made: float
    sent: float | None
    rendered: float | None
    acknowledged: float | None
    ended: float | None
    session: str
    tries: int


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """`p50`, `p95`: seconds from the ring to the page that shows it; null when none was shown."""

    made: int
    shown: int
    p50: float | None
    p95: float | None


class DeliveryPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: `after` of the following page; empty on the last one. `sums`: of all with these filters."""

    items: list[Delivery]
    sums: Sums
    next: str


@as_json
async def _popped(request: web.Request) -> web.Response:
    told, agent = await body_of(request, Popped), person_of(request).agent
    session = digest(request[SECRET])[:_SESSION]
    if not agent or not await request.app[LEDGER].told(agent, told.leg, told.what, session):
        raise web.HTTPNotFound()
    return answer(Told(leg=told.leg, what=told.what))


def listing(zone: ZoneInfo, now: float) -> Listing:
    filters: dict[str, Filter] = {
        "agent": exact(c.agent),
        "day": lambda value: _on(value, zone),
        "shown": lambda value: _shown(value, now),
    }
    return Listing(
        query=select(pop_delivery), key=c.leg, sorts={"made": c.made}, filters=filters, sort="made", descending=True
    )


def _on(value: str, zone: ZoneInfo) -> ColumnElement[bool] | None:
    try:
        wanted = date.fromisoformat(value)
        first, last = day(wanted, zone)
    except (ValueError, OverflowError):
        return None
    return and_(c.made >= first, c.made < last)


def _shown(value: str, now: float) -> ColumnElement[bool] | None:
    if value == "no":
        return and_(c.rendered.is_(None), or_(c.ended.is_not(None), c.made < now - _GRACE_S))
    if value == "late":
        return c.rendered > c.ended
    if value == "yes":
        return and_(c.rendered.is_not(None), or_(c.ended.is_(None), c.rendered <= c.ended))
    return None


async def sums(db: AsyncConnection, every: Listing, wanted: Asked) -> Sums:
    """Figures of all rows that the filters leave; percentiles by rank."""
    rows = filtered(every, wanted).subquery()
    counts = select(func.count(), func.count(rows.c.rendered)).select_from(rows)
    made, shown = (await db.execute(counts)).one()
    took = select((rows.c.rendered - rows.c.made).label("took")).where(rows.c.rendered.is_not(None)).order_by("took")

    async def rank(share: float) -> float | None:
        place = max(0, -int(-share * shown // 1) - 1)
        return await db.scalar(took.limit(1).offset(place)) if shown else None

    return Sums(made=made, shown=shown, p50=await rank(0.5), p95=await rank(0.95))


def _given(query: DeliveriesQuery, zone: ZoneInfo, now: float) -> dict[str, str]:
    given = {name: str(value) for name, value in msgspec.structs.asdict(query).items()}
    today = datetime.fromtimestamp(now, zone).date().isoformat()
    return given | {"day": given["day"] or today}


async def _read(request: web.Request) -> tuple[list[dict[str, Any]], Sums, Asked, str]:
    query, zone, now = (
        query_of(request, DeliveriesQuery),
        ZoneInfo(settings_of(request).site.time_zone),
        clock.now(),
    )
    every = listing(zone, now)
    wanted = asked(every, _given(query, zone, now), ROWS)
    async with request.app[ENGINE].connect() as db:
        found = await fetch(db, every, wanted)
        return found.rows, await sums(db, every, wanted), wanted, found.next


async def _list(request: web.Request) -> web.Response:
    rows, figures, look, following = await _read(request)
    wording = Wording(words_of(request), request.app[STATE]())
    now = clock.now()
    on = look.filters["day"]
    return render(
        request,
        "desk/deliveries.html",
        rows=[row | {"word": _word(row, now)} for row in rows],
        sums=figures,
        look=look,
        day="" if on == "all" else on,
        agents=wording.agents,
        shown=SHOWN,
        yesterday=_day_before(on),
        first=look.url(request.path) if look.after else None,
        next=look.url(request.path, after=following) if following else None,
    )


def _day_before(value: str) -> str:
    try:
        return (date.fromisoformat(value) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return ""


def _word(row: dict[str, Any], now: float) -> str:
    """A word of `desk.delivery`."""
    if row["rendered"] is not None:
        return "late" if row["ended"] is not None and row["rendered"] > row["ended"] else "yes"
    return "no" if row["ended"] is not None or row["made"] < now - _GRACE_S else "waiting"


async def _api(request: web.Request) -> web.Response:
    rows, figures, _, following = await _read(request)
    return answer(DeliveryPage(items=[Delivery(**row) for row in rows], sums=figures, next=following))


ROUTES: tuple[Route, ...] = (
    data("/desk/popped", _popped, Permission.USE_DESK, "POST"),
    page("/desk/deliveries", _list, Permission.SEE_DELIVERIES),
    api(
        "/pop-deliveries",
        _api,
        Permission.SEE_DELIVERIES,
        "Whether screen pops were sent, rendered and acknowledged, and how long it took",
        DeliveryPage,
        DeliveriesQuery,
    ),
)
