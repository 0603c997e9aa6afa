"""Bytes of mail to text, also when their charset is wrong, unknown or not named. Pure; never raises.

RFC 2047 for words in headers. What is called gb2312 or gbk is read as GB18030, of which they are parts; windows-1252 is
read for latin-1, as browsers do.
"""

import base64
import binascii
import codecs
import quopri
import re

_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,40}\?[bBqQ]\?)")
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "cp936": "gb18030"}
_WIDER |= {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "", "ascii": ""}
_WIDER |= {"ks_c_5601-1987": "cp949", "euc-kr": "cp949", "big5": "big5hkscs", "shift_jis": "cp932"}
_WIDER |= {"utf-7": "", "unknown-8bit": "", "8bit": "", "default": ""}
_GUESSES = ("utf-8", "gb18030")


def decoded(data: bytes, charset: str = "") -> str:
    """The text in `data`. A charset that does not fit is not believed."""
    name = charset.strip().strip("\"'").lower()
    name = _WIDER.get(name, name)
    for codec in (name, *_GUESSES):
        if codec and _is_text_codec(codec):
            try:
                return _clean(data.decode(codec))
            except (UnicodeDecodeError, ValueError):
                continue
    text = data.decode(name if name and _is_text_codec(name) else "utf-8", "replace")
    few = text.count("\ufffd") <= max(1, len(text) // 5)
    return _clean(text if few else data.decode("cp1252", "replace"))


def header(value: str) -> str:
    """A header as people read it, in one line: encoded words decoded, raw bytes guessed, folding taken out."""
    raw = value.encode("utf-8", "surrogateescape")
    text = decoded(raw) if not raw.isascii() else raw.decode()
    text = _BETWEEN_WORDS.sub(r"\1", text)
    parts: list[str] = []
    waiting, of = b"", ""
    place = 0
    for word in _WORD.finditer(text):
        charset = word[1].partition("*")[0].lower()
        if word.start() != place or charset != of:
            parts.append(decoded(waiting, of))
            waiting, of = b"", charset
        parts.append(text[place : word.start()])
        waiting += _word(word[2], word[3])
        place = word.end()
    parts += [decoded(waiting, of), text[place:]]
    return " ".join(_clean("".join(parts)).split())


def _word(encoding: str, data: str) -> bytes:
    """The bytes of one encoded word. A character may be cut in two by the next one, so nothing is decoded here."""
    if encoding in "qQ":
        return quopri.decodestring(data.replace("_", " ").encode("ascii", "ignore"), header=True)
    bare = re.sub(r"[^A-Za-z0-9+/]", "", data)
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return data.encode("ascii", "ignore")


def _is_text_codec(name: str) -> bool:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return bool(getattr(found, "_is_text_encoding", True)) and found.name not in ("idna", "punycode", "utf-7")


def _clean(text: str) -> str:
    return text.replace("\x00", "").replace("\ufeff", "").encode("utf-8", "replace").decode()
