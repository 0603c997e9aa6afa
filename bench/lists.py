"""Lists by key beside `OFFSET`, on SQLite and on PostgreSQL: the first page, and one behind nine tenths of the rows.

The query and the page of 50 are the same both ways; only how its beginning is found differs. `ROWS`: so many customers,
orders and tickets each; 100,000 unless it says otherwise. A figure is the median of `ROUNDS`, in milliseconds.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy.ext.asyncio import AsyncConnection

from bench.crowd_rows import NOW, fill, number_of
from cti_server.customers import search, timeline
from cti_server.customers.numbers import Plan
from cti_server.db import open_engine
from cti_server.sales import orders
from cti_server.sales.queries import Me
from cti_server.tickets import listing as tickets
from cti_server.web.lists import Asked, Listing, asked, fetch, filtered
from cti_server.web.lists import _write as cursor_of
from tests.fresh import sqlite_database
from tests.services import private_postgres

ROWS = int(os.environ.get("ROWS", "100000"))
ROUNDS = 5
_PAGE = 50
_SLOW_S = 2.0
"""What takes longer is measured once."""
LISTS: Mapping[str, Listing] = {
    "customers": search.listing(Plan("CN", "010")),
    "tickets": tickets.listing("anna", NOW),
    "orders": orders.listing(Me(who="boss", login="boss", everything=True)),
}
SEARCHES = {
    "whole number": number_of(77),
    "its last four digits": number_of(77)[-4:],
    "account": "10000077",
    "initials": "wxm",
    "name": "王芳",
    "a word in a note": "周末",
    "nothing like it": "冰箱柜",
}


async def timed(what: Callable[[], Awaitable[object]]) -> float:
    """The median in milliseconds."""
    spent: list[float] = []
    while len(spent) < ROUNDS and sum(spent) < _SLOW_S:
        begun = perf_counter()
        await what()
        spent.append(perf_counter() - begun)
    return median(spent) * 1000


async def by_offset(db: AsyncConnection, given: Listing, wanted: Asked, skip: int) -> list[dict[str, object]]:
    by, key = given.sorts[wanted.sort], given.key
    order = (by.desc(), key.desc()) if wanted.descending else (by.asc(), key.asc())
    query = filtered(given, wanted).add_columns(by.label("list_sort"), key.label("list_key"))
    rows = await db.execute(query.order_by(*order).limit(_PAGE).offset(skip))
    return [dict(row) for row in rows.mappings()]


async def measure(name: str, url: str) -> None:
    engine = open_engine(url)
    deep = ROWS * 9 // 10
    async with engine.connect() as db:
        for title, given in LISTS.items():
            for sort in given.sorts:
                wanted = asked(given, {"sort": f"-{sort}"})
                (last,) = (await by_offset(db, given, wanted, deep - 1))[:1]
                after = asked(given, {"sort": f"-{sort}", "after": cursor_of(last["list_sort"], last["list_key"])})
                found = (await fetch(db, given, after)).rows
                offset = await by_offset(db, given, wanted, deep)
                if [r["id"] for r in found] != [r["id"] for r in offset]:
                    raise RuntimeError(f"{title} by {sort}: the two pages are not the same")
                first = await timed(lambda: fetch(db, given, wanted))  # noqa: B023  awaited here
                keyset = await timed(lambda: fetch(db, given, after))  # noqa: B023
                skipped = await timed(lambda: by_offset(db, given, wanted, deep))  # noqa: B023
                cells = (name, title, sort, f"{first:,.1f}", f"{keyset:,.1f}", f"{skipped:,.0f}")
                print(f"| {' | '.join(cells)} | {skipped / keyset:,.0f} |", flush=True)
        for what, words in SEARCHES.items():
            given = LISTS["customers"]
            wanted = asked(given, {"text": words})
            count = len((await fetch(db, given, wanted)).rows)
            spent = await timed(lambda: fetch(db, given, wanted))  # noqa: B023
            print(f"| {name} | search | {what} | {spent:,.1f} | {count} rows | | |", flush=True)
        spent = await timed(lambda: timeline.lines(db, ROWS // 2))
        print(f"| {name} | history | of one customer | {spent:,.1f} | | | |", flush=True)
    await engine.dispose()


def main() -> None:
    print(f"{ROWS:,} customers, orders and tickets; pages of {_PAGE}; deep: behind {ROWS * 9 // 10:,} rows.\n")
    head = ("database", "list", "sorted by", "first page", "deep, by key", "deep, OFFSET", "ratio")
    print(f"| {' | '.join(head)} |")
    print("|---|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        url = sqlite_database(Path(folder))
        fill(url, ROWS)
        asyncio.run(measure("SQLite", url))
    with private_postgres() as server:
        url = server.migrated_database()
        fill(url, ROWS)
        asyncio.run(measure("PostgreSQL", url))


if __name__ == "__main__":
    main()
