"""In which encoding a file of text is. Pure.

A mark at the beginning or valid UTF-8 settle it. Otherwise GB18030 (which contains GBK and GB2312) when most of its
characters are those of everyday Chinese; a guess by statistics alone takes short Chinese lists for Korean or Greek.
"""

import codecs

from charset_normalizer import from_bytes

CHOICES = ("utf-8", "gb18030", "big5", "utf-16", "cp1252", "cp1251", "shift_jis", "euc_kr")
"""What a person may choose on the preview; `find` may also find others."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAMPLE = 256 * 1024
_EVERYDAY_SHARE = 0.6


def find(content: bytes) -> str:
    """The name of a codec that reads `content` whole; `latin-1` when nothing better does."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return name
    if _reads(content, "utf-8"):
        return "utf-8"
    if _everyday_share(content[:_SAMPLE]) >= _EVERYDAY_SHARE and _reads(content, "gb18030"):
        return "gb18030"
    guess = from_bytes(content[:_SAMPLE]).best()
    name = codecs.lookup(guess.encoding).name if guess is not None else "cp1252"
    for candidate in (name, "cp1252"):
        if _reads(content, candidate):
            return candidate
    return "latin-1"


def decode(content: bytes, encoding: str) -> str:
    """The text without its mark. Bytes that the encoding does not have become U+FFFD: the preview shows them.

    Raises LookupError for an encoding that Python does not know or that is none of text.
    """
    return content.decode(encoding, "replace").removeprefix("\ufeff")


def _reads(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _everyday_share(content: bytes) -> float:
    """Of the two-byte characters, how many are in the rows of GB2312 for punctuation and the 3,755 most used."""
    place, found, everyday = 0, 0, 0
    while place < len(content) - 1:
        lead, trail = content[place], content[place + 1]
        if lead < 0x80:
            place += 1
            continue
        found += 1
        everyday += (0xA1 <= lead <= 0xA3 or 0xB0 <= lead <= 0xD7) and trail >= 0xA1
        place += 2
    return everyday / found if found else 0.0
