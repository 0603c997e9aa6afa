"""What people write in one cell, as the value of a field. Pure; each gives None for what it cannot read."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

import phonenumbers
from babel import Locale

from cti_server.customers.rules import is_day

_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?(?:[T ].*)?")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})")
_WITHOUT_YEAR = re.compile(r"(?:--)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
_MANY = re.compile(r"[;；,，、|\n]+")
_MANY_NUMBERS = re.compile(r"[;；,，、|/\n]+|\s{2,}")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\"]+")

_YES = frozenset("是 对 有 yes y true 1 √ ✓ x on".split())
_NO = frozenset("否 不 无 no n false 0 × off".split())
_GENDERS = {
    "female": "女 女士 女性 小姐 太太 female f woman w mrs ms miss frau".split(),
    "male": "男 先生 男性 male m man mr herr".split(),
    "other": "其他 other diverse x 未知 保密".split(),
}
_KINDS = {
    "person": "个人 自然人 散客 person individual private contact".split(),
    "organisation": "公司 企业 单位 机构 组织 organisation organization company business corporate".split(),
}
_LANGUAGES = {
    "zh": "中文 汉语 普通话 国语 chinese mandarin zh-cn zh-hans zh-hant".split(),
    "en": "英文 英语 english en-gb en-us".split(),
}


def yes_no(cell: str) -> bool | None:
    said = _plain(cell)
    return True if said in _YES else False if said in _NO else None


def gender(cell: str) -> str | None:
    return _one_of(_GENDERS, cell)


def kind(cell: str) -> str | None:
    return _one_of(_KINDS, cell)


def language(cell: str) -> str | None:
    """ISO 639 in small letters."""
    said = _plain(cell)
    return _one_of(_LANGUAGES, cell) or (said if re.fullmatch(r"[a-z]{2,3}", said) else None)


def country(cell: str) -> str | None:
    """ISO 3166 alpha-2, from itself or from the country's name in English or Chinese."""
    code = cell.strip().upper()
    return code if code in phonenumbers.SUPPORTED_REGIONS else _countries().get(_plain(cell))


def day(cell: str) -> str | None:
    """YYYY-MM-DD. A day and a month that could be either way round are not guessed."""
    said = unicodedata.normalize("NFKC", cell).strip()
    if (found := _DATE.fullmatch(said) or _PACKED.fullmatch(said)) is not None:
        year, month, date = found.groups()
    elif (found := _DOTTED.fullmatch(said)) is not None:
        date, month, year = found.groups()
    elif (found := _SLASHED.fullmatch(said)) is not None:
        first, second, year = found.groups()
        if int(first) <= 12 and int(second) <= 12 and first != second:
            return None
        date, month = (first, second) if int(second) <= 12 else (second, first)
    else:
        return None
    written = f"{year}-{int(month):02}-{int(date):02}"
    return written if is_day(written) else None


def birthday(cell: str) -> str | None:
    """A day, or --MM-DD of one without its year."""
    if (whole := day(cell)) is not None:
        return whole
    found = _WITHOUT_YEAR.fullmatch(unicodedata.normalize("NFKC", cell).strip())
    if found is None:
        return None
    written = f"{int(found[1]):02}-{int(found[2]):02}"
    return f"--{written}" if is_day(f"2000-{written}") else None


def many(cell: str) -> list[str]:
    """Several in one cell: by commas, semicolons, bars, lines."""
    return [part.strip() for part in _MANY.split(cell) if part.strip()]


def numbers(cell: str) -> list[str]:
    """Several numbers in one cell; a slash or two spaces part them too."""
    return [part.strip() for part in _MANY_NUMBERS.split(cell) if part.strip()]


def email(cell: str) -> str | None:
    said = unicodedata.normalize("NFKC", cell).strip().removeprefix("mailto:").lower()
    return said if _EMAIL.fullmatch(said) and len(said) <= 254 else None


def _plain(cell: str) -> str:
    return unicodedata.normalize("NFKC", cell).strip().lower().rstrip(".")


def _one_of(words: Mapping[str, list[str]], cell: str) -> str | None:
    said = _plain(cell)
    return next((value for value, all_ in words.items() if said == value or said in all_), None)


@cache
def _countries() -> dict[str, str]:
    found = {"中国大陆": "CN", "prc": "CN", "usa": "US", "uk": "GB", "香港": "HK", "台湾": "TW", "澳门": "MO"}
    for language_ in ("zh", "en"):
        for code, name in Locale(language_).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(name.lower(), code)
    return found
