"""A private apt: packages of another suite, fetched from the mirror this machine is set up with, without root.

Everything apt keeps lies in one folder of ours; the machine's own package lists, keys and database are only read. The
mirror is taken from the machine's own sources (deb822 `.sources` files and one-line `.list` files), so no host is named
here. Signatures are checked against the distribution's own archive keyring.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

_OPTIONS = re.compile(r"\[([^\]]*)\]")
_LINE = re.compile(r"^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*(.*)$")


class AptError(RuntimeError):
    """Packages cannot be had; the text says why."""


class Source(msgspec.Struct, frozen=True):
    """One mirror of this machine's apt. `key`: the keyring file that its `Signed-By` names, or empty."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    key: str = ""


class Release(msgspec.Struct, frozen=True):
    """What to fetch from: the distribution's name, the suites, the components and the archive's keyring."""

    distribution: str
    codename: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    keyring: Path


def release(os_release: str, keyrings: Path = Path("/usr/share/keyrings")) -> Release:
    """Which suite has an Asterisk for this machine, from the text of /etc/os-release.

    Debian has Asterisk 22 in forky (neither bookworm nor trixie has one); Ubuntu has a package of its own in universe.
    Raises `AptError` elsewhere.
    """
    facts = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', os_release, re.M))
    codename = facts.get("VERSION_CODENAME", "")
    match facts.get("ID", ""):
        case "debian":
            return Release("debian", codename, ("forky",), ("main",), keyrings / "debian-archive-keyring.gpg")
        case "ubuntu":
            suites = (codename, f"{codename}-updates")
            return Release("ubuntu", codename, suites, ("main", "universe"), keyrings / "ubuntu-archive-keyring.gpg")
        case other:
            raise AptError(f"this is {other or 'an unknown system'}, neither Debian nor Ubuntu")


def sources(folder: Path = Path("/etc/apt")) -> list[Source]:
    """The mirrors in `sources.list` and `sources.list.d`, in that order; disabled and source-only ones left out."""
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    found: list[Source] = []
    for file in files:
        if not file.is_file() or not os.access(file, os.R_OK):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".sources":
            found.extend(_deb822(text))
        elif file.suffix == ".list":
            found.extend(_one_line(text))
    return found


def _deb822(text: str) -> Iterator[Source]:
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n[ \t]*\n", plain):
        fields = {name.lower(): " ".join(value.split()) for name, value in _fields(stanza)}
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        key = fields.get("signed-by", "")
        for uri in fields.get("uris", "").split():
            yield Source(
                uri,
                tuple(fields.get("suites", "").split()),
                tuple(fields.get("components", "").split()),
                key if key.startswith("/") else "",
            )


def _fields(stanza: str) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.M)


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        if found := _LINE.match(line.partition("#")[0]):
            options = _OPTIONS.search(line)
            key = re.search(r"signed-by=(/\S+)", options[1]) if options else None
            yield Source(found[1], (found[2],), tuple(found[3].split()), key[1] if key else "")


def mirrors(known: list[Source], wanted: Release) -> list[str]:
    """The URIs that carry the distribution itself, best guess first: those with its own suite and `main`.

    A third party's repository may use the same words; it then fails the signature check, and the next one is tried.
    """
    own = [s.uri for s in known if "main" in s.components and wanted.codename in s.suites]
    by_name = [s.uri for s in known if "main" in s.components and wanted.distribution in s.uri]
    return list(dict.fromkeys(uri for uri in own + by_name if not uri.startswith("cdrom")))


class Apt:
    """apt with all its state in `folder`. Call `update()` once; it finds a mirror that works."""

    def __init__(self, folder: Path, wanted: Release, uris: list[str]) -> None:
        self._folder = folder
        self._wanted = wanted
        self._uris = uris
        self.uri = ""

    def update(self) -> None:
        """Fetch the suite's package index from the first mirror that serves it, signed. Raises `AptError`."""
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise AptError("there is no apt here")
        if not self._wanted.keyring.exists():
            raise AptError(f"the archive's keyring {self._wanted.keyring} is missing")
        if not self._uris:
            raise AptError(f"apt's sources name no mirror of {self._wanted.distribution}")
        for part in ("lists/partial", "cache/archives/partial", "debs"):
            (self._folder / part).mkdir(parents=True, exist_ok=True)
        (self._folder / "status").touch()
        failures: list[str] = []
        for uri in self._uris:
            lines = [
                f"deb [signed-by={self._wanted.keyring}] {uri} {suite} {' '.join(self._wanted.components)}\n"
                for suite in self._wanted.suites
            ]
            (self._folder / "sources.list").write_text("".join(lines), encoding="utf-8")
            try:
                self._run("apt-get", "-qq", "update")
                self.uri = uri
                return
            except AptError as error:
                failures.append(str(error))
        raise AptError(f"{' '.join(self._wanted.suites)} cannot be fetched: {failures[0]}")

    def depends(self, packages: list[str]) -> dict[str, list[str]]:
        """The packages that each of `packages` directly depends on, alternatives included."""
        only = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]
        result: dict[str, list[str]] = {}
        current = ""
        for line in self._run("apt-cache", "depends", *only, *packages).splitlines():
            if line[:1] not in (" ", ""):
                current = line.strip()
                result[current] = []
            elif (name := line.split(":")[-1].strip()) and not name.startswith("<") and current:
                result[current].append(name)
        return result

    def download(self, packages: list[str]) -> dict[str, Path]:
        """Fetch packages (those already here are not fetched again); their files by name. Raises `AptError`."""
        folder = self._folder / "debs"
        self._run("apt-get", "-qq", "download", *packages, cwd=folder)
        found = {p: sorted(folder.glob(f"{p}_*.deb"), key=lambda f: f.stat().st_mtime) for p in packages}
        if missing := [p for p, files in found.items() if not files]:
            raise AptError(f"the mirror did not give {', '.join(missing)}")
        return {p: files[-1] for p, files in found.items()}

    def _run(self, program: str, *arguments: str, cwd: Path | None = None) -> str:
        state = self._folder
        options = {
            "Dir::State": state,
            "Dir::State::Lists": state / "lists",
            "Dir::State::status": state / "status",
            "Dir::Cache": state / "cache",
            "Dir::Etc::sourcelist": state / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "APT::Sandbox::User": "",
            "APT::Update::Error-Mode": "any",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "30",
        }
        command = [
            program,
            *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
            *arguments,
        ]
        environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, errors="replace")
        if done.returncode:
            errors = [line[2:].strip() for line in done.stderr.splitlines() if line.startswith("E:")]
            raise AptError((errors or [done.stderr.strip() or f"{program} failed"])[0])
        return done.stdout
