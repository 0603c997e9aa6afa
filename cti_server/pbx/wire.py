"""One TCP connection to AMI: panoramisk's Manager and action bookkeeping behind our own protocol.

What panoramisk does and we do not: it decodes each chunk by itself (a split character is lost), keeps a pending action
for ever and sends it again on the next connection, reconnects at a fixed pace, starts callbacks in no order, and drops
the link when one raises. Here bytes become whole messages first, replies go to whoever asked, everything else goes to
one callback in order, and all that is pending fails when the connection ends.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import msgspec
import structlog
from panoramisk.actions import Action as PanoramiskAction
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from cti_server.pbx.actions import LISTS, Action
from cti_server.pbx.framing import Framer, FramingError, Message, event_name

log = structlog.get_logger()

GREETING = b"Asterisk Call Manager/"
MAX_GREETING = 256


class AmiError(Exception):
    """An action brought no answer, or there is nobody to ask."""


class NotConnected(AmiError):
    """There is no connection to the PBX at this moment. The action was not sent and will not be."""


class LinkLost(AmiError):
    """The connection ended. An action that was under way may or may not have been carried out; it is not sent again."""


class ActionTimedOut(AmiError):
    """No answer within the action's time. It may have been carried out all the same."""


class Response(msgspec.Struct, frozen=True):
    """`ok`: the PBX carried the action out. `text`: its sentence. `items`: the events of a list."""

    ok: bool
    text: str
    message: Message
    items: tuple[Message, ...] = ()

    def get(self, key: str, default: str = "") -> str:
        return self.message.get(key, default)


class _Pending(PanoramiskAction):  # type: ignore[misc]
    """panoramisk's action with our id and our rule of when it is complete."""

    def __init__(self, action: Action, action_id: str) -> None:
        # The dict that panoramisk keeps beside it is not filled: an offer waits for what is done here.
        self.lines = [f"Action: {action.name}", f"ActionID: {action_id}", *(f"{k}: {v}" for k, v in action.headers)]
        self.actionid = action_id
        self.responses: list[Message] = []
        self.future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self.list_of = LISTS.get(action.name, ())
        self.ends_with = f"{action.name}Complete" if self.list_of else ""

    def __str__(self) -> str:
        return "\r\n".join((*self.lines, "\r\n"))

    def add_message(self, message: Message) -> bool:
        """True when `message` completes the action."""
        self.responses.append(message)
        if message.response and not message.event:
            complete = not self.list_of or message.response != "Success"
        else:
            complete = message.event == self.ends_with
        if complete and not self.future.done():
            first: Message = self.responses[0]
            items = tuple(m for m in self.responses if m.event in self.list_of)
            self.future.set_result(Response(first.response == "Success", first.get("Message"), first, items))
        return complete


