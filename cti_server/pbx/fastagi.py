"""Our FastAGI server: Asterisk connects, one session per caller, thousands at once.

Whoever connects is untrusted until its header is complete: the header has a deadline and a size, and what is not AGI is
closed and counted. A health check connects and closes without a byte: counted, never logged. A handler that raises
ends its own session only; its caller goes on in the dialplan.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
import structlog

from cti_server.pbx.agi_protocol import ProtocolError, env_line
from cti_server.pbx.agi_session import AgiSession, CallerGone, SessionLost
from cti_server.tasks import Tasks

log = structlog.get_logger()

MAX_LINE = 16_384
MAX_HEADER_LINES = 200
_BACKLOG = 4096

Handler = Callable[[AgiSession], Awaitable[None]]


class AgiCounters(msgspec.Struct):
    """`active` is now, everything else since the start.

    `probes`: closed before the first byte (health checks); `cut`: closed within the header; `stalled`: header not
    complete in time; `nonsense`: not AGI, or beyond the limits; `refused`: more than `max_sessions`; `sessions`:
    headers complete; `gone`: ended by the caller; `lost`: the connection broke; `failed`: the handler raised.
    """

    active: int = 0
    accepted: int = 0
    probes: int = 0
    cut: int = 0
    stalled: int = 0
    nonsense: int = 0
    refused: int = 0
    sessions: int = 0
    gone: int = 0
    lost: int = 0
    failed: int = 0


class FastAgiServer:
    """`port` 0 takes a free one, which `port` then holds. `header_s`: how long a header may take; `command_s`: how long
    one command may run (a long announcement counts). `max_sessions`: connections beyond it are closed at once, and the
    dialplan goes on without an IVR.
    """

    def __init__(
        self,
        host: str,
        port: int,
        handler: Handler,
        *,
        header_s: float = 5.0,
        command_s: float = 600.0,
        max_sessions: int = 10_000,
    ) -> None:
        self.host, self.port = host, port
        self.counters = AgiCounters()
        self._handler = handler
        self._header_s, self._command_s, self._max_sessions = header_s, command_s, max_sessions
        self._server: asyncio.Server | None = None
        self._tasks = Tasks()
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self) -> None:
        """Listen. Raises `OSError` when the address is taken."""
        self._server = await asyncio.start_server(
            self._accept, self.host, self.port, limit=MAX_LINE, backlog=_BACKLOG, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self, drain_s: float = 0.0) -> None:
        """Stop listening, give the running sessions `drain_s` to end by themselves, then cancel them."""
        if self._server is None:
            return
        self._server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_s):
                await self._idle.wait()
        await self._tasks.close()
        await self._server.wait_closed()
        self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counters.accepted += 1
        if self.counters.active >= self._max_sessions:
            self.counters.refused += 1
            writer.close()
            return
        self.counters.active += 1
        self._idle.clear()
        task = self._tasks.start(self._connection(reader, writer), "fastagi session")
        task.add_done_callback(lambda _: self._left(writer))

    def _left(self, writer: asyncio.StreamWriter) -> None:
        writer.close()
        self.counters.active -= 1
        if not self.counters.active:
            self._idle.set()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        env = await self._header(reader, writer)
        if env is not None:
            self.counters.sessions += 1
            await self._session(AgiSession(env, reader, writer, self._command_s))

    async def _header(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> dict[str, str] | None:
        env: dict[str, str] = {}
        try:
            async with asyncio.timeout(self._header_s):
                for _ in range(MAX_HEADER_LINES):
                    raw = await reader.readline()
                    if not raw.endswith(b"\n"):
                        self._cut(writer, anything=bool(raw or env))
                        return None
                    line = raw.decode("utf-8", "replace").rstrip("\r\n")
                    if line:
                        name, value = env_line(line)
                        env.setdefault(name, value)
                    elif env.get("agi_uniqueid") and env.get("agi_channel"):
                        return env
                    else:
                        raise ProtocolError("a header without channel")
                raise ProtocolError("a header without end")
        except TimeoutError:
            self.counters.stalled += 1
            log.info("fastagi: no complete header in time, closed", peer=_peer(writer))
        except ValueError as error:
            # ProtocolError, and readline's own error for a line beyond MAX_LINE.
            self.counters.nonsense += 1
            log.info("fastagi: not an AGI client, closed", peer=_peer(writer), reason=str(error)[:80])
        except OSError:
            self._cut(writer, anything=bool(env))
        return None

    def _cut(self, writer: asyncio.StreamWriter, anything: bool) -> None:
        if not anything:
            self.counters.probes += 1
            return
        self.counters.cut += 1
        log.info("fastagi: closed within the header", peer=_peer(writer))

    async def _session(self, session: AgiSession) -> None:
        try:
            await self._handler(session)
        except CallerGone:
            self.counters.gone += 1
        except SessionLost as error:
            self.counters.lost += 1
            log.warning("fastagi session lost", call_id=session.channel, path=session.path, reason=str(error))
        except Exception as error:
            self.counters.failed += 1
            log.exception("fastagi handler failed", call_id=session.channel, path=session.path, error=repr(error))


def _peer(writer: asyncio.StreamWriter) -> str:
    return str(writer.get_extra_info("peername"))
