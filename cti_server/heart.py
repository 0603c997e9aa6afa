"""The server's heartbeat to whoever watches over it: the parent process (`supervise`) and systemd, if there are any.

The beat comes from the event loop, so a loop that hangs falls silent. The parent's death is noticed here as well: its
end of the pipe is closed, and this process ends as if it had got SIGTERM.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Mapping

import structlog

log = structlog.get_logger()

FD_VARIABLE = "CTI_HEART_FD"
BEAT_S = 1.0


class Heart:
    """`fd`: the parent's pipe, -1 without one. `notify`: systemd's socket, "" without one."""

    def __init__(self, fd: int = -1, notify: str = "", beat_s: float = BEAT_S) -> None:
        self._fd = fd
        self._notify = notify
        self.beat_s = beat_s
        if fd >= 0:
            os.set_blocking(fd, False)
            os.set_inheritable(fd, False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Heart":
        """What `supervise` and systemd left in the environment. An unusable value counts as none."""
        env = os.environ if environ is None else environ
        text = env.get(FD_VARIABLE, "")
        fd = int(text) if text.isdecimal() else -1
        try:
            if fd >= 0:
                os.fstat(fd)
        except OSError:
            fd = -1
        return cls(fd, env.get("NOTIFY_SOCKET", ""))

    async def beat(self) -> None:
        """Beat until cancelled, `beat_s` seconds apart."""
        while True:
            self._beat_once()
            await asyncio.sleep(self.beat_s)

    def ready(self) -> None:
        """Tell systemd that the server serves."""
        sd_notify(self._notify, "READY=1")

    def stopping(self) -> None:
        sd_notify(self._notify, "STOPPING=1")

    def _beat_once(self) -> None:
        sd_notify(self._notify, "WATCHDOG=1")
        if self._fd < 0:
            return
        try:
            os.write(self._fd, b".")
        except BlockingIOError:
            pass  # the parent is stopped and the pipe is full; it will find enough beats in it
        except OSError:
            log.error("the watching parent process is gone; ending")
            self._fd = -1
            os.kill(os.getpid(), signal.SIGTERM)


def sd_notify(address: str, state: str) -> None:
    """One datagram to systemd. `address`: NOTIFY_SOCKET (a leading `@`: an abstract socket); "" does nothing."""
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
            sock.connect("\0" + address[1:] if address.startswith("@") else address)
            sock.send(state.encode())
    except OSError as error:
        log.warning("systemd could not be notified", error=str(error))