class _Gathered:
    """In place of a transport for a moment."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.parts.append(data)


class _Protocol(AMIProtocol):  # type: ignore[misc]
    """Bytes in, whole messages out. The names are asyncio's and panoramisk's."""

    encoding = "utf-8"

    def __init__(self, factory: "Wire") -> None:
        self.factory = factory
        self.responses: dict[str, _Pending] = {}
        self.closed = False
        self.version: str | None = None
        self.log = log
        self._head = bytearray()
        self._framer = Framer()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.closed:
            return
        if self.version is None:
            self._head += data
            line, newline, data = bytes(self._head).partition(b"\n")
            if not GREETING.startswith(line[: len(GREETING)]) or len(line) > MAX_GREETING:
                self.factory.fail("it does not speak AMI")
            elif newline:
                self.version = line[len(GREETING) :].strip().decode("ascii", "replace")
                self.factory.greeted(self.version)
            if not newline or self.closed:
                return
        try:
            for block in self._framer.feed(data):
                if not self.closed:
                    self.factory.received(block)
        except FramingError as error:
            self.factory.fail(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self.factory.connection_lost(exc, len(self._framer.rest()))

    def close(self) -> None:
        """At once, without waiting for unsent bytes: a dead peer would never take them."""
        if not self.closed:
            self.closed = True
            self.transport.abort()


class Wire(Manager):  # type: ignore[misc]
    """One connection, used once. `on_block(block)`: every message that nobody asked for, in order, still unparsed."""

    _serials: Iterator[int] = count(1)

    def __init__(
        self,
        host: str,
        port: int,
        *,
        on_block: Callable[[bytes], None],
        on_lost: Callable[[], None],
        unwanted: frozenset[bytes],
        counts: Counter[str],
        id_prefix: str,
    ) -> None:
        super().__init__(
            host=host, port=port, loop=asyncio.get_running_loop(), protocol_factory=lambda: _Protocol(self)
        )
        self.greeting: asyncio.Future[str] = self.loop.create_future()
        self.reason = ""
        self._on_block = on_block
        self._on_lost = on_lost
        self._unwanted = unwanted
        self._counts = counts
        self._id_prefix = id_prefix
        self._lists = 0

    async def open(self, timeout_s: float) -> str:
        """Connect and read the greeting; gives AMI's version. Raises OSError, TimeoutError, LinkLost."""
        async with asyncio.timeout(timeout_s):
            await self.connect()
            return await self.greeting

    async def request(self, action: Action, timeout_s: float) -> Response:
        """Send a checked action and wait for its answer. Raises LinkLost, ActionTimedOut."""
        return await self.post(action, timeout_s)

    def post(self, action: Action, timeout_s: float) -> "asyncio.Future[Response]":
        """Send a checked action now; the future is its answer, LinkLost or ActionTimedOut. Raises LinkLost."""
        if self.lost:
            raise LinkLost(self.reason)
        pending = _Pending(action, f"{self._id_prefix}-{next(self._serials)}")
        self._lists += bool(pending.list_of)
        timer = self.loop.call_later(timeout_s, self._timed_out, pending, action.name, timeout_s)
        answer: asyncio.Future[Response] = self.send_action(pending)
        answer.add_done_callback(lambda _: self._answered(pending, timer))
        return answer

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is posted within goes out with one write: the PBX, woken by the first, would keep the second waiting."""
        protocol, gathered = self.protocol, _Gathered()
        transport, protocol.transport = protocol.transport, gathered
        try:
            yield
        finally:
            protocol.transport = transport
            if gathered.parts and not protocol.closed:
                transport.write(b"".join(gathered.parts))

    def _timed_out(self, pending: _Pending, name: str, timeout_s: float) -> None:
        self._counts["action timed out"] += 1
        if not pending.future.done():
            pending.future.set_exception(ActionTimedOut(f"{name}: no answer within {timeout_s:g} s"))

    def _answered(self, pending: _Pending, timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._lists -= bool(pending.list_of)
        self.protocol.responses.pop(pending.id, None)
        if not pending.future.cancelled():
            # Whoever asked may be gone: then nobody wants to hear of it.
            pending.future.exception()

    @property
    def lost(self) -> bool:
        return bool(self.reason)

    def fail(self, reason: str) -> None:
        """End the connection for a reason that we found ourselves."""
        if self.lost:
            return
        self.reason = reason
        if self.protocol is not None:
            self.protocol.close()
            for pending in list(self.protocol.responses.values()):
                if not pending.future.done():
                    pending.future.set_exception(LinkLost(reason))
            self.protocol.responses.clear()
        if not self.greeting.done():
            self.greeting.set_exception(LinkLost(reason))
            self.greeting.exception()
        self._on_lost()

    # ------------------------------------------------------------ called by the protocol

    def greeted(self, version: str) -> None:
        if not self.greeting.done():
            self.greeting.set_result(version)

    def received(self, block: bytes) -> None:
        name = event_name(block)
        if not name:
            self._replied(Message(block))
        elif name in self._unwanted:
            self._counts["unwanted"] += 1
        elif not (self._lists and self._list_item(name, block)):
            self._on_block(block)

    def _replied(self, message: Message) -> None:
        pending = self.protocol.responses.get(message.get("ActionID"))
        if pending is None:
            self._counts["answer to nobody"] += 1
        elif pending.add_message(message):
            self.protocol.responses.pop(pending.id, None)

    def _list_item(self, name: bytes, block: bytes) -> bool:
        """True when the event belongs to a list that somebody waits for. OriginateResponse has our id, but does not."""
        if self._id_prefix.encode() not in block:
            return False
        message = Message(block)
        pending = self.protocol.responses.get(message.get("ActionID"))
        event = name.decode("ascii", "replace")
        if pending is None or (event not in pending.list_of and event != pending.ends_with):
            return False
        if pending.add_message(message):
            self.protocol.responses.pop(pending.id, None)
        return True

    # ------------------------------------------------------------ panoramisk's own callbacks, replaced

    def connection_made(self, future: "asyncio.Future[tuple[asyncio.Transport, _Protocol]]") -> None:
        """The connect task ended; its failure is raised where `open` awaits it."""
        if not future.cancelled() and future.exception() is None:
            self.protocol = future.result()[1]
            if self.lost:
                self.protocol.close()

    def connection_lost(self, error: Exception | None, truncated: int = 0) -> None:
        if truncated:
            self._counts["truncated"] += 1
        self.fail(f"the connection broke: {error}" if error else "the PBX closed the connection")
