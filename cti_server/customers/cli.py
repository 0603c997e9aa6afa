"""`cti-server import customers` and `cti-server customers value`: files and figures of customers from a terminal."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar, cast

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock, migrations, settings
from cti_server.customers.import_pages import reasons_of
from cti_server.customers.imports import columns, jobs
from cti_server.customers.imports.jobs import Job
from cti_server.customers.imports.match import DUPLICATES, Duplicates
from cti_server.customers.imports.run import Imports
from cti_server.customers.imports.table import MOST_BYTES, Unreadable
from cti_server.customers.value import recompute_all
from cti_server.db import open_engine
from cti_server.web import export, i18n

T = TypeVar("T")
_SHOWN_BAD = 10


def _run(work: Callable[[settings.Settings, AsyncEngine], Awaitable[T]]) -> T:
    try:
        config = settings.load()
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None

    async def body() -> T:
        engine = open_engine(config.database.url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(migrations.upgrade)
            return await work(config, engine)
        finally:
            await engine.dispose()

    return asyncio.run(body())


@click.group("import")
def import_() -> None:
    """Take in tables from elsewhere."""


@import_.command("customers")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Try it: count what would happen, and write nothing.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="HEADING=FIELD",
    help="Which field a column is; FIELD empty leaves it out. Others are guessed from their headings.",
)
@click.option("--duplicates", type=click.Choice(DUPLICATES), default="skip", show_default=True, help="Known customers.")
@click.option("--encoding", default="", help="Found by itself when not given.")
@click.option("--keep-unknown", is_flag=True, help="Take numbers that no numbering plan knows, as they are.")
@click.option("--bad", "bad_file", type=click.Path(dir_okay=False, path_type=Path), help="Write bad rows there (CSV).")
@click.option(
    "--language", type=click.Choice(list(i18n.LANGUAGES)), default="en", show_default=True, help="Of reasons."
)
def customers_file(
    file: Path,
    dry_run: bool,
    mapped: tuple[str, ...],
    duplicates: str,
    encoding: str,
    keep_unknown: bool,
    bad_file: Path | None,
    language: str,
) -> None:
    """Import customers from a CSV or XLSX FILE. Ends with 1 when there were bad rows."""
    if file.stat().st_size > MOST_BYTES:
        raise click.ClickException(f"{file.name} is larger than {MOST_BYTES // 1024**2} MB: please split it")
    words, content = i18n.Words(i18n.load(), language, "UTC"), file.read_bytes()

    async def work(config: settings.Settings, engine: AsyncEngine) -> int:
        imports = Imports(config, engine)
        ident = await jobs.create(engine, file.name, content, by=getpass.getuser(), at=clock.now())
        try:
            await imports.look(ident, encoding)
        except Unreadable as error:
            await jobs.remove(engine, ident)
            raise click.ClickException(_failed(words, error.word, error.values)) from None
        job = await _job(engine, ident)
        try:
            mapping = _mapping(job, mapped)
        except click.BadParameter:
            await jobs.remove(engine, ident)
            raise
        if wrong := columns.problems(mapping, [f.removeprefix(columns.EXTRA) for f in mapping if "." in f]):
            await jobs.remove(engine, ident)
            raise click.ClickException(" ".join(words.text(f"import_mapping.{word}") for word in wrong))
        known = cast(Duplicates, duplicates)
        await jobs.choose(engine, ident, mapping, job.first_row, known, keep_unknown)
        await jobs.begin(engine, ident, dry=dry_run, node=config.server.node, at=clock.now())
        await imports.run(ident)
        job = await _job(engine, ident)
        await _tell(engine, job, words, bad_file)
        return job.bad or job.state not in ("done", "checked")

    sys.exit(1 if _run(work) else 0)


async def _tell(engine: AsyncEngine, job: Job, words: i18n.Words, bad_file: Path | None) -> None:
    for heading, field in zip(job.headings or range(1, len(job.mapping) + 1), job.mapping, strict=False):
        click.echo(f"{heading!s:<24} {field or '-'}", err=True)
    bad = await jobs.bad_rows(engine, job.id)
    for each in bad[:_SHOWN_BAD]:
        click.echo(f"{job.name}:{each.line}: {reasons_of(each, words)}")
    if bad_file is not None:
        titles = [words.text("imports.line"), words.text("imports.reason"), *job.headings]
        rows = [[each.line, reasons_of(each, words), *each.cells] for each in bad]
        await asyncio.to_thread(bad_file.write_bytes, export.as_csv(titles, rows))
    if job.error:
        click.echo(_failed(words, job.error["word"], job.error), err=True)
    would = "would be " if job.dry else ""
    click.echo(
        f"{job.done} of {job.rows} rows ({job.encoding or job.kind}): {job.created} {would}created, "
        f"{job.updated} {would}updated, {job.skipped} {would}skipped, {job.bad} bad"
    )


def _mapping(job: Job, mapped: tuple[str, ...]) -> list[str]:
    """The guessed fields, but for the columns that were named. Raises ClickException."""
    mapping = list(job.mapping)
    for each in mapped:
        heading, equals, field = each.rpartition("=")
        names = [*job.headings] if job.headings else [str(n) for n in range(1, len(mapping) + 1)]
        if not equals or heading not in names:
            raise click.BadParameter(f"{each!r}: the columns are {', '.join(names)}", param_hint="--map")
        mapping[names.index(heading)] = field
    return mapping


async def _job(engine: AsyncEngine, ident: int) -> Job:
    found = await jobs.find(engine, ident)
    assert found is not None
    return found


def _failed(words: i18n.Words, word: str, values: dict[str, str]) -> str:
    return words.text(f"import_failed.{word}", **{"size": "", "rows": "", "columns": ""} | values)


@click.group()
def customers() -> None:
    """Customers: what they are worth."""


@customers.command("value")
def value() -> None:
    """Compute worth, tier and stage of everybody anew, as is done each night."""

    async def work(_: settings.Settings, engine: AsyncEngine) -> int:
        return await recompute_all(engine, clock.now())

    click.echo(f"{_run(work)} customers who bought")
