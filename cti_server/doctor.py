"""`cti-server doctor`: what is wrong, in plain words, and how to mend it. It changes nothing."""

import asyncio
import grp
import os
import pwd
import socket
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from cti_server import clock, logs, migrations
from cti_server import settings as settings_module
from cti_server.db import open_engine
from cti_server.ivr.calendar import look, next_change, working_days
from cti_server.ivr.calendars import Calendars
from cti_server.pbx.examine import Finding, examine
from cti_server.settings import DEFAULT_FILE, Pbx, Settings, SettingsError
from cti_server.settings.doubts import warnings

_AHEAD_S = 366 * 86400.0
SIGNS = {"ok": "  ok   ", "note": " note  ", "wrong": " WRONG "}


@click.command()
@click.option("--config", "config", type=click.Path(path_type=Path), help="The settings; config/cti.toml if not given.")
def doctor(config: Path | None) -> None:
    """Say what is wrong and how to mend it; ends with 1 when something is."""
    logs.setup("CRITICAL", as_json=False)
    try:
        settings = settings_module.load(config)
    except (SettingsError, OSError, UnicodeDecodeError) as error:
        _show([Finding("wrong", "configuration", str(error), "correct it; everything else is looked at after that")])
        raise SystemExit(1) from None
    findings = asyncio.run(diagnose(settings, config))
    _show(findings)
    wrong = sum(f.verdict == "wrong" for f in findings)
    click.echo(f"\n{wrong} thing{'s' * (wrong != 1)} to mend." if wrong else "\nNothing is wrong.")
    raise SystemExit(1 if wrong else 0)


def _show(findings: list[Finding]) -> None:
    for finding in findings:
        click.echo(f"{SIGNS[finding.verdict]} {finding.what}: {finding.text}")
        if finding.mend:
            click.echo(f"         -> {finding.mend}")


async def diagnose(settings: Settings, config: Path | None = None) -> list[Finding]:
    """Look at everything. `config`: the file that the settings came from."""
    path = config or Path(os.environ.get("CTI_CONFIG", DEFAULT_FILE))
    source = str(path) if path.exists() else "the defaults (there is no config/cti.toml)"
    ports = list(_ports(settings))
    stopped = all(finding.verdict == "ok" for finding in ports)
    return [
        Finding("ok", "configuration", source),
        *(Finding("note", "configuration", doubt) for doubt in warnings(settings)),
        *_opening_hours(settings, clock.now()),
        *await _database(settings),
        *ports,
        *(finding for pbx in settings.sites().values() for finding in _recordings(pbx)),
        *await examine(settings, stopped=stopped and not settings.redis.url),
    ]


def _opening_hours(settings: Settings, at: float) -> Iterator[Finding]:
    """Which queues are closed, and when they open; and working days at a weekend that a calendar does not know."""
    what, calendars = "opening hours", Calendars(settings)
    closed = [queue for queue in settings.queue if not look(calendars.of(queue.id), at).open]
    for queue in closed:
        table = calendars.of(queue.id)
        state, then = f"queue {queue.id!r} is {look(table, at).reason}", next_change(table, at, at + _AHEAD_S)
        if then is None:
            mend = f"give hours to the calendar {queue.calendar!r}" if queue.calendar else "give hours to [calendar]"
            yield Finding("note", what, f"{state} and does not open within a year", mend)
        else:
            opens = datetime.fromtimestamp(then, table.zone)
            yield Finding("note", what, f"{state} and opens {opens:%A %Y-%m-%d %H:%M} ({table.zone})")
    if not closed:
        yield Finding("ok", what, "every queue is open now")
    missed = {day for queue in settings.queue for day in working_days(calendars.of(queue.id), at, at + _AHEAD_S)}
    if missed:
        days = ", ".join(day.isoformat() for day in sorted(missed))
        mend = "write each into a holiday_file, such as `2026-10-10 open 09:00-18:00`, if people work then"
        yield Finding(
            "note", what, f"by law people work on {days} to make up for a holiday; a queue is closed then", mend
        )


async def _database(settings: Settings) -> list[Finding]:
    if missing := _missing_file(settings.database.url):
        return [Finding("wrong", "database", f"there is no file {missing} yet", "run `cti-server db upgrade`")]
    engine = open_engine(settings.database.url)
    shown = engine.url.render_as_string(hide_password=True)
    try:
        async with engine.connect() as connection:
            has = await connection.run_sync(migrations.current)
    except (SQLAlchemyError, OSError) as error:
        text = f"{shown} cannot be opened: {getattr(error, 'orig', None) or error}"
        return [
            Finding("wrong", "database", text, "start the database, or correct database.url (user, password, name)")
        ]
    finally:
        await engine.dispose()
    if has != migrations.head():
        text = f"{shown} is at revision {has or 'none'}, this program needs {migrations.head()}"
        return [Finding("wrong", "database", text, "run `cti-server db upgrade`")]
    return [Finding("ok", "database", f"{shown}, revision {has}")]


def _missing_file(url: str) -> str:
    """SQLite's file when it is not there: opening it would make it."""
    parsed = make_url(url)
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return file if file and not Path(file).exists() else ""


def _ports(settings: Settings) -> Iterator[Finding]:
    for what, host, port in (
        ("FastAGI", settings.server.fastagi_host, settings.server.fastagi_port),
        ("web", settings.web.host, settings.web.port),
    ):
        name = f"{what} port {host}:{port}"
        problem = _bind(host, port)
        if not problem:
            yield Finding("ok", name, "free: the server is not running")
        elif _served(host, port):
            yield Finding("note", name, "in use: by this server if it is running")
        else:
            yield Finding("wrong", name, problem, "choose an address of this machine and a free port")


def _bind(host: str, port: int) -> str:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _served(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1.0).close()
    except OSError:
        return False
    return True


def _recordings(pbx: Pbx) -> list[Finding]:
    folder = pbx.recordings_dir
    what = f"recordings in {folder}"
    if not folder.is_dir():
        return [Finding("wrong", what, "there is no such folder", "make it, writable for Asterisk and for this server")]
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        mend = "give this server's user read and write, for example by a group that it shares with Asterisk"
        return [Finding("wrong", what, "this server may not read and write there", mend)]
    uid = _owner_of_listener(pbx.host, pbx.port)
    if uid is None:
        text = "this server may write; whether Asterisk may cannot be seen from here"
        return [Finding("note", what, text)]
    if not may_write(folder, uid):
        text = f"Asterisk runs as {_user(uid)}, which may not write there"
        return [
            Finding("wrong", what, text, f"chown or chgrp {folder} so that {_user(uid)} may write, and set its mode")
        ]
    return [Finding("ok", what, f"this server and Asterisk (as {_user(uid)}) may write")]


def may_write(folder: Path, uid: int) -> bool:
    """By owner, groups and mode bits, as the kernel decides without ACLs."""
    if uid == 0:
        return True
    info = folder.stat()
    if info.st_uid == uid:
        return bool(info.st_mode & stat.S_IWUSR)
    if info.st_gid in _groups(uid):
        return bool(info.st_mode & stat.S_IWGRP)
    return bool(info.st_mode & stat.S_IWOTH)


def _groups(uid: int) -> set[int]:
    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        return set()
    return {user.pw_gid, *(g.gr_gid for g in grp.getgrall() if user.pw_name in g.gr_mem)}


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _owner_of_listener(host: str, port: int) -> int | None:
    """The user whose process listens on `port` of this machine, by /proc; None when `host` is another machine."""
    try:
        if not socket.gethostbyname(host).startswith("127."):
            return None
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
            return int(fields[7])
    return None
