"""Lists of rows that stay fast at a million: filters that live in the URL, allowed columns to sort by, pages by key.

A page begins after the last row of the one before (its sort value and its id), so the hundredth page costs what the
first one does. What the URL says and is not allowed is left out, as if it were not there.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode

from sqlalchemy import BigInteger, Boolean, ColumnElement, Float, Integer, Select, String, literal, or_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import NullType

MOST = 200
_LONE = re.compile("[\ud800-\udfff]")
Filter: TypeAlias = Callable[[str], ColumnElement[bool] | None]
"""From the text in the URL to a condition; None when the text means nothing."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What may be asked of one list. `query`: the columns it shows; `key`: the unique id, which settles equal values.

    `sorts`: by name, what may be sorted by (never null: use coalesce); `filters`: by name, each from text to condition.
    """

    query: Select[Any]
    key: ColumnElement[Any]
    sorts: Mapping[str, ColumnElement[Any]]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    sort: str = ""
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """What the URL asks for, as far as it is allowed."""

    sort: str
    descending: bool
    filters: dict[str, str]
    after: str = ""
    limit: int = 50

    def url(self, path: str, **changes: str) -> str:
        """The address of the same list with some of it changed; an empty change takes it out."""
        order = ("-" if self.descending else "") + self.sort
        wanted = {**self.filters, "sort": order} | changes
        given = {name: value for name, value in wanted.items() if value}
        return f"{path}?{urlencode(given)}" if given else path


@dataclass(frozen=True, slots=True)
class Page:
    """`next`: where the following page begins; empty on the last one."""

    rows: list[dict[str, Any]]
    next: str


def asked(listing: Listing, given: Mapping[str, str], limit: int = 50) -> Asked:
    """Read the URL's query: `sort=-name`, `after=...`, `limit=...`, and one value for each filter."""
    default = listing.sort or next(iter(listing.sorts))
    wanted = given.get("sort", "")
    name, descending = wanted.removeprefix("-"), wanted.startswith("-")
    if name not in listing.sorts:
        name, descending = default, listing.descending
    size = given.get("limit", "")
    return Asked(
        sort=name,
        descending=descending,
        filters={f: given[f].strip() for f in listing.filters if given.get(f, "").strip()},
        after=given.get("after", ""),
        limit=min(MOST, int(size)) if size.isascii() and size.isdigit() and int(size) else limit,
    )


def filtered(listing: Listing, wanted: Asked) -> Select[Any]:
    """The query with the filters, not yet sorted: what is counted or exported."""
    found = [listing.filters[name](value) for name, value in wanted.filters.items()]
    return listing.query.where(*(condition for condition in found if condition is not None))


async def fetch(connection: AsyncConnection, listing: Listing, wanted: Asked) -> Page:
    """One page. A cursor that was tampered with begins at the first page."""
    by, key = listing.sorts[wanted.sort], listing.key
    query = filtered(listing, wanted).add_columns(by.label("list_sort"), key.label("list_key"))
    rows: list[dict[str, Any]] = []
    for part in _parts(query, wanted, by, key):
        found = await connection.execute(part.limit(wanted.limit + 1 - len(rows)))
        rows += [dict(row) for row in found.mappings()]
        if len(rows) > wanted.limit:
            break
    more, rows = len(rows) > wanted.limit, rows[: wanted.limit]
    following = _write(rows[-1]["list_sort"], rows[-1]["list_key"]) if more else ""
    for row in rows:
        del row["list_sort"], row["list_key"]
    return Page(rows, following)


def _parts(query: Select[Any], wanted: Asked, by: ColumnElement[Any], key: ColumnElement[Any]) -> Iterator[Select[Any]]:
    """What follows the cursor: the rest of those with the same sort value, then all others.

    Apart, each begins at one place of an index; as one condition SQLite reads through all of the same value.
    """
    less = wanted.descending
    among_equals = key.desc() if less else key.asc()
    order = (by.desc() if less else by.asc(), among_equals)
    cursor = _read(wanted.after, by, key)
    if cursor is None:
        yield query.order_by(*order)
        return
    value, ident = (literal(said, column.type) for said, column in zip(cursor, (by, key), strict=True))
    behind = key < ident if less else key > ident
    if by is key:
        yield query.where(behind).order_by(*order)
        return
    yield query.where(by == value, behind).order_by(among_equals)
    yield query.where(by < value if less else by > value).order_by(*order)


def text_filter(*columns: ColumnElement[Any]) -> Filter:
    """Part of any of these columns, upper and lower case alike."""

    def condition(value: str) -> ColumnElement[bool]:
        return or_(*(column.icontains(value, autoescape=True) for column in columns))

    return condition


def exact(column: ColumnElement[Any], allowed: Sequence[str] = ()) -> Filter:
    """Exactly this value; with `allowed`, one of these only."""

    def condition(value: str) -> ColumnElement[bool] | None:
        return column == value if not allowed or value in allowed else None

    return condition


def _write(value: Any, key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, key]).encode()).decode().rstrip("=")


def _read(cursor: str, by: ColumnElement[Any], key: ColumnElement[Any]) -> tuple[Any, Any] | None:
    """The last row's sort value and id; None for what such a column cannot hold: the database would refuse it."""
    try:
        value, ident = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if not (_holds(by, value) and _holds(key, ident)):
        return None
    return (float(value) if isinstance(by.type, Float) else value), ident


def _holds(column: ColumnElement[Any], value: Any) -> bool:
    kind = column.type
    if isinstance(value, str):
        return isinstance(kind, String | NullType) and "\0" not in value and not _LONE.search(value)
    if isinstance(value, bool) or isinstance(kind, Boolean):
        return isinstance(value, bool) and isinstance(kind, Boolean)
    if isinstance(value, int):
        most = 2**31 if isinstance(kind, Integer) and not isinstance(kind, BigInteger) else 2**63
        return not isinstance(kind, String) and abs(value) < most
    return isinstance(value, float) and not isinstance(kind, String | Integer) and math.isfinite(value)
