"""`/api/v1/mail`: how the boxes are, the letters that came, and those that are still to go out."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta
from sqlalchemy import Select, select

from cti_server import clock
from cti_server.tickets.api import Word
from cti_server.tickets.mail import outbox
from cti_server.tickets.mail.aside import NotTaken, listing, take
from cti_server.tickets.mail.rules import OUT_STATES, Outcome
from cti_server.tickets.mail.tables import mail_box, mail_out
from cti_server.tickets.site import ident_of, reading, writing
from cti_server.web.lists import Listing, asked, exact, fetch
from cti_server.web.permissions import Permission
from cti_server.web.problems import answer, body_of, problem, query_of
from cti_server.web.render import words_of
from cti_server.web.routes import Route, api
from cti_server.web.session import settings_of

_Kind = TypeVar("_Kind", bound=msgspec.Struct)
OutState = Literal["waiting", "sending", "sent", "failed", "bounced", "cancelled"]


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A box of the configuration. `read`, `sent`: when that last worked; the errors are empty while it does."""

    id: str
    address: str
    read: float | None
    read_error: str
    sent: float | None
    send_error: str


class Boxes(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Box]


class LettersQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`outcome`: what became of it; `aside`: those that a ticket may still be made of."""

    outcome: Literal["", "aside"] | Outcome = ""
    box: Word = ""
    text: Word = ""
    sort: Literal["at", "-at"] = "-at"
    after: Annotated[str, Meta(max_length=500)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """`why`: the sign by which the outcome was decided. `ticket`: its id, null for none. `by`: who took it by hand."""

    id: int
    at: float
    box: str
    sender: str
    sender_name: str
    subject: str
    size: int
    outcome: Outcome
    why: str
    ticket: int | None
    by: str


class Letters(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: give it as `after` for the following page; empty on the last one."""

    items: list[Letter]
    next: str


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    ticket: int


class OutQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`state`: one, or any. `ticket`: an id."""

    state: Literal[""] | OutState = ""
    ticket: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    sort: Literal["at", "-at"] = "-at"
    after: Annotated[str, Meta(max_length=500)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class OutLetter(msgspec.Struct, frozen=True, kw_only=True):
    """`why`: what the other side said when it did not take it."""

    id: int
    ticket: int
    box: str
    recipient: str
    subject: str
    at: float
    by: str
    state: OutState
    attempts: int
    sent: float | None
    why: str


class OutLetters(msgspec.Struct, frozen=True, kw_only=True):
    items: list[OutLetter]
    next: str


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`again`: try again from the beginning; `cancel`: do not send it."""

    do: Literal["again", "cancel"]


def _out_listing() -> Listing:
    c = mail_out.c
    return Listing(
        query=_out(),
        key=c.id,
        sorts={"at": c.at},
        filters={
            "state": exact(c.state, OUT_STATES),
            "ticket": lambda value: c.ticket == int(value) if value.isdecimal() else None,
        },
    )


def _out() -> Select[Any]:
    return select(*(mail_out.c[name] for name in OutLetter.__struct_fields__))


async def _boxes(request: web.Request) -> web.Response:
    async with reading(request) as db:
        known = {row["id"]: row for row in (await db.execute(select(mail_box))).mappings()}
    never: dict[str, Any] = {"read": None, "read_error": "", "sent": None, "send_error": ""}
    return answer(
        Boxes(
            items=[
                Box(id=box.id, address=box.address, **{name: known.get(box.id, never)[name] for name in never})
                for box in settings_of(request).mailbox
            ]
        )
    )


async def _letters(request: web.Request) -> web.Response:
    async with reading(request) as db:
        found = await fetch(db, wanted := listing(), asked(wanted, _values(query_of(request, LettersQuery))))
    return answer(Letters(items=[_as(Letter, row) for row in found.rows], next=found.next))


async def _take(request: web.Request) -> web.Response:
    try:
        return answer(Taken(ticket=await take(request, ident_of(request))))
    except NotTaken as refused:
        return problem(409, refused.said)


async def _going(request: web.Request) -> web.Response:
    async with reading(request) as db:
        found = await fetch(db, wanted := _out_listing(), asked(wanted, _values(query_of(request, OutQuery))))
    return answer(OutLetters(items=[_as(OutLetter, row) for row in found.rows], next=found.next))


async def _decide(request: web.Request) -> web.Response:
    ident, given = ident_of(request), await body_of(request, Decision)
    async with writing(request) as db:
        again = given.do == "again"
        done = await (outbox.send_again(db, ident, clock.now()) if again else outbox.cancel(db, ident))
        row = (await db.execute(_out().where(mail_out.c.id == ident))).mappings().first()
    if row is None:
        raise web.HTTPNotFound()
    if not done:
        return problem(409, words_of(request).text("mail.wrong.too_late"))
    return answer(_as(OutLetter, row))


def _values(given: msgspec.Struct) -> dict[str, str]:
    return {name: str(value) for name, value in msgspec.structs.asdict(given).items() if value not in (None, "")}


def _as(kind: type[_Kind], row: Mapping[Any, Any]) -> _Kind:
    return kind(**{name: row[name] for name in kind.__struct_fields__})


_MANAGE = Permission.MANAGE_TICKETS
ROUTES: tuple[Route, ...] = (
    api("/mail/boxes", _boxes, _MANAGE, "The boxes, and whether they can be reached", Boxes),
    api("/mail/letters", _letters, _MANAGE, "Letters that came, and what became of them", Letters, LettersQuery),
    api("/mail/letters/{id}/take", _take, _MANAGE, "Make a ticket of a letter set aside", Taken, method="POST"),
    api("/mail/out", _going, _MANAGE, "Letters that go out", OutLetters, OutQuery),
    api("/mail/out/{id}", _decide, Permission.EDIT_TICKETS, "Send it again, or do not", OutLetter, body=Decision),
)
