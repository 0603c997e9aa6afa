"""The revisions make exactly the schema that the tables describe, and form one chain."""

import importlib
import pkgutil

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

import cti_server
from cti_server import migrations
from cti_server.db import metadata


def import_all_tables() -> None:
    for module in pkgutil.walk_packages(cti_server.__path__, "cti_server."):
        if module.name.endswith(".tables"):
            importlib.import_module(module.name)


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # SQLite does not tell what such an index is of
async def test_the_migrated_schema_is_that_of_the_tables(engine: AsyncEngine) -> None:
    import_all_tables()

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, metadata)
        flat = [one for each in found for one in (each if isinstance(each, list) else [each])]
        return [one for one in flat if one[0] != "modify_comment" and not str(one[0]).endswith("_table_comment")]

    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []
        assert await connection.run_sync(migrations.current) == migrations.head()


async def test_upgrading_again_changes_nothing(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(migrations.upgrade)
        assert await connection.run_sync(migrations.current) == migrations.head()
