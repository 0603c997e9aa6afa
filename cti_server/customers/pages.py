"""`/customers`: the list with its filters in the address, one record with all that happened, parts of it for htmx."""

from typing import Any

from aiohttp import web
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server import clock
from cti_server.customers import panel as panels
from cti_server.customers import queries, timeline
from cti_server.customers.fields import all_fields
from cti_server.customers.filled import written
from cti_server.customers.match import ACTIVE
from cti_server.customers.records import Customer
from cti_server.customers.rules import HIGHEST_TIER, KINDS, PURPOSES, STAGES
from cti_server.customers.scores import score_of
from cti_server.customers.search import listing
from cti_server.customers.tables import customer, customer_email, customer_phone
from cti_server.customers.value import figures_of
from cti_server.journal.wording import Wording
from cti_server.web import export
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.lists import Asked, asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, page
from cti_server.web.session import person_of, settings_of

LINES = 20
_EXPORT_PAGE = 200
_MOST_WORDS = 150
_MOST_ID = 2**31


def wanted_of(request: web.Request) -> Asked:
    """What the address asks of the list; a filter that is far too long counts as none."""
    given = {k: v for k, v in request.query.items() if len(v) <= _MOST_WORDS or k == "after"}
    return asked(listing(queries.plan_of(settings_of(request))), given)


def ident_of(request: web.Request) -> int:
    """The id in the path. Raises 404 for one that cannot be."""
    said = request.match_info["id"]
    if not (said.isascii() and said.isdigit() and len(said) < 11 and 0 < int(said) < _MOST_ID):
        raise web.HTTPNotFound()
    return int(said)


async def _list(request: web.Request) -> web.Response:
    plan, wanted = queries.plan_of(settings_of(request)), wanted_of(request)
    async with request.app[ENGINE].connect() as db:
        found = await fetch(db, listing(plan), wanted)
        idents = [row["id"] for row in found.rows]
        phones, tags = await queries.phones_of(db, idents), await queries.tags_of(db, idents)
        every_tag = await queries.all_tags(db)
    return render(
        request,
        "customers/list.html",
        asked=wanted,
        rows=found.rows,
        next=found.next,
        later=bool(wanted.after),
        phones={ident: [written(phone, plan) for phone in each] for ident, each in phones.items()},
        tags=tags,
        every_tag=every_tag,
        agents=Wording(words_of(request), request.app[STATE]()).agents,
        kinds=KINDS,
        stages=[stage for stage in STAGES if stage],
        tiers=range(HIGHEST_TIER + 1),
    )


async def _download(request: web.Request) -> web.Response:
    """The list, as it is filtered and sorted, as a file."""
    kind: export.Kind = "xlsx" if request.path.endswith(".xlsx") else "csv"
    words, plan, wanted = words_of(request), queries.plan_of(settings_of(request)), wanted_of(request)
    names = ("id", "kind", "name", "phones", "tags", "account", "owner", "tier", "stage", "language", "city")
    lines: list[list[Any]] = []
    async with request.app[ENGINE].connect() as db:
        after = ""
        while len(lines) < export.MOST_ROWS:
            found = await fetch(
                db, listing(plan), Asked(wanted.sort, wanted.descending, wanted.filters, after, _EXPORT_PAGE)
            )
            idents = [row["id"] for row in found.rows]
            phones, tags = await queries.phones_of(db, idents), await queries.tags_of(db, idents)
            for row in found.rows:
                told = row | {"phones": "; ".join(written(p, plan) for p in phones.get(row["id"], []))}
                told["tags"] = "; ".join(tags.get(row["id"], []))
                last = row["last_contact"]
                lines.append([*(told[name] for name in names), words.moment(last) if last else ""])
            after = found.next
            if not after:
                break
    titles = [words.text(f"customers.field.{name}") for name in (*names, "last_contact")]
    return await export.download(kind, words.text("customers.title"), titles, lines)


