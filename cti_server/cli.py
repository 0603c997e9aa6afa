"""The command line: one click group; each context brings its own commands."""

import click

from cti_server.replay import replay


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cti-server")
def cli() -> None:
    """A call-center / CTI server beside Asterisk."""


cli.add_command(replay)
