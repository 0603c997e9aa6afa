"""`/api/v1/tickets/{id}/...`: links, calls, watchers, the steps of a complaint, and files. As on the page."""

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta
from sqlalchemy import select

from cti_server import clock
from cti_server.tickets import changes, files, prefill, queries, rules
from cti_server.tickets.api import Ident, Long, guarded
from cti_server.tickets.model import File, Linked, StepDone
from cti_server.tickets.rules import LinkKind, Refused, Step
from cti_server.tickets.site import ident_of, reading, tables_of, writing
from cti_server.tickets.tables import ticket_comment
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of
from cti_server.web.routes import Route, api
from cti_server.web.session import person_of, settings_of

_AROUND = 64 * 1024
MOST_BODY = files.MOST_BYTES // 3 * 4 + _AROUND
"""Bytes of a file in base64 and what is around it."""


class Ties(msgspec.Struct, frozen=True, kw_only=True):
    """What a ticket is tied to. `calls`: their ids; `watchers`: logins."""

    links: list[Linked]
    calls: list[str]
    watchers: list[str]


class NewLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`other`: the id of a ticket. `kind`: how this one stands to it; another kind replaces the one that was."""

    other: Ident
    kind: LinkKind = "related"


class CallOfTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    call: Annotated[str, Meta(min_length=1, max_length=150)]


class Watching(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether who asks watches the ticket."""

    on: bool


class NewStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The next step of a complaint, and what was said or done."""

    step: Step
    text: Long


class StepsDone(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: the step that comes now; null after the last one."""

    items: list[StepDone]
    next: Step | None


class NewFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`data`: base64. `type`: the media type, as far as it is known; what the bytes are is looked at. `comment`: of
    this ticket, to which it belongs.
    """

    name: Annotated[str, Meta(min_length=1, max_length=500)]
    data: bytes
    type: Annotated[str, Meta(max_length=150)] = ""
    comment: Ident | None = None


def _who(request: web.Request) -> dict[str, Any]:
    return {"by": person_of(request).login, "at": clock.now(), "of": tables_of(request)}


async def _ties(request: web.Request) -> web.Response:
    async with reading(request) as db:
        found = await queries.whole(db, ident_of(request))
    if found is None:
        raise web.HTTPNotFound()
    return answer(Ties(links=found.links, calls=found.calls, watchers=found.watchers))


async def _link(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, NewLink)
    async with writing(request) as db:
        if await queries.one(db, ident) is not None and await queries.one(db, given.other) is None:
            raise Refused("no_ticket")
        await changes.tie(db, ident, other=given.other, kind=given.kind, **_who(request))
    return await _ties(request)


async def _unlink(request: web.Request) -> web.Response:
    """A link is taken away by the ticket that named it."""
    async with writing(request) as db:
        found = await queries.whole(db, ident_of(request))
        other = ident_of(request, "other")
        if found is None or other not in {link.id for link in found.links if not link.back}:
            raise web.HTTPNotFound()
        await changes.tie(db, found.ticket.id, other=other, **_who(request))
    return await _ties(request)


async def _call(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, CallOfTicket)
    known = await prefill.call_of(request.app[ENGINE], request.app[STATE](), given.call)
    if known is None:
        raise Refused("no_call")
    async with writing(request) as db:
        if await queries.one(db, ident) is None:
            raise changes.Missing(ident)
        await changes.tie(db, ident, call=known.id, **_who(request))
    return await _ties(request)


async def _watch(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, Watching)
    async with writing(request) as db:
        await changes.watch(db, ident, person_of(request).login, given.on, **_who(request))
    return await _ties(request)


async def _step(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, NewStep)
    async with writing(request) as db:
        await changes.walk(db, ident, given.step, given.text, **_who(request))
        found = await queries.whole(db, ident)
    done = found.steps if found else []
    return answer(StepsDone(items=done, next=rules.next_step({each.step for each in done})))


async def _attach(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, NewFile)
    folder = settings_of(request).server.data_dir
    async with writing(request) as db:
        if await queries.one(db, ident) is None:
            raise changes.Missing(ident)
        if given.comment is not None:
            c = ticket_comment.c
            its = select(c.id).where(c.id == given.comment, c.ticket == ident)
            if (await db.execute(its)).first() is None:
                raise Refused("no_comment")
        made = await files.attach(
            db, folder, ident, given.name, given.type, given.data, comment=given.comment, **_who(request)
        )
    return answer(made)


_SEE, _EDIT = Permission.SEE_TICKETS, Permission.EDIT_TICKETS
_ONE = "/tickets/{id}"
ROUTES: tuple[Route, ...] = (
    api(f"{_ONE}/links", guarded(_ties), _SEE, "What a ticket is tied to", Ties),
    api(f"{_ONE}/links", guarded(_link), _EDIT, "Tie two tickets", Ties, body=NewLink),
    api(f"{_ONE}/links/{{other}}", guarded(_unlink), _EDIT, "Untie two tickets", Ties, method="DELETE"),
    api(f"{_ONE}/calls", guarded(_call), _EDIT, "Tie a ticket to a call", Ties, body=CallOfTicket),
    api(f"{_ONE}/watch", guarded(_watch), _SEE, "Watch a ticket, or not any more", Ties, body=Watching, method="PUT"),
    api(
        f"{_ONE}/steps",
        guarded(_step),
        _EDIT,
        "Take the next step of a complaint",
        StepsDone,
        body=NewStep,
        body_limit=1024 * 1024,
    ),
    api(f"{_ONE}/files", guarded(_attach), _EDIT, "Attach a file", File, body=NewFile, body_limit=MOST_BODY),
)
