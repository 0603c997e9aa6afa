"""The watchdog: a small parent process that starts the server and starts it again when it died or froze.

    parent: fork + exec, poll(pipe, signals)  <-- one byte a second --  child: `Heart.beat()` on its event loop

The parent does nothing else: no event loop, no threads, no configuration, nothing that could hang. Silence for
`watchdog_s` after the first beat (for `start_s` before it) or the child's death means SIGKILL and a new child. Only
SIGTERM or SIGINT to the parent ends it: the child gets SIGTERM, drains, and its exit code is passed on.

Under systemd the child notifies by itself, so the unit needs `Type=notify` and `NotifyAccess=all`.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import NoReturn

import structlog

from cti_server import clock, logs
from cti_server.heart import FD_VARIABLE

log = structlog.get_logger()

START_S = 60.0
"""Until the first beat: imports and migrations. The server should start its heart before anything slow."""
SOON_S = 10.0
"""A child that lives shorter than this died "at once", and the next one waits longer."""
RETRY_MOST_S = 15.0
KILL_AFTER_DRAIN_S = 2.0
_ENDING = {signal.SIGTERM, signal.SIGINT}


def supervise(argv: list[str], watchdog_s: float, drain_s: float, start_s: float = START_S) -> int:
    """Run `argv` and keep it running. Gives the exit code of the child once the parent was told to end.

    `watchdog_s`: the longest silence, `drain_s`: how long the child may take to end, both in seconds.
    """
    with _signals() as wake:
        delay = 0.0
        while True:
            began = clock.monotonic()
            verdict: str | None
            try:
                child = _Child(argv, wake)
            except OSError as error:
                verdict = f"it could not be started: {error}"
            else:
                verdict = child.watch(watchdog_s, start_s)
                if verdict is None:
                    return child.end(drain_s)
                child.kill()
            lived = clock.monotonic() - began
            delay = 0.0 if lived >= SOON_S else min(max(0.25, delay * 2), RETRY_MOST_S)
            log.error("the server is started again", reason=verdict, lived_s=round(lived, 1), after_s=delay)
            if _told_to_end(wake, delay):
                return 0


def become(
    argv: list[str], watchdog_s: float, drain_s: float, *, log_level: str = "INFO", as_json: bool = True
) -> NoReturn:
    """Turn this process into the watchdog of `argv`: same pid, a fresh interpreter without the server's modules."""
    numbers = [str(watchdog_s), str(drain_s), log_level, str(int(as_json))]
    os.execv(sys.executable, [sys.executable, "-m", "cti_server.supervise", *numbers, *argv])


class _Child:
    """One run of the server, in a process group of its own: Ctrl-C reaches the parent only, which lets it drain."""

    def __init__(self, argv: list[str], wake: int) -> None:
        self._wake = wake
        self._heart, write_end = os.pipe()
        try:
            self._process = subprocess.Popen(
                argv,
                pass_fds=(write_end,),
                env={**os.environ, FD_VARIABLE: str(write_end)},
                process_group=0,
                stdin=subprocess.DEVNULL,
            )
        except OSError:
            os.close(self._heart)
            raise
        finally:
            os.close(write_end)
        log.info("the server was started", pid=self._process.pid)

    def watch(self, watchdog_s: float, start_s: float) -> str | None:
        """Until something is wrong, in words, or None when the parent was told to end."""
        allowed = start_s
        deadline = clock.monotonic() + allowed
        while True:
            asked = max(0.0, deadline - clock.monotonic())
            before = clock.monotonic()
            readable, _, _ = select.select([self._heart, self._wake], [], [], asked)
            if self._wake in readable and _ENDING & _read_signals(self._wake):
                return None
            if self._heart in readable:
                if not os.read(self._heart, 65536):
                    return self._death()
                allowed = watchdog_s
                deadline = clock.monotonic() + allowed
            elif self._process.poll() is not None:
                return self._death()
            elif not readable and clock.monotonic() >= deadline:
                if clock.monotonic() - before > asked + 1.0:
                    deadline = clock.monotonic() + allowed  # we ourselves were stopped; the child gets its time again
                else:
                    return f"no sign of life for {allowed:g} s"

    def _death(self) -> str:
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return "it closed its heart"
        return f"it was killed by {signal.Signals(-code).name}" if code < 0 else f"it ended with code {code}"

    def end(self, drain_s: float) -> int:
        """SIGTERM, and SIGKILL when it is not gone after `drain_s` or when the parent is told to end once more."""
        self._process.send_signal(signal.SIGTERM)
        deadline = clock.monotonic() + drain_s + KILL_AFTER_DRAIN_S
        while self._process.poll() is None and (left := deadline - clock.monotonic()) > 0:
            if _told_to_end(self._wake, min(left, 0.1)):
                log.warning("told to end a second time; not waiting any longer")
                break
        if self._process.poll() is None:
            log.error("the server did not end in time and is killed", drain_s=drain_s)
        self.kill()
        code = self._process.returncode
        return code if code >= 0 else 128 - code

    def kill(self) -> None:
        """SIGKILL also ends a stopped process. Reaps it and closes the pipe."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._heart)


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """A file descriptor that becomes readable with the number of each signal that came."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    os.set_blocking(write_end, False)
    numbers = [*_ENDING, signal.SIGCHLD]
    before = {n: signal.signal(n, lambda *_: None) for n in numbers}
    before_fd = signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    try:
        yield read_end
    finally:
        signal.set_wakeup_fd(before_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(read_end)
        os.close(write_end)


def _read_signals(wake: int) -> set[int]:
    with contextlib.suppress(BlockingIOError):
        return set(os.read(wake, 512))
    return set()


def _told_to_end(wake: int, wait_s: float) -> bool:
    """Wait up to `wait_s` seconds; True as soon as SIGTERM or SIGINT came."""
    deadline = clock.monotonic() + wait_s
    while True:
        readable, _, _ = select.select([wake], [], [], max(0.0, deadline - clock.monotonic()))
        if readable and _ENDING & _read_signals(wake):
            return True
        if clock.monotonic() >= deadline:
            return False


if __name__ == "__main__":
    watchdog, drain, level, json = sys.argv[1:5]
    logs.setup(level, as_json=json == "1")
    sys.exit(supervise(sys.argv[5:], float(watchdog), float(drain)))
