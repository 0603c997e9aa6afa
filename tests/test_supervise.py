"""The watchdog with real processes: killed, stopped, hung, told to end, orphaned."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CHILD = [sys.executable, "-m", "tests.watched_child"]
ROOT = Path(__file__).parent.parent


class Watched:
    """A watchdog process and the child that it keeps running."""

    def __init__(self, folder: Path, behaviour: str = "", watchdog_s: float = 0.8, drain_s: float = 5.0) -> None:
        self.folder = folder
        self.log = folder / "log"
        argv = [*CHILD, str(folder), behaviour]
        code = f"from cti_server.supervise import become; become({argv!r}, {watchdog_s}, {drain_s}, as_json=False)"
        with self.log.open("wb") as log:
            self.parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=log, stderr=log)

    def pids(self) -> list[int]:
        file = self.folder / "pids"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def child(self, number: int = 1) -> int:
        """The pid of the child started as the `number`th, once it is there."""
        until(lambda: len(self.pids()) >= number)
        return self.pids()[number - 1]

    def said(self) -> str:
        return self.log.read_text()

    def stop(self) -> None:
        for pid in [self.parent.pid, *self.pids()]:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        self.parent.wait()


def until(true: Callable[[], object]) -> None:
    while not true():
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    started: list[Watched] = []

    def start(behaviour: str = "", **times: float) -> Watched:
        started.append(Watched(tmp_path, behaviour, **times))
        return started[-1]

    yield start
    for one in started:
        one.stop()


Watch = Callable[..., Watched]


def test_a_killed_server_is_started_again(watch: Watch) -> None:
    server = watch()
    for number in (1, 2):
        os.kill(server.child(number), signal.SIGKILL)
    assert server.child(3)
    assert "it was killed by SIGKILL" in server.said()
    assert server.parent.poll() is None


def test_a_stopped_server_is_killed_and_started_again(watch: Watch) -> None:
    server = watch()
    first = server.child()
    os.kill(first, signal.SIGSTOP)
    assert server.child(2) != first
    assert not alive(first)
    assert "no sign of life for 0.8 s" in server.said()


def test_a_server_whose_loop_hangs_is_killed_and_started_again(watch: Watch) -> None:
    server = watch("hang")
    first = server.child()
    server.child(2)
    assert not alive(first)


def test_sigterm_lets_the_server_drain_and_passes_its_code_on(watch: Watch, tmp_path: Path) -> None:
    server = watch()
    child = server.child()
    server.parent.send_signal(signal.SIGTERM)
    assert server.parent.wait() == 7
    assert (tmp_path / "drained").exists()
    assert not alive(child)
    assert len(server.pids()) == 1


def test_a_server_that_will_not_end_is_killed_after_its_time(watch: Watch) -> None:
    server = watch("stubborn", drain_s=0.1)
    child = server.child()
    server.parent.send_signal(signal.SIGTERM)
    assert server.parent.wait() == 128 + signal.SIGKILL
    assert not alive(child)


def test_a_second_ctrl_c_does_not_wait(watch: Watch) -> None:
    server = watch("stubborn", drain_s=600)
    child = server.child()
    server.parent.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert alive(child)
    server.parent.send_signal(signal.SIGINT)
    assert server.parent.wait() == 128 + signal.SIGKILL


def test_a_server_that_dies_at_once_is_tried_again_ever_slower_and_sigterm_still_ends_it(watch: Watch) -> None:
    server = watch("die")
    server.child(4)
    waits = [
        float(line.rpartition("after_s=")[2].split()[0]) for line in server.said().splitlines() if "after_s" in line
    ]
    assert waits[:3] == [0.25, 0.5, 1.0]
    assert "it ended with code 3" in server.said()
    server.parent.send_signal(signal.SIGTERM)
    server.parent.wait()
    assert not any(alive(pid) for pid in server.pids())


def test_a_server_whose_watchdog_was_killed_drains_and_ends(watch: Watch, tmp_path: Path) -> None:
    server = watch()
    child = server.child()
    server.parent.kill()
    server.parent.wait()
    until(lambda: not alive(child))
    assert (tmp_path / "drained").exists()


def test_a_watchdog_that_was_itself_stopped_does_not_blame_the_server(watch: Watch) -> None:
    server = watch()
    child = server.child()
    for pid in (child, server.parent.pid):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2.5)
    for pid in (server.parent.pid, child):
        os.kill(pid, signal.SIGCONT)
    time.sleep(0.5)
    assert alive(child)
    assert len(server.pids()) == 1
