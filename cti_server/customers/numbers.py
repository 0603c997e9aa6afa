"""Any way a telephone number arrives, as one: E.164 by the site's country and area code, and the extension apart. Pure.

    +86 138 0013 8000, 0086 13800138000, 138-0013-8000, 013800138000   +8613800138000
    010-8888 0000 转 12, (010) 88880000 ext. 12, 8888 0000 # 12         +861088880000 and 12, with the area code 010
    8001, 10086, 95588                                                 as they are: extensions and services

Nothing raises: what no plan of numbers knows is kept, digits without what stands between them, other text as it is.
"""

import re
import unicodedata
from functools import lru_cache

import msgspec
import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

MOST = 64
"""Characters of a number that are looked at."""

INTERNAL_DIGITS = 5
"""Up to so many digits, without +, are an extension of ours or a service, whatever a plan of numbers says."""

_MOST_E164 = 15
_PIECES = re.compile(
    r"(?P<number>.*?\d.*?)[\s,;(]*"
    r"(?:转分机|轉分機|分机号?|分機號?|内线|內線|转接|转|轉|;\s*ext=|extension|extn?\.?|x|#|\*|~)"
    r"[\s:.#)]*(?P<extension>\d{1,8})\s*\)?",
    re.IGNORECASE,
)
_LAST_PIECE = re.compile(r"(?P<number>.*\d)\s*[-‐-―−]\s*(?P<extension>\d{1,6})")
"""`010-88880000-801`: the last piece is an extension when the rest is a number and the whole is not."""
_BETWEEN = re.compile(r"[\s().\-/·・‐-―−_]+")
_SCHEME = re.compile(r"^(?:tel|callto|sips?):", re.IGNORECASE)
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


class Plan(msgspec.Struct, frozen=True):
    """Where the site is. `country`: ISO 3166 alpha-2; `area_code`: of its fixed lines, with the trunk's 0 or not."""

    country: str = "CN"
    area_code: str = ""


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """`number`: E.164 where a plan knows it (`known`), else digits, else the text itself. `raw`: as it was given."""

    number: str
    extension: str = ""
    raw: str
    known: bool = False


def read(raw: str, plan: Plan) -> Number:
    """Never raises; the same again for its own `number`."""
    return _read(raw[:MOST], plan)


@lru_cache(maxsize=20_000)
def _read(raw: str, plan: Plan) -> Number:
    whole = _plain(raw)
    pieces = _PIECES.fullmatch(whole)
    if pieces is not None and (digits := _digits(pieces["number"])):
        known = _known(digits, plan)
        return Number(number=known or digits, extension=pieces["extension"], raw=raw, known=bool(known))
    digits = _digits(whole)
    known = _known(digits, plan)
    if not known and (pieces := _LAST_PIECE.fullmatch(whole)) and (front := _known(_digits(pieces["number"]), plan)):
        return Number(number=front, extension=pieces["extension"], raw=raw, known=True)
    return Number(number=known or digits or whole, raw=raw, known=bool(known))


def beginnings(raw: str, plan: Plan) -> set[str]:
    """How the stored form of a number may begin of which people typed the beginning."""
    digits = _digits(_plain(raw[:MOST]))
    if not digits or digits.startswith("+"):
        return {digits} - {""}
    found = {digits, f"+{digits}"}
    if code := phonenumbers.country_code_for_region(plan.country):
        found.add(f"+{code}{digits.removeprefix('0')}")
    if plan.area_code:
        found.add(f"+{code}{plan.area_code.removeprefix('0')}{digits}")
    return found | ({f"+{digits[2:]}"} if digits.startswith("00") and digits[2:] else set())


def arrivals(number: str, plan: Plan) -> set[str]:
    """The digits with which a call from this number may arrive here, a `P` before them for a +."""
    if not number.startswith("+"):
        return {number} if number.isascii() and number.isdigit() else set()
    forms = {number, number[1:], f"00{number[1:]}"}
    if (parsed := _parsed(number, None)) is not None:
        national = phonenumbers.national_significant_number(parsed)
        forms |= {national, f"0{national}"}
        if plan.area_code and national.startswith(code := plan.area_code.removeprefix("0")):
            forms.add(national.removeprefix(code))
    return {form.replace("+", "P") for form in forms if read(form, plan).number == number}


def shown(number: str, plan: Plan) -> str:
    """As people write it: without the country in the own one, in groups; what is not E.164 as it is."""
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number, None)
    except NumberParseException:
        return number
    home = phonenumbers.country_code_for_region(plan.country) == parsed.country_code
    form = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, form)


def is_mobile(number: str) -> bool:
    """Whether the plan of an E.164 number says that it may be a mobile."""
    try:
        return phonenumbers.number_type(phonenumbers.parse(number, None)) in _MOBILE
    except NumberParseException:
        return False


def _plain(raw: str) -> str:
    """Digits of any script as 0-9, no invisible marks, no scheme, and no host behind an @."""
    text = unicodedata.normalize("NFKC", raw)
    text = "".join(_digit(c) for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Cs", "Co", "Cn"))
    if (scheme := _SCHEME.match(text.strip())) is not None:
        text = text.strip()[scheme.end() :]
        text = text.partition("@")[0] if "@" in text else text
    return text.strip()


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _digits(text: str) -> str:
    """The number without what people write between digits, perhaps with a + before it; empty when it is none."""
    bare = _BETWEEN.sub("", text)
    return bare if bare.removeprefix("+").isascii() and bare.removeprefix("+").isdigit() else ""


def _known(digits: str, plan: Plan) -> str:
    """E.164 of digits that may begin with +; empty when no plan knows them."""
    if digits.startswith("+"):
        parsed = _parsed(digits, None)
        return _e164(parsed) if parsed is not None and phonenumbers.is_possible_number(parsed) else ""
    if len(digits) <= INTERNAL_DIGITS:
        return ""
    tries = [(digits, plan.country)]
    if plan.area_code:
        tries.append((plan.area_code + digits, plan.country))
    if digits.startswith("00"):
        tries.append((f"+{digits[2:]}", plan.country))
    for number, country in tries:
        parsed = _parsed(number, country)
        if parsed is not None and phonenumbers.is_valid_number(parsed):
            return _e164(parsed)
    return ""


def _parsed(digits: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, country)
    except NumberParseException:
        return None


def _e164(parsed: PhoneNumber) -> str:
    written = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return written if len(written) <= _MOST_E164 + 1 else ""
