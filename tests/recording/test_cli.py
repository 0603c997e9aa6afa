"""`cti-server recording`: against a database with one good and one missing recording."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from cti_server.db import open_engine
from cti_server.recording.cli import recording
from tests.fresh import sqlite_database
from tests.recording.kit import call, running, settings, settled, write_pair


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A site's folder: recording 1 is sealed, recording 2 is missing."""
    url = sqlite_database(tmp_path)
    engine = open_engine(url)
    write_pair(tmp_path)
    async with running(settings(tmp_path), engine) as recorder:
        recorder.note(call())
        await settled(engine, 1)
        recorder.note(call("1.3"))
        await settled(engine, 2)
    await engine.dispose()
    text = f'[database]\nurl = "{url}"\n[recording]\nsealed_dir = "{tmp_path}/sealed"\n'
    (tmp_path / "cti.toml").write_text(text, encoding="utf-8")
    return tmp_path


async def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """In a thread: a command starts an event loop of its own."""
    environment = {"CTI_CONFIG": str(folder / "cti.toml")}
    done = await asyncio.to_thread(CliRunner().invoke, recording, arguments, env=environment)
    return done.exit_code, done.output


async def test_list_verify_and_retry(folder: Path) -> None:
    code, text = await run(folder, "list")
    assert code == 0 and "2 of 2 recordings" in text and "-13.5 / -13.5 dBFS" in text and "no such file" in text
    code, text = await run(folder, "list", "--flag", "missing")
    assert code == 0 and "1 of 1 recordings" in text
    assert await run(folder, "verify") == (0, "1 sealed recordings: 1 as they were sealed, 0 not\n")
    [sealed] = (folder / "sealed").rglob("*.flac")
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    code, text = await run(folder, "verify")
    assert code == 1 and "was changed" in text and "0 as they were sealed, 1 not" in text
    sealed.unlink()
    code, text = await run(folder, "verify")
    assert code == 1 and "the file is missing" in text
    assert await run(folder, "retry") == (0, "1 recordings will be tried again\n")
