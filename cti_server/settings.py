"""Settings: environment variables `CTI_SECTION__KEY` over `config/cti.toml` over the defaults written here.

A secret may also be given as a file: `CTI_PBX__SECRET_FILE=/run/secrets/ami`. A wrong key is refused with the file,
the line and the nearest right key.
"""

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

DEFAULT_FILE = Path("config/cti.toml")
_ID = r"^[A-Za-z0-9_.-]{1,64}$"
_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_DATABASE = r"^(sqlite\+aiosqlite:///|postgresql\+psycopg://)"
_HOLIDAY = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|country|[A-Z]{2}(-[A-Z0-9]{1,5})?)$"


class SettingsError(ValueError):
    """The configuration cannot be used; the text says where and how to mend it."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(Section):
    name: str = "My call center"
    time_zone: str = "Asia/Shanghai"
    language: str = "en"
    country: str = "CN"

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not an IANA time zone, such as Asia/Shanghai") from error
        return value


class Server(Section):
    node: str = "node1"
    data_dir: Path = Path("var")
    fastagi_host: str = "127.0.0.1"
    fastagi_port: int = Field(default=4573, ge=0, le=65535)
    watchdog_s: float = Field(default=5.0, ge=2)
    drain_s: float = Field(default=10.0, ge=0)
    log_json: bool = True
    log_level: str = Field(default="INFO", pattern=r"(?i)^(debug|info|warning|error|critical)$")


class Web(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    session_hours: float = Field(default=12.0, gt=0)
    secure_cookie: bool = False


class Pbx(Section):
    """`recordings_dir`: where Asterisk writes; the server reads it there.

    Into the rendered dialplan go: `permit`, the networks from which the AMI account may be used; `out_trunk`, the
    endpoint that takes calls to the outside (empty: none may be made) and `out_caller_id`, the number they show;
    `ivr_max_s`, how long an IVR may keep a caller before the dialplan goes on by itself.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=5038, ge=1, le=65535)
    user: str = "cti"
    secret: SecretStr = SecretStr("")
    trunks: tuple[str, ...] = ("*/trunk*",)
    recordings_dir: Path = Path("var/recordings")
    sounds_dir: Path = Path("var/sounds")
    cel_file: Path | None = None
    heartbeat_max_age_s: int = 3
    permit: tuple[str, ...] = ("127.0.0.0/8",)
    out_trunk: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]{0,64}$")
    out_caller_id: str = Field(default="", pattern=r"^\+?[0-9]{0,20}$")
    ivr_max_s: int = Field(default=180, ge=10, le=3600)
    action_timeout_s: float = 5.0


class Recording(Section):
    """`sealed_dir`: where finished stereo recordings are kept. `silence_dbfs`: a tenth of a second below it is silence.

    `settle_s`: how long to wait for Asterisk to close a file. `enabled`: every answered call should have a recording.
    """

    enabled: bool = True
    sealed_dir: Path = Path("var/sealed")
    keep_originals: bool = False
    silence_dbfs: float = Field(default=-50.0, ge=-90, le=-10)
    settle_s: float = Field(default=10.0, gt=0, le=600)


class Database(Section):
    url: str = Field(default="sqlite+aiosqlite:///var/cti.db", pattern=_DATABASE)


class Journal(Section):
    """`group_s`: how long events gather before a commit; `buffer_events`: kept in memory while the database is away,
    the oldest beyond it go to a file in `server.data_dir`; `snapshot_events`: events between two snapshots."""

    group_s: float = Field(default=0.05, ge=0, le=5)
    buffer_events: int = Field(default=50_000, ge=100)
    snapshot_events: int = Field(default=20_000, ge=100)
    commit_timeout_s: float = Field(default=15.0, gt=0)


class Redis(Section):
    """Empty `url`: everything runs in this process. With one, every node that has the same database and the same Redis
    runs the same program, and one of them decides. `lease_s`: how long a leader that fell silent is waited for.
    """

    url: str = Field(default="", pattern=r"^((redis|rediss|unix)://.+)?$")
    lease_s: float = Field(default=2.0, ge=0.2, le=30)

    @field_validator("url")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        try:
            urlsplit(value).port  # noqa: B018
        except ValueError as error:
            raise ValueError("it is not a URL such as redis://127.0.0.1:6379/0") from error
        return value


class Queue(Section):
    """`extension`: what an agent dials to send a caller to this queue. `music`: a music class of Asterisk's."""

    id: str = Field(pattern=_ID)
    name: str = ""
    extension: str = Field(default="", pattern=r"^[0-9*#]{0,16}$")
    music: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]{0,64}$")
    sl_threshold_s: float = Field(default=20.0, gt=0)
    short_abandon_s: float = Field(default=5.0, ge=0)
    ring_s: float = Field(default=20.0, ge=1, le=300)
    wrapup_s: float = Field(default=0.0, ge=0)
    rona_limit: int = Field(default=3, ge=1)
    rest_s: float = Field(default=5.0, ge=0)
    weight: int = 0


class Agent(Section):
    """`phone`: the endpoint that rings, such as `PJSIP/agent1`."""

    id: str = Field(pattern=_ID)
    name: str = ""
    phone: str = Field(pattern=r"^[A-Za-z]+/[A-Za-z0-9_.-]{1,64}$")
    extension: str = Field(default="", pattern=r"^[0-9*#]{0,16}$")
    queues: tuple[str, ...] = ()
    auto_login: bool = False


