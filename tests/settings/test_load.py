"""Settings: defaults, file, environment, secrets in files, and what a wrong one is told."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cti_server.settings import Agent, Mailbox, NamedCalendar, Number, Queue, Settings, SettingsError, load
from cti_server.settings.check import cross_check
from cti_server.settings.sections import Section

SHIPPED = Path(__file__).parents[2] / "config" / "cti.toml"
PLAIN_SECTIONS = (
    "site",
    "server",
    "web",
    "pbx",
    "recording",
    "routing",
    "database",
    "journal",
    "redis",
    "calendar",
    "webhooks",
)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "cti.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_file_is_valid_and_has_a_default_queue() -> None:
    settings = load(SHIPPED, {})
    assert settings.default_queue() == "service"
    assert settings.number[0].match == "*"


def shown() -> dict[str, Any]:
    """The shipped file with nothing commented out, but for the files that are not set by default."""
    text = SHIPPED.read_text(encoding="utf-8")
    values = tomllib.loads(re.sub(r"^# (?=\[|[a-z_0-9]+ = )", "", text, flags=re.M))
    values["pbx"]["cel_file"] = None
    for calendar in (values["calendar"], values["calendars"][0]):
        calendar["holiday_file"] = None
    values["mailbox"][0] |= {"password_file": None, "ca_file": None}
    return values


@pytest.mark.parametrize("section", PLAIN_SECTIONS)
def test_the_shipped_file_shows_every_setting_with_its_default(section: str) -> None:
    values, defaults = shown()[section], getattr(Settings(), section)
    assert set(values) == set(type(defaults).model_fields)
    given = getattr(Settings.model_validate({section: values}), section)
    for name in values:
        assert getattr(given, name) == getattr(defaults, name), name


@pytest.mark.parametrize(
    ("section", "kind", "own"),
    [
        ("queue", Queue, {"id", "name"}),
        ("agent", Agent, {"id", "name", "phone"}),
        ("number", Number, {"match", "queue"}),
        ("calendars", NamedCalendar, {"id"}),
        ("mailbox", Mailbox, {"id", "address"}),
    ],
)
def test_the_shipped_file_shows_every_setting_of_what_there_may_be_several_of(
    section: str, kind: type[Section], own: set[str]
) -> None:
    first = shown()[section][0]
    assert set(first) == set(kind.model_fields)
    given = kind.model_validate(first)
    for name in set(first) - own:
        assert getattr(given, name) == kind.model_fields[name].default, name


def test_the_shipped_file_with_everything_shown_is_valid() -> None:
    cross_check(SHIPPED, Settings.model_validate(shown()))


def test_the_shipped_file_shows_the_pauses_that_there_are_by_default() -> None:
    assert Settings.model_validate({"pause": shown()["pause"]}).pause == Settings().pause


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[pbx]\nhots = 'x'\n", r"line 2: there is no setting 'pbx\.hots'; did you mean 'host'\?"),
        ("[[queue]]\nid = 'a'\nwrapup = 3\n", r"line 3: .*did you mean 'wrapup_s'\?"),
        ("[pbxx]\n", r"line 1: there is no setting 'pbxx'; did you mean 'pbx'\?"),
        ("[web]\nport = 'many'\n", r"line 2: web\.port: "),
        ("[site]\ntime_zone = 'Mars/Olympus'\n", r"line 2: .*'Mars/Olympus' is not an IANA time zone"),
        ("[[queue]]\nid = 'a b'\n", r"queue\.0\.id: "),
        ("[[queue]]\nid = 'a'\n[[queue]]\nid = 'a'\n", "the queue 'a' is defined twice"),
        ("[[agent]]\nid = 'x'\nphone = 'PJSIP/x'\nqueues = ['sales']\n", "agent 'x' names the queue 'sales', which is"),
        ("[[number]]\nmatch = '1'\nqueue = 'sales'\n", "number '1' names the queue 'sales', which is not defined"),
        ("[[mailbox]]\nid = 'm'\naddress = 'm@x.cn'\nqueue = 'sales'\n", "mailbox 'm' names the queue 'sales', which"),
        ("[[mailbox]]\nid = 'm'\naddress = 'm@x.cn\\r\\nBcc: a@b.cn'\n", r"mailbox\.0\.address: "),
        ("[[pause]]\nid = 'a'\nname = 'A'\n[[pause]]\nid = 'a'\nname = 'B'\n", "the pause 'a' is defined twice"),
        ("[[pause]]\nid = 'rona'\nname = 'A'\n", "the pause 'rona' is the server's own"),
        ("[web\n", r"line 1"),
        ("[web]\nport = 99999\n", r"line 2: web\.port: .*65535"),
        ("[server]\nlog_level = 'loud'\n", r"line 2: server\.log_level: "),
        (
            "[database]\nurl = 'mysql://u:geheim@h/x'\n",
            r"line 2: database\.url: .*sqlite\\\+aiosqlite:.*postgre",
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_the_place_and_the_right_word(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(written(tmp_path, text), {})


def test_a_named_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such configuration file"):
        load(tmp_path / "none.toml", {})
    with pytest.raises(SettingsError, match="there is no such configuration file"):
        load(None, {"CTI_CONFIG": str(tmp_path / "none.toml")})


def test_the_environment_wins_and_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret-s3cret\n", encoding="utf-8")
    env = {"CTI_PBX__HOST": "10.1.2.3", "CTI_PBX__PORT": "15038", "CTI_PBX__SECRET_FILE": str(secret)}
    env["CTI_PBX__TRUNKS"] = '["SIP/carrier*"]'
    settings = load(written(tmp_path, "[pbx]\nhost = '10.9.9.9'\n"), env)
    assert (settings.pbx.host, settings.pbx.port) == ("10.1.2.3", 15038)
    assert settings.pbx.secret.get_secret_value() == "s3cret-s3cret"
    assert settings.pbx.trunks == ("SIP/carrier*",)
    assert "s3cret" not in repr(settings)


def test_a_secret_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"CTI_PBX__SECRET_FILE: .*none"):
        load(written(tmp_path, ""), {"CTI_PBX__SECRET_FILE": str(tmp_path / "none")})
    with pytest.raises(SettingsError, match="CTI_PBX__TRUNKS"):
        load(written(tmp_path, ""), {"CTI_PBX__TRUNKS": "[broken"})


def test_an_unknown_key_in_the_environment_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"environment: there is no setting 'pbx\.hots'; did you mean 'host'"):
        load(written(tmp_path, ""), {"CTI_PBX__HOTS": "x"})


def test_a_file_that_is_no_text_is_refused_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "cti.toml"
    file.write_bytes("[site]\nname = 'caf\u00e9'\n".encode("latin-1"))
    with pytest.raises(SettingsError, match=r"cti\.toml, line 2: this is not UTF-8 text"):
        load(file, {})
    with pytest.raises(SettingsError, match="directory"):
        load(tmp_path, {})


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CTI_WBE__PORT", r"CTI_WBE__PORT: there is no section 'wbe' .*did you mean 'web'\?"),
        ("CTI_QUEUE__ID", "CTI_QUEUE__ID: there is no section 'queue' for the environment"),
    ],
)
def test_a_wrong_section_in_the_environment_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(written(tmp_path, "[[queue]]\nid = 'a'\n"), {name: "5"})


def test_the_phone_in_the_browser_is_one_of_the_agents_phones() -> None:
    only = Agent.model_validate({"id": "li.na", "browser": True})
    assert (only.phone, only.phones, only.browser_phone) == ("PJSIP/web-li.na", (), "PJSIP/web-li.na")
    beside = Agent.model_validate({"id": "anna", "phone": "PJSIP/1001", "phones": ["PJSIP/home"], "browser": True})
    assert (beside.phone, beside.phones) == ("PJSIP/1001", ("PJSIP/home", "PJSIP/web-anna"))
    assert Agent.model_validate(beside.model_dump()) == beside
    with pytest.raises(ValueError, match="phone"):
        Agent.model_validate({"id": "anna"})


def test_a_branchs_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("abcdefgh12\n", encoding="utf-8")
    text = f"[[branch]]\nid = 'east'\nsecret_file = '{secret}'\nout_trunk = 'trunk'\n"
    settings = load(written(tmp_path, text), {})
    assert settings.branch[0].secret.get_secret_value() == "abcdefgh12"
    assert list(settings.sites()) == ["main", "east"]
    secret.unlink()
    with pytest.raises(SettingsError, match="No such file"):
        load(written(tmp_path, text), {})
