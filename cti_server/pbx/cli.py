"""`cti-server pbx`: a private Asterisk for demo, tests and a first try, and the dialplan for one's own."""

import secrets
from pathlib import Path

import click
from pydantic import SecretStr

from cti_server.core.ids import MAIN
from cti_server.pbx.instance import Instance, InstanceError, Phone, Ports, Trunk, free_ports
from cti_server.pbx.provision import LEAST_VERSION, Installed, ProvisionError, cache_folder, install, installed
from cti_server.pbx.render import RenderError
from cti_server.pbx.render import render as render_files
from cti_server.settings import Settings, SettingsError, load

DEFAULT_BASE = 5160
_NAME = click.option("--name", default="pbx", show_default=True, help="Which of several private instances.")


@click.group(name="pbx")
def pbx() -> None:
    """A private Asterisk without root, and the files for an Asterisk of your own."""


@pbx.command(name="install")
def install_command() -> None:
    """Fetch Asterisk from this machine's own apt mirror and unpack it into the cache folder."""
    try:
        found = install(say=click.echo)
    except ProvisionError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{found.version}, {len(found.packages)} packages, in {found.prefix}")
    if not found.recent_enough:
        least = ".".join(str(n) for n in LEAST_VERSION)
        click.echo(f"It is older than {least}, which mends a known hole: use it for trying out, not for real calls.")


@pbx.command()
@_NAME
@click.option(
    "--base", type=click.IntRange(1024, 65000), help="SIP port; AMI is base+1, HTTP base+2. Default: a free one."
)
def start(name: str, base: int | None) -> None:
    """Install if need be, configure from config/cti.toml, and start."""
    try:
        found = install(say=click.echo)
        settings = load()
        folder = _folder(name)
        secret, password = _secret(folder / "secret"), _secret(folder / "phone-password")
        ports = _ports(folder, base)
        instance = Instance(found, folder, ports)
        if not instance.pid():
            given = private(settings, folder, ports, secret, _secret(folder / "ari-secret"))
            instance.configure(given, *lines(settings, ports, password))
        (folder / "base").write_text(f"{ports.base}\n", encoding="ascii")
        pid = instance.start()
    except (ProvisionError, InstanceError, RenderError, SettingsError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{found.version} runs as process {pid}: SIP {ports.sip}, AMI {ports.ami}, HTTP {ports.http}.")
    click.echo("Let the server use it:")
    click.echo(f"  export CTI_PBX__HOST={instance.host} CTI_PBX__PORT={ports.ami} CTI_PBX__USER={settings.pbx.user}")
    click.echo(f"  export CTI_PBX__SECRET_FILE={folder / 'secret'}")
    click.echo(f"  export CTI_PBX__RECORDINGS_DIR={folder / 'recordings'} CTI_PBX__SOUNDS_DIR={folder / 'sounds'}")
    click.echo(f"  export CTI_PBX__HTTP_PORT={ports.http} CTI_PBX__ARI_SECRET_FILE={folder / 'ari-secret'}")
    click.echo(f"Phones register at {instance.host}:{ports.sip}; their password is in {folder / 'phone-password'}.")


@pbx.command()
@_NAME
def stop(name: str) -> None:
    """Stop the private instance, and nothing else."""
    instance = _instance(name)
    click.echo("Stopped." if instance.stop() else "It was not running.")


@pbx.command()
@_NAME
def status(name: str) -> None:
    """What runs, since when, with how many calls."""
    instance = _instance(name)
    pid = instance.pid()
    if pid is None:
        raise click.ClickException(f"the private Asterisk {name!r} does not run; start it with: cti-server pbx start")
    ports = instance.ports
    click.echo(
        f"{instance.installed.version} runs as process {pid}: SIP {ports.sip}, AMI {ports.ami}, HTTP {ports.http}."
    )
    click.echo(instance.console("core show uptime").strip())
    click.echo(instance.console("core show channels count").strip())


@pbx.command(context_settings={"ignore_unknown_options": True})
@_NAME
@click.argument("command", nargs=-1, required=True)
def console(name: str, command: tuple[str, ...]) -> None:
    """Run one Asterisk CLI command, such as: pjsip show endpoints."""
    try:
        click.echo(_instance(name).console(" ".join(command)), nl=False)
    except InstanceError as error:
        raise click.ClickException(str(error)) from error


@pbx.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--site", default=MAIN, show_default=True, help="For the Asterisk of which site: main, or a branch's id.")
def render(folder: Path, site: str) -> None:
    """Write the files that an Asterisk of your own includes into FOLDER. Files that others wrote are never replaced."""
    try:
        files = render_files(load(), folder, site)
    except (RenderError, SettingsError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for file in files:
        click.echo(str(file))
    click.echo("The first lines of each file say where to include it.")


def private(settings: Settings, folder: Path, ports: Ports, secret: str, ari_secret: str) -> Settings:
    """`settings` as a private instance in `folder` needs them: its own accounts, folders and trunk."""
    own = {
        "host": "127.0.0.1",
        "port": ports.ami,
        "secret": SecretStr(secret),
        "http_port": ports.http,
        "ari_secret": SecretStr(ari_secret),
        "recordings_dir": folder / "recordings",
        "sounds_dir": folder / "sounds",
        "out_trunk": settings.pbx.out_trunk or "trunk",
        "permit": ("127.0.0.0/8",),
    }
    return settings.model_copy(update={"pbx": settings.pbx.model_copy(update=own)})


def lines(settings: Settings, ports: Ports, password: str) -> tuple[list[Phone], list[Trunk]]:
    """A phone for each PJSIP agent of `settings` (`web...` in a browser), and one trunk at the port `base+5`.

    The desk's own phones are not among them: the server makes those.
    """
    names = [
        agent.phone.partition("/")[2]
        for agent in settings.agent
        if agent.phone.startswith("PJSIP/") and agent.phone != agent.browser_phone
    ]
    extensions = {agent.phone.partition("/")[2]: agent.extension for agent in settings.agent}
    phones = [
        Phone(name, password, web=name.startswith("web"), caller_id=extensions[name].strip("*#"))
        for name in sorted(names)
    ]
    return phones, [Trunk("trunk", ports.base + 5)]


def _folder(name: str) -> Path:
    if not name.replace("-", "").replace("_", "").isalnum():
        raise click.ClickException("a name is made of letters, digits, - and _")
    return cache_folder() / "run" / name


def _secret(file: Path) -> str:
    """The secret in `file`, made once and readable by its owner only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(16), encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def _ports(folder: Path, base: int | None) -> Ports:
    """The ports asked for, or those of the last start, or free ones."""
    file = folder / "base"
    if base:
        return Ports(base)
    return Ports(int(file.read_text(encoding="ascii"))) if file.exists() else free_ports(first=DEFAULT_BASE)


def _instance(name: str) -> Instance:
    found: Installed | None = installed()
    folder = _folder(name)
    if found is None or not (folder / "base").exists():
        raise click.ClickException("there is no private Asterisk yet; start one with: cti-server pbx start")
    return Instance(found, folder, _ports(folder, None))
