"""Rows as a file that people open in a spreadsheet: CSV (UTF-8 with its mark, as Excel wants it) or XLSX.

A cell that would begin a formula is made a text: a caller's name may be `=HYPERLINK(...)`. OWASP: CSV injection.
"""

import asyncio
import csv
import io
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

import xlsxwriter
from aiohttp import web

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Also the full-width forms, which some spreadsheets in East Asia take for the same."""
_MOST_CELL = 32_767
"""Characters in a cell of XLSX."""
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
Kind = Literal["csv", "xlsx"]
MOST_ROWS = 200_000


def safe_cell(value: Any) -> Any:
    """Numbers as they are; any text that a spreadsheet would take for a formula behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_csv(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([safe_cell(title) for title in titles])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def as_xlsx(titles: Sequence[str], rows: Iterable[Sequence[Any]], sheet: str = "Sheet1") -> bytes:
    """Texts are written as texts, so nothing in them is a formula or a link."""
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(out, options) as book:
        page = book.add_worksheet(sheet)
        bold = book.add_format({"bold": True})
        page.freeze_panes(1, 0)
        page.write_row(0, 0, titles, bold)
        for number, row in enumerate(rows, 1):
            page.write_row(number, 0, [_xlsx_cell(value) for value in row])
    return out.getvalue()


def _xlsx_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    return str(value)[:_MOST_CELL].encode("utf-8", "replace").decode()


async def download(kind: Kind, name: str, titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> web.Response:
    """`attachment`, made in a thread of its own: the loop goes on meanwhile."""
    return await asyncio.to_thread(attachment, kind, name, titles, rows)


def attachment(kind: Kind, name: str, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> web.Response:
    """The answer that downloads `name`.csv or `name`.xlsx. Blocks: `download` does not."""
    body = as_csv(titles, rows) if kind == "csv" else as_xlsx(titles, rows)
    return web.Response(
        status=HTTPStatus.OK,
        body=body,
        headers={
            "Content-Type": _TYPES[kind],
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.{kind}')}",
            "X-Content-Type-Options": "nosniff",
        },
    )
