"""A scripted AMI server on a real socket, for what a healthy Asterisk never does."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Self

from cti_server.pbx.framing import Framer, Message

Answer = Callable[[Message], bytes | None]


def reply(action: Message, *lines: str, response: str = "Success") -> bytes:
    head = [f"Response: {response}", f"ActionID: {action.get('ActionID')}", *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


def event(name: str, *lines: str) -> bytes:
    return ("\r\n".join([f"Event: {name}", *lines]) + "\r\n\r\n").encode()


def listing(action: Message, name: str, *items: bytes) -> bytes:
    """A whole list answer: start, the items (each gets the ActionID) and the end."""
    mark = f"ActionID: {action.get('ActionID')}\r\n\r\n".encode()
    body = b"".join(item[:-2] + mark for item in items)
    return reply(action, "EventList: start") + body + event(f"{name}Complete", f"ActionID: {action.get('ActionID')}")


class FakeAmi:
    """`answers[action]` overrides what is answered: bytes to send, or None for silence. `actions`: all that came."""

    def __init__(self, secret: str = "right") -> None:
        self.secret = secret
        self.actions: list[Message] = []
        self.connections = 0
        self.answers: dict[str, Answer] = {}
        self.on_connect: Callable[[asyncio.StreamWriter], Awaitable[bool]] | None = None
        self.boots = True
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=1 << 26)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.drop()
        if self._server:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        await asyncio.sleep(0)

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def send(self, data: bytes) -> None:
        self._writers[-1].write(data)

    async def drain(self) -> None:
        await self._writers[-1].drain()

    def named(self, name: str) -> list[Message]:
        return [a for a in self.actions if a.get("Action") == name]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            if self.on_connect and not await self.on_connect(writer):
                return
            writer.write(b"Asterisk Call Manager/11.0.0\r\n")
            framer = Framer()
            while data := await reader.read(65536):
                for block in framer.feed(data):
                    action = Message(block)
                    self.actions.append(action)
                    answer = self._answer(action)
                    if answer is not None:
                        writer.write(answer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    def _answer(self, action: Message) -> bytes | None:
        name = action.get("Action")
        if name in self.answers:
            return self.answers[name](action)
        match name:
            case "Challenge":
                return reply(action, "Challenge: 1234")
            case "Login":
                key = hashlib.md5(("1234" + self.secret).encode(), usedforsecurity=False).hexdigest()
                if action.get("Key") != key:
                    return reply(action, "Message: Authentication failed", response="Error")
                boot = event("FullyBooted", "Status: Fully Booted") if self.boots else b""
                return reply(action, "Message: Authentication accepted") + boot
            case "CoreSettings":
                return reply(action, "AsteriskVersion: 22.10.1")
            case "CoreShowChannels" | "BridgeList" | "DeviceStateList" | "QueueStatus":
                return listing(action, name)
            case _:
                return reply(action)
