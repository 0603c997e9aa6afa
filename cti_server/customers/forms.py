"""What people write about customers: a new one, a change, a note, a consent.

A form carries the version that was seen. When somebody else has saved since, what I did not touch is taken from them,
what both changed is shown, and nothing is stored before I have looked at it.
"""

from http import HTTPStatus
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import clock
from cti_server.core.events import CallDataSet
from cti_server.customers import queries, rules
from cti_server.customers.calls import say_who
from cti_server.customers.fields import all_fields
from cti_server.customers.filled import Filled, details, from_form, from_record, marks, mended
from cti_server.customers.identify import told
from cti_server.customers.match import ACTIVE, by_id, by_number
from cti_server.customers.pages import ident_of
from cti_server.customers.records import Conflict, Customer, Invalid
from cti_server.customers.rules import GENDERS, KINDS, MOST_NOTES, PHONE_KINDS, PURPOSES, STAGES, Candidate, Field
from cti_server.customers.tables import customer
from cti_server.journal.clean import text
from cti_server.journal.wording import Wording
from cti_server.web.i18n import LANGUAGES
from cti_server.web.keys import ENGINE, PUBLISH, STATE
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, form, page
from cti_server.web.session import person_of, settings_of

MOST_NOTE = 5000
_BODY = 8 * 1024 * 1024
"""More than a note may have, so that the form comes back with what was written and a sentence about it."""
_MOST_WORDS = 150


async def _new_form(request: web.Request) -> web.Response:
    """`?number=`, `?name=`, `?account=`, `?call=`: what is known of who calls."""
    known = {k: request.query.get(k, "")[:_MOST_WORDS].replace("\0", "") for k in ("number", "name", "account", "call")}
    filled = Filled(values={"kind": "person", "name": known["name"], "account": known["account"]})
    filled.phones = [(known["number"], "")] if known["number"] else []
    async with request.app[ENGINE].connect() as db:
        same = await by_number(db, known["number"], queries.plan_of(settings_of(request))) if known["number"] else []
        return await _form(request, db, filled, same=same, call=known["call"])


async def _create(request: web.Request) -> web.Response:
    sent = await request.post()
    call = str(sent.get("call", ""))[:_MOST_WORDS].replace("\0", "")
    async with request.app[ENGINE].begin() as db:
        filled = from_form({name: sent.getall(name) for name in sent}, await all_fields(db))
        values, wrong = await _read(request, db, filled)
        try:
            if not wrong:
                plan = queries.plan_of(settings_of(request))
                ident = await queries.create(db, values, plan, at=clock.now(), by=person_of(request).login)
                if call:
                    await take(request, db, ident, call)
                return _to(ident)
        except Invalid as error:
            wrong = error.wrong
        return await _form(request, db, filled, wrong=wrong, call=call)


async def _edit_form(request: web.Request) -> web.Response:
    async with request.app[ENGINE].connect() as db:
        one = await _active(db, ident_of(request))
        return await _form(request, db, _as_stored(request, one), one=one)


async def _edit(request: web.Request) -> web.Response:
    sent, ident, person = await request.post(), ident_of(request), person_of(request)
    version = str(sent.get("version", ""))
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise web.HTTPBadRequest()
    async with request.app[ENGINE].begin() as db:
        filled = from_form({name: sent.getall(name) for name in sent}, await all_fields(db))
        one = await _active(db, ident)
        values, wrong = await _read(request, db, filled, one)
        try:
            if not wrong:
                plan = queries.plan_of(settings_of(request))
                done = await queries.update_one(db, ident, int(version), values, plan, at=clock.now(), by=person.login)
                if done is None:
                    raise web.HTTPNotFound()
                return _to(ident)
        except Invalid as error:
            wrong = error.wrong
        except Conflict as conflict:
            now = conflict.now
            merged, both = mended(filled, str(sent.get("seen", "")), _as_stored(request, now))
            return await _form(request, db, merged, one=now, both=both, conflict=True)
        return await _form(
            request, db, filled, one=one, wrong=wrong, version=int(version), seen=str(sent.get("seen", ""))
        )


async def _note(request: web.Request) -> web.Response:
    sent, ident = await request.post(), ident_of(request)
    said = str(sent.get("note", "")).strip()
    if not said:
        raise web.HTTPBadRequest()
    async with request.app[ENGINE].begin() as db:
        one = await _active(db, ident)
        if len(said) > MOST_NOTE:
            status = HTTPStatus.BAD_REQUEST
            return render(request, "customers/note.html", status=status, one=one, said=said, most=MOST_NOTE)
        await queries.add_note(db, ident, said, at=clock.now(), by=person_of(request).login)
    return _to(ident)


