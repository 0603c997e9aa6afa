"""The server's side of the process that reads letters: one for a handful of them, and its end whatever happens."""

import asyncio
import contextlib
import struct
import sys
from types import TracebackType

import structlog

from cti_server.tickets.mail.child import Failed, Read, answer
from cti_server.tickets.mail.letter import Letter, Unreadable

_MOST_S = 60.0
"""How long one letter may take. The longest that is taken at all needs a few seconds."""

log = structlog.get_logger()


class Reader:
    """`async with Reader() as reader`: the process begins with the first letter, and again after one that broke it."""

    def __init__(self) -> None:
        self._child: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Reader":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def read(self, data: bytes) -> Letter:
        """Raises Unreadable."""
        try:
            async with asyncio.timeout(_MOST_S):
                body = await self._ask(data)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            log.warning("a letter could not be read", bytes=len(data))
            await self._end()
            raise Unreadable("too_much_work") from None
        except BaseException:
            await self._end()
            raise
        found: Read | Failed = answer.decode(body)
        if isinstance(found, Failed):
            raise Unreadable(found.why)
        return found.letter

    async def _ask(self, data: bytes) -> bytes:
        if self._child is None:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "cti_server.tickets.mail.child",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        source, target = self._child.stdout, self._child.stdin
        assert source is not None and target is not None
        target.write(struct.pack(">I", len(data)))
        target.write(data)
        await target.drain()
        (length,) = struct.unpack(">I", await source.readexactly(4))
        return await source.readexactly(length)

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
