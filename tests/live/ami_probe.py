"""A raw AMI client for tests: it keeps every byte, answers to actions, and lets a test wait for an event."""

import asyncio
import itertools
from pathlib import Path
from typing import Self

from cti_server.pbx.framing import Framer, Message


class AmiProbe:
    """One AMI connection. `received` is the stream from after the login on; `events` the messages in it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._framer = Framer()
        self._ids = itertools.count(1)
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self.received = bytearray()
        self.events: list[Message] = []
        self._answers: dict[str, Message] = {}

    @classmethod
    async def connect(cls, host: str, port: int, user: str, secret: str) -> Self:
        reader, writer = await asyncio.open_connection(host, port, limit=1 << 24)
        await reader.readline()
        probe = cls(reader, writer)
        probe._task = asyncio.get_running_loop().create_task(probe._read())
        answer = await probe.do("Login", Username=user, Secret=secret)
        if answer.response != "Success":
            raise PermissionError(answer.get("Message"))
        probe.received.clear()
        probe.events.clear()
        return probe

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    async def _read(self) -> None:
        while data := await self._reader.read(65536):
            async with self._changed:
                self.received += data
                for block in self._framer.feed(data):
                    message = Message(block)
                    if message.response:
                        self._answers[message.get("ActionID")] = message
                    else:
                        self.events.append(message)
                self._changed.notify_all()

    async def do(self, action: str, *, at_most: float = 5.0, **headers: str | list[str]) -> Message:
        """Send an action and give its response. A list repeats the header."""
        action_id = f"probe-{next(self._ids)}"
        lines = [f"Action: {action}", f"ActionID: {action_id}"]
        for name, value in headers.items():
            lines += [f"{name}: {one}" for one in ([value] if isinstance(value, str) else value)]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        async with asyncio.timeout(at_most), self._changed:
            await self._changed.wait_for(lambda: action_id in self._answers)
        return self._answers.pop(action_id)

    def find(self, event: str, **headers: str) -> list[Message]:
        """The events of that name so far whose headers equal those given; a value ending in `*` is a beginning."""
        return [m for m in self.events if m.event == event and all(_fits(m.get(k), v) for k, v in headers.items())]

    async def wait_for(self, event: str, *, at_most: float = 15.0, count: int = 1, **headers: str) -> Message:
        """The `count`-th such event, as soon as it is there. Raises TimeoutError naming what was waited for."""
        try:
            async with asyncio.timeout(at_most), self._changed:
                await self._changed.wait_for(lambda: len(self.find(event, **headers)) >= count)
        except TimeoutError:
            raise TimeoutError(f"no {event} with {headers} within {at_most} s") from None
        return self.find(event, **headers)[count - 1]

    async def quiet(self, seconds: float = 0.5) -> None:
        """Wait until no byte has come for `seconds`."""
        size = -1
        while size != len(self.received):
            size = len(self.received)
            await asyncio.sleep(seconds)

    def save(self, file: Path) -> None:
        file.write_bytes(bytes(self.received))


def _fits(value: str, wanted: str) -> bool:
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted
