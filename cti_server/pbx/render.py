"""`dialplans/` rendered into a folder of files that an administrator includes in Asterisk's configuration.

Only files that this renderer wrote, and that nobody changed since, are ever overwritten: the first line of each carries
a mark and a checksum of the rest. Every value that goes into a file is checked first; Asterisk's configuration has no
quoting worth the name, so what is not plainly harmless is refused.
"""

import hashlib
import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from cti_server.core.ids import MAIN, site_trunk
from cti_server.pbx.announce import LANGUAGES
from cti_server.settings import Branch, Pbx, Settings

RING_S = 30
FALLBACK_S = 1800
VOICEMAIL_S = 300
MAX_HOPS = 5
MUSIC = "cti"
_MARK = "; Written by cti-server pbx render; the next run replaces it."
_HEAD = re.compile(rb"^" + re.escape(_MARK.encode()) + rb" sha256:([0-9a-f]{64})\n")

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:]{2,45}")
_PATH = re.compile(r"/[\w./@+=~-]{1,160}")
"""Short enough that a number of twenty digits, each a prompt in this folder, fits Asterisk's 4096 bytes."""
_SECRET = re.compile(r"[A-Za-z0-9_.~!@^*+=/-]{8,128}")
_ENDPOINT = re.compile(r"PJSIP/[A-Za-z0-9_.-]{1,64}")
_EXTENSION = re.compile(r"[0-9*#]{0,16}")


class RenderError(ValueError):
    """A value may not go into Asterisk's configuration, or a file is not ours to overwrite. One sentence."""


def templates_folder() -> Path:
    """Where the templates are: inside the installed package, or `dialplans/` of the source tree."""
    package = Path(__file__).parents[1]
    packed = package / "_dialplans"
    return packed if packed.is_dir() else package.parent / "dialplans"


def checked(what: str, value: str, pattern: re.Pattern[str]) -> str:
    """`value` if the whole of it matches `pattern`. Raises `RenderError` naming `what`, but not a secret's text."""
    if pattern.fullmatch(value):
        return value
    if pattern is _SECRET:
        reason = "must be 8 to 128 letters, digits or . _ ~ ! @ ^ * + = / -"
        raise RenderError(f"{what} is empty; set it before rendering" if not value else f"{what} {reason}")
    raise RenderError(f"{what} {value!r} cannot be put into Asterisk's configuration")


def check_name(what: str, value: str) -> str:
    return checked(what, value, _NAME)


def check_secret(what: str, value: str) -> str:
    return checked(what, value, _SECRET)


def check_path(what: str, value: Path) -> str:
    return checked(what, str(value.absolute()), _PATH)


def check_host(what: str, value: str) -> str:
    return checked(what, value, _HOST)


def values(settings: Settings, site: str = MAIN) -> dict[str, Any]:
    """What the templates of one site's Asterisk are given, every value checked. Raises `RenderError`."""
    if site not in settings.sites():
        raise RenderError(f"there is no site {site!r}; there are {', '.join(settings.sites())}")
    pbx = settings.sites()[site]
    others = [_Site(name, other.address) for name, other in settings.sites().items() if name != site and other.address]
    for queue in settings.queue:
        check_name("the queue id", queue.id)
        checked(f"the extension of queue {queue.id}", queue.extension, _EXTENSION)
        if queue.music:
            check_name(f"the music of queue {queue.id}", queue.music)
    for agent in settings.agent:
        check_name("the agent id", agent.id)
        checked(f"the phone of agent {agent.id}", agent.phone, _ENDPOINT)
        checked(f"the extension of agent {agent.id}", agent.extension, _EXTENSION)
    _check_extensions(settings)
    browser = any(agent.browser for agent in settings.agent)
    return {
        "agents": settings.agent,
        "queues": settings.queue,
        "default_queue": check_name("the default queue", settings.default_queue()),
        "user": check_name("pbx.user", pbx.user),
        "secret": check_secret("pbx.secret", pbx.secret.get_secret_value()),
        "browser": browser,
        "ari_user": check_name("pbx.ari_user", pbx.ari_user),
        "ari_secret": check_secret("pbx.ari_secret", pbx.ari_secret.get_secret_value()) if browser else "",
        "permit": [_network(one) for one in pbx.permit],
        "fastagi": _fastagi(settings, pbx),
        "site": site,
        "others": others,
        "recordings": check_path("pbx.recordings_dir", pbx.recordings_dir),
        "sounds": check_path("pbx.sounds_dir", pbx.sounds_dir),
        "cel_file": check_name("the name of pbx.cel_file", pbx.cel_file.name if pbx.cel_file else "cti_cel.json"),
        "max_age": pbx.heartbeat_max_age_s,
        "ivr_max_s": pbx.ivr_max_s,
        "out_trunk": pbx.out_trunk,
        "max_hops": MAX_HOPS,
        "out_by": pbx.out_trunk or next((other.trunk for other in others if other.name == MAIN), ""),
        "out_caller_id": pbx.out_caller_id,
        "callback_prefixes": pbx.callback_prefixes,
        "recovers": pbx.cel_file is not None,
        "language": settings.site.language if settings.site.language in LANGUAGES else LANGUAGES[0],
        "boxes": _boxes(settings),
        "record": settings.recording.enabled,
        "music": MUSIC,
        "ring_s": RING_S,
        "fallback_s": FALLBACK_S,
        "voicemail_s": VOICEMAIL_S,
    }


class _Site(NamedTuple):
    """Another site, as the templates see it."""

    name: str
    address: str

    @property
    def trunk(self) -> str:
        return site_trunk(self.name).partition("/")[2]


def _fastagi(settings: Settings, pbx: Pbx) -> str:
    """The IVR's address as this site's Asterisk reaches it."""
    if isinstance(pbx, Branch) and pbx.fastagi:
        return pbx.fastagi
    host = check_host("server.fastagi_host", settings.server.fastagi_host)
    return f"{_bracketed(host)}:{settings.server.fastagi_port}"


def _boxes(settings: Settings) -> list[tuple[str, str]]:
    """Extension and voicemail box of whoever has an extension: an agent's is `agent-` and the id, with `-` for dots."""
    found = [(a.extension, f"agent-{a.id.replace('.', '-')}") for a in settings.agent if a.extension]
    found += [(q.extension, q.box or q.id.replace(".", "-")) for q in settings.queue if q.extension]
    return [(extension, check_name(f"the voicemail box at {extension}", box)) for extension, box in found]


def _check_extensions(settings: Settings) -> None:
    taken: dict[str, str] = {}
    holders = [(a.extension, f"agent {a.id}") for a in settings.agent]
    for extension, holder in holders + [(q.extension, f"queue {q.id}") for q in settings.queue]:
        if extension and extension in taken:
            raise RenderError(f"{holder} has the extension {extension} of {taken[extension]}")
        taken[extension] = holder


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise RenderError(f"pbx.permit: {text!r} is not an IP network such as 10.1.0.0/16") from error


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def render_text(template: str, given: Mapping[str, Any]) -> str:
    """One template of `dialplans/`, by its name without `.j2`. A value that is missing is an error."""
    # Nothing is escaped: Asterisk's configuration is not HTML, and `values` has checked every value.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder()),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{template}.j2").render(given)


def render(settings: Settings, folder: Path, site: str = MAIN) -> list[Path]:
    """Write every file that the administrator of the site's Asterisk includes into `folder` and give their paths.

    Nothing is written unless everything can be. Raises `RenderError`.
    """
    given = values(settings, site)
    names = sorted(file.name.removesuffix(".j2") for file in templates_folder().glob("*.j2"))
    texts = {folder / name: render_text(name, given) for name in names}
    write_all(texts)
    return list(texts)


def write_all(texts: Mapping[Path, str]) -> None:
    """Write our files, each with the mark and its checksum, readable by the owner and the folder's group only.

    Raises `RenderError` before the first one is written when any of them is not ours to overwrite.
    """
    for file in texts:
        _refuse_foreign(file)
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        body = text.encode()
        fresh = file.with_name(f".{file.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(f"{_MARK} sha256:{hashlib.sha256(body).hexdigest()}\n".encode() + body)
        if os.getuid() == 0:
            os.chown(fresh, -1, file.parent.stat().st_gid)
        fresh.rename(file)


def _refuse_foreign(file: Path) -> None:
    if not file.exists() and not file.is_symlink():
        return
    data = file.read_bytes() if file.is_file() else b""
    head = _HEAD.match(data)
    if not head:
        raise RenderError(f"{file} was not written by cti-server: move it away, or render into another folder")
    if hashlib.sha256(data[head.end() :]).hexdigest().encode() != head[1]:
        raise RenderError(f"{file} was changed by hand since it was rendered: move it away to have it rendered anew")
