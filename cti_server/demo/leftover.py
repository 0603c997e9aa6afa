"""What an earlier demo in the same folder left running when it was killed: found by its folder, ended by its pid."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cti_server import clock

_GENTLY_S = 10.0


class AlreadyRunning(RuntimeError):
    """Another demo plays in this folder at this moment."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder. Raises AlreadyRunning; a demo that was killed does not hold it any more."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(
                f"a demo runs already in {folder}: end it first, or start this one elsewhere"
            ) from None
        yield


def processes(folder: Path) -> list[int]:
    """Our own user's processes that were started with this demo's configuration: its server and its Asterisks."""
    marks = (
        f"CTI_CONFIG={folder / 'cti.toml'}".encode(),
        *(os.fsencode(folder / name / "etc" / "asterisk.conf") for name in ("pbx", "carrier")),
    )
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            words = (entry / "environ").read_bytes().split(b"\0") + (entry / "cmdline").read_bytes().split(b"\0")
            if any(mark in words for mark in marks):
                found.append(int(entry.name))
    return found


def end(folder: Path) -> int:
    """End them, first gently; how many there were."""
    pids = processes(folder)
    for number, at_most_s in ((signal.SIGTERM, _GENTLY_S), (signal.SIGKILL, _GENTLY_S)):
        until = clock.monotonic() + at_most_s
        for pid in processes(folder):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        while processes(folder) and clock.monotonic() < until:
            time.sleep(0.1)
    return len(pids)
