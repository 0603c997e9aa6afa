"""What a server that cannot start says, tried with the real command: one sentence, an end, and no traceback."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cti_server.needs import CannotStart, claim

pytestmark = pytest.mark.slow

SETTINGS = """
[server]
data_dir = "{folder}/var"
fastagi_port = {agi}
[web]
port = {web}
[pbx]
sounds_dir = "{folder}/sounds"
[database]
url = "sqlite+aiosqlite:///{database}"
"""


def serve(folder: Path, *, agi: int = 0, web: int = 0, database: str = "") -> str:
    """Why `cti-server serve` does not start."""
    file = folder / "cti.toml"
    text = SETTINGS.format(folder=folder, agi=agi, web=web, database=database or folder / "cti.db")
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "cti_server", "serve", "--alone"],
        env=os.environ | {"CTI_CONFIG": str(file)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    said = json.loads(done.stderr.splitlines()[-1])
    assert said["event"] == "the server cannot start"
    return str(said["reason"])


@pytest.mark.parametrize("which", ["agi", "web"])
def test_a_port_that_is_taken(tmp_path: Path, which: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = serve(tmp_path, **{which: port})
    setting = {"agi": "server.fastagi_host and fastagi_port", "web": "web.host and web.port"}[which]
    assert f"127.0.0.1:{port}" in said
    assert f"Address already in use; look at {setting}" in said


def test_a_database_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "the database cannot be used: " in serve(tmp_path, database=str(tmp_path / "file" / "cti.db"))
    (tmp_path / "no.db").write_bytes(b"this is no database " * 500)
    assert "file is not a database; look at database.url" in serve(tmp_path, database=str(tmp_path / "no.db"))


def test_a_second_server_on_the_same_database(tmp_path: Path) -> None:
    held = claim(f"sqlite+aiosqlite:///{tmp_path}/cti.db")
    assert held is not None
    try:
        assert "another server is using the database" in serve(tmp_path)
    finally:
        os.close(held)


def test_a_claim_is_given_back_and_is_for_sqlite_files_only(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/cti.db"
    first = claim(url)
    assert first is not None
    with pytest.raises(CannotStart, match="another server"):
        claim(url)
    os.close(first)
    second = claim(url)
    assert second is not None
    os.close(second)
    assert claim("postgresql+psycopg://u@h/d") is None
