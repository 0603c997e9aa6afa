"""The server's side of the process that reads files: frames in and out, and its end whatever happens."""

import asyncio
import contextlib
import struct
import sys
from collections.abc import AsyncGenerator

import structlog

from cti_server.customers.imports.child import Batch, Failed, Look, Seen, Take, answer, frame
from cti_server.customers.imports.table import Unreadable

_PIECE = 256 * 1024
_FIRST_S = 120.0
"""How long a file may take until its first rows are there."""

log = structlog.get_logger()


async def look(content: bytes, wanted: Look) -> Seen:
    """Raises Unreadable."""
    async with contextlib.aclosing(_talk(content, wanted)) as frames:
        async for found in frames:
            if isinstance(found, Seen):
                return found
    raise Unreadable("not_a_table")


async def take(content: bytes, wanted: Take) -> AsyncGenerator[Batch, None]:
    """The rows, 1,000 at a time; the next ones are read while these are written. Raises Unreadable."""
    async with contextlib.aclosing(_talk(content, wanted)) as frames:
        async for found in frames:
            if isinstance(found, Batch):
                yield found


async def _talk(content: bytes, wanted: Look | Take) -> AsyncGenerator[Seen | Batch, None]:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cti_server.customers.imports.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            child.stdin.write(frame(wanted))
            for start in range(0, len(content), _PIECE):
                child.stdin.write(content[start : start + _PIECE])
                await child.stdin.drain()
            child.stdin.close()
        while True:
            try:
                async with asyncio.timeout(_FIRST_S):
                    (length,) = struct.unpack(">I", await child.stdout.readexactly(4))
                    body = await child.stdout.readexactly(length)
            except asyncio.IncompleteReadError:
                break
            except TimeoutError:
                raise Unreadable("too_slow") from None
            found = answer.decode(body)
            if isinstance(found, Failed):
                raise Unreadable(found.word, **found.values)
            yield found
        if await child.wait() != 0:
            told = (await child.stderr.read()).decode(errors="replace")
            log.error("a file could not be read", code=child.returncode, told=told[-500:])
            raise Unreadable("unpacks_too_big" if "MemoryError" in told else "not_a_table")
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
