"""Lists by key and files for spreadsheets, on both databases."""

import base64
import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import Boolean, Column, Double, Integer, MetaData, String, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.db import open_engine
from cti_server.web.export import as_csv, as_xlsx, download, safe_cell
from cti_server.web.lists import MOST, Asked, Listing, asked, exact, fetch, text_filter
from tests.journal.conftest import postgres, url

__all__ = ["postgres", "url"]
thing = Table(
    "thing",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("at", Double),
    Column("flag", Boolean),
)
LIST = Listing(
    query=select(thing.c.name, thing.c.at),
    key=thing.c.id,
    sorts={"at": thing.c.at, "name": thing.c.name, "flag": thing.c.flag, "id": thing.c.id},
    filters={"text": text_filter(thing.c.name), "name": exact(thing.c.name, ("a", "B")), "any": exact(thing.c.name)},
)
ROWS = [
    {"id": n, "name": "aB_%"[n % 4] + "xyz"[n % 3] * (n % 2), "at": float(n * 7 % 5), "flag": n % 3 == 0}
    for n in range(1, 41)
]


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(url)
    async with engine.begin() as db:
        await db.run_sync(thing.metadata.create_all)
        await db.execute(insert(thing), ROWS)
    yield engine
    await engine.dispose()


async def pages(engine: AsyncEngine, given: dict[str, str]) -> list[dict[str, Any]]:
    """Every row of the list, page by page."""
    rows: list[dict[str, Any]] = []
    after = ""
    async with engine.connect() as db:
        while True:
            page = await fetch(db, LIST, asked(LIST, given | {"after": after}))
            rows += page.rows
            if not page.next:
                return rows
            assert len(page.rows) == int(given["limit"])
            after = page.next


async def test_the_pages_put_together_are_the_sorted_list(engine: AsyncEngine) -> None:
    for sort in ("at", "-at", "flag", "-flag", "id", "-id"):
        for limit in ("1", "7", "40"):
            name = sort.removeprefix("-")
            wanted = sorted(ROWS, key=lambda r: (r[name], r["id"]), reverse=sort.startswith("-"))
            found = await pages(engine, {"sort": sort, "limit": limit})
            assert [(r["name"], r["at"]) for r in found] == [(r["name"], r["at"]) for r in wanted], (sort, limit)
    names = await pages(engine, {"sort": "name", "limit": "7"})
    assert len(names) == 40, "in whatever order this database sorts texts"


async def test_filters_are_values_and_never_patterns(engine: AsyncEngine) -> None:
    for given, wanted in (
        ({"text": "b"}, lambda n: "b" in n.lower()),
        ({"text": "%"}, lambda n: "%" in n),
        ({"text": "_"}, lambda n: "_" in n),
        ({"name": "a"}, lambda n: n == "a"),
        ({"name": "'"}, lambda n: True),
        ({"any": "'; drop table thing"}, lambda n: False),
        ({"colour": "red"}, lambda n: True),
    ):
        found = await pages(engine, given | {"limit": "50", "sort": "id"})
        assert [r["name"] for r in found] == [r["name"] for r in ROWS if wanted(r["name"])], given


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


async def test_a_cursor_that_was_tampered_with_begins_anew(engine: AsyncEngine) -> None:
    """And never is a value sent to the database that its column cannot hold: PostgreSQL would refuse it."""
    whole: dict[str, Any] = {}
    async with engine.connect() as db:
        for sort in LIST.sorts:
            whole[sort] = (await fetch(db, LIST, asked(LIST, {"sort": sort}))).rows
        for sort in LIST.sorts:
            for after in (
                *(
                    "zzz",
                    "====",
                    "e30",
                    cursor(),
                    cursor(1),
                    cursor(1, 2, 3),
                    cursor(None, 1),
                    cursor([], {}),
                    "W" * 5000,
                ),
                *(cursor("x" if sort != "name" else 3, 1), cursor(2**80, 1), cursor("\0", 1), cursor("\ud800", 1)),
                *(cursor(1.5, "1"), cursor(1.0, 2**40), cursor(1.0, 1.5), cursor(True, True), cursor(10**400, 1)),
            ):
                page = await fetch(db, LIST, asked(LIST, {"sort": sort, "after": after}))
                assert page.rows == whole[sort], (sort, after)
        nan = base64.urlsafe_b64encode(b"[NaN, 1]").decode()
        assert (await fetch(db, LIST, asked(LIST, {"sort": "at", "after": nan}))).rows == whole["at"]


def test_an_address_asks_only_what_is_allowed() -> None:
    assert asked(LIST, {"sort": "body", "limit": "x"}) == Asked("at", True, {}, "", 50)
    assert asked(LIST, {"sort": "name", "limit": "9999"}).limit == MOST
    assert asked(LIST, {"limit": "0"}).limit == asked(LIST, {"limit": "٣"}).limit == 50
    wanted = asked(LIST, {"sort": "-name", "text": " a&b ", "name": " "})
    assert wanted.url("/things") == "/things?text=a%26b&sort=-name"
    assert wanted.url("/things", text="", after="x") == "/things?sort=-name&after=x"


DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", '=HYPERLINK("http://x","y")')


def test_no_cell_begins_a_formula() -> None:
    for text in DANGEROUS:
        assert safe_cell(text) == f"'{text}"
    assert [safe_cell(v) for v in (None, -1, 1.5, True, "1-1", "王小明")] == ["", -1, 1.5, True, "1-1", "王小明"]
    told = as_csv(["a", "=b"], [[text, 'x,"y"\n'] for text in DANGEROUS])
    assert told.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(told.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["a", "'=b"] and rows[1:] == [[f"'{text}", 'x,"y"\n'] for text in DANGEROUS]
    assert as_csv(["a"], [["\ud800"]]).decode("utf-8-sig").splitlines() == ["a", "?"]


async def test_a_workbook_holds_texts_and_numbers() -> None:
    odd = ["http://x.y", "007", None, 3, 2.5, True, float("nan"), "x" * 40_000, "\ud800\x01", {"a": 1}]
    book = as_xlsx(["title"] * 10, [odd, ["=1+1", *[""] * 9]], "客户")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_name("客户").to_python()
    assert sheet[1][:6] == ["http://x.y", "007", "", 3, 2.5, True] and len(sheet[1][7]) == 32_767
    assert sheet[2][0] == "=1+1"
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert b"<f>1+1" not in parts.read("xl/worksheets/sheet1.xml") and b"hyperlink" not in parts.read(
            "xl/worksheets/sheet1.xml"
        )
    answer = await download("xlsx", '客户 "1"\r\nX: y', ["a"], [["b"]])
    assert answer.headers["Content-Disposition"].isascii() and "\r" not in answer.headers["Content-Disposition"]
