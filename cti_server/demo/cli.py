"""`cti-server demo` and `cti-server demo-data`."""

from pathlib import Path

import click

from cti_server import logs

FOLDER = Path(".demo")
_CUSTOMERS = click.IntRange(0, 50_000)


@click.command()
@click.option("--seconds", type=click.FloatRange(min=0), default=0.0, help="End by itself after so long.")
@click.option("--web-port", type=click.IntRange(1024, 65535), default=None, help="Default: 8080, or the next free one.")
@click.option(
    "--calls-per-minute", type=click.FloatRange(1, 60), default=9.0, show_default=True, help="How busy it is."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another number plays other calls.")
@click.option("--customers", type=_CUSTOMERS, default=3000, show_default=True, help="How many, with history; 0: none.")
def demo(seconds: float, web_port: int | None, calls_per_minute: float, seed: int, customers: int) -> None:
    """A small call center that plays itself: private Asterisk, server, callers, agents. Ctrl-C ends it all."""
    from cti_server.demo.leftover import AlreadyRunning
    from cti_server.demo.run import play
    from cti_server.demo.site import DemoError
    from cti_server.pbx.instance import InstanceError
    from cti_server.pbx.provision import ProvisionError
    from cti_server.pbx.render import RenderError

    logs.setup("ERROR", as_json=False, secrets=[])
    try:
        play(FOLDER.absolute(), seconds, web_port or 0, calls_per_minute, seed, customers, click.echo)
    except (AlreadyRunning, DemoError, InstanceError, ProvisionError, RenderError, OSError) as error:
        raise click.ClickException(str(error)) from error


@click.command("demo-data")
@click.option("--customers", type=click.IntRange(60, 50_000), default=3000, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number makes up another business.")
def demo_data(customers: int, seed: int) -> None:
    """Load a made-up business into the configured database, which must be EMPTY: for trying out, never for work."""
    from sqlalchemy.exc import SQLAlchemyError

    from cti_server import settings
    from cti_server.demo import stock
    from cti_server.demo.business.load import NotEmpty

    try:
        counts = stock.load_into(settings.load(), customers, seed)
    except (settings.SettingsError, NotEmpty) as error:
        raise click.ClickException(str(error)) from None
    except (SQLAlchemyError, OSError) as error:
        raise click.ClickException(f"the database cannot be used: {str(error).splitlines()[0]}") from None
    click.echo(", ".join(f"{count} {name}" for name, count in counts.items()))
