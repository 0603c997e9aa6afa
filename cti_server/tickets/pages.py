"""`/tickets`: the list with its filters in the address, one ticket, a new one, and the parts that other pages load."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from sqlalchemy import select

from cti_server import clock
from cti_server.core.state import State
from cti_server.customers.queries import plan_of
from cti_server.customers.search import listing as customers
from cti_server.customers.tables import customer
from cti_server.journal.clean import text
from cti_server.journal.wording import Wording
from cti_server.rules.fired import fired
from cti_server.tickets import contracts, prefill, queries, rules, sla
from cti_server.tickets.listing import ANY, listing
from cti_server.tickets.mail import boxes, outbox
from cti_server.tickets.site import ident_of, reading, tables_of, writing
from cti_server.tickets.subject import TICKET
from cti_server.tickets.tables import ticket_pause
from cti_server.tickets.winding import target_of
from cti_server.web.export import MOST_ROWS, Kind, attachment
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.lists import asked, fetch, filtered
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest
from cti_server.web.render import render, words_of
from cti_server.web.routes import Route, page
from cti_server.web.session import person_of, settings_of

_FOUND = 8
_EXPORTED = ("number", "kind", "status", "priority", "subject", "customer_name", "phone", "owner", "team", "product")
_MOMENTS = ("created", "changed", "first_at", "due", "resolved", "closed")
FAR = rules.FAR


async def _list(request: web.Request) -> web.Response:
    now, person = clock.now(), person_of(request)
    wanted = listing(person.login, now)
    look = asked(wanted, _given(request))
    async with reading(request) as db:
        found = await fetch(db, wanted, look)
        shared = await _shared(request, db)
        owed = await queries.owed_follow_ups(db, now)
        counts = await queries.counts(db, person.login, now)
        letters = await boxes.to_look_at(db) if shared["mails"] and shared["manages"] else 0
    plain = {name: value for name, value in look.filters.items() if (name, value) != ("status", "open")}
    return render(
        request,
        "tickets/list.html",
        rows=[
            row | {"level": rules.level(row, now), "priority": rules.PRIORITIES[row["priority"]]} for row in found.rows
        ],
        look=look,
        next=look.url("/tickets", after=found.next) if found.next else "",
        first=look.url("/tickets") if look.after else "",
        filtered=bool(plain),
        owed=owed,
        counts=counts,
        letters=letters,
        here=request.path_qs,
        far=FAR,
        now=now,
        **shared,
    )


async def _export(request: web.Request) -> web.Response:
    """Everything that the filters let through, the latest change first."""
    kind: Kind = "xlsx" if request.path.endswith(".xlsx") else "csv"
    wanted = listing(person_of(request).login, clock.now())
    words = words_of(request)
    query = filtered(wanted, asked(wanted, _given(request))).order_by(wanted.sorts["changed"].desc()).limit(MOST_ROWS)
    async with reading(request) as db:
        rows = (await db.execute(query)).mappings().all()
        names = await queries.names(db)

    def cell(row: Mapping[str, Any], name: str) -> Any:
        value = row[name]
        if name in _MOMENTS:
            return "" if value is None else words.moment(value)
        if name == "priority":
            return words.text(f"ticket_priority.{rules.PRIORITIES[value]}")
        if name in ("kind", "status"):
            return words.text(f"ticket_{name}.{value}")
        return names.get(value, value) if name == "owner" else value

    columns = (*_EXPORTED, *_MOMENTS)
    titles = [words.text(f"tickets.column.{name}") for name in columns]
    return attachment(kind, "tickets", titles, ([cell(row, name) for name in columns] for row in rows))


async def _one(request: web.Request) -> web.Response:
    """By its id, or by the number that people name."""
    if number := rules.as_number(request.match_info["id"]):
        async with reading(request) as db:
            found = await queries.by_number(db, number)
        if found is None:
            raise web.HTTPNotFound()
        raise web.HTTPSeeOther(f"/tickets/{found.id}")
    ident, login = ident_of(request), person_of(request).login
    shown = await one_page(request, ident)
    async with writing(request) as db:
        await queries.saw(db, ident, login, clock.now())
    return shown


async def one_page(
    request: web.Request,
    ident: int,
    *,
    status: int = 200,
    wrong: str = "",
    kept: Mapping[str, str] | None = None,
    theirs: list[Any] | None = None,
) -> web.Response:
    """The page of one ticket. `wrong`: why something was refused; `kept`: what was typed and is not saved yet;
    `theirs`: what others changed meanwhile."""
    now, person = clock.now(), person_of(request)
    async with reading(request) as db:
        whole = await queries.whole(db, ident)
        if whole is None:
            raise web.HTTPNotFound()
        found = whole.ticket
        shared = await _shared(request, db)
        letters = await outbox.of_ticket(db, ident)
        named = ""
        if found.customer is not None:
            named = (await db.execute(select(customer.c.name).where(customer.c.id == found.customer))).scalar_one()
        told = await fired(request, db, TICKET, ident)
        covers = [] if found.customer is None else await contracts.of_customer(db, found.customer)
        pauses = await db.execute(
            select(ticket_pause.c.start, ticket_pause.c.end).where(ticket_pause.c.ticket == ident)
        )
        spans = [(start, end) for start, end in pauses]
        target = await target_of(db, found.kind, rules.PRIORITIES.index(found.priority))
    table = tables_of(request)(found.queue)
    stopped = found.paused if found.paused is not None else now
    day = words_of(request).iso(now)[:10]
    return render(
        request,
        "tickets/one.html",
        status=status,
        whole=whole,
        ticket=found,
        customer_name=named,
        steps={step.step: step for step in whole.steps},
        walk=rules.STEPS,
        wanted_step=rules.next_step({step.step for step in whole.steps}),
        statuses=(found.status, *rules.statuses_after(found.status)),
        files_of={c: [f for f in whole.files if f.comment == c] for c in {f.comment for f in whole.files}},
        used_s=sla.elapsed(table, found.created, stopped, spans),
        target=target,
        level=rules.level(_as_row(found), now),
        letters=letters,
        fired=told,
        sends=bool(found.email) and any(box.smtp_host for box in settings_of(request).mailbox),
        covers=[(each, each.covers(found.product, found.serial, day)) for each in covers if each.in_force(day)],
        watching=person.login in whole.watchers,
        wrong=wrong,
        kept=kept or {},
        theirs=theirs or [],
        now=now,
        far=FAR,
        link_kinds=rules.LINK_KINDS,
        most_text=rules.MOST_TEXT,
        **shared,
    )


async def _new(request: web.Request) -> web.Response:
    return await new_page(request, {name: value for name, value in request.query.items() if "\0" not in value})


async def new_page(
    request: web.Request, given: Mapping[str, str], *, status: int = 200, wrong: str = ""
) -> web.Response:
    """The form of a new ticket. `given`: what is in it already; a call or a customer fill in the rest."""
    engine, state, plan = request.app[ENGINE], request.app[STATE](), plan_of(settings_of(request))
    wording = Wording(words_of(request), state)
    call, who = text(given.get("call", ""))[:150], given.get("customer", "")
    facts = await prefill.known(engine, state, plan, wording, call=call, customer_id=who)
    async with reading(request) as db:
        shared = await _shared(request, db)
        theirs = [] if facts.customer is None else await queries.of_customer(db, facts.customer)
    begun = {
        "kind": given.get("kind", "inquiry"),
        "priority": given.get("priority", "normal"),
        "subject": given.get("subject", ""),
        "description": given.get("description", facts.inputs),
        "phone": given.get("phone", facts.phone),
        "email": given.get("email", ""),
        "owner": given.get("owner", person_of(request).login if call else ""),
        "team": given.get("team", ""),
        "category": given.get("category", ""),
        "product": given.get("product", ""),
        "serial": given.get("serial", ""),
        "queue": given.get("queue", facts.queue),
    }
    return render(
        request,
        "tickets/new.html",
        status=status,
        given=begun,
        facts=facts,
        agent=wording.agent(facts.agent),
        open_ones=[each for each in theirs if each.is_open],
        wrong=wrong,
        now=clock.now(),
        far=FAR,
        **shared,
    )


async def _find_customer(request: web.Request) -> web.Response:
    """Customers who may be meant, to choose from."""
    wanted = customers(plan_of(settings_of(request)))
    look = asked(wanted, {"text": request.query.get("find", "")}, _FOUND)
    async with reading(request) as db:
        found = (await fetch(db, wanted, look)).rows if look.filters else []
    return render(request, "tickets/found.html", found=found, looked=bool(look.filters))


async def _of_call(request: web.Request) -> web.Response:
    """The tickets of a call, for its page and the desk."""
    call = text(request.query.get("call", ""))
    if not call or len(call) > 150:
        raise BadRequest("call: the id of a call")
    state = request.app[STATE]()
    async with reading(request) as db:
        found = await queries.of_call(db, state.aliases.get(call, call))
    return render(request, "tickets/of_call.html", found=found, call=call, now=clock.now(), far=FAR)


def _given(request: web.Request) -> dict[str, str]:
    """What the address asks for. Without a word about the status, open ones."""
    given = {name: value for name, value in request.query.items() if "\0" not in value}
    return {"status": "open"} | {name: value for name, value in given.items() if value}


async def _shared(request: web.Request, db: Any) -> dict[str, Any]:
    """What several pages need: names, lists of words, who may own a ticket."""
    state: State = request.app[STATE]()
    people, categories = await queries.people(db), await queries.categories(db)
    teams = {agent.config.team for agent in state.agents.values()} | {category.team for category in categories}
    language = words_of(request).language
    return {
        "people": people,
        "names": await queries.names(db),
        "teams": sorted(teams - {""}),
        "categories": categories,
        "category_names": {each.id: each.said(language) for each in categories},
        "kinds": rules.KINDS,
        "priorities": rules.PRIORITIES,
        "all_statuses": ("open", *rules.STATUSES[:1], *rules.STATUSES[2:], "done", ANY),
        "queues": Wording(words_of(request), state).queues,
        "mails": bool(settings_of(request).mailbox),
        "manages": person_of(request).may(Permission.MANAGE_TICKETS),
    }


def _as_row(found: Any) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("next_due", "is_open", "first_at", "first_warn", "warn")}


ROUTES: tuple[Route, ...] = (
    page("/tickets", _list, Permission.SEE_TICKETS),
    page("/tickets/export.csv", _export, Permission.SEE_TICKETS),
    page("/tickets/export.xlsx", _export, Permission.SEE_TICKETS),
    page("/tickets/new", _new, Permission.EDIT_TICKETS),
    page("/tickets/find-customer", _find_customer, Permission.SEE_CUSTOMERS),
    page("/tickets/of-call", _of_call, Permission.SEE_TICKETS),
    page("/tickets/{id}", _one, Permission.SEE_TICKETS),
)
