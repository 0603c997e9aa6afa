"""No text is missing in either language, and no template has a text of its own."""

import re
from pathlib import Path
from typing import get_args

import pytest

from cti_server.core.events import MissedWhy, OfferOutcome, SentWhy
from cti_server.journal.api import Direction, Outcome
from cti_server.routing.strategies import STRATEGIES
from cti_server.settings import Pause
from cti_server.web import i18n
from cti_server.web.i18n import Words
from cti_server.web.permissions import ROLES

TABLES = i18n.load()
TEMPLATES = sorted((i18n.web_files() / "templates").rglob("*.html"))
SCRIPTS = sorted((i18n.web_files() / "static").rglob("*.js"))
NAMES = re.compile(r"{(\w+)}")
OWN_WORDS = {"SHA-256", "dBFS"}
"""Words that are the same in every language."""


def test_both_languages_have_the_same_keys_and_values() -> None:
    assert TABLES["en"].keys() == TABLES["zh"].keys()
    for key, text in TABLES["en"].items():
        assert text.strip() and TABLES["zh"][key].strip(), key
        assert sorted(NAMES.findall(text)) == sorted(NAMES.findall(TABLES["zh"][key])), key


def test_chinese_is_chinese() -> None:
    latin = {key for key, text in TABLES["zh"].items() if not re.search(r"[一-鿿]", text)}
    assert latin == set(), "these have no Chinese character in them"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_every_key_of_a_template_exists(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for key in re.findall(r"""\bt\(\s*["']([\w.]+)["']\s*[,)]""", source):
        assert key in TABLES["en"], key
    for prefix in re.findall(r"""\bt\(\s*["']([\w.]+\.)["']\s*~""", source):
        assert any(key.startswith(prefix) for key in TABLES["en"]), prefix


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_template_has_no_text_of_its_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    source = re.sub(r"{% block main_class %}.*?{% endblock %}", "", source)
    source = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", source, flags=re.S)
    shown = re.findall(r"""(?:alt|title|placeholder|aria-label)="([^"]*)\"""", source)
    shown.append(re.sub(r"<[^>]*>", " ", source, flags=re.S))
    words = {w for text in shown for w in re.findall(r"[^\W\d_][\w-]*", text)}
    assert words - OWN_WORDS == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_every_key_of_a_script_exists(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    for key in re.findall(r"""texts\[["']([\w.]+)["']\]""", source):
        assert key in TABLES["en"], key


def test_words_that_are_put_together_exist() -> None:
    wanted = [f"role.{role}" for role in ROLES]
    wanted += [f"outcome.{word}" for word in (*Outcome.__args__, "live")]  # type: ignore[attr-defined]
    wanted += [f"direction.{word}" for word in Direction.__args__]  # type: ignore[attr-defined]
    wanted += [f"story.started_{word}" for word in Direction.__args__]  # type: ignore[attr-defined]
    states = "logged_out available reserved ringing talking on_hold wrap_up paused resting unreachable"
    wanted += [f"status.{word}" for word in states.split()]
    wanted += [f"phase.{w}" for w in "ivr waiting fallback ringing talking on_hold parked dialling".split()]
    wanted += [
        f"error.{code}.{part}" for code in (400, 403, 404, 405, 413, 429, 500, 503) for part in ("title", "text")
    ]
    wanted += [f"strategy.{name}" for name in STRATEGIES]
    wanted += [f"part.{part}" for weights in STRATEGIES.values() for part in weights]
    wanted += [f"urgency.{word}" for word in "waited priority weight value callback order".split()]
    wanted += [f"reason.{word}" for word in (*states.split(), "tried", "skill", "ring", "score", "held")]
    wanted += [f"tail.kept_{word}" for word in ("ticket_owner", "owner", "last_agent")]
    wanted += [f"tail.sent_{word}" for word in get_args(SentWhy)]
    wanted += [f"callback_missed.{word}" for word in get_args(MissedWhy)]
    wanted += [f"callback_outcome.{word}" for word in ("answered", "failed", "cancelled", "merged")]
    wanted += [f"offer.{word}" for word in get_args(OfferOutcome)]
    wanted += [f"target.{word}" for word in ("queue", "voicemail", "number", "callback", "hangup")]
    wanted += [f"followups.callback_state.{word}" for word in ("open", "waiting", "calling", "all")]
    assert [key for key in wanted if key not in TABLES["en"]] == []


def test_times_are_the_sites_and_lengths_read_well() -> None:
    english, chinese = (Words(TABLES, language, "Asia/Shanghai") for language in ("en", "zh"))
    at = 1_700_000_000.0
    assert english.moment(at) == "15 Nov 2023 06:13:20"
    assert chinese.moment(at) == "2023年11月15日 06:13:20"
    assert english.iso(at) == "2023-11-15T06:13:20.000+08:00"
    assert [Words.length(s) for s in (None, 0, 59.6, 61, 3600, 36_061)] == [
        "–",
        "0:00",
        "1:00",
        "1:01",
        "1:00:00",
        "10:01:01",
    ]


def test_lengths_in_a_sentence_have_their_two_largest_units() -> None:
    english, chinese = (Words(TABLES, language, "Asia/Shanghai") for language in ("en", "zh"))
    said = {0: "0 s", 59.7: "1 min", 250: "4 min 10 s", 300: "5 min", 3600: "1 h", 3661: "1 h 1 min", 86_400: "24 h"}
    assert {seconds: english.span(seconds) for seconds in said} == said
    assert chinese.span(250) == "4 分 10 秒"


def test_the_sites_own_pauses_are_words_of_both_languages() -> None:
    tables = i18n.load()
    i18n.add_pauses(tables, [Pause(id="tea", name="Tea", name_zh="茶歇"), Pause(id="x", name="{Extra}")])
    english, chinese = (Words(tables, language, "Asia/Shanghai") for language in ("en", "zh"))
    assert (english.one_of("pause", "tea"), chinese.one_of("pause", "tea")) == ("Tea", "茶歇")
    assert (chinese.one_of("pause", "x"), chinese.one_of("pause", "rona")) == ("{Extra}", "未应答")


def test_a_missing_text_is_an_error_and_an_unknown_word_is_shown() -> None:
    words = Words(TABLES, "en", "Asia/Shanghai")
    with pytest.raises(KeyError):
        words.text("no.such.key")
    assert words.one_of("status", "levitating") == "levitating"


def test_the_browsers_preference_counts_as_it_is_weighted() -> None:
    assert i18n.choose("fr, zh-CN;q=0.8, en;q=0.5", "en") == "zh"
    assert i18n.choose("en-GB,en;q=0.9,zh;q=0.8", "zh") == "en"
    assert i18n.choose("fr", "zh") == "zh"
    assert i18n.choose("zh;q=oops,,,;q=", "en") == "en"
