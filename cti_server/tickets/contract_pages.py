"""`/tickets/contracts`: warranties and service contracts, what is due next, and the ticket that reminds of it."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import func, select

from cti_server import clock
from cti_server.tickets import contracts, prefill
from cti_server.tickets.contracts import FIELDS, KINDS, Contract, listing
from cti_server.tickets.forms import to
from cti_server.tickets.hand import Conflict, Hand
from cti_server.tickets.panel import today_of
from cti_server.tickets.rules import Refused
from cti_server.tickets.site import ident_of, reading, sentence, tables_of, writing
from cti_server.tickets.tables import service_contract
from cti_server.web.keys import ENGINE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.render import render
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of

_PATH = "/tickets/contracts"
_EMPTY = {name: "" for name in FIELDS} | {
    "kind": "warranty",
    "every_months": 0,
    "remind_days": 30,
    "make_ticket": False,
}


async def _list(request: web.Request) -> web.Response:
    today = today_of(request)
    wanted = listing(today)
    look = asked(wanted, {name: value for name, value in request.query.items() if "\0" not in value})
    c = service_contract.c
    waiting = select(func.count()).where(c.remind_on <= today, c.remind_on != "", c.ended.is_(None))
    async with reading(request) as db:
        found = await fetch(db, wanted, look)
        due = (await db.execute(waiting)).scalar_one()
    return render(
        request,
        "tickets/contracts.html",
        rows=found.rows,
        look=look,
        next=look.url(_PATH, after=found.next) if found.next else "",
        first=look.url(_PATH) if look.after else "",
        today=today,
        due=due,
        contract_kinds=KINDS,
    )


async def _new(request: web.Request) -> web.Response:
    given = {name: value for name, value in request.query.items() if name in FIELDS and "\0" not in value}
    return await _page(request, None, _EMPTY | {"begins": today_of(request)} | given)


async def _one(request: web.Request) -> web.Response:
    found = await _found(request)
    return await _page(request, found, {name: getattr(found, name) for name in FIELDS})


async def _page(
    request: web.Request,
    found: Contract | None,
    given: Mapping[str, Any],
    *,
    status: int = 200,
    wrong: str = "",
    theirs: Mapping[str, Any] | None = None,
) -> web.Response:
    whose = str(given["customer"] or "")
    known = whose.isascii() and whose.isdigit() and len(whose) < 10
    return render(
        request,
        "tickets/contract.html",
        status=status,
        found=found,
        given=given,
        customer_name=await prefill.name_of(request.app[ENGINE], int(whose)) if known else "",
        wrong=wrong,
        theirs=theirs or {},
        today=today_of(request),
        contract_kinds=KINDS,
    )


async def _save(request: web.Request) -> web.Response:
    ident = ident_of(request) if "id" in request.match_info else None
    found = None if ident is None else await _found(request)
    sent = await request.post()
    typed = {name: str(sent.get(name, "")) for name in FIELDS}
    typed["make_ticket"] = "1" if sent.get("make_ticket") else ""
    try:
        async with writing(request) as db:
            hand = Hand(db, person_of(request).login, clock.now(), tables_of(request))
            seen = _whole(str(sent.get("version", "0")))
            number = await contracts.save(hand, ident, seen, _values(typed), today_of(request))
    except Refused as refused:
        return await _page(request, found, typed, status=422, wrong=sentence(request, refused))
    except Conflict:
        found = await _found(request)
        theirs = {name: getattr(found, name) for name in FIELDS if str(getattr(found, name) or "") != typed[name]}
        return await _page(request, found, typed, status=409, theirs=theirs)
    return to(f"{_PATH}/{number}")


async def _end(request: web.Request) -> web.Response:
    found = await _found(request)
    seen = _whole(str((await request.post()).get("version", "0")))
    try:
        async with writing(request) as db:
            hand = Hand(db, person_of(request).login, clock.now(), tables_of(request))
            await contracts.end(hand, found.id, seen)
    except Conflict:
        return await _page(
            request,
            found,
            {name: getattr(found, name) for name in FIELDS},
            status=409,
            wrong=sentence(request, Refused("conflict")),
        )
    return to(f"{_PATH}/{found.id}")


async def _remind(request: web.Request) -> web.Response:
    """Somebody sees to what is due: with a ticket, or it is only noted on the timeline."""
    found = await _found(request)
    with_ticket = (await request.post()).get("ticket") == "1"
    ticket = None
    if found.remind_for and found.ended is None:
        async with writing(request) as db:
            hand = Hand(db, person_of(request).login, clock.now(), tables_of(request))
            ticket = await contracts.remind_of(hand, found, wanted=with_ticket)
    return to(f"{_PATH}?state=due" if ticket is None else f"/tickets/{ticket}")


async def _found(request: web.Request) -> Contract:
    async with reading(request) as db:
        found = await contracts.one(db, ident_of(request))
    if found is None:
        raise web.HTTPNotFound()
    return found


def _values(typed: Mapping[str, str]) -> dict[str, Any]:
    """Raises Refused for a customer that was not chosen, and for counts that are none."""
    counts = {name: _whole(typed[name], wrong=-1) for name in ("every_months", "remind_days")}
    customer = _whole(typed["customer"])
    if not customer:
        raise Refused("no_customer")
    return {**typed, **counts, "customer": customer, "make_ticket": bool(typed["make_ticket"])}


def _whole(text: str, wrong: int = 0) -> int:
    if not text.strip():
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else wrong


ROUTES: tuple[Route, ...] = (
    page(_PATH, _list, Permission.SEE_TICKETS),
    page(f"{_PATH}/new", _new, Permission.EDIT_TICKETS),
    form(f"{_PATH}/new", _save, Permission.EDIT_TICKETS),
    page(_PATH + "/{id}", _one, Permission.SEE_TICKETS),
    form(_PATH + "/{id}", _save, Permission.EDIT_TICKETS),
    form(_PATH + "/{id}/end", _end, Permission.EDIT_TICKETS),
    form(_PATH + "/{id}/remind", _remind, Permission.EDIT_TICKETS),
)
