"""`/sales`: the pipeline as a board, one opportunity, a new one out of a call, one lead, and what belongs to a call."""

from typing import Any

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.rules.fired import fired
from cti_server.sales import leads, opportunities, orders, pipeline, products, quotes
from cti_server.sales.asking import Asked, ident_of, query_asked, told
from cti_server.sales.months import day_after
from cti_server.sales.opportunities import time_in_stages
from cti_server.sales.paper_tables import quote, sales_order
from cti_server.sales.queries import Origin, Row, call_of, calls_like, customer_of, every, find_customers, reached
from cti_server.sales.rules import STAGES, following
from cti_server.sales.states import state
from cti_server.sales.subjects import OPPORTUNITY
from cti_server.sales.tables import lead, opportunity
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, page

EXPECTED_DAYS = 30


@told
async def _board(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    owner = a.text("owner")
    async with request.app[ENGINE].connect() as connection:
        stages = await pipeline.board(connection, a.me, owner)
    return await a.page("board.html", stages=stages, owner=owner, order=list(STAGES))


@told
async def _opportunity(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        return await opportunity_page(connection, a, ident_of(request))


async def opportunity_page(connection: AsyncConnection, a: Asked, ident: int, **more: Any) -> web.Response:
    """`typed`: what somebody sent and could not be saved; `said`: why; `taken`: who has the account already."""
    row = await opportunities.get(connection, a.me, ident)
    past = await opportunities.past(connection, ident)
    given: dict[str, Any] = {"typed": {}, "said": "", "taken": None, "status": 200}
    return await a.page(
        "opportunity.html",
        tab="opportunities",
        row=row,
        past=past,
        spent=time_in_stages(past, a.now),
        shares=await opportunities.shares(connection, ident),
        quotes=await quotes.of_opportunity(connection, ident),
        orders=await orders.of_opportunity(connection, ident),
        fired=await fired(a.request, connection, OPPORTUNITY, ident),
        stages=list(STAGES),
        **given | more,
    )


@told
async def _new(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        return await new_page(connection, a, "new.html", {})


async def new_page(
    connection: AsyncConnection, a: Asked, template: str, typed: dict[str, str], said: str = "", **more: Any
) -> web.Response:
    """A form for something new, filled in with what is known: of the call, of the customer, and what was typed.

    Without a customer, those whom the call's number or the words `find` may mean are there to be chosen from.
    """
    origin, row = Origin(), None
    found: list[Row] = []
    if call := a.text("call"):
        known = await call_of(connection, call, a.plan)
        if known is not None:
            origin, found, row = known
    chosen = None
    if (given := a.text("customer")).isdigit() and len(given) < 10:
        chosen = await customer_of(connection, int(given))
    if chosen is None and a.text("find"):
        found = await find_customers(connection, a.text("find"))
    elif chosen is None and len(found) == 1:
        chosen = found[0]
    values: dict[str, Any] = {"status": 200, "tab": "opportunities"} | more
    values.setdefault("taken", None)
    return await a.page(
        template,
        **values,
        origin=origin,
        call_row=row,
        found=found,
        chosen=chosen,
        typed=typed,
        said=said,
        stages=list(STAGES),
        expected=day_after(a.today, EXPECTED_DAYS),
        products=await products.on_sale(connection, a.now, a.currency),
    )


@told
async def _new_lead(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        return await new_page(connection, a, "new_lead.html", {}, tab="leads")


@told
async def _lead(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    async with request.app[ENGINE].connect() as connection:
        row = await leads.get(connection, a.me, ident_of(request))
        found = await find_customers(connection, a.text("find")) if a.text("find") else []
    steps = following("lead", row["status"])
    return await a.page("lead.html", tab="leads", row=row, steps=steps, found=found)


@told
async def _of_call(request: web.Request) -> web.StreamResponse:
    """A part of the call's page."""
    a = query_asked(request)
    call = a.text("call")[:150]
    async with request.app[ENGINE].connect() as connection:
        parts = await of_call(connection, a, call)
    return await a.page("of_call.html", call=call, parts=parts)


async def of_call(connection: AsyncConnection, a: Asked, call: str) -> dict[str, list[Row]]:
    """What came of a call, also while it was known under another id. Only what this person may open."""
    same = calls_like(call)
    tables = {"lead": lead, "opportunity": opportunity, "quote": quote, "order": sales_order}
    found: dict[str, list[Row]] = {}
    for name, table in tables.items():
        query = select(table).where(table.c.call.in_(same), reached(a.me, table)).order_by(table.c.id)
        if name == "order":
            query = query.add_columns(state().label("state"))
        found[name] = await every(connection, query.limit(20))
    return found


ROUTES: tuple[Route, ...] = (
    page("/sales", _board, Permission.SEE_SALES),
    page("/sales/opportunities/{id}", _opportunity, Permission.SEE_SALES),
    page("/sales/new", _new, Permission.EDIT_SALES),
    page("/sales/leads/new", _new_lead, Permission.EDIT_SALES),
    page("/sales/leads/{id}", _lead, Permission.SEE_SALES),
    page("/sales/of-call", _of_call, Permission.SEE_SALES),
)
