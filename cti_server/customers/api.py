"""`/api/v1/customers`: the list with the page's filters, one record, its timeline, and who has a number."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta

from cti_server import clock
from cti_server.customers import queries, timeline
from cti_server.customers.match import match
from cti_server.customers.queries import plan_of
from cti_server.customers.records import Conflict, Customer, Invalid, Phone
from cti_server.customers.rules import MOST_NOTES, Candidate, Changes, Details, Kind
from cti_server.customers.search import listing
from cti_server.customers.timeline import Line
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of, problem, query_of
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of, settings_of

_Word = Annotated[str, Meta(max_length=150)]
_Limit = Annotated[int, Meta(ge=1, le=200)]
_BODY = 1024 * 1024
_MOST_ID = 2**31


class CustomersQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`text`: a number in any form, an account, initials, or part of a name or a note. `owner`: `-` for nobody's.

    `after`: the `next` of the page before, with the same filters and order.
    """

    text: _Word = ""
    tag: _Word = ""
    owner: _Word = ""
    tier: Annotated[int, Meta(ge=0, le=5)] | None = None
    stage: Literal["", "exploring", "forming", "stable", "declining"] = ""
    kind: Literal["", "person", "organisation"] = ""
    sort: Literal[
        "changed", "-changed", "name", "-name", "tier", "-tier", "owner", "-owner", "last_contact", "-last_contact",
        "id", "-id",
    ] = "-changed"  # fmt: skip
    after: Annotated[str, Meta(max_length=2000)] = ""
    limit: _Limit = 50


class MatchQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`number` in any form; `account` as typed in the IVR, which beats it."""

    number: _Word = ""
    account: _Word = ""


class TimelineQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`before`: the id of the last line of the page before."""

    before: Annotated[int, Meta(ge=0, lt=_MOST_ID)] = 0
    limit: _Limit = 50


class NewNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=MOST_NOTES)]


class CustomerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A customer in a list. Times in epoch seconds."""

    id: int
    kind: Kind
    name: str
    account: str
    owner: str
    tier: int
    stage: str
    language: str
    city: str
    last_contact: float | None
    changed: float
    created: float
    do_not_call: bool
    blocked: bool
    phones: list[Phone]
    tags: list[str]


class CustomerPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: `after` of the following page; empty on the last one."""

    items: list[CustomerRow]
    next: str


class Matches(msgspec.Struct, frozen=True, kw_only=True):
    """The most likely first."""

    items: list[Candidate]


