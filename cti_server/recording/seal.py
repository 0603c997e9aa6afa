"""From two originals to one sealed file, in a worker thread; and the proof, later, that nobody changed it.

The seal is the SHA-256 of the finished file. It is kept in the database and beside the file; the database's counts.
"""

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

import msgspec
import soundfile

from cti_server.paths import PathError, inside
from cti_server.recording import audio, files
from cti_server.recording.levels import Level
from cti_server.recording.rules import Flag, Segment, flags
from cti_server.recording.wav import Wav, WavError, inspect

_BLOCK = 1 << 20
_FULL_DISK = 4 << 20


class SealError(Exception):
    """A segment could not be sealed; the text is for people. `final`: trying again will not help."""

    def __init__(self, text: str, *, final: bool) -> None:
        super().__init__(text)
        self.final = final


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed file. `complete`: both originals were there and closed, so they may be removed."""

    path: str
    size: int
    sha256: str
    seconds: float
    rate: int
    agent: Level
    caller: Level
    flags: list[Flag]
    note: str
    originals: tuple[Path, ...]
    complete: bool


def find(segment: Segment, *folders: Path) -> tuple[Path | None, Path | None]:
    """The two originals of a segment, agent first; None for one that is in no folder. Raises `PathError`."""
    agent = [files.original(f, segment.agent_path, segment.leg, "agent", segment.started) for f in folders]
    caller = [files.original(f, segment.caller_path, segment.leg, "caller", segment.started) for f in folders]
    return next(filter(None, agent), None), next(filter(None, caller), None)


def make(segment: Segment, originals: tuple[Path | None, Path | None], sealed_dir: Path, silence_dbfs: float) -> Sealed:
    """Join, measure and seal the originals of `segment`. Doing it twice gives the same file.

    The file gets its name only after it was read back and found equal, sample for sample. Raises `SealError`.
    """
    name = files.sealed_name(segment.leg, segment.part, segment.started)
    target = inside(sealed_dir, Path(name))
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        (agent, why_agent), (caller, why_caller) = _read(originals[0]), _read(originals[1])
        broken = why_agent or why_caller
        if broken and not (agent or caller):
            raise WavError(broken)
        joined = audio.join(agent, caller, part, silence_dbfs)
        if audio.sound_of(part) != joined.sound:
            raise OSError("what was written cannot be read back")
        seal = sha256(part)
        size = part.stat().st_size
        files.peaks_file(target).write_bytes(msgspec.json.encode(joined.peaks))
        os.replace(part, target)
        files.hash_file(target).write_text(f"{seal}  {target.name}\n", encoding="ascii")
        _to_disk(target.parent)
    except WavError as error:
        raise SealError(f"{error}.", final=True) from error
    except (OSError, soundfile.SoundFileError) as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise SealError(_why(error, target.parent), final=False) from error
    closed = all(wav.closed for wav in (agent, caller) if wav)
    return Sealed(
        path=name,
        size=size,
        sha256=seal,
        seconds=joined.seconds,
        rate=joined.rate,
        agent=joined.agent,
        caller=joined.caller,
        note=broken and f"One side cannot be used: {broken}.",
        flags=flags(
            segment,
            joined.seconds,
            joined.agent if agent else None,
            joined.caller if caller else None,
            closed=closed,
            apart_s=joined.apart_s,
        )
        + (["broken"] if broken else []),
        originals=tuple(path for path in originals if path),
        complete=closed and agent is not None and caller is not None,
    )


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex. Raises `OSError`."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def check(sealed_dir: Path, path: str, expected: str) -> str:
    """Hash a sealed file again: empty when it is what was sealed, otherwise a sentence that says what is wrong."""
    try:
        found = sha256(inside(sealed_dir, Path(path)))
    except FileNotFoundError:
        return "the file is missing"
    except (OSError, PathError) as error:
        return f"the file cannot be read: {error}"
    return "" if found == expected else f"the file was changed: its SHA-256 is {found}, sealed was {expected}"


def _read(path: Path | None) -> tuple[Wav | None, str]:
    """The side, or None and, for a file that is no usable WAV, why."""
    try:
        wav = inspect(path) if path else None
    except WavError as error:
        return None, str(error)
    return (wav if wav and wav.samples else None), ""


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _why(error: Exception, folder: Path) -> str:
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return f"The folder of sealed recordings cannot be used: {error}."
    if free < _FULL_DISK:
        return "The disk with the sealed recordings is full."
    return f"The sealed recording could not be made: {error}."
