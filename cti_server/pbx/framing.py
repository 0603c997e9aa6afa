"""Bytes from AMI cut into whole messages, in linear time, and a message whose headers are looked up when asked for.

A message ends in an empty line. Debian's Asterisk ends `TestEvent` in one CRLF too many, so CRLFs before a message are
dropped; otherwise the next real event would be lost. A chunk may end anywhere, also inside a UTF-8 character:
only whole messages are decoded. Bytes that never end a message are bounded by `MAX_MESSAGE`.
"""

from collections.abc import Iterator

END = b"\r\n\r\n"
MAX_MESSAGE = 64 * 1024 * 1024


class FramingError(ValueError):
    """The stream is not AMI: a message grew beyond `MAX_MESSAGE` bytes without an end."""


class Framer:
    """Feed it bytes as they come; it gives whole messages. `rest()` is what has not been completed yet."""

    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._max = max_message

    def feed(self, data: bytes) -> list[bytes]:
        """The messages completed by `data`, in order, without their empty line. Raises `FramingError`."""
        buffer = self._buffer
        buffer += data
        messages: list[bytes] = []
        start = 0
        while (end := buffer.find(END, max(start, self._searched))) >= 0:
            block = bytes(buffer[start:end]).lstrip(b"\r\n")
            if block:
                messages.append(block)
            start = end + len(END)
            self._searched = start
        del buffer[:start]
        self._searched = max(0, len(buffer) - len(END) + 1)
        if len(buffer) > self._max:
            size = len(buffer)
            buffer.clear()
            self._searched = 0
            raise FramingError(f"{size} bytes without the end of an AMI message")
        return messages

    def rest(self) -> bytes:
        return bytes(self._buffer)


class Message:
    """One AMI message. Header names compare without regard to case; of a repeated header `get` gives the first."""

    __slots__ = ("_first", "_headers", "block")

    def __init__(self, block: bytes) -> None:
        self.block = block
        self._headers: list[tuple[str, str]] | None = None
        self._first: dict[str, str] | None = None

    @property
    def event(self) -> str:
        return self.get("Event")

    @property
    def response(self) -> str:
        return self.get("Response")

    def get(self, key: str, default: str = "") -> str:
        if self._first is None:
            self._first = {}
            for name, value in self.items():
                self._first.setdefault(name.lower(), value)
        return self._first.get(key.lower(), default)

    def all(self, key: str) -> list[str]:
        wanted = key.lower()
        return [value for name, value in self.items() if name.lower() == wanted]

    def items(self) -> list[tuple[str, str]]:
        """Every `Name: value` line. Bytes that are not UTF-8 become U+FFFD; a line without a colon is left out."""
        if self._headers is None:
            self._headers = list(_headers(self.block))
        return self._headers

    def __repr__(self) -> str:
        return f"Message({self.block[:80]!r})"


def _headers(block: bytes) -> Iterator[tuple[str, str]]:
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def event_name(block: bytes) -> bytes:
    """The event's name without parsing the message; empty when it is not an event.

    Asterisk writes `Event:` as the first line of every event.
    """
    if block[:6].lower() != b"event:":
        return b""
    return block[6 : max(block.find(b"\r\n"), 0) or None].strip()