class TimelinePage(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first. `next`: `before` of the following page; 0 on the last one."""

    items: list[Line]
    next: int


async def _list(request: web.Request) -> web.Response:
    query = query_of(request, CustomersQuery)
    every = listing(plan_of(settings_of(request)))
    given = {name: str(value) for name, value in msgspec.structs.asdict(query).items() if value is not None}
    async with request.app[ENGINE].connect() as db:
        page = await fetch(db, every, asked(every, given))
        idents = [row["id"] for row in page.rows]
        phones, tags = await queries.phones_of(db, idents), await queries.tags_of(db, idents)
    items = [CustomerRow(**row, phones=phones.get(row["id"], []), tags=tags.get(row["id"], [])) for row in page.rows]
    return answer(CustomerPage(items=items, next=page.next))


async def _one(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        found = await queries.get(db, ident_of(request))
    if found is None:
        raise web.HTTPNotFound()
    return answer(found)


async def _create(request: web.Request) -> web.Response:
    details = await body_of(request, Details)
    _known_owner(request, details.owner)
    values = msgspec.structs.asdict(details)
    async with request.app[ENGINE].begin() as db:
        try:
            plan = plan_of(settings_of(request))
            ident = await queries.create(db, values, plan, at=clock.now(), by=person_of(request).login)
        except Invalid as error:
            raise _said(request, error) from None
        return answer(await queries.get(db, ident))


async def _update(request: web.Request) -> web.Response:
    """409 when somebody else has saved since: `GET` it again and look."""
    ident, changes = ident_of(request), await body_of(request, Changes)
    values = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
    version = values.pop("version")
    async with request.app[ENGINE].begin() as db:
        before = await queries.get(db, ident)
        if before is not None and values.get("owner", before.owner) != before.owner:
            _known_owner(request, values["owner"])
        try:
            plan = plan_of(settings_of(request))
            done = await queries.update_one(
                db, ident, version, values, plan, at=clock.now(), by=person_of(request).login
            )
        except Invalid as error:
            raise _said(request, error) from None
        except Conflict as conflict:
            now = conflict.now
            detail = f"version {version} was named, and it is at version {now.version}, saved by {now.changed_by}"
            return problem(HTTPStatus.CONFLICT, detail)
    if done is None:
        raise web.HTTPNotFound()
    return answer(done)


async def _note(request: web.Request) -> web.Response:
    """Answers the newest lines of the timeline, of which the note is the first."""
    ident, body = ident_of(request), await body_of(request, NewNote)
    said = body.text.strip()
    if not said:
        raise BadRequest("text: it is empty")
    async with request.app[ENGINE].begin() as db:
        one = await queries.get(db, ident)
        if one is None or one.merged_into is not None or one.erased is not None:
            raise web.HTTPNotFound()
        await queries.add_note(db, ident, said, at=clock.now(), by=person_of(request).login)
        lines = await timeline.lines(db, ident, limit=1)
    return answer(TimelinePage(items=lines, next=0))


async def _timeline(request: web.Request) -> web.Response:
    ident, query = ident_of(request), query_of(request, TimelineQuery)
    async with request.app[ENGINE].connect() as db:
        if await queries.get(db, ident) is None:
            raise web.HTTPNotFound()
        lines = await timeline.lines(db, ident, before=query.before, limit=query.limit + 1)
    more = lines[query.limit - 1].id if len(lines) > query.limit else 0
    return answer(TimelinePage(items=lines[: query.limit], next=more))


async def _match(request: web.Request) -> web.Response:
    query = query_of(request, MatchQuery)
    plan = plan_of(settings_of(request))
    async with request.app[ENGINE].connect() as db:
        found = await match(db, plan, number=query.number, account=query.account)
    return answer(Matches(items=list(found)))


def ident_of(request: web.Request) -> int:
    said = request.match_info["id"]
    if not (said.isascii() and said.isdigit() and len(said) < 11 and int(said) < _MOST_ID):
        raise web.HTTPNotFound()
    return int(said)


def _known_owner(request: web.Request, owner: str) -> None:
    if owner and owner not in request.app[STATE]().agents:
        raise BadRequest(f"owner: no agent has the id {owner!r}")


def _said(request: web.Request, error: Invalid) -> BadRequest:
    words = words_of(request, "en")
    return BadRequest(
        "; ".join(f"{name}: {words.text(f'customers.wrong.{word}')}" for name, word in error.wrong.items())
    )


def _get(path: str, handler: Any, summary: str, response: Any, query: Any = None) -> Route:
    return api(f"/customers{path}", handler, Permission.SEE_CUSTOMERS, summary, response, query)


ROUTES: tuple[Route, ...] = (
    _get("", _list, "Customers, filtered and sorted", CustomerPage, CustomersQuery),
    _get("/match", _match, "Who has this number or this account, the most likely first", Matches, MatchQuery),
    _get("/{id}", _one, "One customer; also one that was merged or erased, which says so", Customer),
    _get("/{id}/timeline", _timeline, "What happened with a customer", TimelinePage, TimelineQuery),
    api(
        "/customers/{id}/notes",
        _note,
        Permission.EDIT_CUSTOMERS,
        "Write a note",
        TimelinePage,
        body=NewNote,
        body_limit=_BODY,
    ),
    api(
        "/customers",
        _create,
        Permission.EDIT_CUSTOMERS,
        "A new customer",
        Customer,
        body=Details,
        body_limit=_BODY,
    ),
    api(
        "/customers/{id}",
        _update,
        Permission.EDIT_CUSTOMERS,
        "Change what is named, on the version that was seen",
        Customer,
        body=Changes,
        method="PUT",
        body_limit=_BODY,
    ),
)
