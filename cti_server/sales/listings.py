"""The lists of sales: opportunities, leads, quotes, orders, returns, products. One page and one export for them all."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from aiohttp import web

from cti_server.sales import leads, orders, pipeline, products, quotes, returns
from cti_server.sales.asking import Asked, query_asked
from cti_server.sales.products import categories
from cti_server.sales.queries import Row
from cti_server.sales.rules import LEAD_STATUSES, QUOTE_STATUSES, RETURN_STATUSES, STAGES, STATUSES
from cti_server.sales.states import STATES
from cti_server.web.export import MOST_ROWS, attachment
from cti_server.web.i18n import Words
from cti_server.web.keys import ENGINE
from cti_server.web.lists import Listing, asked, fetch, filtered
from cti_server.web.permissions import Permission
from cti_server.web.render import words_of
from cti_server.web.routes import Route, page


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `kind` says how a value is shown; `group`: of the words of a `word`; `to`: where a `link` leads."""

    name: str
    kind: Literal["text", "link", "money", "moment", "day", "word", "person", "percent", "yes", "name"] = "text"
    group: str = ""
    to: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """`choices`: filters with their words, by name; an empty tuple: people."""

    name: str
    listing: Callable[[Asked], Listing]
    columns: tuple[Column, ...]
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)


_CUSTOMER = Column("customer_name", "link", to="/customers/{customer}", label="customer")
_OWNER = Column("owner", "person")
PAGES = (
    ListPage(
        "opportunities",
        lambda a: pipeline.listing(a.me),
        (
            Column("title", "link", to="/sales/opportunities/{id}"),
            _CUSTOMER,
            Column("stage", "word", "sales.stage"),
            Column("status", "word", "sales.status"),
            Column("amount", "money"),
            Column("probability", "percent"),
            Column("expected", "day"),
            _OWNER,
            Column("campaign"),
            Column("changed", "moment"),
        ),
        {"status": STATUSES, "stage": tuple(STAGES), "owner": ()},
        {"status": "sales.status", "stage": "sales.stage"},
    ),
    ListPage(
        "leads",
        lambda a: leads.listing(a.me),
        (
            Column("name", "link", to="/sales/leads/{id}"),
            Column("number"),
            Column("status", "word", "sales.lead_status"),
            Column("interest"),
            Column("campaign"),
            _OWNER,
            Column("created", "moment"),
        ),
        {"status": LEAD_STATUSES, "owner": ()},
        {"status": "sales.lead_status"},
    ),
    ListPage(
        "quotes",
        lambda a: quotes.listing(a.me),
        (
            Column("series", "link", to="/sales/quotes/{id}"),
            Column("revision"),
            _CUSTOMER,
            Column("status", "word", "sales.quote_status"),
            Column("total", "money"),
            Column("valid_until", "day"),
            _OWNER,
            Column("created", "moment"),
        ),
        {"status": QUOTE_STATUSES, "owner": ()},
        {"status": "sales.quote_status"},
    ),
    ListPage(
        "orders",
        lambda a: orders.listing(a.me),
        (
            Column("id", "link", to="/sales/orders/{id}", label="number"),
            _CUSTOMER,
            Column("state", "word", "sales.order_state", label="status"),
            Column("total", "money"),
            Column("paid", "money"),
            _OWNER,
            Column("campaign"),
            Column("created", "moment"),
        ),
        {"state": STATES, "owner": ()},
        {"state": "sales.order_state"},
    ),
    ListPage(
        "returns",
        lambda a: returns.listing(a.me),
        (
            Column("id", "link", to="/sales/orders/{order}#returns", label="number"),
            _CUSTOMER,
            Column("status", "word", "sales.return_status"),
            Column("amount", "money"),
            Column("reason"),
            Column("ticket"),
            Column("created", "moment"),
        ),
        {"status": RETURN_STATUSES},
        {"status": "sales.return_status"},
    ),
    ListPage(
        "products",
        lambda a: products.listing(a.now, a.currency),
        (
            Column("sku", "link", to="/sales/products/{id}"),
            Column("name_en", "name", label="product"),
            Column("category"),
            Column("unit"),
            Column("amount", "money", label="price"),
            Column("active", "yes"),
        ),
        {"active": ("yes", "no")},
        {"active": "sales.yes_no"},
    ),
)


async def show(given: ListPage, request: web.Request) -> web.StreamResponse:
    """The page, or with `format=csv` or `xlsx` the whole list with the same filters as a file."""
    a = query_asked(request)
    listing = given.listing(a)
    wanted = asked(listing, a.fields)
    kind = a.text("format")
    if kind in ("csv", "xlsx"):
        return await _export(given, a, "csv" if kind == "csv" else "xlsx")
    async with request.app[ENGINE].connect() as connection:
        found = await fetch(connection, listing, wanted)
        known = await categories(connection) if given.name == "products" else []
    return await a.page(
        "list.html",
        tab=given.name,
        given=given,
        wanted=wanted,
        rows=found.rows,
        next=found.next,
        sorts=listing.sorts,
        categories=known,
        later="after" in a.fields,
    )


async def _export(given: ListPage, a: Asked, kind: Literal["csv", "xlsx"]) -> web.StreamResponse:
    listing, words, names = given.listing(a), words_of(a.request), await a.names()
    wanted = asked(listing, a.fields)
    by = listing.sorts[wanted.sort]
    order = (by.desc(), listing.key.desc()) if wanted.descending else (by.asc(), listing.key.asc())
    async with a.request.app[ENGINE].connect() as connection:
        found = await connection.execute(filtered(listing, wanted).order_by(*order).limit(MOST_ROWS))
        rows = [dict(row) for row in found.mappings()]
    titles = [words.text(f"sales.column.{column.label or column.name}") for column in given.columns]
    lines = ([_cell(column, row, words, names, a.digits) for column in given.columns] for row in rows)
    return await asyncio.to_thread(attachment, kind, given.name, titles, list(lines))


def _cell(column: Column, row: Row, words: Words, names: dict[str, str], digits: int) -> Any:
    """A value as a spreadsheet takes it: sums as numbers, moments as the site's time."""
    value = row[column.name]
    match column.kind:
        case "money":
            return None if value is None else float(Decimal(value).scaleb(-digits))
        case "moment":
            return words.iso(value)
        case "word":
            return words.one_of(column.group, value)
        case "person":
            return names.get(value, value)
        case "yes":
            return words.text(f"sales.yes_no.{'yes' if value else 'no'}")
        case "name":
            return row[f"name_{words.language}"]
        case _:
            return value


def _route(given: ListPage) -> Route:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await show(given, request)

    return page(f"/sales/{given.name}", handler, Permission.SEE_SALES)


ROUTES: tuple[Route, ...] = tuple(_route(given) for given in PAGES)
