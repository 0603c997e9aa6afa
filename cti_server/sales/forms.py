"""What people do with opportunities and leads. What cannot be saved comes back as it was typed, and says why."""

from aiohttp import web

from cti_server.journal.clean import text
from cti_server.sales import crosssell, leads, opportunities
from cti_server.sales.accounts import Taken
from cti_server.sales.asking import MOST_BODY, Asked, back, form_of, go, ident_of, reason, said_of, told
from cti_server.sales.becoming import lead_step
from cti_server.sales.months import day_in
from cti_server.sales.opportunities import Plan
from cti_server.sales.pages import new_page, opportunity_page
from cti_server.sales.queries import Changed, Origin, call_of
from cti_server.sales.rules import Refused
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.render import words_of
from cti_server.web.routes import Route, form


async def _plan(a: Asked, now: str = "") -> Plan:
    return Plan(
        title=a.text("title"),
        amount=a.amount("amount") if a.text("amount") else 0,
        currency=a.currency,
        expected=day_in(a.text("expected")),
        stage=a.text("stage", "new"),
        probability=a.whole("probability") if a.text("probability") else None,
        owner=await owner_of(a, a.fields.get("owner"), now),
        note=a.text("note"),
    )


async def owner_of(a: Asked, given: str | None, now: str = "") -> str:
    """Whose it shall be. `given` None: who asks; `now`: whose it is. Raises Refused for somebody who is not there.

    Who does not see everything can give it to nobody but themselves, or to nobody yet.
    """
    owner = a.me.who if given is None else text(given)
    if owner in ("", a.me.who, now):
        return owner
    if not a.me.everything:
        return now or a.me.who
    if owner not in await a.names():
        raise Refused("no_owner")
    return owner


async def origin_of(a: Asked) -> Origin:
    """Of the call that the form names: its campaign and number are read from the records, not from the form."""
    if not (call := a.text("call")):
        return Origin()
    async with a.request.app[ENGINE].connect() as connection:
        known = await call_of(connection, call, a.plan)
    return known[0] if known else Origin()


def percent_of(a: Asked) -> int | None:
    """The share of an account that is somebody else's, when it shall be shared."""
    return a.whole("percent") if a.text("share") == "yes" else None


@told
async def _new(request: web.Request) -> web.StreamResponse:
    a = await form_of(request)
    engine, typed = request.app[ENGINE], dict(a.fields)
    try:
        plan, percent, who = await _plan(a), percent_of(a), a.whole("customer", 0)
        if not who:
            raise Refused("no_customer")
        origin = await origin_of(a)
        async with engine.begin() as connection:
            done = await opportunities.open_one(
                connection, a.me, who, plan, origin, a.now, percent=percent, sharing=a.sharing
            )
    except Refused as refused:
        said = reason(words_of(request), refused)
        async with engine.connect() as connection:
            return await new_page(connection, a, "new.html", typed, said, status=400)
    if isinstance(done, Taken):
        async with engine.connect() as connection:
            return await new_page(connection, a, "new.html", typed, taken=done, status=409)
    return await _to(a, done)


@told
async def _save(request: web.Request) -> web.StreamResponse:
    a = await form_of(request)
    ident, engine = ident_of(request), request.app[ENGINE]
    async with engine.connect() as connection:
        was = await opportunities.get(connection, a.me, ident)
    words, done = words_of(request), None
    try:
        plan, percent, version = await _plan(a, was["owner"]), percent_of(a), a.whole("version")
        async with engine.begin() as connection:
            done = await opportunities.save(
                connection, a.me, ident, version, plan, a.now, percent=percent, sharing=a.sharing
            )
    except Refused as refused:
        said, status = reason(words, refused), 400
    except Changed as changed:
        said, status = said_of(words, changed.now), 409
    else:
        if done is None:
            return await _to(a, ident)
        said, status = "", 409
    async with engine.connect() as connection:
        return await opportunity_page(connection, a, ident, typed=dict(a.fields), said=said, taken=done, status=status)


@told
async def _move(request: web.Request) -> web.StreamResponse:
    a = await form_of(request)
    async with request.app[ENGINE].begin() as connection:
        await opportunities.move(connection, a.me, ident_of(request), a.whole("version"), a.text("stage"), a.now)
    return back(a, "/sales")


@told
async def _close(request: web.Request) -> web.StreamResponse:
    a = await form_of(request)
    ident = ident_of(request)
    async with request.app[ENGINE].begin() as connection:
        await opportunities.close(
            connection, a.me, ident, a.whole("version"), a.text("status"), a.text("reason"), a.now
        )
    return await _to(a, ident)


async def _to(a: Asked, ident: int) -> web.Response:
    """To its page; a rule may have given it to somebody else at that moment."""
    try:
        async with a.request.app[ENGINE].connect() as connection:
            await opportunities.get(connection, a.me, ident)
    except LookupError:
        return go("/sales")
    return go(f"/sales/opportunities/{ident}")


@told
async def _new_lead(request: web.Request) -> web.StreamResponse:
    a = await form_of(request)
    engine = request.app[ENGINE]
    try:
        origin = await origin_of(a)
        async with engine.begin() as connection:
            ident = await leads.add_lead(
                connection,
                a.me,
                origin,
                a.now,
                customer_id=a.whole("customer", 0) or None,
                name=a.text("name"),
                number=a.text("number"),
                interest=a.text("interest"),
                owner=await owner_of(a, a.fields.get("owner")),
            )
    except Refused as refused:
        said = reason(words_of(request), refused)
        async with engine.connect() as connection:
            return await new_page(connection, a, "new_lead.html", dict(a.fields), said, tab="leads", status=400)
    return go(f"/sales/leads/{ident}")


@told
async def _lead(request: web.Request) -> web.StreamResponse:
    """A step. Converted: it becomes an opportunity of the customer, and of whoever has the account."""
    a = await form_of(request)
    ident, status = ident_of(request), a.text("status")
    expected = day_in(a.text("expected")) if status == "converted" else ""
    async with request.app[ENGINE].begin() as connection:
        who = a.whole("customer", 0) or None
        version = a.whole("version")
        made = await lead_step(
            connection, a.me, ident, version, status, a.now, customer=who, expected=expected, currency=a.currency
        )
        sees = made and await opportunities.sees(connection, a.me, made)
    return go(f"/sales/opportunities/{made}" if sees else f"/sales/leads/{ident}")


@told
async def _offer(request: web.Request) -> web.StreamResponse:
    """An offer that was made, and its answer."""
    a = await form_of(request)
    who = a.whole("customer")
    async with request.app[ENGINE].begin() as connection:
        call = a.text("call")[:150]
        await crosssell.answered(connection, a.me, who, a.whole("product"), a.text("answer"), a.now, call)
    return back(a, f"/sales/panel?customer={who}")


ROUTES: tuple[Route, ...] = (
    form("/sales/new", _new, Permission.EDIT_SALES, MOST_BODY),
    form("/sales/opportunities/{id}", _save, Permission.EDIT_SALES, MOST_BODY),
    form("/sales/opportunities/{id}/move", _move, Permission.EDIT_SALES),
    form("/sales/opportunities/{id}/close", _close, Permission.EDIT_SALES),
    form("/sales/leads/new", _new_lead, Permission.EDIT_SALES, MOST_BODY),
    form("/sales/leads/{id}", _lead, Permission.EDIT_SALES),
    form("/sales/offers", _offer, Permission.EDIT_SALES),
)
