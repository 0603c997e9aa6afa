"""What the agent sees of a customer's tickets during a call: open ones, the last ones, and what is in warranty."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.tickets import contracts, queries, rules
from cti_server.tickets.contracts import Contract
from cti_server.web.i18n import Words
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, page
from cti_server.web.session import Person, person_of, settings_of

MOST = 6
_MOST_CONTRACTS = 5


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """`level`: soon, late or empty."""

    id: int
    number: str
    subject: str
    status: rules.Status
    level: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """`today`: YYYY-MM-DD at the site. `more`: there are older tickets."""

    customer: int
    today: str
    tickets: list[Line]
    more: bool
    contracts: list[Contract]


async def panel(engine: AsyncEngine, customer_id: int, words: Words, person: Person) -> Panel:
    """Contracts in force come first. The same for everybody who may see tickets."""
    now = clock.now()
    today = words.iso(now)[:10]
    async with engine.connect() as db:
        found = await queries.of_customer(db, customer_id, MOST + 1)
        covers = await contracts.of_customer(db, customer_id)
    lines = [
        Line(
            id=each.id, number=each.number, subject=each.subject, status=each.status, level=rules.level(_row(each), now)
        )
        for each in found[:MOST]
    ]
    covers.sort(key=lambda each: not each.in_force(today))
    return Panel(
        customer=customer_id,
        today=today,
        tickets=lines,
        more=len(found) > MOST,
        contracts=covers[:_MOST_CONTRACTS],
    )


def today_of(request: web.Request) -> str:
    """The day at the site, YYYY-MM-DD."""
    return datetime.fromtimestamp(clock.now(), ZoneInfo(settings_of(request).site.time_zone)).date().isoformat()


async def _panel(request: web.Request) -> web.Response:
    asked = request.query.get("customer", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        raise BadRequest("customer: the id of a customer")
    found = await panel(request.app[ENGINE], int(asked), words_of(request), person_of(request))
    call = "".join(sign for sign in request.query.get("call", "")[:150] if sign.isprintable())
    return render(request, "tickets/panel.html", found=found, call=call)


def _row(found: object) -> dict[str, object]:
    return {name: getattr(found, name) for name in ("next_due", "is_open", "first_at", "first_warn", "warn")}


ROUTES: tuple[Route, ...] = (page("/tickets/panel", _panel, Permission.SEE_TICKETS),)
