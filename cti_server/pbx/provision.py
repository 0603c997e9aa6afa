"""A private Asterisk, without root: the distribution's own packages, unpacked and run through their own `ld.so`.

`install()` fetches Asterisk and the libraries that the chosen modules need (about 22 MB), takes from them what is
needed (about 50 MB), and records the exact versions in `versions.json`, since a testing suite moves. What is installed
is used again; two installs at once wait for each other. The host's own libraries are not touched.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import SequenceMatcher
from pathlib import Path

import msgspec

from cti_server.pbx.apt import Apt, AptError, Release, mirrors, release, sources
from cti_server.pbx.elf import needed
from cti_server.pbx.modules import MODULES, REQUIRED

START = ("asterisk", "asterisk-modules", "asterisk-core-sounds-en-gsm", "libc6")
LEAST_VERSION = (22, 10, 1)
_OWN_LIBRARIES = re.compile(r"^(libasterisk.*|ld-linux.*|linux-vdso.*)\.so")
INSTEAD = (
    "Use an Asterisk that you have: name its address and AMI account in config/cti.toml under [pbx], or in the "
    "environment as CTI_PBX__HOST, CTI_PBX__PORT, CTI_PBX__USER and CTI_PBX__SECRET."
)


class ProvisionError(RuntimeError):
    """A private Asterisk cannot be installed; the text is one sentence that says why, and what to do instead."""


class Installed(msgspec.Struct, frozen=True):
    """An Asterisk ready to run. `prefix`: its folder; `packages`: package → version; `mirror`: where they came from.

    `modules`: the modules that were asked for; another list asks for another installation.
    """

    prefix: str
    version: str
    packages: dict[str, str]
    mirror: str = ""
    modules: tuple[str, ...] = ()

    @property
    def program(self) -> Path:
        return Path(self.prefix) / "bin" / "asterisk"

    @property
    def numbers(self) -> tuple[int, ...]:
        return version_numbers(self.version)

    @property
    def recent_enough(self) -> bool:
        """22.10.1 mends CVE-2026-57191."""
        return self.numbers >= LEAST_VERSION


def version_numbers(text: str) -> tuple[int, ...]:
    """`Asterisk 22.10.1+dfsg` or a package version `1:22.10.1~dfsg` as (22, 10, 1)."""
    found = re.search(r"(?:^|[\s:])(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(n) for n in found.groups()) if found else ()


def cache_folder() -> Path:
    """Where the private Asterisk lies: `$CTI_CACHE/asterisk`, by default `.cache/asterisk` of the project."""
    return Path(os.environ.get("CTI_CACHE", ".cache")).absolute() / "asterisk"


def installed(cache: Path | None = None) -> Installed | None:
    """The Asterisk that `install` left in `cache`; None when there is none, or when it does not run."""
    prefix = (cache or cache_folder()) / "pbx"
    try:
        found = msgspec.json.decode((prefix / "versions.json").read_bytes(), type=Installed)
    except (OSError, msgspec.MsgspecError):
        return None
    usable = found.modules == MODULES and _version(prefix)
    return msgspec.structs.replace(found, prefix=str(prefix)) if usable else None


def install(cache: Path | None = None, say: Callable[[str], None] = lambda text: None) -> Installed:
    """Install a private Asterisk unless it is there already.

    `cache`: its folder, default `cache_folder()`. `say`: is told what is going on. Raises `ProvisionError`.
    """
    folder = cache or cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / "lock"):
            if there := installed(folder):
                return there
            return _install(folder, say)
    except (AptError, OSError) as error:
        reason = str(error).rstrip(".")
        raise ProvisionError(f"Asterisk cannot be installed here, because {reason}. {INSTEAD}") from error


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _install(folder: Path, say: Callable[[str], None]) -> Installed:
    os_release = Path("/etc/os-release")
    wanted: Release = release(os_release.read_text(encoding="utf-8") if os_release.exists() else "")
    apt = Apt(folder / "apt", wanted, mirrors(sources(), wanted))
    say(f"Asking apt's mirror for the packages of {wanted.distribution} {wanted.suites[0]} ...")
    apt.update()
    unpacked = folder / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    say("Fetching Asterisk and the libraries it needs ...")
    packages = _fetch(apt, unpacked)
    say(f"Unpacking {len(packages)} packages ...")
    made = folder / "pbx.new"
    shutil.rmtree(made, ignore_errors=True)
    _assemble(unpacked, made)
    version = _version(made)
    if not version:
        raise AptError("the unpacked Asterisk does not start")
    result = Installed(str(folder / "pbx"), version, packages, apt.uri, MODULES)
    (made / "versions.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    shutil.rmtree(folder / "pbx", ignore_errors=True)
    made.rename(folder / "pbx")
    shutil.rmtree(unpacked, ignore_errors=True)
    return result


def _fetch(apt: Apt, unpacked: Path) -> dict[str, str]:
    """Fetch and unpack the packages that the binary and the chosen modules need, and no others.

    A library that is still missing is shipped by a direct dependency of a package whose file asks for it; of those
    the one whose name is most like the library's is tried first.
    """
    versions: dict[str, str] = {}
    wanted = list(START)
    while wanted:
        for name, file in apt.download(wanted).items():
            versions[name] = file.name.removesuffix(".deb").split("_")[1].replace("%3a", ":")
            target = unpacked / name
            target.mkdir(parents=True, exist_ok=True)
            _check("dpkg-deb", "--extract", str(file), str(target))
        missing = _missing(unpacked)
        depends = apt.depends(sorted(versions)) if missing else {}
        wanted = []
        for library, askers in missing.items():
            candidates = {d for asker in askers for d in depends.get(asker, []) if d not in versions}
            if not candidates:
                raise AptError(f"no package was found that has {library}")
            wanted.append(max(sorted(candidates), key=lambda name: _likeness(name, library)))
        wanted = sorted(set(wanted))
    return versions


def _likeness(package: str, library: str) -> float:
    stem = re.sub(r"\.so\.?", "-", library).rstrip("-")
    return SequenceMatcher(None, package.removesuffix("t64").replace(".", ""), stem.replace(".", "")).ratio()


def _missing(unpacked: Path) -> dict[str, set[str]]:
    """Libraries that no unpacked package has, each with the packages that ask for it."""
    libraries = {file.name: file for file in _libraries(unpacked)}
    missing: dict[str, set[str]] = {}
    queue = [file for file in unpacked.glob("asterisk*/**/*") if _is_ours(file)]
    seen = set(queue)
    while queue:
        file = queue.pop()
        for name in needed(file):
            if name in libraries:
                if libraries[name] not in seen:
                    seen.add(libraries[name])
                    queue.append(libraries[name])
            elif not _OWN_LIBRARIES.match(name):
                missing.setdefault(name, set()).add(file.relative_to(unpacked).parts[0])
    return missing


def _is_ours(file: Path) -> bool:
    """Whether a file is Asterisk's program, or one of the modules that we load."""
    return file.match("usr/sbin/asterisk") or (file.parent.name == "modules" and file.stem in MODULES)