class Number(Section):
    """What a dialled number (DNIS) means. `match`: an exact number, or `*` for any other.

    `script` empty: no IVR, the caller waits for `queue` at once.
    """

    match: str
    script: str = "main_menu"
    queue: str = ""
    language: str = ""
    campaign: str = ""


class Hours(Section):
    """Opening hours in the site's zone: `days` 1 (Monday) to 7, HH:MM; a `close` before `open` crosses midnight."""

    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5, 6, 7)
    open: str = Field(default="00:00", pattern=_CLOCK)
    close: str = Field(default="24:00", pattern=_CLOCK)


class Calendar(Section):
    """`holidays`: closed days, each a date (`2026-02-17`), the public holidays of a country or a part of it (`CN`,
    `US-CA`), or `country` for those of the site's own country.
    """

    hours: tuple[Hours, ...] = (Hours(),)
    holidays: tuple[Annotated[str, Field(pattern=_HOLIDAY)], ...] = ()


class Settings(Section):
    site: Site = Site()
    server: Server = Server()
    web: Web = Web()
    pbx: Pbx = Pbx()
    recording: Recording = Recording()
    database: Database = Database()
    journal: Journal = Journal()
    redis: Redis = Redis()
    calendar: Calendar = Calendar()
    queue: tuple[Queue, ...] = ()
    agent: tuple[Agent, ...] = ()
    number: tuple[Number, ...] = ()

    def default_queue(self) -> str:
        return self.queue[0].id if self.queue else "default"


def load(file: Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    """Read the settings.

    `file`: a TOML file; None takes `CTI_CONFIG` or `config/cti.toml` when it exists. `environ`: defaults to the
    process's. Raises `SettingsError` naming file, line and the nearest right key.
    """
    env = dict(os.environ) if environ is None else environ
    path = file or Path(env.get("CTI_CONFIG", DEFAULT_FILE))
    text = ""
    if path.exists():
        text = _read(path)
    elif file is not None or "CTI_CONFIG" in env:
        raise SettingsError(f"{path}: there is no such configuration file")
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from error
    _overlay(values, env)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_explain(path, text, e["loc"], e["type"], e["msg"]) for e in error.errors())
        ) from None
    _cross_check(path, settings)
    return settings


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}, line {line}: this is not UTF-8 text") from None
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def _overlay(values: dict[str, Any], env: dict[str, str]) -> None:
    """Put the environment's values over those of the file. Tables of which there may be several are the file's only."""
    sections = [name for name, field in Settings.model_fields.items() if isinstance(field.default, Section)]
    for name, raw in env.items():
        section, sep, key = name.removeprefix("CTI_").lower().partition("__")
        if not (name.startswith("CTI_") and sep):
            continue
        if section not in sections:
            near = difflib.get_close_matches(section, sections, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SettingsError(f"{name}: there is no section {section!r} for the environment{hint}")
        if not isinstance(values.setdefault(section, {}), dict):
            continue
        value: Any = raw
        try:
            if key.endswith("_file") and key != "cel_file":
                key, value = key.removesuffix("_file"), Path(raw).read_text(encoding="utf-8").strip()
            elif raw[:1] in ("[", "{"):
                value = tomllib.loads(f"v = {raw}")["v"]
        except (OSError, ValueError) as error:
            raise SettingsError(f"{name}: {error}") from error
        values[section][key] = value


def _explain(path: Path, text: str, loc: tuple[int | str, ...], kind: str, message: str) -> str:
    key = next((str(p) for p in reversed(loc) if isinstance(p, str)), "")
    line = _line_of(text, key)
    where = f"{path}, line {line}" if line else f"{path} or the environment"
    dotted = ".".join(str(p) for p in loc)
    if kind != "extra_forbidden":
        return f"{where}: {dotted}: {message}"
    near = difflib.get_close_matches(key, _keys_at(loc[:-1]), n=1)
    return f"{where}: there is no setting {dotted!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _line_of(text: str, key: str) -> int:
    pattern = re.compile(rf"^\s*(?:\[+\s*)?(?:[\w-]+\.)*{re.escape(key)}\b")
    return next((n for n, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 0)


def _keys_at(loc: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in loc:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        inner = getattr(annotation, "__args__", (annotation,))[0]
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)


def _cross_check(path: Path, settings: Settings) -> None:
    if settings.redis.url and not settings.database.url.startswith("postgresql"):
        raise SettingsError(
            f"{path}: redis.url is set, so several nodes share one database, and that must be PostgreSQL: "
            "set database.url to postgresql+psycopg://..., or leave redis.url empty for a single server"
        )
    queues = {q.id for q in settings.queue}
    for kind, ids in (("queue", [q.id for q in settings.queue]), ("agent", [a.id for a in settings.agent])):
        for twice in {i for i in ids if ids.count(i) > 1}:
            raise SettingsError(f"{path}: the {kind} {twice!r} is defined twice")
    for agent in settings.agent:
        for queue in agent.queues:
            if queue not in queues:
                raise SettingsError(f"{path}: agent {agent.id!r} names the queue {queue!r}, which is not defined")
    for number in settings.number:
        if number.queue and number.queue not in queues:
            raise SettingsError(
                f"{path}: number {number.match!r} names the queue {number.queue!r}, which is not defined"
            )
