"""`cti-server sales`: what is computed each night, at once."""

import asyncio

import click

from cti_server import clock, settings
from cti_server.db import open_engine
from cti_server.sales import crosssell


@click.group()
def sales() -> None:
    """Sales: what is bought together."""


@sales.command()
def pairs() -> None:
    """Compute anew which products are bought together."""
    try:
        config = settings.load()
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None

    async def compute() -> int:
        engine = open_engine(config.database.url)
        try:
            async with engine.begin() as connection:
                return await crosssell.recompute(connection, clock.now())
        finally:
            await engine.dispose()

    click.echo(f"{asyncio.run(compute())} pairs of products")
