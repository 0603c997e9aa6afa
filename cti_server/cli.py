"""The command line: one click group; each context brings its own commands."""

import sys
from urllib.parse import urlsplit

import click
import structlog

from cti_server import logs, pauses, settings
from cti_server.customers.cli import customers, import_
from cti_server.demo.cli import demo, demo_data
from cti_server.doctor import doctor
from cti_server.journal.cli import db, journal
from cti_server.needs import CannotStart
from cti_server.pbx.cli import pbx
from cti_server.recording.cli import recording
from cti_server.replay import replay
from cti_server.sales import value as _tells_customers_of_orders  # noqa: F401
from cti_server.sales.cli import sales
from cti_server.simulate.cli import simulate
from cti_server.staff.cli import user
from cti_server.supervise import become


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cti-server")
def cli() -> None:
    """A call-center / CTI server beside Asterisk."""


@cli.command()
@click.option("--alone", is_flag=True, help="Without the watching parent process (it starts this one).")
def serve(alone: bool) -> None:
    """Serve: calls, pages and API. Watches over itself and starts again when it died or hangs."""
    try:
        config = settings.load()
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None
    server = config.server
    if not alone:
        argv = [sys.executable, "-m", "cti_server", "serve", "--alone"]
        become(argv, server.watchdog_s, server.drain_s, log_level=server.log_level, as_json=server.log_json)
    logs.setup(
        server.log_level,
        as_json=server.log_json,
        secrets=[config.pbx.secret.get_secret_value(), urlsplit(config.redis.url).password or ""],
    )
    import uvloop

    from cti_server import app

    pauses.short_turns()
    try:
        uvloop.run(app.serve(config))
    except CannotStart as error:
        structlog.get_logger().critical("the server cannot start", reason=str(error))
        sys.exit(1)


for command in (
    replay,
    simulate,
    demo,
    demo_data,
    pbx,
    doctor,
    db,
    journal,
    user,
    recording,
    sales,
    customers,
    import_,
):
    cli.add_command(command)
