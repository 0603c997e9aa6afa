"""What a file really is, by its bytes, and whether its name tells the truth. Pure.

The numbers are those of the formats' own descriptions, as https://mimesniff.spec.whatwg.org/ lists the most of them.
"""

import io
import zipfile
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal["image", "sound", "film", "pdf", "office", "archive", "page", "text", "program", "unknown"]

OCTETS = "application/octet-stream"
_OLE = "application/x-ole-storage"
_XML_OFFICE = "application/vnd.openxmlformats-officedocument"
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLE),
    (b"{\\rtf", "application/rtf"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xca\xfe\xba\xbe", "application/x-executable"),
    (b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (b"#!", "application/x-script"),
)
_PROGRAMS = frozenset({"application/x-msdownload", "application/x-executable", "application/x-script"})
_OFFICE_PARTS = (
    ("word/", "wordprocessingml.document"),
    ("xl/", "spreadsheetml.sheet"),
    ("ppt/", "presentationml.presentation"),
)
_MARKUP = (b"<!doctype html", b"<html", b"<script", b"<svg", b"<body", b"<iframe")

_NAMED: dict[str, frozenset[str]] = {}
for _names, _types in (
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("jpg jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("bmp", "image/bmp"),
    ("tif tiff", "image/tiff"),
    ("heic heif", "image/heic"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("ogg oga opus", "audio/ogg"),
    ("flac", "audio/flac"),
    ("amr", "audio/amr"),
    ("mp4 m4a m4v mov 3gp", "video/mp4"),
    ("webm mkv", "video/webm"),
    ("doc xls ppt msg", f"{_OLE} application/rtf"),
    ("docx", f"{_XML_OFFICE}.wordprocessingml.document"),
    ("xlsx", f"{_XML_OFFICE}.spreadsheetml.sheet"),
    ("pptx", f"{_XML_OFFICE}.presentationml.presentation"),
    ("odt ods odp", "application/vnd.oasis.opendocument"),
    ("rtf", "application/rtf"),
    ("zip", f"application/zip application/vnd.oasis.opendocument {_XML_OFFICE}.spreadsheetml.sheet"),
    ("rar", "application/vnd.rar"),
    ("7z", "application/x-7z-compressed"),
    ("gz tgz", "application/gzip"),
    ("htm html svg", "text/html text/plain"),
    ("txt csv tsv log md json xml yaml ics vcf eml", "text/plain"),
):
    _NAMED |= {name: frozenset(_types.split()) for name in _names.split()}

_SAID = {"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "audio/x-wav": "audio/wav", "audio/mp3": "audio/mpeg"}


def type_of(data: bytes) -> str:
    """The media type of the bytes; `application/octet-stream` for what is not known."""
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12], OCTETS)
    if data[4:8] == b"ftyp":
        return "image/heic" if data[8:12] in (b"heic", b"heix", b"mif1", b"msf1") else "video/mp4"
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zipped(data)
    found = next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), "")
    return found or _text(data)


def sort_of(media: str) -> Sort:
    """What people call it."""
    if media in _PROGRAMS:
        return "program"
    if media.startswith((_XML_OFFICE, "application/vnd.oasis", _OLE, "application/rtf")):
        return "office"
    by_major: dict[str, Sort] = {"image": "image", "audio": "sound", "video": "film"}
    plain: dict[str, Sort] = {"application/pdf": "pdf", "text/html": "page", "text/plain": "text", OCTETS: "unknown"}
    return by_major.get(media.partition("/")[0]) or plain.get(media, "archive")


def claimed_sort(name: str, said: str) -> tuple[Sort, bool]:
    """What the name and the media type that was said claim it to be, and whether they claim anything at all."""
    allowed = _allowed(name, said)
    return (sort_of(sorted(allowed)[0]), True) if allowed else ("unknown", False)


def lies(name: str, said: str, media: str) -> bool:
    """Whether the bytes are of another type than `name`, or the media type that was `said`, claims."""
    allowed = _allowed(name, said)
    return bool(allowed) and media not in allowed


def _allowed(name: str, said: str) -> frozenset[str]:
    """By its name first. A type that was said counts for pictures, sounds, films and PDF: others are often wrong."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in _NAMED:
        return _NAMED[ending]
    told = said.partition(";")[0].strip().lower()
    told = _SAID.get(told, told)
    known = {kind for types in _NAMED.values() for kind in types}
    checked = told.startswith(("image/", "audio/", "video/")) or told == "application/pdf"
    return frozenset({told}) if checked and told in known else frozenset()


def _zipped(data: bytes) -> str:
    """Office documents are ZIP files whose parts tell what they are. Nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()[:1000]
    # NotImplementedError: zipfile's word for an archive of a kind that it does not know.
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return OCTETS
    if "[Content_Types].xml" in names:
        kind = next((kind for part, kind in _OFFICE_PARTS if any(name.startswith(part) for name in names)), "")
        return f"{_XML_OFFICE}.{kind}" if kind else "application/zip"
    return "application/vnd.oasis.opendocument" if names[:1] == ["mimetype"] else "application/zip"


def _text(data: bytes) -> str:
    """Text has no control signs but those that lay it out. UTF-16 is known by its mark only."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text/plain"
    if any(sign < 32 and sign not in (9, 10, 12, 13, 27) for sign in data[:65_536]):
        return OCTETS
    head = data[:4096].lower()
    return "text/html" if any(mark in head for mark in _MARKUP) else "text/plain"
