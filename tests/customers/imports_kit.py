"""Files of customers for the tests of imports."""

import csv
import io
import struct
from collections.abc import AsyncGenerator, Sequence

import xlsxwriter

from cti_server.customers.imports import child
from cti_server.customers.imports.child import Batch, Failed, Look, Seen, Take
from cti_server.customers.imports.table import Unreadable

HEADINGS = ("姓名", "手机", "邮箱", "公司", "地址", "账号", "备注")


def as_csv(rows: Sequence[Sequence[object]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return out.getvalue()


def people(count: int, bad: float = 0.0) -> list[list[str]]:
    """`count` rows; of each ten so many as `bad` says have no name or a number with a digit missing."""
    rows = [list(HEADINGS)]
    for n in range(count):
        wrong = n % 10 < bad * 10
        number = f"1380013{n:04}" if not wrong or n % 2 else f"138001{n:03}"
        name = "" if wrong and n % 2 else f"王{'芳伟敏静'[n % 4]}{n}"
        number = "" if wrong and n % 2 else number
        rows.append([name, number, f"u{n}@example.com", f"公司{n % 7}", "北京市朝阳区建国路 1 号", f"A{n}", "=1+1"])
    return rows


async def talk_here(content: bytes, wanted: Look | Take) -> AsyncGenerator[Seen | Batch, None]:
    """What `parent._talk` does, without another process."""
    out = io.BytesIO()
    child.main(io.BytesIO(child.frame(wanted) + content), out)
    frames = io.BytesIO(out.getvalue())
    while head := frames.read(4):
        found = child.answer.decode(frames.read(struct.unpack(">I", head)[0]))
        if isinstance(found, Failed):
            raise Unreadable(found.word, **found.values)
        yield found
