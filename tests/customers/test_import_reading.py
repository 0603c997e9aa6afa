"""Files are read as they were written: any encoding, delimiter, quoting and line end; anything else is refused."""

import csv
import io
import zipfile
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.customers.imports import encoding, table
from cti_server.customers.imports.columns import guess, has_headings, problems
from cti_server.customers.imports.table import Unreadable, read
from cti_server.customers.numbers import Plan
from cti_server.web.export import as_csv as exported
from tests.customers.imports_kit import HEADINGS, as_csv, as_xlsx, people

COMMON = "王芳李伟张敏刘洋陈静杨帆黄丽周涛吴倩徐亮北京市朝阳区路号公司先生女士电话地址备注客户"
_CELL = st.text(alphabet=st.sampled_from(COMMON + 'abcXYZ019 ,;"|\n\t@.-'), max_size=12).map(str.strip)


@given(
    rows=st.lists(st.lists(_CELL, min_size=3, max_size=3), min_size=1, max_size=12),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"]),
    delimiter=st.sampled_from(",;\t|"),
    ending=st.sampled_from(["\r\n", "\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@settings(max_examples=150, deadline=None)
def test_what_was_written_is_read(rows: list[list[str]], codec: str, delimiter: str, ending: str, quoting: int) -> None:
    out = io.StringIO()
    written = [list(HEADINGS[:3]), *rows]
    quoting = csv.QUOTE_ALL if ending == "\r" else quoting  # Python's writer leaves a bare \n in a cell otherwise
    csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerows(written)  # type: ignore[arg-type]
    found = read(out.getvalue().encode(codec), delimiter=delimiter)
    while len(written) > 1 and not any(written[-1]):
        written.pop()
    width = max(place for row in written for place, cell in enumerate(row, 1) if cell)
    lines = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row[:width]] for row in found.rows]
    assert lines == [[cell for cell in row[:width]] for row in written]


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    try:
        found = read(content)
    except Unreadable as error:
        assert error.word in ("empty", "not_a_table", "broken_workbook", "old_excel", "too_many_columns")
    else:
        assert len({len(row) for row in found.rows}) == 1 and any(found.rows[-1])


@pytest.mark.parametrize(
    ("text", "codec", "found"),
    [
        ("姓名,电话\n王芳,13800138000\n", "gb18030", "gb18030"),
        ("姓名,电话\n王芳,13800138000\n", "gbk", "gb18030"),
        ("姓名;电话\n", "utf-8", "utf-8"),
        ("姓名,电话\n", "utf-8-sig", "utf-8-sig"),
        ("姓名,电话\n王芳,1\n", "utf-16", "utf-16"),
        ("name,city\nMüller,Köln\nGrün,Lübeck\n", "cp1252", ""),
        ("name,phone\nAnna,1\n", "ascii", "utf-8"),
    ],
)
def test_the_encoding_is_found(text: str, codec: str, found: str) -> None:
    content = text.encode(codec)
    assert not found or encoding.find(content) == found
    assert encoding.decode(content, encoding.find(content)) == text


@pytest.mark.parametrize("delimiter", table.DELIMITERS)
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["姓名", "地址", "备注"], ["王芳", "a,b;c", "x|y"], ["李伟", "北京\n朝阳", ""]]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(rows)
    assert read(out.getvalue().encode()).delimiter == delimiter


def test_a_workbook_gives_texts() -> None:
    content = as_xlsx([["姓名", "电话", "生日", "折扣", "VIP"], ["王芳", 13800138000, date(1990, 5, 31), 0.85, True]])
    found = read(content)
    assert found.kind == "xlsx"
    assert found.rows[1] == ["王芳", "13800138000", "1990-05-31", "0.85", "1"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b" \r\n\n", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 100, "old_excel"),
        (b"PK\x03\x04 no workbook", "broken_workbook"),
        (b"\x7fELF\x00\x00\x01", "not_a_table"),
        (b"," * 300 + b"x\n", "too_many_columns"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, word: str) -> None:
    with pytest.raises(Unreadable, match=word):
        read(content)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_UNPACKED", 1024**2)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 2 * 1024**2)
    with pytest.raises(Unreadable, match="unpacks_too_big"):
        read(out.getvalue())


def test_our_own_export_comes_back_as_it_was() -> None:
    rows = [["=1+1", "+8613800138000", "@home"], ["-5", "plain", "it's"]]
    found = read(exported(["a", "b", "c"], rows))
    assert found.rows == [["a", "b", "c"], *rows]


def test_headings_in_both_languages() -> None:
    said = guess(["客户姓名", "联系电话", "E-mail", "Company Name", "Address (home)", "Customer ID", "备注", "Foo"])
    assert said == ["name", "phone", "email", "organisation", "street", "account", "notes", ""]
    assert guess(["姓名", "Name", "手机1", "手机2"]) == ["name", "", "mobile", "mobile"]
    assert guess(["会员等级"], {"会员等级": "level"}) == ["extra.level"]


def test_a_first_row_of_data_is_not_taken_for_headings() -> None:
    assert not has_headings([["王芳", "13800138000"]], Plan())
    assert has_headings([["Foo", "Bar"], ["王芳", "13800138000"]], Plan())


def test_a_mapping_must_say_who() -> None:
    assert problems(["email", ""]) == ["nobody"]
    assert problems(["name", "name"]) == ["twice"]
    assert problems(["mobile", "mobile", "notes", "notes"]) == []
    assert problems(["name", "extra.level"], ["level"]) == []
    assert problems(["name", "extra.other"], ["level"]) == ["unknown"]


def test_the_kits_files_are_tables() -> None:
    assert len(read(as_csv(people(10), "gb18030")).rows) == 11
