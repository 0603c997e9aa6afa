"""Databases with today's schema, migrated once and then copied: to migrate takes longer than most tests do."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from cti_server import migrations


def sqlite_database(folder: Path) -> str:
    """The URL of `cti.db` in this folder; what is there already stays."""
    path = folder / "cti.db"
    if not path.exists():
        path.write_bytes(_migrated())
    return f"sqlite+aiosqlite:///{path}"


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cti.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()


def migrate(url: str) -> None:
    """Bring the database of this URL up to date, with a driver that blocks."""
    engine = create_engine(url)
    with engine.begin() as connection:
        migrations.upgrade(connection)
    engine.dispose()
