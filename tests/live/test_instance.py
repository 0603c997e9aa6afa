"""Private instances: started, asked, stopped; ports in use; nothing else is touched; the command line."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cti_server.clock import now
from cti_server.pbx.cli import pbx
from cti_server.pbx.instance import Instance, InstanceError, free_ports
from cti_server.pbx.provision import LEAST_VERSION, Installed, cache_folder
from tests.live.lab import HOST, Lab

pytestmark = pytest.mark.live


def test_what_was_installed_is_recent_and_its_versions_are_on_file(asterisk: Installed) -> None:
    assert asterisk.numbers >= LEAST_VERSION
    written = json.loads((Path(asterisk.prefix) / "versions.json").read_text(encoding="utf-8"))
    assert written["packages"]["asterisk"].split(":")[-1].startswith(".".join(str(n) for n in LEAST_VERSION[:2]))
    assert written["packages"]["libc6"]


def test_two_installations_at_once_agree(asterisk: Installed) -> None:
    """Two processes ask at the same time; both find the same one, and nothing is half written."""
    ask = "from cti_server.pbx.provision import install; print(install().prefix)"
    both = [subprocess.Popen([sys.executable, "-c", ask], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert {process.communicate()[0].strip() for process in both} == {asterisk.prefix}
    assert [process.returncode for process in both] == [0, 0]
    assert not (cache_folder() / "pbx.new").exists()


async def test_every_module_loads(lab: Lab) -> None:
    log = (lab.pbx.folder / "log" / "full").read_text(encoding="utf-8")
    assert [line for line in log.splitlines() if "ERROR[" in line or "declined to load" in line] == []


async def test_a_second_one_on_the_same_ports_is_refused_in_a_sentence(lab: Lab, tmp_path: Path) -> None:
    other = Instance(lab.pbx.installed, tmp_path / "second", lab.ports)
    other.configure(lab.settings)
    with pytest.raises(InstanceError, match=f"port {lab.ports.sip} of {HOST} is in use: choose another base"):
        other.start()
    assert other.stop() is False
    assert lab.pbx.console("core show uptime").startswith("System uptime")


async def test_a_stale_pid_file_stops_nobody(lab: Lab, tmp_path: Path) -> None:
    other = Instance(lab.pbx.installed, tmp_path / "other", free_ports(first=7000))
    (other.folder / "run").mkdir(parents=True)
    (other.folder / "run" / "asterisk.pid").write_text(f"{os.getpid()}\n", encoding="ascii")
    assert other.pid() is None
    assert other.stop() is False
    with pytest.raises(InstanceError, match="does not run"):
        other.console("core show version")


async def test_it_starts_again_where_it_stopped_and_keeps_its_fallback_members(lab: Lab) -> None:
    await lab.ami.do("QueueAdd", Queue="cti-fallback", Interface="PJSIP/agent1", MemberName="agent1")
    await lab.ami.close()
    assert await asyncio.to_thread(lab.pbx.stop) is True
    assert lab.pbx.pid() is None
    pid = await asyncio.to_thread(lab.pbx.start)
    assert await asyncio.to_thread(lab.pbx.start) == pid
    assert "agent1" in lab.pbx.console("queue show cti-fallback")


def test_the_command_line_starts_asks_and_stops(
    asterisk: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "cti.toml"
    config.write_text('[[agent]]\nid = "ann"\nphone = "PJSIP/ann"\nextension = "1001"\n', encoding="utf-8")
    monkeypatch.setenv("CTI_CONFIG", str(config))
    monkeypatch.setenv("CTI_CACHE", str(tmp_path))
    (tmp_path / "asterisk").mkdir()
    (tmp_path / "asterisk" / "pbx").symlink_to(asterisk.prefix)
    runner = CliRunner()
    base = str(free_ports(first=9000 + round(now() * 1000) % 5000).base)
    assert "start one with" in runner.invoke(pbx, ["status"]).output
    started = runner.invoke(pbx, ["start", "--base", base])
    try:
        assert started.exit_code == 0, started.output
        assert f"CTI_PBX__PORT={int(base) + 1}" in started.output
        secret = tmp_path / "asterisk" / "run" / "pbx" / "secret"
        assert secret.stat().st_mode & 0o077 == 0
        assert secret.read_text(encoding="ascii") not in started.output
        assert f"SIP {base}" in runner.invoke(pbx, ["status"]).output
        assert "ann/1001" in runner.invoke(pbx, ["console", "pjsip", "show", "endpoints"]).output
    finally:
        assert runner.invoke(pbx, ["stop"]).output == "Stopped.\n"
    assert "does not run" in runner.invoke(pbx, ["status"]).output
    assert runner.invoke(pbx, ["stop"]).output == "It was not running.\n"
