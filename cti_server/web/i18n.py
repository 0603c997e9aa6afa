"""Every text that people read, by key, in English and Simplified Chinese; and how times and lengths are written.

The tables are `web/locales/<language>.toml`. A key that is missing raises KeyError: the tests find it, not a user.
"""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal, get_currency_precision

from cti_server.settings import Pause, Site

LANGUAGES = {"en": "English", "zh": "简体中文"}
_BABEL = {"en": "en_GB", "zh": "zh_Hans_CN"}
_COMMA = {"en": ", ", "zh": "\N{FULLWIDTH COMMA}"}
_STOP = {"en": " ", "zh": ""}


def web_files() -> Path:
    """Where templates, locales and static files are: inside an installed package, or in the source tree."""
    package = Path(__file__).parent.parent
    installed = package / "_web"
    return installed if installed.is_dir() else package.parent / "web"


def load(folder: Path | None = None) -> dict[str, dict[str, str]]:
    """The tables of all languages, keys joined by dots."""
    folder = folder or web_files() / "locales"
    return {language: dict(_read(folder / f"{language}.toml")) for language in LANGUAGES}


@cache
def _read(path: Path) -> tuple[tuple[str, str], ...]:
    return tuple(_flat(tomllib.loads(path.read_text(encoding="utf-8"))))


def add_pauses(tables: Mapping[str, dict[str, str]], pauses: Iterable[Pause]) -> None:
    """The site's own reasons for a pause become words like all others: `pause.ID`."""
    for pause in pauses:
        for language, table in tables.items():
            table[f"pause.{pause.id}"] = (pause.name_zh if language == "zh" else "") or pause.name


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        found += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(prefix + key, str(value))]
    return found


def choose(accept: str, default: str) -> str:
    """The language of an Accept-Language header: the first one in it that we have, in its order of preference."""
    ranked = []
    for place, part in enumerate(accept.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((-float(weight or 1), place, tag.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(ranked) if tag in LANGUAGES), default)


class Words:
    """One language's texts, and times in the site's zone. All times are UTC epoch seconds, all lengths seconds."""

    def __init__(self, tables: Mapping[str, Mapping[str, str]], language: str, zone: str) -> None:
        self.language = language if language in tables else "en"
        self._texts = tables[self.language]
        self._zone = ZoneInfo(zone)
        self._locale = _BABEL[self.language]

    def text(self, key: str, **values: object) -> str:
        """The text of `key` with its `{names}` filled in. Raises KeyError for a missing key or name."""
        text = self._texts[key]
        return text.format_map(values) if "{" in text else text

    def has(self, key: str) -> bool:
        return key in self._texts

    def listed(self, parts: Iterable[str]) -> str:
        """Several of a kind in one sentence, with the comma of the language."""
        return _COMMA[self.language].join(parts)

    def sentences(self, said: Iterable[str]) -> str:
        return _STOP[self.language].join(said)

    def one_of(self, group: str, value: str) -> str:
        """The text of one word of a closed list, such as `status.ready`; a value not in it is shown as it is."""
        return self._texts.get(f"{group}.{value}", value)

    def group(self, *prefixes: str) -> dict[str, str]:
        """All texts under the prefixes, for a script of the page."""
        return {k: v for k, v in self._texts.items() if k.startswith(tuple(f"{p}." for p in prefixes))}

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)

    def moment(self, at: float) -> str:
        return format_datetime(
            self._local(at), "d MMM y HH:mm:ss" if self.language == "en" else "y年M月d日 HH:mm:ss", locale=self._locale
        )

    def day(self, at: float) -> str:
        return format_date(self._local(at), "medium", locale=self._locale)

    def time(self, at: float) -> str:
        return format_time(self._local(at), "HH:mm:ss", locale=self._locale)

    def iso(self, at: float) -> str:
        return self._local(at).isoformat(timespec="milliseconds")

    def money(self, amount: int, currency: str) -> str:
        """`amount` in the currency's smallest unit, as people write it here."""
        value = Decimal(amount).scaleb(-get_currency_precision(currency))
        return str(format_currency(value, currency, locale=self._locale))

    def number(self, value: float, digits: int = 0) -> str:
        """With the separators of the language, and so many digits at most behind the point."""
        return str(format_decimal(round(value, digits), locale=self._locale))

    def span(self, seconds: float) -> str:
        """A length as it stands in a sentence: `4 min 10 s`, in whole seconds; the two largest units that it has."""
        whole = max(0, round(seconds))
        parts = (("hour", whole // 3600), ("minute", whole // 60 % 60), ("second", whole % 60))
        first = next((n for n, (_, count) in enumerate(parts) if count), 2)
        said = [self.text(f"length.{unit}", count=count) for unit, count in parts[first : first + 2] if count]
        return " ".join(said) or self.text("length.second", count=0)

    @staticmethod
    def length(seconds: float | None) -> str:
        """`m:ss`, or `h:mm:ss` from one hour on; a dash for None."""
        if seconds is None:
            return "–"
        whole = max(0, round(seconds))
        hours, rest = divmod(whole, 3600)
        minutes, secs = divmod(rest, 60)
        return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def site_words(site: Site) -> Words:
    """The texts in the site's own language: for what the server writes by itself."""
    return Words(load(), site.language, site.time_zone)
