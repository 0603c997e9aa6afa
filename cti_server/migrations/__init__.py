"""The schema's history: one linear chain of Alembic revisions in `versions/`, run by `cti-server db upgrade`.

To change the schema, change a context's `tables.py` and add `versions/NNNN_<what>.py` by hand: the next number as
`revision`, the number before it as `down_revision`, and `upgrade()` in plain `op.` calls that work on SQLite and on
PostgreSQL alike (`with op.batch_alter_table` for a changed column). A revision that was ever released is not edited.
Any context adds its revisions here, in the same chain; a test compares the result with the tables, column by column.
There is no way back: a backup is the way back.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

_LOCK = 0x637469
"""Any number that is ours alone in the database."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the schema up to date: `await async_connection.run_sync(upgrade)` inside a transaction.

    Nodes that start at once do it one after the other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    command.upgrade(_config(connection), "head")


def current(connection: Connection) -> str | None:
    """The revision that the database has; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The revision that this program wants."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""
