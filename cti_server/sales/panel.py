"""What an agent sees of sales while a customer is on the line: what is open, what was bought, what to offer."""

from typing import Any

import msgspec
from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.sales import crosssell
from cti_server.sales.asking import query_asked, told
from cti_server.sales.crosssell import Suggestion
from cti_server.sales.paper_tables import sales_order
from cti_server.sales.queries import Me, customer_of, every, reached
from cti_server.sales.rules import ANSWERS
from cti_server.sales.states import state
from cti_server.sales.tables import opportunity
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, page

MOST = 5


class OpenOne(msgspec.Struct, frozen=True, kw_only=True):
    """`mine`: this person may open it. Of others' only the title, the stage and whose it is are told."""

    id: int
    title: str
    stage: str
    owner: str
    amount: int
    currency: str
    expected: str
    mine: bool


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    state: str
    total: int
    currency: str
    created: float
    mine: bool


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    customer: int
    open: list[OpenOne]
    orders: list[Bought]
    offers: list[Suggestion]


async def panel(engine: AsyncEngine, customer_id: int, me: Me, currency: str) -> Panel:
    """Raises LookupError for a customer who is not there."""
    async with engine.connect() as connection:
        known = await customer_of(connection, customer_id)
        if known is None:
            raise LookupError(customer_id)
        mine = reached(me, opportunity).label("mine")
        query = select(opportunity, mine).where(opportunity.c.customer == known["id"], opportunity.c.status == "open")
        open_ones = await every(connection, query.order_by(opportunity.c.expected, opportunity.c.id).limit(MOST))
        mine = reached(me, sales_order).label("mine")
        query = select(sales_order, state().label("state"), mine).where(sales_order.c.customer == known["id"])
        last = await every(connection, query.order_by(sales_order.c.created.desc()).limit(MOST))
        offers = await crosssell.suggested(connection, known["id"], clock.now(), currency)
    for row in open_ones:
        if not row["mine"]:
            row["amount"] = 0
    return Panel(
        customer=known["id"],
        open=[OpenOne(**{n: _plain(n, row[n]) for n in OpenOne.__struct_fields__}) for row in open_ones],
        orders=[Bought(**{n: _plain(n, row[n]) for n in Bought.__struct_fields__}) for row in last],
        offers=offers,
    )


def _plain(name: str, value: Any) -> Any:
    """A condition that was selected comes as 0 or 1 from SQLite."""
    return bool(value) if name == "mine" else value


@told
async def _panel(request: web.Request) -> web.StreamResponse:
    a = query_asked(request)
    found = await panel(request.app[ENGINE], a.whole("customer"), a.me, a.currency)
    call = a.text("call")[:150]
    return await a.page("panel.html", found=found, call=call, answers=ANSWERS, panel_url=request.path_qs)


ROUTES: tuple[Route, ...] = (page("/sales/panel", _panel, Permission.SEE_SALES),)