async def _consent(request: web.Request) -> web.Response:
    sent, ident = await request.post(), ident_of(request)
    purpose, given, source = (str(sent.get(name, "")).strip() for name in ("purpose", "given", "source"))
    if purpose not in PURPOSES or given not in ("yes", "no") or len(source) > _MOST_WORDS:
        raise web.HTTPBadRequest()
    async with request.app[ENGINE].begin() as db:
        await _active(db, ident)
        by = person_of(request).login
        await queries.say_consent(db, ident, purpose, given == "yes", at=clock.now(), by=by, source=source)
    return _to(ident)


async def _call(request: web.Request) -> web.Response:
    """A person says that this customer is the one of a call."""
    call, ident = str((await request.post()).get("call", ""))[:_MOST_WORDS].replace("\0", ""), ident_of(request)
    async with request.app[ENGINE].begin() as db:
        await _active(db, ident)
        if not await take(request, db, ident, call):
            raise web.HTTPNotFound()
    return _to(ident)


async def take(request: web.Request, db: AsyncConnection, ident: int, call: str) -> bool:
    """A live call carries its customer from now on; of one that has ended the line moves. False for no such call."""
    state = request.app[STATE]()
    live = state.calls.get(state.aliases.get(call, call))
    if live is None:
        return await say_who(db, call, ident, at=clock.now(), by=person_of(request).login)
    for key, value in told(await by_id(db, ident), live, set(state.agents)).items():
        channel = live.caller or live.legs[0].id
        request.app[PUBLISH](CallDataSet(at=clock.now(), channel=channel, key=key, value=value))
    return True


async def _read(
    request: web.Request, db: AsyncConnection, filled: Filled, one: Customer | None = None
) -> tuple[dict[str, object], dict[str, str]]:
    """The values of a form and what is wrong with it. The organisation and the owner are looked up."""
    zone, own = ZoneInfo(settings_of(request).site.time_zone), await all_fields(db)
    values, unread = details(filled, await _organisation(db, filled.get("organisation"), one), zone)
    wrong = rules.wrong(rules.tidy(values, own), own) | unread
    owner = str(values.get("owner", ""))
    if owner and owner not in request.app[STATE]().agents and (one is None or owner != one.owner):
        wrong["owner"] = "value"
    return values, wrong


async def _organisation(db: AsyncConnection, name: str, one: Customer | None) -> int | None:
    wanted = " ".join(text(name).split())
    if not wanted:
        return None
    if one is not None and one.organisation is not None and wanted == one.organisation_name:
        return one.organisation
    c = customer.c
    query = select(c.id).where(c.name == wanted, c.kind == "organisation", ACTIVE).order_by(c.id).limit(1)
    return (await db.execute(query)).scalar_one_or_none()


async def _active(db: AsyncConnection, ident: int) -> Customer:
    one = await queries.get(db, ident)
    if one is None or not one.active:
        raise web.HTTPNotFound()
    return one


def _as_stored(request: web.Request, one: Customer) -> Filled:
    settings = settings_of(request)
    return from_record(one, queries.plan_of(settings), ZoneInfo(settings.site.time_zone))


async def _form(
    request: web.Request,
    db: AsyncConnection,
    filled: Filled,
    *,
    one: Customer | None = None,
    wrong: dict[str, str] | None = None,
    both: dict[str, str] | None = None,
    conflict: bool = False,
    version: int = 0,
    seen: str = "",
    same: list[Candidate] | None = None,
    call: str = "",
) -> web.Response:
    """The form. `both`: what two people changed, as it is stored; `same`: who has this number already."""
    own: list[Field] = await all_fields(db)
    stored = "" if one is None else marks(_as_stored(request, one))
    status = HTTPStatus.CONFLICT if conflict else HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK
    return render(
        request,
        "customers/form.html",
        status=status,
        one=one,
        filled=filled,
        version=version or (one.version if one else 0),
        seen=seen or stored,
        wrong=wrong or {},
        both=both or {},
        conflict=conflict,
        same=same or [],
        call=call,
        own=own,
        agents=Wording(words_of(request), request.app[STATE]()).agents,
        kinds=KINDS,
        genders=[gender for gender in GENDERS if gender],
        stages=[stage for stage in STAGES if stage],
        phone_kinds=PHONE_KINDS,
        spoken=LANGUAGES,
        every_tag=await queries.all_tags(db),
        most_notes=MOST_NOTES,
    )


def _to(ident: int) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": f"/customers/{ident}"})


ROUTES: tuple[Route, ...] = (
    page("/customers/new", _new_form, Permission.EDIT_CUSTOMERS),
    form("/customers/new", _create, Permission.EDIT_CUSTOMERS, body_limit=_BODY),
    page("/customers/{id}/edit", _edit_form, Permission.EDIT_CUSTOMERS),
    form("/customers/{id}/edit", _edit, Permission.EDIT_CUSTOMERS, body_limit=_BODY),
    form("/customers/{id}/notes", _note, Permission.EDIT_CUSTOMERS, body_limit=_BODY),
    form("/customers/{id}/call", _call, Permission.EDIT_CUSTOMERS),
    form("/customers/{id}/consents", _consent, Permission.EDIT_CUSTOMERS),
)
