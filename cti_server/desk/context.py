"""`/desk/context/{call}`: who calls and what is known of it, for the desk to fill its panels; and who it is of several.

Each part has a deadline of its own, and what does not come in time is named in `late`: the ring waits for nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cti_server.core.state import Call
from cti_server.customers.calls import number_of
from cti_server.customers.forms import take
from cti_server.customers.match import by_id
from cti_server.customers.panel import Panel, panel_of
from cti_server.customers.queries import plan_of
from cti_server.customers.tables import call_customer
from cti_server.db import limit
from cti_server.desk.known import Before, Context, Handed, Match, Noted, Prefill, Promise, TicketShown
from cti_server.desk.pop import desk
from cti_server.followups.plan import note_of
from cti_server.journal.tables import call as call_table
from cti_server.journal.wording import Wording
from cti_server.tickets import queries as tickets
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, as_json, body_of, id_of, problem
from cti_server.web.render import words_of
from cti_server.web.routes import Route, data
from cti_server.web.session import person_of, settings_of
from cti_server.wrapup import notes
from cti_server.wrapup.access import part_of
from cti_server.wrapup.codes import all_codes
from cti_server.wrapup.tables import call_note

PART_S = 1.5
"""How long one part may take."""
MOST_CALLS = 5
_LOOK_S, _LOOKS = 0.05, 30

T = TypeVar("T")
log = structlog.get_logger()


class Chosen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is this customer."""

    call: Annotated[str, Meta(max_length=150)]
    customer: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    call: str
    customer: int
    name: str


@as_json
async def _context(request: web.Request) -> web.Response:
    call, _, mine = await part_of(request, id_of(request, "call"))
    late: list[str] = []
    number, name, promise = _caller(request, call, mine.agent if mine else "")
    seen = await _part(request, late, "customer", lambda: _seen(request, call, number), lambda: Panel(found="none"))
    one = seen.one.id if seen.one else None
    open_ones, noted, previous, kept = await asyncio.gather(
        _part(request, late, "tickets", lambda: _tickets(request, one), list[TicketShown]),
        _part(request, late, "notes", lambda: _noted(request, call), dict[str, Noted]),
        _part(request, late, "previous", lambda: _previous(request, call, one, number), list[Before]),
        _part(request, late, "callback", lambda: _promise(request, promise), lambda: None),
    )
    said = call.data.get("ticket", "")
    return answer(
        Context(
            call=call.id,
            leg=mine.leg if mine else "",
            number=number,
            name=name,
            found=seen.found,
            customer=one,
            matches=_matches(request, seen),
            ticket=next((each for each in open_ones if each.number == said), open_ones[0] if open_ones else None),
            tickets=len(open_ones),
            transfers=_handed(request, call, noted),
            previous=previous,
            callback=kept,
            prefill=_prefill(call, number, name),
            panels=_panels(request, call, one),
            late=late,
        )
    )


async def _part(
    request: web.Request, late: list[str], name: str, read: Callable[[], Awaitable[T]], blank: Callable[[], T]
) -> T:
    try:
        async with limit(request.app[ENGINE], PART_S):
            return await read()
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("a part of the screen pop did not come in time", part=name, error=type(error).__name__)
        late.append(name)
        return blank()


def _caller(request: web.Request, call: Call, agent: str) -> tuple[str, str, str]:
    """The number and the name at the customer's end, and the promise that this call keeps."""
    state = request.app[STATE]()
    if agent in state.agents:
        for card in desk(state, state.agents[agent]).cards:
            if card.call == call.id:
                return card.number, card.name, state.calling.get(card.leg, "")
    return number_of(call), call.caller_name if call.direction == "inbound" else "", ""


async def _seen(request: web.Request, call: Call, number: str) -> Panel:
    plan = plan_of(settings_of(request))
    return await panel_of(request.app[ENGINE], request.app[STATE](), plan, number=number, call=call.id)


async def _tickets(request: web.Request, customer: int | None) -> list[TicketShown]:
    if customer is None or not person_of(request).may(Permission.SEE_TICKETS):
        return []
    async with request.app[ENGINE].connect() as db:
        found = await tickets.of_customer(db, customer)
    return [
        TicketShown(id=each.id, number=each.number, subject=each.subject, status=each.status)
        for each in found
        if each.is_open
    ]


async def _noted(request: web.Request, call: Call) -> dict[str, Noted]:
    """The last that each agent noted of this call."""
    async with request.app[ENGINE].connect() as db:
        found = await notes.of_call(db, call)
        names = {code.id: code.name(words_of(request).language) for code in await all_codes(db)}
    return {note.agent: _say(request, note.agent, note.code, note.note, names) for note in found}


def _say(request: web.Request, agent: str, code: str, note: str, names: dict[str, str]) -> Noted:
    known = request.app[STATE]().agents.get(agent)
    return Noted(
        agent=agent,
        agent_name=(known.config.name if known else "") or agent,
        code=code,
        code_name=names.get(code, code),
        note=note,
    )


