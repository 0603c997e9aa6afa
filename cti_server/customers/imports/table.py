"""A file as rows of texts: CSV with any usual delimiter, or the first sheet of an XLSX workbook with anything in it."""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from cti_server.customers.imports import encoding as encodings

MOST_BYTES = 32 * 1024 * 1024
MOST_ROWS = 200_000
MOST_COLUMNS = 200
MOST_UNPACKED = 1024**3

DELIMITERS = (",", ";", "\t", "|", "，")
_LOOK_ROWS = 60
_LOOK_CHARS = 200_000
_FORMULA_QUOTE = re.compile(r"'(?=[=+\-@\t\r\n])")


class Unreadable(Exception):
    """`word`: of `import_failed` in the locales, with `values` for the text."""

    def __init__(self, word: str, **values: str) -> None:
        super().__init__(word)
        self.word, self.values = word, values


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """`rows` have as many cells as the widest. Empty ones at the end are left out, others kept: lines are counted."""

    kind: str
    encoding: str = ""
    delimiter: str = ""
    rows: list[list[str]]


def read(content: bytes, encoding: str = "", delimiter: str = "") -> Table:
    """`encoding`, `delimiter`: empty to find them. Raises Unreadable."""
    if not content.strip():
        raise Unreadable("empty")
    if len(content) > MOST_BYTES:
        raise Unreadable("too_big", size=str(MOST_BYTES // 1024**2))
    if content.startswith(b"PK\x03\x04"):
        table = Table(kind="xlsx", rows=_workbook(content))
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("old_excel")
    else:
        table = _text(content, encoding, delimiter)
    return msgspec.structs.replace(table, rows=_squared(table.rows))


def _text(content: bytes, encoding: str, delimiter: str) -> Table:
    encoding = encoding or encodings.find(content)
    text = encodings.decode(content, encoding)
    if "\0" in text[:_LOOK_CHARS]:
        raise Unreadable("not_a_table")
    delimiter = delimiter or delimiter_of(text)
    csv.field_size_limit(MOST_BYTES)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append([_cell(cell) for cell in row])
            if len(rows) > MOST_ROWS + 1:
                raise Unreadable("too_many_rows", rows=f"{MOST_ROWS:,}")
    except csv.Error as error:
        raise Unreadable("not_a_table") from error
    return Table(kind="csv", encoding=encoding, delimiter=delimiter, rows=rows)


def delimiter_of(text: str) -> str:
    """The one by which most of the first rows have the same number of cells, more than one; else the comma."""
    sample = text[:_LOOK_CHARS]
    best, score = ",", 0.0
    for delimiter in DELIMITERS:
        widths = _widths(sample, delimiter)
        if not widths:
            continue
        width, times = Counter(widths).most_common(1)[0]
        if width > 1 and (found := times / len(widths) + width / 1000) > score:
            best, score = delimiter, found
    return best


def _widths(sample: str, delimiter: str) -> list[int]:
    widths: list[int] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if row:
                widths.append(len(row))
            if len(widths) == _LOOK_ROWS:
                break
    except csv.Error:
        return []
    return widths


def _workbook(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OverflowError) as error:
        raise Unreadable("broken_workbook") from error
    if unpacked > MOST_UNPACKED:
        raise Unreadable("unpacks_too_big")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for number in range(len(book.sheet_names)):
            sheet = book.get_sheet_by_index(number)
            if sheet.total_height > MOST_ROWS + 1:
                raise Unreadable("too_many_rows", rows=f"{MOST_ROWS:,}")
            if sheet.total_width > MOST_COLUMNS:
                raise Unreadable("too_many_columns", columns=str(MOST_COLUMNS))
            rows = [[_cell(_plain(cell)) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
            if any(cell for row in rows for cell in row):
                return rows
    except PasswordError as error:
        raise Unreadable("password") from error
    except (CalamineError, OSError, ValueError) as error:
        raise Unreadable("broken_workbook") from error
    return []


def _plain(cell: Any) -> str:
    """A cell as text: a telephone number that Excel took for a number without its `.0`, times as ISO 8601."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)


def _cell(cell: str) -> str:
    """Without space around it, and without the apostrophe that our own exports put before what looks like a formula."""
    cell = cell.strip()
    return cell[1:] if _FORMULA_QUOTE.match(cell) else cell


def _squared(rows: list[list[str]]) -> list[list[str]]:
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise Unreadable("empty")
    width = max(_used(row) for row in rows)
    if width > MOST_COLUMNS:
        raise Unreadable("too_many_columns", columns=str(MOST_COLUMNS))
    return [row[:width] + [""] * (width - len(row)) for row in rows]


def _used(row: Iterable[str]) -> int:
    return max((place for place, cell in enumerate(row, 1) if cell), default=0)