def _libraries(unpacked: Path) -> Iterator[Path]:
    for pattern in ("*/usr/lib/*-linux-*/*.so*", "*/lib/*-linux-*/*.so*", "*/usr/lib/*-linux-*/asterisk/*.so*"):
        yield from unpacked.glob(pattern)
    yield from unpacked.glob("*/lib*/ld-linux*")
    yield from unpacked.glob("*/usr/lib*/ld-linux*")


def _assemble(unpacked: Path, made: Path) -> None:
    """Put what is needed into one folder: bin, lib, modules, share."""
    for part in ("bin", "lib", "modules", "share/sounds"):
        (made / part).mkdir(parents=True)
    for file in _libraries(unpacked):
        if file.exists():
            shutil.copy2(file, made / "lib" / file.name)
    found = {file.stem: file for file in unpacked.glob("asterisk*/usr/lib/**/asterisk/modules/*.so")}
    if absent := REQUIRED - set(found):
        raise AptError(f"the packages lack the modules {', '.join(sorted(absent))}")
    for name in MODULES:
        if name in found:
            shutil.copy2(found[name], made / "modules" / found[name].name)
    shutil.copy2(unpacked / "asterisk/usr/sbin/asterisk", made / "bin/asterisk.real")
    for share in unpacked.glob("asterisk*/usr/share/asterisk"):
        for part in ("documentation", "rest-api"):
            if (share / part).is_dir():
                shutil.copytree(share / part, made / "share" / part, dirs_exist_ok=True)
        for voice in share.glob("sounds/en*"):
            if voice.is_dir() and not voice.is_symlink():
                shutil.copytree(voice, made / "share/sounds/en", dirs_exist_ok=True)
    loaders = sorted((made / "lib").glob("ld-linux*"))
    if not loaders:
        raise AptError("the C library's package has no loader")
    program = made / "bin/asterisk"
    start = f'"$here/lib/{loaders[0].name}" --library-path "$here/lib" --argv0 asterisk "$here/bin/asterisk.real"'
    program.write_text(f'#!/bin/sh\nhere=$(cd "$(dirname "$0")/.." && pwd)\nexec {start} "$@"\n', encoding="ascii")
    program.chmod(0o755)


def _version(prefix: Path) -> str:
    """What the program says of itself, such as `Asterisk 22.10.1+dfsg`; empty when it does not run."""
    try:
        return _check(str(prefix / "bin" / "asterisk"), "-V").strip()
    except (AptError, OSError):
        return ""


def _check(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise AptError(f"{command[0]} failed: {done.stderr.strip()[:200]}")
    return done.stdout