def _handed(request: web.Request, call: Call, noted: dict[str, Noted]) -> list[Handed]:
    state = request.app[STATE]()
    wording, found = Wording(words_of(request), state), []
    at_phone = {leg.endpoint: leg.agent for leg in call.legs if leg.agent} | dict(state.endpoints)
    for each in call.transfers:
        by, to = at_phone.get(each.by, ""), at_phone.get(each.to, "")
        found.append(
            Handed(
                at=each.at,
                kind=each.kind,
                by=by,
                by_name=wording.agent(by) if by else each.by,
                to=wording.agent(to) if to else each.to,
                why=noted.get(by),
            )
        )
    return found


async def _previous(request: web.Request, call: Call, customer: int | None, number: str) -> list[Before]:
    c, whose = call_table.c, call_customer.c
    query = select(c.id, c.started, c.direction, c.outcome, c.agent, c.queue, c.talk_s)
    query = query.where(c.id != call.id).order_by(c.started.desc()).limit(MOST_CALLS)
    wanted = []
    if customer is not None:
        of = select(whose.call).where(whose.customer == customer).order_by(whose.at.desc()).limit(MOST_CALLS + 1)
        wanted.append(query.where(c.id.in_(of)))
    if number:
        nobodys = query.outerjoin(call_customer, whose.call == c.id).where(whose.call.is_(None))
        wanted += [nobodys.where(column == number, c.direction != "internal") for column in (c.ani, c.dnis)]
    async with request.app[ENGINE].connect() as db:
        found = {row["id"]: row for each in wanted for row in (await db.execute(each)).mappings()}
        rows = sorted(found.values(), key=lambda row: -row["started"])[:MOST_CALLS]
        idents = [row["id"] for row in rows]
        told = (
            await db.execute(select(call_note).where(call_note.c.call.in_(idents)).order_by(call_note.c.began))
        ).all()
        names = {code.id: code.name(words_of(request).language) for code in await all_codes(db)}
    wording, words = Wording(words_of(request), request.app[STATE]()), dict[str, list[Noted]]()
    for note in told:
        words.setdefault(note.call, []).append(_say(request, note.agent, note.code, note.note, names))
    return [_before(row, wording, words.get(row["id"], [])) for row in rows]


def _before(row: Any, wording: Wording, noted: list[Noted]) -> Before:
    return Before(
        call=row["id"],
        at=row["started"],
        direction=row["direction"],
        outcome=row["outcome"],
        agent=row["agent"],
        agent_name=wording.agent(row["agent"]) if row["agent"] else "",
        queue=row["queue"],
        queue_name=wording.queue(row["queue"]) if row["queue"] else "",
        talk_s=row["talk_s"],
        notes=noted,
    )


async def _promise(request: web.Request, ident: str) -> Promise | None:
    promise = request.app[STATE]().callbacks.get(ident)
    if promise is None:
        return None
    said = await note_of(request.app[ENGINE], ident)
    return Promise(id=ident, planned=promise.planned, by=promise.by, attempts=promise.attempts, note=said)


def _matches(request: web.Request, seen: Panel) -> list[Match]:
    wording = Wording(words_of(request), request.app[STATE]())
    shared = [name for name in Match.__struct_fields__ if name != "owner_name"]
    return [
        Match(**{name: getattr(each, name) for name in shared}, owner_name=wording.agent(each.owner))
        for each in ((seen.one,) if seen.one else seen.several)
    ]


def _prefill(call: Call, number: str, name: str) -> Prefill:
    account = call.data.get("account", "")
    given = {"number": number, "name": "" if name == number else name, "account": account, "call": call.id}
    url = "/customers/new?" + urlencode({key: value for key, value in given.items() if value})
    return Prefill(number=number, name=given["name"], account=account, language=call.language, url=url)


def _panels(request: web.Request, call: Call, customer: int | None) -> dict[str, str]:
    """The customer's own panel finds several and strangers by the call; the others need the one."""
    person = person_of(request)
    found = {"customer": "/customers/panel?" + urlencode({"call": call.id})}
    if customer is not None and person.may(Permission.SEE_TICKETS):
        found["tickets"] = "/tickets/panel?" + urlencode({"customer": customer, "call": call.id})
    if customer is not None and person.may(Permission.SEE_SALES):
        found["sales"] = "/sales/panel?" + urlencode({"customer": customer, "call": call.id})
    return found


@as_json
async def _identify(request: web.Request) -> web.Response:
    """The call carries this customer from now on; of one that has ended the line of the timeline moves there."""
    chosen = await body_of(request, Chosen)
    call, _, _ = await part_of(request, chosen.call)
    async with request.app[ENGINE].begin() as db:
        found = await by_id(db, chosen.customer)
        if not found or not await take(request, db, chosen.customer, call.id):
            return problem(HTTPStatus.NOT_FOUND)
    await _carried(request, call, chosen.customer)
    return answer(Taken(call=call.id, customer=chosen.customer, name=found[0].name))


async def _carried(request: web.Request, call: Call, customer: int) -> None:
    """Until the State has it, for a moment at most: who asks next shall be told of this customer."""
    for _ in range(_LOOKS):
        live = request.app[STATE]().calls.get(call.id)
        if live is None or live.data.get("customer") == str(customer):
            return
        await asyncio.sleep(_LOOK_S)


ROUTES: tuple[Route, ...] = (
    data("/desk/context/{call}", _context, Permission.USE_DESK),
    data("/desk/identify", _identify, Permission.EDIT_CUSTOMERS, "POST"),
)
