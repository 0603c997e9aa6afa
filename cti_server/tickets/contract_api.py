"""`/api/v1/contracts`: warranties and service contracts, and what they remind of. Days are YYYY-MM-DD."""

import datetime
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import clock
from cti_server.tickets import contracts
from cti_server.tickets.api import Ident, Long, Word, guarded
from cti_server.tickets.contracts import Contract, ContractKind, contract_of, listing
from cti_server.tickets.hand import Hand
from cti_server.tickets.panel import today_of
from cti_server.tickets.site import ident_of, reading, tables_of, writing
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of, query_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of

_Version = Annotated[int, Meta(ge=1, le=2**31 - 2)]


class ContractsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`state`: running, due (somebody is to be reminded) or over."""

    state: Literal["", "running", "due", "over"] = ""
    kind: ContractKind | None = None
    customer: Ident | None = None
    text: Word = ""
    sort: Literal["ends", "-ends", "begins", "-begins", "remind", "-remind", "product", "-product"] = "ends"
    after: Annotated[str, Meta(max_length=500)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class ContractPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: give it as `after` for the following page; empty on the last one."""

    items: list[Contract]
    next: str


class NewContract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`every_months`: a visit so often, 0 for none. `make_ticket`: what it reminds of becomes a ticket."""

    customer: Ident
    product: Annotated[str, Meta(min_length=1, max_length=200)]
    begins: datetime.date
    ends: datetime.date
    kind: ContractKind = "warranty"
    number: Word = ""
    serial: Word = ""
    every_months: Annotated[int, Meta(ge=0, le=120)] = 0
    remind_days: Annotated[int, Meta(ge=0, le=366)] = 30
    make_ticket: bool = False
    notes: Long = ""


class ChangedContract(NewContract, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of it, on the version that was seen."""

    version: _Version


class EndOfContract(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: _Version


class Reminding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`ticket`: with a ticket; else it is only noted on the customer's timeline."""

    ticket: bool = False


async def _list(request: web.Request) -> web.Response:
    given, wanted = query_of(request, ContractsQuery), listing(today_of(request))
    values = {name: str(value) for name, value in msgspec.structs.asdict(given).items() if value not in (None, "")}
    async with reading(request) as db:
        found = await fetch(db, wanted, asked(wanted, values))
    return answer(ContractPage(items=[contract_of(row) for row in found.rows], next=found.next))


async def _one(request: web.Request) -> web.Response:
    return answer(await _found(request, ident_of(request)))


async def _found(request: web.Request, ident: int) -> Contract:
    async with reading(request) as db:
        found = await contracts.one(db, ident)
    if found is None:
        raise web.HTTPNotFound()
    return found


async def _create(request: web.Request) -> web.Response:
    return await _kept(request, None, 0, await body_of(request, NewContract))


async def _change(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, ChangedContract)
    await _found(request, ident)
    return await _kept(request, ident, given.version, given)


async def _kept(request: web.Request, ident: int | None, seen: int, given: NewContract) -> web.Response:
    values = msgspec.structs.asdict(given) | {"begins": given.begins.isoformat(), "ends": given.ends.isoformat()}
    async with writing(request) as db:
        number = await contracts.save(_hand(request, db), ident, seen, values, today_of(request))
    return answer(await _found(request, number))


async def _end(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, EndOfContract)
    await _found(request, ident)
    async with writing(request) as db:
        await contracts.end(_hand(request, db), ident, given.version)
    return answer(await _found(request, ident))


async def _remind(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, Reminding)
    found = await _found(request, ident)
    if found.remind_for and found.ended is None:
        async with writing(request) as db:
            await contracts.remind_of(_hand(request, db), found, wanted=given.ticket)
    return answer(await _found(request, ident))


def _hand(request: web.Request, db: AsyncConnection) -> Hand:
    return Hand(db, person_of(request).login, clock.now(), tables_of(request))


_SEE, _EDIT = Permission.SEE_TICKETS, Permission.EDIT_TICKETS
_LONG = 1024 * 1024
_ONE = "/contracts/{id}"
ROUTES: tuple[Route, ...] = (
    api("/contracts", guarded(_list), _SEE, "Warranties and service contracts", ContractPage, ContractsQuery),
    api("/contracts", guarded(_create), _EDIT, "A new contract", Contract, body=NewContract, body_limit=_LONG),
    api(_ONE, guarded(_one), _SEE, "One contract", Contract),
    api(_ONE, guarded(_change), _EDIT, "Change it", Contract, body=ChangedContract, method="PUT", body_limit=_LONG),
    api(f"{_ONE}/end", guarded(_end), _EDIT, "It ends before its time", Contract, body=EndOfContract),
    api(f"{_ONE}/remind", guarded(_remind), _EDIT, "See to what is due next", Contract, body=Reminding),
)
