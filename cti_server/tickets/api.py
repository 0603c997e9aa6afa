"""`/api/v1/tickets`: list, read, make, change and comment on tickets. Times are UTC epoch seconds."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, UnsetType

from cti_server import clock
from cti_server.tickets import changes, prefill, queries, rules
from cti_server.tickets.listing import listing
from cti_server.tickets.mail import outbox
from cti_server.tickets.model import Change, Comment, File, Linked, New, StepDone, Ticket
from cti_server.tickets.rules import Kind, Priority, Refused, Status
from cti_server.tickets.site import ident_of, known_owner, number_of, reading, sentence, tables_of, writing
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of, problem, query_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of, settings_of

Word = Annotated[str, Meta(max_length=rules.MOST_WORD)]
Long = Annotated[str, Meta(max_length=rules.MOST_TEXT)]
Subject = Annotated[str, Meta(min_length=1, max_length=rules.MOST_SUBJECT)]
Ident = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Moment = Annotated[float, Meta(ge=0, le=9e10)]
_MOST_BODY = 1024 * 1024


class TicketsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`status`: one, `open` or `done` (all that are), or any. `owner`: a login, `me` or `none`. `due`: late or soon.

    `sort`: due, created, changed, priority or number, with `-` for the greatest first. `after`: `next` of the page
    before.
    """

    status: Literal["", "open", "done", "new", "waiting", "resolved", "closed", "cancelled"] = ""
    kind: Kind | None = None
    priority: Priority | None = None
    owner: Word = ""
    team: Word = ""
    category: Ident | None = None
    customer: Ident | None = None
    call: Annotated[str, Meta(max_length=150)] = ""
    due: Literal["", "late", "soon"] = ""
    text: Word = ""
    sort: Literal["", "due", "-due", "created", "-created", "changed", "-changed", "priority", "-priority"] = ""
    after: Annotated[str, Meta(max_length=500)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class TicketLine(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in a list. `owner`: a login, empty for nobody. `next_due`: what is owed next; null for nothing."""

    id: int
    number: str
    kind: Kind
    status: Status
    priority: Priority
    subject: str
    customer: int | None
    customer_name: str | None
    phone: str
    owner: str
    team: str
    category: int | None
    product: str
    created: float
    changed: float
    next_due: float | None
    escalation: int
    version: int


class TicketPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: give it as `after` for the following page; empty on the last one."""

    items: list[TicketLine]
    next: str


class TicketWhole(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket with everything that was said and done. `calls`: ids of calls."""

    ticket: Ticket
    comments: list[Comment]
    history: list[Change]
    files: list[File]
    steps: list[StepDone]
    links: list[Linked]
    calls: list[str]
    watchers: list[str]


class NewTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`call`: the call that it is made from."""

    kind: Kind
    subject: Subject
    description: Long = ""
    priority: Priority = "normal"
    customer: Ident | None = None
    phone: Word = ""
    email: Word = ""
    owner: Word = ""
    team: Word = ""
    category: Ident | None = None
    product: Word = ""
    serial: Word = ""
    queue: Word = ""
    promised: Moment | None = None
    call: Annotated[str, Meta(max_length=150)] = ""


class TicketChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only what is given is changed. `version`: the one that was read; a later one is a conflict (409)."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    kind: Kind | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    subject: Subject | UnsetType = UNSET
    description: Long | UnsetType = UNSET
    customer: Ident | UnsetType | None = UNSET
    phone: Word | UnsetType = UNSET
    email: Word | UnsetType = UNSET
    owner: Word | UnsetType = UNSET
    team: Word | UnsetType = UNSET
    category: Ident | UnsetType | None = UNSET
    product: Word | UnsetType = UNSET
    serial: Word | UnsetType = UNSET
    queue: Word | UnsetType = UNSET
    resolution: Long | UnsetType = UNSET
    promised: Moment | UnsetType | None = UNSET


class NewComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`kind`: inner (a note for us), or out (to the customer). `mail`: whether the latter is sent by mail; null: when
    the ticket came by mail. Without an address of the customer nothing is sent.
    """

    text: Annotated[str, Meta(min_length=1, max_length=rules.MOST_TEXT)]
    kind: Literal["inner", "out"] = "inner"
    mail: bool | None = None


class CommentMade(msgspec.Struct, frozen=True, kw_only=True):
    """`mailed`: it goes to the customer by mail."""

    id: int
    mailed: bool


Handler = Callable[[web.Request], Awaitable[web.Response]]


def guarded(handler: Handler) -> Handler:
    """No such ticket is 404, a later version 409, what may not be 400; each with a sentence."""

    async def guarded(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except changes.Missing:
            raise web.HTTPNotFound() from None
        except changes.Conflict:
            return problem(409, sentence(request, Refused("conflict")))
        except Refused as refused:
            return problem(409 if refused.why == "conflict" else 400, sentence(request, refused))

    return guarded


async def _list(request: web.Request) -> web.Response:
    given = query_of(request, TicketsQuery)
    wanted = listing(person_of(request).login, clock.now())
    values = {name: str(value) for name, value in msgspec.structs.asdict(given).items() if value not in (None, "")}
    async with reading(request) as db:
        found = await fetch(db, wanted, asked(wanted, values))
    return answer(TicketPage(items=[_line(row) for row in found.rows], next=found.next))


async def _one(request: web.Request) -> web.Response:
    async with reading(request) as db:
        found = await queries.whole(db, ident_of(request))
    if found is None:
        raise web.HTTPNotFound()
    names = TicketWhole.__struct_fields__
    return answer(TicketWhole(**{name: getattr(found, name) for name in names}))


async def _create(request: web.Request) -> web.Response:
    given = await body_of(request, NewTicket)
    known = await prefill.call_of(request.app[ENGINE], request.app[STATE](), given.call) if given.call else None
    if given.call and known is None:
        raise Refused("no_call")
    values = msgspec.structs.asdict(given) | {"phone": number_of(request, given.phone)}
    new = New(**values | {"call": known.id if known else "", "channel": "api"})
    new.answered = known is not None and known.answered is not None
    async with writing(request) as db:
        await known_owner(db, given.owner)
        made = await changes.create(db, new, by=person_of(request).login, at=clock.now(), of=tables_of(request))
    return answer(made)


async def _change(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, TicketChange)
    values = {name: value for name, value in msgspec.structs.asdict(given).items() if value is not UNSET}
    seen = values.pop("version")
    if "phone" in values:
        values["phone"] = number_of(request, values["phone"])
    async with writing(request) as db:
        await known_owner(db, values.get("owner", ""))
        by, at = person_of(request).login, clock.now()
        changed = await changes.change(db, ident, seen, values, by=by, at=at, of=tables_of(request))
    return answer(changed)


async def _comment(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, NewComment)
    by, at, of = person_of(request).login, clock.now(), tables_of(request)
    async with writing(request) as db:
        made = await changes.comment(db, ident, given.text, given.kind, by=by, at=at, of=of, source="api")
        mailed = given.kind == "out" and await outbox.by_mail(
            db, settings_of(request).mailbox, ident, made, by=by, at=at, chosen=given.mail
        )
    return answer(CommentMade(id=made, mailed=mailed))


def _line(row: dict[str, Any]) -> TicketLine:
    values = {name: row[name] for name in TicketLine.__struct_fields__}
    owed = row["next_due"] if row["next_due"] < rules.FAR else None
    return msgspec.convert(values | {"priority": rules.PRIORITIES[row["priority"]], "next_due": owed}, TicketLine)


_SEE, _EDIT = Permission.SEE_TICKETS, Permission.EDIT_TICKETS
_ONE = "/tickets/{id}"
ROUTES: tuple[Route, ...] = (
    api("/tickets", guarded(_list), _SEE, "Tickets, page by page", TicketPage, TicketsQuery),
    api("/tickets", guarded(_create), _EDIT, "Make a ticket", Ticket, body=NewTicket, body_limit=_MOST_BODY),
    api(_ONE, guarded(_one), _SEE, "One ticket with everything that was said and done", TicketWhole),
    api(
        _ONE,
        guarded(_change),
        _EDIT,
        "Change fields of a ticket",
        Ticket,
        body=TicketChange,
        method="PUT",
        body_limit=_MOST_BODY,
    ),
    api(
        f"{_ONE}/comments",
        guarded(_comment),
        _EDIT,
        "Add to the conversation of a ticket",
        CommentMade,
        body=NewComment,
        body_limit=_MOST_BODY,
    ),
)
