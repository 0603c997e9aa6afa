"""What touches the database runs on SQLite and on PostgreSQL, as the journal's tests do."""

from tests.journal.conftest import engine, postgres, url

__all__ = ["engine", "postgres", "url"]
