"""What people do with tickets by forms. What is refused comes back with a sentence and everything that was typed."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from aiohttp import web
from aiohttp.web_request import FileField
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import clock
from cti_server.core.events import CallDataSet
from cti_server.tickets import changes, files, prefill, queries, rules
from cti_server.tickets.mail import outbox
from cti_server.tickets.model import Change, New, Ticket
from cti_server.tickets.pages import new_page, one_page
from cti_server.tickets.rules import Refused
from cti_server.tickets.site import ident_of, known_owner, number_of, reading, sentence, tables_of, writing
from cti_server.web.keys import ENGINE, PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import local_path
from cti_server.web.routes import Route, form
from cti_server.web.session import person_of, settings_of

MOST_BODY = files.MOST_BYTES * 3
"""Of a form with files. A text of some megabytes gets its sentence, and is not lost."""
MOST_BULK = 200
_FIELDS = (
    "kind status priority subject description owner team category product serial phone email queue resolution"
    " promised customer"
).split()
Form: TypeAlias = Mapping[str, str]


async def _create(request: web.Request) -> web.Response:
    """A new ticket, with its files. Tied to a call, the call carries its number from then on."""
    given, sent = await _sent(request)
    by, at, of = person_of(request).login, clock.now(), tables_of(request)
    call = given.get("call", "")[:150]
    try:
        values = {"kind": "", "subject": ""} | _values(request, given)
        # Whether the customer was talked to is the PBX's word, not the form's.
        state = request.app[STATE]()
        facts = await prefill.call_of(request.app[ENGINE], state, call) if call else None
        answered = facts is not None and facts.answered is not None
        new = New(
            **{name: value for name, value in values.items() if name in New.__struct_fields__},
            call=facts.id if facts else "",
            answered=answered,
            channel="call" if facts else "page",
        )
        async with writing(request) as db:
            await known_owner(db, new.owner)
            made = await changes.create(db, new, by=by, at=at, of=of)
            await _attach(request, db, made.id, sent, None)
    except Refused as refused:
        return await new_page(request, given, status=422, wrong=sentence(request, refused))
    if call and facts is not None and facts.ended is None:
        request.app[PUBLISH](CallDataSet(at=at, channel=call, key="ticket", value=made.number))
    return to(f"/tickets/{made.id}")


async def _edit(request: web.Request) -> web.Response:
    """Change fields. `version`: the one that was looked at. Only what differs from that one is changed."""
    ident = ident_of(request)
    given, _ = await _sent(request)
    seen = _whole(given.get("version", "")) or 0
    async with reading(request) as db:
        now = await queries.one(db, ident)
        if now is None:
            raise web.HTTPNotFound()
        since = await queries.changes_since(db, ident, seen)
    typed = {name: value for name, value in given.items() if name in _FIELDS}
    try:
        wanted = _differing(_values(request, given), now, since)
    except Refused as refused:
        return await one_page(request, ident, status=422, wrong=sentence(request, refused), kept=typed)
    by, at, of = person_of(request).login, clock.now(), tables_of(request)
    try:
        async with writing(request) as db:
            await known_owner(db, wanted.get("owner", ""))
            await changes.change(db, ident, seen, wanted, by=by, at=at, of=of)
    except changes.Conflict:
        async with reading(request) as db:
            since = await queries.changes_since(db, ident, seen)
        mine = {name: given[name] for name in wanted}
        return await one_page(request, ident, status=409, kept=mine, theirs=since)
    except Refused as refused:
        return await one_page(request, ident, status=422, wrong=sentence(request, refused), kept=typed)
    return to(f"/tickets/{ident}")


def _differing(values: dict[str, Any], now: Ticket, since: list[Change]) -> dict[str, Any]:
    """What the person changed: the values that differ from those of the version that was looked at."""
    was = {name: getattr(now, name) for name in values}
    for line in reversed(since):
        if line.field in was:
            was[line.field] = _read(line.field, line.old)
    return {name: value for name, value in values.items() if not _same(value, was[name])}


def _same(one: Any, other: Any) -> bool:
    """Moments are typed in minutes."""
    both = isinstance(one, float) and isinstance(other, float)
    return bool(one // 60 == other // 60 if both else one == other)


async def _comment(request: web.Request) -> web.Response:
    """Say something, with files. `then`: a status that the ticket is given at once. `mail`: 1 sends it, 0 does not."""
    ident = ident_of(request)
    given, sent = await _sent(request)
    by, at, of = person_of(request).login, clock.now(), tables_of(request)
    kind: rules.CommentKind = "out" if given.get("kind") == "out" else "inner"
    try:
        async with writing(request) as db:
            said = given.get("text", "")
            number = None
            if said.strip() or not sent:
                number = await changes.comment(db, ident, said, kind, by=by, at=at, of=of)
            await _attach(request, db, ident, sent, number)
            if kind == "out" and number is not None:
                chosen = None if "mail" not in given else given["mail"] == "1"
                boxes = settings_of(request).mailbox
                await outbox.by_mail(db, boxes, ident, number, by=by, at=at, chosen=chosen)
            if given.get("then") in rules.STATUSES:
                await changes.change(db, ident, None, {"status": given["then"]}, by=by, at=at, of=of)
    except Refused as refused:
        typed = {"text": given.get("text", ""), "comment_kind": kind, "mail": given.get("mail", "0")}
        return await one_page(request, ident, status=422, wrong=sentence(request, refused), kept=typed)
    return to(f"/tickets/{ident}#latest")


async def _step(request: web.Request) -> web.Response:
    ident = ident_of(request)
    given, _ = await _sent(request)
    try:
        async with writing(request) as db:
            step, said = given.get("step", ""), given.get("text", "")
            await changes.walk(
                db, ident, step, said, by=person_of(request).login, at=clock.now(), of=tables_of(request)
            )
    except Refused as refused:
        typed = {"step_text": given.get("text", "")}
        return await one_page(request, ident, status=422, wrong=sentence(request, refused), kept=typed)
    return to(f"/tickets/{ident}#walk")


async def _tie(request: web.Request) -> web.Response:
    """Tie a ticket to another one (by its number) or to a call; `untie` takes a link away."""
    ident = ident_of(request)
    given, _ = await _sent(request)
    common: dict[str, Any] = {"by": person_of(request).login, "at": clock.now(), "of": tables_of(request)}
    try:
        async with writing(request) as db:
            if call := given.get("call", "")[:150]:
                known = await prefill.call_of(request.app[ENGINE], request.app[STATE](), call)
                if known is None:
                    raise Refused("no_call")
                await changes.tie(db, ident, call=known.id, **common)
            elif (gone := _whole(given.get("untie", ""))) is not None:
                await changes.tie(db, ident, other=gone, **common)
            else:
                other = await queries.by_number(db, rules.as_number(given.get("other", "")))
                kind = given.get("kind", "")
                if other is None or kind not in rules.LINK_KINDS:
                    raise Refused("no_ticket")
                await changes.tie(db, ident, other=other.id, kind=kind, **common)
    except Refused as refused:
        return await one_page(request, ident, status=422, wrong=sentence(request, refused), kept=given)
    return to(local_path(given["next"]) if given.get("next") else f"/tickets/{ident}#links")


async def _watch(request: web.Request) -> web.Response:
    ident = ident_of(request)
    given, _ = await _sent(request)
    login = person_of(request).login
    async with writing(request) as db:
        on = given.get("on") == "1"
        await changes.watch(db, ident, login, on, by=login, at=clock.now(), of=tables_of(request))
    return to(f"/tickets/{ident}")


async def _assign(request: web.Request) -> web.Response:
    """Give several tickets to somebody. One that somebody changes at the same moment is simply changed after that."""
    post = await request.post()
    owner = str(post.get("owner", ""))
    idents = [ident for each in post.getall("id", []) if (ident := _whole(str(each))) is not None]
    by, at, of = person_of(request).login, clock.now(), tables_of(request)
    async with reading(request) as db:
        if owner not in {person.login for person in await queries.people(db)}:
            raise web.HTTPBadRequest()
    for ident in idents[:MOST_BULK]:
        async with writing(request) as db:
            await changes.change(db, ident, None, {"owner": owner}, by=by, at=at, of=of)
    target = local_path(str(post.get("next", "")))
    return to(target if target.startswith("/tickets") else "/tickets")


class _File(NamedTuple):
    """`said`: the media type that the browser claims."""

    name: str
    said: str
    data: bytes


async def _sent(request: web.Request) -> tuple[dict[str, str], list[_File]]:
    """The fields and the files of a form. Line ends are made those of this side."""
    post = await request.post()
    texts = {name: value.replace("\r\n", "\n") for name, value in post.items() if isinstance(value, str)}
    sent = []
    for each in post.getall("file", []):
        if isinstance(each, FileField):
            with each.file as opened:
                if each.filename:
                    sent.append(_File(each.filename, each.content_type, opened.read()))
    return texts, sent


async def _attach(
    request: web.Request, db: AsyncConnection, ident: int, sent: list[_File], comment: int | None
) -> None:
    folder = settings_of(request).server.data_dir
    common: dict[str, Any] = {"by": person_of(request).login, "at": clock.now(), "of": tables_of(request)}
    for each in sent:
        await files.attach(db, folder, ident, each.name, each.said, each.data, comment=comment, **common)


def _values(request: web.Request, given: Form) -> dict[str, Any]:
    """The fields of the form as columns. Raises Refused for what is none of them."""
    values: dict[str, Any] = {}
    for name in _FIELDS:
        if name in given:
            values[name] = number_of(request, given[name]) if name == "phone" else _typed(request, name, given[name])
    return values


def _typed(request: web.Request, name: str, value: str) -> Any:
    if name == "promised":
        if not value:
            return None
        try:
            local = datetime.fromisoformat(value)
            return local.replace(tzinfo=ZoneInfo(settings_of(request).site.time_zone)).timestamp()
        except (ValueError, OverflowError):
            raise Refused("no_day") from None
    if name == "subject":
        return " ".join(value.split())
    return _read(name, value if name in ("description", "resolution") else value.strip())


def _read(name: str, value: str) -> Any:
    """A field out of its text, as forms and history have it."""
    if name in ("customer", "category"):
        return _whole(value)
    if name == "promised":
        return float(value) if value else None
    return value


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def to(target: str) -> web.Response:
    """Go on to a page of this site."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": target})


def _safe(handler: Callable[[web.Request], Coroutine[Any, Any, web.Response]]) -> Any:
    """A ticket that is not there is a 404."""

    async def guarded(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except changes.Missing:
            raise web.HTTPNotFound() from None

    return guarded


ROUTES: tuple[Route, ...] = (
    form("/tickets/new", _safe(_create), Permission.EDIT_TICKETS, MOST_BODY),
    form("/tickets/assign", _safe(_assign), Permission.EDIT_TICKETS),
    form("/tickets/{id}/edit", _safe(_edit), Permission.EDIT_TICKETS, MOST_BODY),
    form("/tickets/{id}/comment", _safe(_comment), Permission.EDIT_TICKETS, MOST_BODY),
    form("/tickets/{id}/step", _safe(_step), Permission.EDIT_TICKETS, MOST_BODY),
    form("/tickets/{id}/tie", _safe(_tie), Permission.EDIT_TICKETS),
    form("/tickets/{id}/watch", _safe(_watch), Permission.SEE_TICKETS),
)
