"""Where the files are. Every path comes from the PBX or from a row, never from a browser; each is checked here.

Asterisk writes `<recordings_dir>/<YYYY>/<MM>/<DD>/<leg>-agent.wav` and `-caller.wav`; the sealed file is
`<sealed_dir>/<YYYY>/<MM>/<DD>/<leg>.flac` with its `.sha256` (as `sha256sum -c` reads it) and `.peaks.json` beside it.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cti_server.paths import PathError, file_inside

Side = Literal["agent", "caller"]

_LEG = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def checked(leg: str) -> str:
    """`leg` when it is safe as a file name. Raises `PathError`."""
    if not _LEG.fullmatch(leg) or leg.startswith("."):
        raise PathError(f"{leg!r} cannot be the name of a recording")
    return leg


def original(folder: Path, told: str, leg: str, side: Side, started: float) -> Path | None:
    """The WAV of one side, if it is there.

    `told`: the path that the PBX gave, believed when it is a WAV inside `folder`. Otherwise (the event was lost, or the
    PBX sees the folder under another name) the place where the dialplan writes; its day is the PBX's, so the days
    beside the UTC one of `started` are looked at too.
    """
    places = [Path(told)] if told else []
    day = datetime.fromtimestamp(started, UTC)
    name = f"{checked(leg)}-{side}.wav"
    places += [Path((day + timedelta(days=n)).strftime("%Y/%m/%d")) / name for n in (0, 1, -1)]
    for place in places:
        found = file_inside(folder, place)
        if found is not None and found.suffix == ".wav":
            return found
    return None


def sealed_name(leg: str, part: int, started: float) -> str:
    """The sealed file's path below the folder of sealed files. Raises `PathError` for an unusable leg id."""
    end = f"-{part}" if part > 1 else ""
    return datetime.fromtimestamp(started, UTC).strftime("%Y/%m/%d/") + f"{checked(leg)}{end}.flac"


def hash_file(sealed: Path) -> Path:
    return sealed.with_name(sealed.name + ".sha256")


def peaks_file(sealed: Path) -> Path:
    return sealed.with_name(sealed.stem + ".peaks.json")
