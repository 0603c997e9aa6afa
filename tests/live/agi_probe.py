"""The smallest FastAGI server: it answers each call with a list of commands, or freezes, or is not there."""

import asyncio
from collections.abc import Sequence
from typing import Self


class AgiProbe:
    """Gives every caller the same `commands`, then closes. `freeze=True`: it takes the call and says nothing.

    `sessions` holds the AGI headers of each call, `answers` what Asterisk said to each command.
    """

    def __init__(self, commands: Sequence[str] = (), *, freeze: bool = False) -> None:
        self._commands = commands
        self._freeze = freeze
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self.sessions: list[dict[str, str]] = []
        self.answers: list[str] = []

    async def listen(self, host: str, port: int) -> Self:
        self._server = await asyncio.start_server(self._serve, host, port)
        return self

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        headers: dict[str, str] = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(": ")
            headers[name] = value
        self.sessions.append(headers)
        if self._freeze:
            return
        for command in self._commands:
            writer.write(f"{command}\n".encode())
            self.answers.append((await reader.readline()).decode().strip())
        writer.close()


def to_queue(queue: str = "support", *before: str) -> list[str]:
    """The commands of an IVR that sends its caller to `queue`, after the commands `before`."""
    marks = {"CTI_ACTION": "queue", "CTI_QUEUE": queue, "CTI_PRIORITY": "5", "CTI_LANG": "en", "CTI_IVR_DONE": "1"}
    return ["ANSWER", *before, *(f'SET VARIABLE {name} "{value}"' for name, value in marks.items())]
