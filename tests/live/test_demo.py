"""`cti-server demo` as a newcomer runs it: calls with outcomes, a recording with both voices, and nothing left over."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cti_server.demo import leftover
from cti_server.pbx.provision import Installed

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

VOICE_DBFS = -45.0
"""A channel louder than this has speech on it; a silent one is at -100."""


@asynccontextmanager
async def demo(installed: Installed, folder: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The demo in the working directory `folder`; what it prints goes to `folder/out`. Killed if it still runs."""
    environ = os.environ | {"CTI_CACHE": str(Path(installed.prefix).parents[1])}
    with (folder / "out").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cti_server", "demo", "--calls-per-minute", "12", "--customers", "60", *options),
            cwd=folder,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            leftover.end(folder / ".demo")


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def said(folder: Path) -> str:
    return (folder / "out").read_text(encoding="utf-8", errors="replace")


def rows(folder: Path, query: str) -> list[dict[str, Any]]:
    connection = sqlite3.connect(f"file:{folder / '.demo' / 'cti.db'}?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()


async def until_said(folder: Path, words: str, process: asyncio.subprocess.Process) -> None:
    while words not in said(folder):
        assert process.returncode is None, said(folder)
        await asyncio.sleep(0.2)


async def test_plays_and_leaves_nothing(asterisk: Installed, tmp_path: Path) -> None:
    async with demo(asterisk, tmp_path, "--seconds", "60") as process:
        await until_said(tmp_path, "The first recording can be heard", process)
        assert await process.wait() == 0, said(tmp_path)
    assert "Traceback" not in said(tmp_path)
    for login in ("admin", "supervisor", "agent", "desk", "reviewer"):
        assert f"\n    {login} " in said(tmp_path)

    ended = rows(tmp_path, 'SELECT outcome, direction, ani, queue FROM "call" WHERE ended IS NOT NULL')
    assert len(ended) >= 4
    assert {call["direction"] for call in ended} == {"inbound"}
    assert all(call["ani"] and call["outcome"] for call in ended)
    answered = [call for call in ended if call["outcome"] == "answered"]
    assert len(answered) >= 2
    assert all(call["queue"] for call in answered)
    assert rows(tmp_path, 'SELECT id FROM "call" WHERE ended IS NULL') == []
    sealed = rows(tmp_path, "SELECT agent_rms_dbfs, caller_rms_dbfs, path FROM recording WHERE status = 'sealed'")
    both = [r for r in sealed if min(r["agent_rms_dbfs"], r["caller_rms_dbfs"]) > VOICE_DBFS]
    assert both
    assert all((tmp_path / ".demo" / "sealed" / r["path"]).stat().st_size > 0 for r in sealed)
    assert leftover.processes(tmp_path / ".demo") == []


async def test_ctrl_c_and_a_second_demo(asterisk: Installed, tmp_path: Path) -> None:
    """Ctrl-C ends with code 0. While one plays, a second one in the same folder is refused and disturbs nothing."""
    async with demo(asterisk, tmp_path) as process:
        await until_said(tmp_path, "A small call center is playing itself", process)
        second = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cti_server", "demo"), cwd=tmp_path, stderr=asyncio.subprocess.PIPE
        )
        _, refusal = await second.communicate()
        assert second.returncode == 1
        assert b"a demo runs already" in refusal
        assert leftover.processes(tmp_path / ".demo")
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0, said(tmp_path)
        assert leftover.processes(tmp_path / ".demo") == []


async def test_one_that_was_killed_is_tidied_up(asterisk: Installed, tmp_path: Path) -> None:
    """kill -9 of the demo leaves its server and its Asterisks; the next demo ends them and starts afresh."""
    async with demo(asterisk, tmp_path) as process:
        await until_said(tmp_path, "A small call center is playing itself", process)
        process.kill()
        await process.wait()
        left = leftover.processes(tmp_path / ".demo")
        assert left
        async with demo(asterisk, tmp_path, "--seconds", "1") as again:
            assert await again.wait() == 0, said(tmp_path)
            assert "that an earlier demo had left behind" in said(tmp_path)
        assert not [pid for pid in left if is_alive(pid)]
