"""The commands `cti-server db` and `cti-server journal`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

import click
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import migrations, settings
from cti_server.db import open_engine
from cti_server.journal.verify import Difference, Report, verify

T = TypeVar("T")


def _with_engine(work: Callable[[AsyncEngine], Awaitable[T]], config: settings.Settings) -> T:
    async def run() -> T:
        engine = open_engine(config.database.url)
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(run())
    except (SQLAlchemyError, OSError) as error:
        raise click.ClickException(f"the database cannot be used: {str(error).splitlines()[0]}") from None


def _settings() -> settings.Settings:
    try:
        return settings.load()
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None


async def upgrade_schema(engine: AsyncEngine) -> None:
    """Bring the schema up to date, in one transaction."""
    async with engine.begin() as connection:
        await connection.run_sync(migrations.upgrade)


async def _current(engine: AsyncEngine) -> str | None:
    async with engine.connect() as connection:
        return await connection.run_sync(migrations.current)


@click.group()
def db() -> None:
    """The database: its schema and version."""


@db.command()
def upgrade() -> None:
    """Bring the database's schema up to date. Does nothing when it is."""
    config = _settings()
    _with_engine(upgrade_schema, config)
    click.echo(f"the schema is at {_with_engine(_current, config)}")


@db.command()
def current() -> None:
    """Print which schema the database has. Exit code 1 when it is not this program's."""
    have, want = _with_engine(_current, _settings()), migrations.head()
    click.echo(f"database: {have or 'empty'}; this program: {want}")
    if have != want:
        click.echo("run: cti-server db upgrade", err=True)
        raise SystemExit(1)


@click.group()
def journal() -> None:
    """The journal: the truth from which every record is made."""


@journal.command("verify")
@click.option("--json", "as_json", is_flag=True, help="one JSON object per difference")
@click.option("--limit", default=50, show_default=True, help="how many differences to print")
def verify_command(as_json: bool, limit: int) -> None:
    """Rebuild all records from the journal and report any difference. Exit code 1 when there is one."""
    config = _settings()
    zone = ZoneInfo(config.site.time_zone)

    async def work(engine: AsyncEngine) -> Report:
        return await verify(engine, zone)

    report = _with_engine(work, config)
    for difference in report.differences[:limit]:
        click.echo(_json(difference) if as_json else _words(difference))
    if report.unknown:
        click.echo(f"{report.unknown} events are of kinds that this version does not know", err=True)
    click.echo(f"{report.events} events, {report.rows} rows, {len(report.differences)} differences", err=True)
    if not report:
        raise SystemExit(1)


def _json(d: Difference) -> str:
    return json.dumps({"table": d.table, "key": d.ident, "expected": d.expected, "found": d.found}, ensure_ascii=False)


def _words(d: Difference) -> str:
    key = ", ".join(map(str, d.ident))
    if d.found is None:
        return f"{d.table} ({key}): missing"
    if d.expected is None:
        return f"{d.table} ({key}): not in the journal"
    columns = "; ".join(f"{name}: {d.found[name]!r}, not {d.expected[name]!r}" for name in d.expected)
    return f"{d.table} ({key}): {columns}"
