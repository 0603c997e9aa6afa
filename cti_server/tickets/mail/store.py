"""Whole letters as files below `server.data_dir`/mail, under random names: what was quoted in them is not lost."""

import secrets
from contextlib import suppress
from pathlib import Path

from cti_server.paths import file_inside

FOLDER = "mail"


def keep(data_dir: Path, data: bytes) -> str:
    """Write it; gives the name that `read` knows it by. For a thread."""
    name = secrets.token_hex(20)
    stored = f"{name[:2]}/{name}.eml"
    path = data_dir / FOLDER / stored
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return stored


def read(data_dir: Path, stored: str) -> bytes | None:
    """None when it is not there (any more). For a thread."""
    path = file_inside(data_dir / FOLDER, Path(stored)) if stored else None
    with suppress(OSError):
        return path.read_bytes() if path is not None else None
    return None


def forget(data_dir: Path, stored: str) -> None:
    """After a transaction that did not come to its end. For a thread."""
    with suppress(OSError):
        (data_dir / FOLDER / stored).unlink()
