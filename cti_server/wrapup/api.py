"""`/api/v1/dispositions`, `/api/v1/call-notes`: the codes, and what agents noted of calls."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta
from sqlalchemy import select

from cti_server.web.keys import ENGINE
from cti_server.web.lists import Listing, asked, exact, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, query_of
from cti_server.web.routes import Route, api
from cti_server.wrapup import codes
from cti_server.wrapup.notes import Note
from cti_server.wrapup.rules import Code
from cti_server.wrapup.tables import call_note

_Word = Annotated[str, Meta(max_length=150)]
_Moment = Annotated[float, Meta(ge=0, le=1e11, description="UTC epoch seconds")]
c = call_note.c


class NotesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`since` <= the talk's beginning < `until`. `code`: an id, or `-` for none. `after`: `next` of the page before."""

    call: _Word = ""
    agent: _Word = ""
    queue: _Word = ""
    code: _Word = ""
    since: _Moment | None = None
    until: _Moment | None = None
    sort: Literal["began", "-began"] = "-began"
    after: Annotated[str, Meta(max_length=2000)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Dispositions(msgspec.Struct, frozen=True, kw_only=True):
    """Groups and codes; retired ones too."""

    items: list[Code]


class CallNotes(msgspec.Struct, frozen=True, kw_only=True):
    """The latest talk first. `next`: `after` of the following page; empty on the last one."""

    items: list[Note]
    next: str


LISTING = Listing(
    query=select(call_note),
    key=c.leg,
    sorts={"began": c.began},
    filters={
        "call": exact(c.call),
        "agent": exact(c.agent),
        "queue": exact(c.queue),
        "code": lambda value: c.code == ("" if value == "-" else value),
        "since": lambda value: c.began >= float(value),
        "until": lambda value: c.began < float(value),
    },
    sort="began",
)


async def _dispositions(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        return answer(Dispositions(items=await codes.all_codes(db)))


async def _notes(request: web.Request) -> web.Response:
    query = query_of(request, NotesQuery)
    given = {name: str(value) for name, value in msgspec.structs.asdict(query).items() if value is not None}
    async with request.app[ENGINE].connect() as db:
        page = await fetch(db, LISTING, asked(LISTING, given))
    return answer(CallNotes(items=[Note(**row) for row in page.rows], next=page.next))


ROUTES: tuple[Route, ...] = (
    api("/dispositions", _dispositions, Permission.READ_CALLS, "Disposition codes of calls", Dispositions),
    api("/call-notes", _notes, Permission.READ_CALLS, "What agents noted of calls", CallNotes, NotesQuery),
)
