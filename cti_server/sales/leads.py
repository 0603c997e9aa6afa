"""Leads: somebody showed an interest; nobody knows yet what comes of it, sometimes not even who it is."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers import timeline
from cti_server.customers.tables import customer
from cti_server.sales.queries import Me, Origin, Row, add, change, customer_of, limited, one, reached, seen, whole
from cti_server.sales.rules import LEAD_STATUSES, Refused, check_step
from cti_server.sales.tables import lead
from cti_server.web.lists import Listing, exact, text_filter

MOST_INTEREST, MOST_WORD = 5000, 200


async def add_lead(
    connection: AsyncConnection,
    me: Me,
    origin: Origin,
    at: float,
    *,
    customer_id: int | None,
    name: str,
    number: str,
    interest: str,
    owner: str,
) -> int:
    """Raises Refused: at least a name, a number or a customer is needed."""
    given = {"name": name, "number": number, "interest": interest}
    texts = limited(given, name=MOST_WORD, number=MOST_WORD, interest=MOST_INTEREST)
    known = await customer_of(connection, customer_id) if customer_id else None
    if customer_id and known is None:
        raise Refused("no_customer")
    if not known and not texts["name"] and not texts["number"]:
        raise Refused("no_name")
    if known:
        texts["name"] = texts["name"] or known["name"]
    stamps = {"created": at, "created_by": me.login, "changed": at, "changed_by": me.login, "version": 1}
    about = {"call": origin.call, "campaign": origin.campaign, "dnis": origin.dnis}
    values = {"customer": known["id"] if known else None, "status": "new", "owner": owner}
    ident = await add(connection, lead, **texts, **about, **stamps, **values)
    if known:
        await _note(connection, known["id"], ident, "new", texts["interest"], me, at, origin.call)
    return ident


async def step(
    connection: AsyncConnection,
    me: Me,
    ident: int,
    version: int,
    status: str,
    at: float,
    customer_id: int | None = None,
) -> None:
    """`customer_id`: who it turned out to be."""
    row = await get(connection, me, ident)
    check_step("lead", row["status"], status)
    who = customer_id or row["customer"]
    await change(connection, lead, ident, version, me.login, at, status=status, customer=who)
    if who:
        await _note(connection, who, ident, status, row["interest"], me, at, row["call"])


async def get(connection: AsyncConnection, me: Me, ident: int) -> Row:
    row = await one(connection, _query().where(lead.c.id == ident, reached(me, lead)))
    if row is None:
        raise LookupError(ident)
    return row


def listing(me: Me) -> Listing:
    return Listing(
        query=_query().where(seen(me, lead)),
        key=lead.c.id,
        sorts={"created": lead.c.created, "name": lead.c.name},
        filters={
            "text": text_filter(lead.c.name, lead.c.number, lead.c.interest),
            "status": exact(lead.c.status, LEAD_STATUSES),
            "owner": lambda value: lead.c.owner == ("" if value == "-" else value),
            "campaign": exact(lead.c.campaign),
            "customer": lambda value: lead.c.customer == whole(value),
        },
    )


def _query() -> Select[Any]:
    name = func.coalesce(customer.c.name, "").label("customer_name")
    return select(lead, name).outerjoin(customer, customer.c.id == lead.c.customer)


async def _note(
    connection: AsyncConnection, customer_id: int, ident: int, what: str, said: str, me: Me, at: float, call: str
) -> None:
    about = {"kind": "lead", "ref": str(ident), "what": what, "by": me.login, "said": said}
    await timeline.note(connection, customer_id, at=at, **about, call=call)
