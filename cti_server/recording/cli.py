"""`cti-server recording list | verify | retry`: what was recorded, whether it is still what was sealed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.db import open_engine
from cti_server.recording import queries, seal
from cti_server.recording.rules import FLAGS
from cti_server.settings import Settings, SettingsError, load

_PAGE = 500


def _run(work: Callable[[Settings, AsyncEngine], Awaitable[int]]) -> int:
    try:
        settings = load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error

    async def main() -> int:
        engine = open_engine(settings.database.url)
        try:
            return await work(settings, engine)
        finally:
            await engine.dispose()

    return asyncio.run(main())


@click.group()
def recording() -> None:
    """Recordings: list them, prove that nobody changed them."""


@recording.command("list")
@click.option("--call", default="", help="Only those of one call id.")
@click.option("--flag", default="", type=click.Choice(["", "any", *FLAGS]), help="Only those with this flag.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, queries.MOST_ROWS))
def list_(call: str, flag: str, limit: int) -> None:
    """Expected and found length and energy per channel, the latest first."""

    async def work(settings: Settings, engine: AsyncEngine) -> int:
        zone = ZoneInfo(settings.site.time_zone)
        rows, total = await queries.page(engine, queries.Filter(call=call, flag=flag), limit)
        for r in rows:
            when = datetime.fromtimestamp(r.started, zone).strftime("%Y-%m-%d %H:%M:%S")
            found = "-" if r.found_s is None else f"{r.found_s:.1f}"
            loud = " / ".join("-" if v is None else f"{v:.1f}" for v in (r.agent_rms_dbfs, r.caller_rms_dbfs))
            click.echo(
                f"{r.id}  {when}  {r.agent or r.endpoint}  expected {r.expected_s:.1f} s, found {found} s  "
                f"agent / caller {loud} dBFS  {r.status}  {', '.join(r.flags)}".rstrip()
            )
            if r.note:
                click.echo(f"    {r.note}")
        click.echo(f"{len(rows)} of {total} recordings")
        return 0

    _run(work)


@recording.command()
def verify() -> None:
    """Hash every sealed file again. Ends with 1 when one is missing or was changed."""

    async def work(settings: Settings, engine: AsyncEngine) -> int:
        after = checked = bad = 0
        while rows := await queries.seals(engine, after, _PAGE):
            for key, path, expected in rows:
                wrong = await asyncio.to_thread(seal.check, settings.recording.sealed_dir, path, expected)
                if wrong:
                    bad += 1
                    click.echo(f"{key}  {path}: {wrong}")
                checked, after = checked + 1, key
        click.echo(f"{checked} sealed recordings: {checked - bad} as they were sealed, {bad} not")
        return bad

    if _run(work):
        raise SystemExit(1)


@recording.command()
@click.argument("ids", nargs=-1, type=int)
def retry(ids: tuple[int, ...]) -> None:
    """Let the server try failed and missing recordings again: all, or those of the given IDS."""

    async def work(_: Settings, engine: AsyncEngine) -> int:
        return await queries.retry(engine, ids)

    click.echo(f"{_run(work)} recordings will be tried again")
