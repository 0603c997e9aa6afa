"""A small server for the watchdog's tests: `watched_child.py FOLDER BEHAVIOUR`.

It beats its heart, then writes its pid into FOLDER/pids, and ends on SIGTERM with code 7 after writing
FOLDER/drained. Behaviours: "", die (ends at once), stubborn (ignores SIGTERM), hang (blocks its loop).
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from cti_server.heart import Heart
from cti_server.tasks import Tasks


async def main(folder: Path, behaviour: str) -> int:
    if behaviour == "die":
        _here(folder)
        return 3
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, (lambda: None) if behaviour == "stubborn" else ended.set)
    heart = Heart.from_environment()
    heart.beat_s = 0.05
    tasks = Tasks()
    tasks.start(heart.beat(), "heart")
    await asyncio.sleep(0.1)
    _here(folder)
    if behaviour == "hang":
        time.sleep(600)  # noqa: ASYNC251 - this is what a hanging loop is
    await ended.wait()
    await tasks.close()
    (folder / "drained").touch()
    return 7


def _here(folder: Path) -> None:
    with (folder / "pids").open("a") as file:
        file.write(f"{os.getpid()}\n")


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]), sys.argv[2])))