async def _one(request: web.Request) -> web.StreamResponse:
    ident, before = ident_of(request), _before(request)
    async with request.app[ENGINE].connect() as db:
        found = await queries.get(db, ident)
        if found is None:
            raise web.HTTPNotFound()
        if found.merged_into is not None:
            raise web.HTTPSeeOther(f"/customers/{found.merged_into}")
        lines = await timeline.lines(db, ident, before=before, limit=LINES + 1)
        same = await duplicates(db, found) if found.active else []
        own = await all_fields(db)
        counts = await timeline.counts(db, ident)
        score, worth = await score_of(db, found, clock.now()), await figures_of(db, ident)
        members = await _members(db, ident) if found.kind == "organisation" else []
    plan = queries.plan_of(settings_of(request))
    return render(
        request,
        "customers/one.html",
        one=found,
        phones=[(phone, written(phone, plan)) for phone in found.phones],
        own=[field for field in own if field.id in found.extra],
        lines=lines[:LINES],
        older=lines[LINES - 1].id if len(lines) > LINES else 0,
        duplicates=same,
        members=members,
        counts=counts,
        score=score,
        worth=worth,
        purposes=PURPOSES,
        wording=Wording(words_of(request), request.app[STATE]()),
        here=request.path,
        now=clock.now(),
    )


async def _timeline(request: web.Request) -> web.Response:
    """The lines before one, for htmx."""
    ident = ident_of(request)
    async with request.app[ENGINE].connect() as db:
        if await queries.get(db, ident) is None:
            raise web.HTTPNotFound()
        lines = await timeline.lines(db, ident, before=_before(request), limit=LINES + 1)
    return render(
        request,
        "customers/lines.html",
        ident=ident,
        lines=lines[:LINES],
        older=lines[LINES - 1].id if len(lines) > LINES else 0,
        wording=Wording(words_of(request), request.app[STATE]()),
    )


async def _organisations(request: web.Request) -> web.Response:
    """Names for the field in which people write one, for htmx."""
    words = request.query.get("organisation", "")[:_MOST_WORDS].replace("\0", "").strip()
    names: list[str] = []
    if words:
        c = customer.c
        like = or_(c.name.istartswith(words, autoescape=True), c.initials == words.lower())
        query = select(c.name).where(like, c.kind == "organisation", ACTIVE).order_by(c.name).limit(10)
        async with request.app[ENGINE].connect() as db:
            names = list((await db.execute(query)).scalars())
    return render(request, "customers/options.html", names=names)


async def _panel(request: web.Request) -> web.Response:
    """Who is calling: one record, several to choose from, or the way to a new one: by `number`, `call`, `customer`."""
    asked_for = {k: request.query.get(k, "")[:_MOST_WORDS].replace("\0", "") for k in ("number", "call", "customer")}
    plan = queries.plan_of(settings_of(request))
    shown = await panels.panel_of(request.app[ENGINE], request.app[STATE](), plan, **asked_for)
    return render(
        request,
        "customers/panel.html",
        panel=shown,
        wording=Wording(words_of(request), request.app[STATE]()),
        edits=person_of(request).may(Permission.EDIT_CUSTOMERS),
    )


def _before(request: web.Request) -> int:
    said = request.query.get("before", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 11 and int(said) < _MOST_ID else 0


async def duplicates(connection: AsyncConnection, one: Customer, most: int = 5) -> list[dict[str, Any]]:
    """Others who may be the same: a number or a mail address of theirs, or the account."""
    c = customer.c
    numbers = [phone.number for phone in one.phones]
    likely: list[ColumnElement[bool]] = [
        c.id.in_(select(customer_phone.c.customer).where(customer_phone.c.number.in_(numbers))),
        c.id.in_(select(customer_email.c.customer).where(customer_email.c.address.in_(one.emails))),
    ]
    if one.account:
        likely.append(c.account == one.account)
    query = select(c.id, c.name, c.kind, c.owner).where(or_(*likely), c.id != one.id, c.kind == one.kind, ACTIVE)
    return [dict(row) for row in (await connection.execute(query.order_by(c.id).limit(most))).mappings()]


async def _members(connection: AsyncConnection, ident: int, most: int = 50) -> list[dict[str, Any]]:
    c = customer.c
    query = select(c.id, c.name, c.title).where(c.organisation == ident, ACTIVE).order_by(c.name, c.id).limit(most)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


ROUTES: tuple[Route, ...] = (
    page("/customers", _list, Permission.SEE_CUSTOMERS),
    page("/customers/list.csv", _download, Permission.MANAGE_CUSTOMERS),
    page("/customers/list.xlsx", _download, Permission.MANAGE_CUSTOMERS),
    page("/customers/organisations", _organisations, Permission.EDIT_CUSTOMERS),
    page("/customers/panel", _panel, Permission.SEE_CUSTOMERS),
    page("/customers/{id}", _one, Permission.SEE_CUSTOMERS),
    page("/customers/{id}/timeline", _timeline, Permission.SEE_CUSTOMERS),
)
