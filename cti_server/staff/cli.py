"""`cti-server user`: add and list users, change a password, make an API token."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import migrations, settings
from cti_server.db import open_engine
from cti_server.staff import queries
from cti_server.staff.rules import AccountError
from cti_server.web.permissions import ROLES

T = TypeVar("T")


@click.group("user")
@click.option("--config", type=click.Path(path_type=Path), default=None, help="The TOML file.")
@click.pass_context
def user(context: click.Context, config: Path | None) -> None:
    """People who sign in, and tokens for the API."""
    try:
        context.obj = settings.load(config)
    except settings.SettingsError as error:
        raise click.ClickException(str(error)) from None


def _run(loaded: settings.Settings, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    async def body() -> T:
        engine = open_engine(loaded.database.url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(migrations.upgrade)
            return await work(engine)
        finally:
            await engine.dispose()

    try:
        return asyncio.run(body())
    except AccountError as error:
        raise click.ClickException(str(error)) from None


def _ask_password(given: bool) -> str:
    """From standard input when it is not a terminal, or when `given` says so."""
    if given or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


@user.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", default="", help="As colleagues see it.")
@click.option("--agent", default="", help="The id of the agent in the configuration whose phone is theirs.")
@click.option("--language", type=click.Choice(["en", "zh"]), default=None)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def add(
    loaded: settings.Settings, login: str, role: str, name: str, agent: str, language: str | None, password_stdin: bool
) -> None:
    """Add a user."""
    if agent and agent not in {a.id for a in loaded.agent}:
        raise click.ClickException(f"the configuration has no agent {agent!r}")
    password = _ask_password(password_stdin)
    _run(loaded, lambda e: queries.add_user(e, login, password, role, name, agent, language or ""))
    click.echo(f"added {login}")


@user.command("list")
@click.pass_obj
def list_(loaded: settings.Settings) -> None:
    """List the users."""
    for account in _run(loaded, queries.list_users):
        state = "  disabled" if account.disabled else ""
        tokens = f"  {account.tokens} token(s)" if account.tokens else ""
        agent = f"  agent {account.agent}" if account.agent else ""
        click.echo(f"{account.login:<20} {account.role:<14} {account.name}{agent}{tokens}{state}")


@user.command("token")
@click.argument("name")
@click.option("--label", default="", help="What it is for.")
@click.pass_obj
def token(loaded: settings.Settings, name: str, label: str) -> None:
    """Make an API token with the rights of the user NAME, and print it. It is never shown again."""
    click.echo(_run(loaded, lambda e: queries.add_token(e, name, label)))


@user.command("password")
@click.argument("login")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def password(loaded: settings.Settings, login: str, password_stdin: bool) -> None:
    """Change a user's password and end their sessions."""
    new = _ask_password(password_stdin)
    _run(loaded, lambda e: queries.set_password(e, login, new))
    click.echo(f"changed; {login} has to sign in again")
