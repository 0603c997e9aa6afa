"""The queries' tests run on SQLite and on PostgreSQL, as the journal's do."""

from tests.journal.conftest import engine, postgres, url

__all__ = ["engine", "postgres", "url"]
