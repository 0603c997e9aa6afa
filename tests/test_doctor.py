"""The doctor's plain words: what it finds wrong, and that it changes nothing."""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner

from cti_server import clock
from cti_server.doctor import diagnose, doctor, may_write
from cti_server.pbx import examine
from cti_server.pbx.examine import Finding, judge_version
from cti_server.settings import Settings
from tests.fresh import sqlite_database
from tests.pbx.fake_ami import FakeAmi, event, listing, reply


def _settings(tmp_path: Path, port: int, secret: str = "right") -> Settings:
    (tmp_path / "recordings").mkdir(exist_ok=True)
    return Settings.model_validate(
        {
            "pbx": {"port": port, "secret": secret, "recordings_dir": tmp_path / "recordings"},
            "database": {"url": f"sqlite+aiosqlite:///{tmp_path}/cti.db"},
            "server": {"fastagi_port": _free_port()},
            "web": {"port": _free_port()},
            "agent": [{"id": "alice", "phone": "PJSIP/agent1"}, {"id": "bob", "phone": "PJSIP/agent2"}],
        }
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def _healthy(ami: FakeAmi) -> None:
    commands = "PlayDTMF MixMonitorMute QueueAdd Originate DeviceStateList CoreShowChannels".split()
    ami.answers["ListCommands"] = lambda a: reply(a, *(f"{c}: x" for c in commands))
    ami.answers["Getvar"] = lambda a: reply(a, "Value: 1")
    ami.answers["Ping"] = lambda a: reply(a, f"Timestamp: {clock.now()}")
    ami.answers["ShowDialPlan"] = lambda a: listing(
        a, "ShowDialPlan", event("ListDialplan", "AppData: $[${EPOCH}-0${CTI_HEARTBEAT}>3]?x")
    )
    ami.answers["DeviceStateList"] = lambda a: listing(
        a,
        "DeviceStateList",
        event("DeviceStateChange", "Device: PJSIP/agent1", "State: NOT_INUSE"),
        event("DeviceStateChange", "Device: PJSIP/agent2", "State: NOT_INUSE"),
    )


def _wrong(findings: list[Finding]) -> dict[str, str]:
    return {f.what: f.text for f in findings if f.verdict == "wrong"}


async def test_a_healthy_site_has_nothing_to_mend(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        _healthy(ami)
        settings = _settings(tmp_path, ami.port)
        sqlite_database(tmp_path)
        findings = await diagnose(settings)
        assert _wrong(findings) == {}
        assert {"AMI actions", "clocks", "database", "dialplan", "modules"} <= {f.what for f in findings}


async def test_each_fault_is_named(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        _healthy(ami)
        ami.answers["CoreSettings"] = lambda a: reply(a, "AsteriskVersion: 22.9.0")
        ami.answers["Ping"] = lambda a: reply(a, "Timestamp: 1000.5")
        ami.answers["ListCommands"] = lambda a: reply(a, "PlayDTMF: x", "Originate: x", "QueueAdd: x")
        ami.answers["Getvar"] = lambda a: reply(a, f"Value: {0 if 'res_agi' in a.get('Variable') else 1}")
        ami.answers["ShowDialPlan"] = lambda a: (
            reply(a, "Message: Did not find context", response="Error")
            if a.get("Context") == "cti-agent"
            else listing(a, "ShowDialPlan", event("ListDialplan", "AppData: nothing"))
        )
        ami.answers["DeviceStateList"] = lambda a: listing(
            a, "DeviceStateList", event("DeviceStateChange", "Device: PJSIP/agent1", "State: UNAVAILABLE")
        )
        settings = _settings(tmp_path, ami.port)
        (tmp_path / "recordings").rmdir()
        findings = await diagnose(settings)
        wrong = _wrong(findings)
        assert "CVE-2026-57191" in wrong["Asterisk's version"]
        assert "differs" in wrong["clocks"]
        assert {"AMI action MixMonitorMute", "AMI action CoreShowChannels"} <= wrong.keys()
        assert "res_agi" in wrong["modules"] and "app_dial" not in wrong["modules"]
        texts = [f.text for f in findings if f.what == "dialplan"]
        assert any("[cti-agent]" in t for t in texts) and any("[cti-hold] does not look" in t for t in texts)
        assert "no such device" in wrong["phone PJSIP/agent2 of agent bob"]
        assert any(f.verdict == "note" and "not registered" in f.text for f in findings)
        assert any("no such folder" in text for text in wrong.values())
        assert "no file" in wrong["database"]
        assert not (tmp_path / "cti.db").exists(), "looking does not make a database"
        assert all(f.mend for f in findings if f.verdict == "wrong")


async def test_a_trunk_and_a_phone_that_the_pbx_does_not_know(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        _healthy(ami)
        settings = _settings(tmp_path, ami.port)
        asked = Settings.model_validate(
            settings.model_dump()
            | {
                "pbx": settings.pbx.model_dump() | {"out_trunk": "carrier"},
                "agent": [{"id": "alice", "phone": "PJSIP/agent1", "phones": ["PJSIP/web1"]}],
            }
        )
        wrong = _wrong(await diagnose(asked))
        assert "no call can leave" in wrong["trunk carrier"]
        assert "no such device" in wrong["phone PJSIP/web1 of agent alice"]
        for state, verdict in (("NOT_INUSE", "ok"), ("UNAVAILABLE", "note")):
            device = event("DeviceStateChange", "Device: PJSIP/carrier", f"State: {state}")
            ami.answers["DeviceStateList"] = lambda a, device=device: listing(a, "DeviceStateList", device)
            assert [f.verdict for f in await diagnose(asked) if f.what == "trunk carrier"] == [verdict]


@pytest.mark.slow
async def test_another_server_at_work_on_the_same_asterisk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "HEARTBEAT_S", 1.5)
    async with FakeAmi() as ami:
        _healthy(ami)
        settings, before = _settings(tmp_path, ami.port), int(clock.now())
        beat = {"value": lambda: int(clock.now())}
        ami.answers["Getvar"] = lambda a: reply(
            a, f"Value: {beat['value']() if a.get('Variable') == 'CTI_HEARTBEAT' else 1}"
        )
        assert "it is not the one of this configuration" in _wrong(await diagnose(settings))["another server"]
        with socket.create_server(("127.0.0.1", settings.web.port)):
            assert "another server" not in _wrong(await diagnose(settings)), "it is this one"
        beat["value"] = lambda: before
        assert "another server" not in _wrong(await diagnose(settings)), "it has just stopped"


async def test_closed_queues_and_doubts_are_notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.model_validate(
        _settings(tmp_path, _free_port()).model_dump()
        | {
            "calendar": {"hours": [{"days": [1, 2, 3, 4, 5], "open": "09:00", "close": "18:00"}], "holidays": ["CN"]},
            "calendars": [{"id": "never", "hours": []}, {"id": "always"}],
            "queue": [{"id": "day"}, {"id": "ghost", "calendar": "never"}, {"id": "night", "calendar": "always"}],
        }
    )
    sunday_at_ten = 1_759_024_800.0  # 2025-09-28 in Shanghai, a working day by law
    monkeypatch.setattr(clock, "now", lambda: sunday_at_ten)
    found = await diagnose(settings)
    hours = [(f.verdict, f.text) for f in found if f.what == "opening hours"]
    assert hours[:2] == [
        ("note", "queue 'day' is closed and opens Monday 2025-09-29 09:00 (Asia/Shanghai)"),
        ("note", "queue 'ghost' is closed and does not open within a year"),
    ]
    assert "by law people work on 2025-09-28, 2025-10-11" in hours[2][1]
    doubts = [f.text for f in found if f.what == "configuration" and f.verdict == "note"]
    assert doubts == [
        f"queue {q!r}: no agent serves it, so its callers wait for nobody; name it in the queues of an agent"
        for q in ("day", "ghost", "night")
    ]


async def test_a_wrong_password_and_no_pbx_at_all(tmp_path: Path) -> None:
    async with FakeAmi() as ami:
        (refused,) = [f for f in await diagnose(_settings(tmp_path, ami.port, "nearly-right")) if "AMI" in f.what]
    assert refused.verdict == "wrong" and "Authentication failed" in refused.text
    assert "nearly-right" not in repr(refused)
    (nobody,) = [f for f in await diagnose(_settings(tmp_path, _free_port())) if "AMI" in f.what]
    assert nobody.verdict == "wrong" and "start Asterisk" in nobody.mend


async def test_an_old_schema_and_a_database_that_is_none(tmp_path: Path) -> None:
    settings = _settings(tmp_path, _free_port())
    (tmp_path / "cti.db").touch()
    assert "revision none" in _wrong(await diagnose(settings))["database"]
    (tmp_path / "cti.db").write_bytes(b"this is not a database" * 100)
    assert "cannot be opened" in _wrong(await diagnose(settings))["database"]


async def test_a_port_in_use_is_a_note_and_a_foreign_address_is_wrong(tmp_path: Path) -> None:
    settings = _settings(tmp_path, _free_port())
    with socket.create_server(("127.0.0.1", settings.server.fastagi_port)):
        findings = await diagnose(settings)
    assert [f.verdict for f in findings if f.what.startswith("FastAGI")] == ["note"]
    away = settings.model_copy(update={"web": settings.web.model_copy(update={"host": "192.0.2.1"})})
    assert any(what.startswith("web port") for what in _wrong(await diagnose(away)))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("22.10.1", "ok"),
        ("22.10.1+dfsg+~cs6.17.60671434-1", "ok"),
        ("22.11.0", "ok"),
        ("22.10.0", "wrong"),
        ("20.15.2", "wrong"),
        ("23.1.0", "note"),
        ("GIT-master", "note"),
    ],
)
def test_versions(text: str, verdict: str) -> None:
    assert judge_version(text).verdict == verdict


def test_who_may_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    assert may_write(tmp_path, os.getuid())
    assert may_write(tmp_path, 0)
    assert not may_write(tmp_path, 54321)
    tmp_path.chmod(0o777)
    assert may_write(tmp_path, 54321)


@pytest.fixture
def restore_logs() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before[0], before[1]
    structlog.reset_defaults()


@pytest.mark.usefixtures("restore_logs")
def test_the_command_says_what_is_wrong_with_the_configuration_and_ends_with_1(tmp_path: Path) -> None:
    file = tmp_path / "cti.toml"
    file.write_text("[pbx]\nhosst = '127.0.0.1'\n")
    result = CliRunner().invoke(doctor, ["--config", str(file)])
    assert result.exit_code == 1
    assert "did you mean 'host'" in result.output and "WRONG" in result.output
