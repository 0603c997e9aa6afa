"""The list of tickets: what can be shown, filtered and sorted by. Every order has an index."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, false, or_, select

from cti_server.customers.tables import customer
from cti_server.tickets.rules import KINDS, OPEN, PRIORITIES, STATUSES, as_number
from cti_server.tickets.tables import ticket, ticket_call, ticket_category, ticket_watcher
from cti_server.web.lists import Filter, Listing, exact, text_filter

ANY = "all"
"""In a filter's value: no condition, where the default is one."""
COLUMNS = [c for c in ticket.columns if c.name not in ("description", "resolution")]


def listing(login: str, now: float) -> Listing:
    """The list as `login` asks for it at `now` (epoch seconds): `owner=me`, `watch=me`, `due=late`."""
    named = select(*COLUMNS, customer.c.name.label("customer_name"), customer.c.tier.label("customer_tier"))
    filters: Mapping[str, Filter] = {
        "status": _status,
        "kind": exact(ticket.c.kind, KINDS),
        "priority": lambda value: ticket.c.priority == PRIORITIES.index(value) if value in PRIORITIES else None,
        "owner": lambda value: ticket.c.owner == {"me": login, "none": ""}.get(value, value),
        "team": exact(ticket.c.team),
        "category": _category,
        "customer": lambda value: _whose(int(value)) if _is_number(value) else None,
        "due": lambda value: _due(value, now),
        "watch": lambda value: _watched(login, value),
        "call": lambda value: ticket.c.id.in_(select(ticket_call.c.ticket).where(ticket_call.c.call == value)),
        "text": _text,
    }
    return Listing(
        query=named.outerjoin(customer, customer.c.id == ticket.c.customer),
        key=ticket.c.id,
        sorts={
            "due": ticket.c.next_due,
            "created": ticket.c.created,
            "changed": ticket.c.changed,
            "priority": ticket.c.priority,
            "number": ticket.c.number,
        },
        filters=filters,
        sort="due",
        descending=False,
    )


def _whose(ident: int) -> ColumnElement[bool]:
    """Of this customer, and of duplicates that became part of it."""
    return ticket.c.customer.in_(
        select(customer.c.id).where(or_(customer.c.id == ident, customer.c.merged_into == ident))
    )


def _status(value: str) -> ColumnElement[bool] | None:
    if value == "open":
        return ticket.c.is_open
    if value == "done":
        return ticket.c.is_open.is_(False)
    if value in STATUSES:
        # The index begins with `is_open`.
        return and_(ticket.c.is_open.is_(value in OPEN), ticket.c.status == value)
    return None


def _category(value: str) -> ColumnElement[bool] | None:
    """This one, and those below it."""
    if not _is_number(value):
        return None
    below = select(ticket_category.c.id).where(ticket_category.c.parent == int(value))
    return or_(ticket.c.category == int(value), ticket.c.category.in_(below))


def _due(value: str, now: float) -> ColumnElement[bool] | None:
    if value == "late":
        return ticket.c.next_due <= now
    if value == "soon":
        first = and_(ticket.c.first_at.is_(None), ticket.c.first_warn <= now)
        return and_(ticket.c.is_open, ticket.c.next_due > now, or_(first, ticket.c.warn <= now))
    return None


def _watched(login: str, value: str) -> ColumnElement[bool] | None:
    mine = select(ticket_watcher.c.ticket).where(ticket_watcher.c.login == login)
    if value == "me":
        return ticket.c.id.in_(mine)
    if value == "news":
        return ticket.c.id.in_(
            mine.where(ticket_watcher.c.ticket == ticket.c.id, ticket_watcher.c.seen < ticket.c.changed)
        )
    return None


def _text(value: str) -> ColumnElement[bool] | None:
    """A whole number finds its ticket by the index; anything else is looked for in subject, number, product, serial."""
    if "\0" in value:
        return false()
    if number := as_number(value):
        return ticket.c.number == number
    return text_filter(ticket.c.subject, ticket.c.number, ticket.c.product, ticket.c.serial, ticket.c.phone)(value)


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10
