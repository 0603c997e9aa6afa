"""What files really are, and what is kept of them."""

import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.tickets import files, sniff
from cti_server.tickets.rules import Refused
from tests.tickets.kit import MONDAY, history, make, of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"
EXE = b"MZ\x90\x00\x03\x00\x00\x00"


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")
XLSX = zipped("[Content_Types].xml", "xl/workbook.xml")


@pytest.mark.parametrize(
    ("data", "sort"),
    [
        (PNG, "image"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "image"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "sound"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image"),
        (b"\0\0\0\x18ftypmp42", "film"),
        (PDF, "pdf"),
        (DOCX, "office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 50, "office"),
        (zipped("a.txt"), "archive"),
        (b"PK\x03\x04 and then rubbish", "unknown"),
        (EXE, "program"),
        (b"\x7fELF\x02\x01", "program"),
        (b"#!/bin/sh\nrm -rf /", "program"),
        (b"<!DOCTYPE html><script>alert(1)</script>", "page"),
        ("发票，2026年3月".encode(), "text"),
        ("发票，2026年3月".encode("gb18030"), "text"),
        (b"\xff\xfeh\0i\0", "text"),
        (b"\0\1\2\3", "unknown"),
    ],
)
def test_bytes_tell_what_a_file_is(data: bytes, sort: str) -> None:
    assert sniff.sort_of(sniff.type_of(data)) == sort


@pytest.mark.parametrize(
    ("name", "said", "data", "truth"),
    [
        ("invoice.pdf", "application/pdf", PDF, True),
        ("invoice.pdf", "application/pdf", PNG, False),
        ("photo.PNG", "image/png", PNG, True),
        ("photo.jpg", "image/jpeg", PNG, False),
        ("photo.png", "image/png", b"<html><script>x</script>", False),
        ("list.xlsx", "", XLSX, True),
        ("list.xlsx", "", DOCX, False),
        ("list.csv", "application/vnd.ms-excel", b"a,b\n1,2\n", True),
        ("notes.txt", "text/plain", PDF, False),
        ("photo", "image/png", PNG, True),
        ("photo", "image/png", PDF, False),
        ("data.bin", "application/octet-stream", b"\0\1", True),
        ("page.svg", "image/svg+xml", b"<svg onload=alert(1)>", True),
    ],
)
def test_a_name_that_lies_is_found_out(name: str, said: str, data: bytes, truth: bool) -> None:
    assert sniff.lies(name, said, sniff.type_of(data)) is not truth


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\fang\\照片.png", "照片.png"),
        ("a\r\nSet-Cookie: x.txt", "a  Set-Cookie: x.txt"),
        ("...", "file"),
        ("\0", "\ufffd"),
        ("x" * 300 + ".pdf", "x" * 130 + ".pdf"),
    ],
)
def test_a_name_stays_a_name(given: str, kept: str) -> None:
    assert files.file_name(given) == kept


async def test_a_file_is_kept_under_another_name_and_what_lies_is_not(engine: AsyncEngine, tmp_path: Path) -> None:
    made = await make(engine)

    async def attach(name: str, data: bytes, said: str = "") -> files.File:
        async with engine.begin() as db:
            return await files.attach(db, tmp_path, made.id, name, said, data, by="anna", at=MONDAY, of=of)

    kept = await attach("发票.pdf", PDF)
    path = files.found(tmp_path, kept)
    assert path is not None and path.read_bytes() == PDF
    assert path.name != kept.name and "pdf" not in path.name and path.is_relative_to(tmp_path / "attachments")
    assert ("file", "", "发票.pdf") in await history(engine, made.id)
    for name, data, why in (
        ("invoice.pdf", PNG, "file_lies"),
        ("setup.exe", EXE, "file_program"),
        ("setup.txt", EXE, "file_program"),
        ("none.txt", b"", "file_empty"),
        ("big.txt", b"x" * (files.MOST_BYTES + 1), "file_large"),
    ):
        with pytest.raises(Refused, match=why):
            await attach(name, data)
    with pytest.raises(Exception, match="nowhere"):
        async with engine.begin() as db:
            await files.attach(db, tmp_path, made.id, "b.pdf", "", PDF, by="anna", at=MONDAY, of=of)
            raise RuntimeError("nowhere")
    assert files.found(tmp_path, files.File(**{**_fields(kept), "stored": "../../etc/passwd"})) is None


def _fields(file: files.File) -> dict[str, object]:
    return {name: getattr(file, name) for name in file.__struct_fields__}
