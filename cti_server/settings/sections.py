"""The sections of which there is one each: the site, the server, its pages, the PBX, recordings, the stores."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, field_validator

_DATABASE = r"^(sqlite\+aiosqlite:///|postgresql\+psycopg://)"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def known_zone(value: str) -> str:
    """`value` itself. Raises `ValueError` unless it is an IANA time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is not an IANA time zone, such as Asia/Shanghai") from error
    return value


class Site(Section):
    """`area_code`: of fixed lines here, for numbers dialled without one. `currency`: of prices, ISO 4217."""

    name: str = "My call center"
    time_zone: Annotated[str, AfterValidator(known_zone)] = "Asia/Shanghai"
    language: str = "en"
    country: str = "CN"
    area_code: str = Field(default="", pattern=r"^[0-9]{0,6}$")
    currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")


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
    `callback_prefixes`, with one of which a number must begin to be called back, empty for any;
    `ivr_max_s`, how long an IVR may keep a caller before the dialplan goes on by itself; `address` (`host:port`), where
    the Asterisks of branches reach the SIP of this one.

    Phones in the browser need Asterisk's HTTP server: `http_host` (empty: `host`) and `http_port`, with the account
    `ari_user`, `ari_secret`. `media_address`: the address at which browsers reach its sound (empty: Asterisk offers all
    of its own). `ice_servers`: what browsers ask for their own address, or relay by, such as `stun:stun.example.org`.
    `return_s`: how long a customer whose agent's page has gone is kept for that agent.
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
    callback_prefixes: tuple[Annotated[str, Field(pattern=r"^\+?[0-9]{1,20}$")], ...] = ()
    ivr_max_s: int = Field(default=180, ge=10, le=3600)
    address: str = Field(default="", pattern=r"^([A-Za-z0-9_.-]{1,253}:[0-9]{1,5})?$")
    action_timeout_s: float = 5.0
    http_host: str = Field(default="", pattern=r"^[A-Za-z0-9_.:-]{0,253}$")
    http_port: int = Field(default=8088, ge=1, le=65535)
    ari_user: str = "cti"
    ari_secret: SecretStr = SecretStr("")
    media_address: str = Field(default="", pattern=r"^[0-9A-Fa-f.:]{0,45}$")
    ice_servers: tuple[
        Annotated[str, Field(pattern=r"^(stun|stuns|turn|turns):[A-Za-z0-9_.:?=\[\]-]{1,253}$")], ...
    ] = ()
    return_s: float = Field(default=30.0, ge=1, le=600)


class Recording(Section):
    """`sealed_dir`: where finished stereo recordings are kept. `silence_dbfs`: a tenth of a second below it is silence.

    `settle_s`: how long to wait for Asterisk to close a file. `enabled`: every answered call should have a recording.
    """

    enabled: bool = True
    sealed_dir: Path = Path("var/sealed")
    keep_originals: bool = False
    silence_dbfs: float = Field(default=-50.0, ge=-90, le=-10)
    settle_s: float = Field(default=10.0, gt=0, le=600)


class Routing(Section):
    """`max_age_s`: how long an agent may be in a state, by its word, before people are told and the PBX is asked."""

    max_age_s: dict[str, float] = {
        "reserved": 60.0,
        "ringing": 180.0,
        "talking": 7200.0,
        "on_hold": 1800.0,
        "wrap_up": 900.0,
        "paused": 7200.0,
    }


class Sales(Section):
    """`share_accounts`: whether who sells to somebody else's customer may share the account openly, or is refused."""

    share_accounts: bool = True


class Webhooks(Section):
    """`allow`: hosts, addresses and networks inside that may be told, and those that may be told without encryption.
    `timeout_s`: for one attempt; `most_at_once`: to one webhook."""

    allow: tuple[str, ...] = ()
    timeout_s: float = Field(default=15.0, gt=0, le=60)
    most_at_once: int = Field(default=4, ge=1, le=32)


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
