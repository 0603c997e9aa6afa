"""Where prompts lie: they ship in `scripts_ivr/prompts/<language>/` and are installed where Asterisk reads them.

A sound is named to Asterisk by its absolute path without extension; Asterisk takes whatever format it finds there.
"""

import hashlib
import json
from pathlib import Path

import structlog

from cti_server.ivr.call import LANGUAGES
from cti_server.ivr.prompts import NAME
from cti_server.ivr.scripts import package_folder

log = structlog.get_logger()

_MANIFEST = ".shipped.json"


def sound_path(sounds: Path, language: str, prompt: str) -> str:
    """How Asterisk is told to play `prompt`. Raises `ValueError` for a name that could lead out of the folder."""
    if not NAME.fullmatch(prompt) or language not in LANGUAGES:
        raise ValueError(f"not a prompt: {language!r} {prompt!r}")
    return str(sounds.absolute() / language / prompt)


def shipped_folder() -> Path:
    return package_folder() / "prompts"


def install_prompts(sounds: Path, source: Path | None = None) -> int:
    """Copy the shipped prompts to `sounds`/<language>/; the number of files written. Blocks: run it at start.

    What a site put there stays: a file is replaced only if it is still as installed, and a prompt of which a recording
    of any format lies there already is left alone. Raises `OSError` when the folder cannot be written.
    """
    source = source or shipped_folder()
    written = 0
    for language in LANGUAGES:
        target = sounds / language
        target.mkdir(parents=True, exist_ok=True)
        installed = _read_manifest(target / _MANIFEST)
        for sound in sorted((source / language).glob("*.ulaw")):
            data = sound.read_bytes()
            if _may_write(target, sound, installed.get(sound.name, "")) and _replace(target / sound.name, data):
                written += 1
                installed[sound.name] = _digest(data)
        _replace(target / _MANIFEST, json.dumps(installed, indent=1, sort_keys=True).encode())
    return written


def _may_write(target: Path, sound: Path, digest: str) -> bool:
    present = [p for p in target.glob(f"{sound.stem}.*") if p.is_file()]
    if not present:
        return True
    return [p.name for p in present] == [sound.name] and _digest(present[0].read_bytes()) == digest


def _replace(path: Path, data: bytes) -> bool:
    """Write a file in one step, so that a caller never hears half of it. False when it is the same already."""
    if path.exists() and path.read_bytes() == data:
        return False
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
    return True


def _read_manifest(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
