"""The AGI protocol as text, without any input or output: header lines, replies, commands.

Asterisk opens the connection and sends `agi_name: value` lines up to an empty one. Then we send one command per line
and it answers each with `200 result=...`, `510` (unknown), `511` (the channel is gone) or `520` (wrong arguments; a
`520-` line opens several lines of usage). A line `HANGUP` may come at any moment, also between a command and its
reply: it is a notice and answers nothing.
"""

import re
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote

MAX_COMMAND = 2000
"""Bytes of one command line. Asterisk reads commands into a buffer of 2,048 and cuts what is longer."""

_ENV = re.compile(r"^(agi_[A-Za-z0-9_]{1,60}): ?(.*)$")
_REPLY = re.compile(r"^(\d{3})([ -]|$)(.*)$")
_RESULT = re.compile(r"^result=(\S*)(?:\s+(.*))?$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WORD = re.compile(r"^[A-Z][A-Z ]*$")
_PLAIN = re.compile(r"^[A-Za-z0-9_.+-]+$")
_VARIABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,79}(\([A-Za-z0-9_,.-]{0,80}\))?$")


class ProtocolError(ValueError):
    """The other side does not speak AGI, or a value must not be put into a command."""


class Reply(NamedTuple):
    """One answer. `result`: what follows `result=`; `data`: the text in brackets or the fields after it."""

    code: int
    result: str = ""
    data: str = ""


class Request(NamedTuple):
    """The route of an AGI address: `agi://host:port/inbound?site=north` -> path `inbound`, query {site: north}."""

    path: str
    query: dict[str, str]


def env_line(line: str) -> tuple[str, str]:
    """One header line as (name, value), control characters taken out of the value. `unknown` is Asterisk's word for
    empty. Raises `ProtocolError` for anything that is not a header line.
    """
    match = _ENV.fullmatch(line)
    if not match:
        raise ProtocolError("not an AGI header line")
    value = _CONTROL.sub("", match[2]).strip()
    return match[1], "" if value == "unknown" else value


def route(env: dict[str, str]) -> Request:
    """The path and query that the dialplan asked for. The path has no leading or trailing slash."""
    script = env.get("agi_network_script", "")
    path, _, query = script.partition("?")
    return Request(unquote(path).strip("/"), dict(parse_qsl(query, keep_blank_values=True, max_num_fields=100)))


class ReplyReader:
    """Lines in, replies and hang-up notices out. Keeps the state of a reply of several lines."""

    MAX_LINES = 200

    def __init__(self) -> None:
        self._code = 0
        self._closing = ""
        self._lines: list[str] = []

    def feed(self, line: str) -> Reply | Literal["hangup"] | None:
        """One line without its end. None when the reply goes on. Raises `ProtocolError` for nonsense."""
        if self._code:
            return self._more(line)
        if line == "HANGUP":
            return "hangup"
        match = _REPLY.fullmatch(line)
        if not match:
            raise ProtocolError("not an AGI reply")
        code, rest = int(match[1]), match[3]
        if match[2] == "-":
            self._code, self._closing, self._lines = code, f"{code} ", [rest]
            return None
        if code == 100:
            return None
        found = _RESULT.fullmatch(rest)
        if not found:
            return Reply(code, "", rest)
        data = found[2] or ""
        if data.startswith("(") and ")" not in data:
            # GET VARIABLE of a value with a line end: the value goes on in the next line.
            self._code, self._closing, self._lines = code, ")", [rest]
            return None
        if data.startswith("(") and data.endswith(")"):
            data = data[1:-1]
        return Reply(code, found[1], data)

    def _more(self, line: str) -> Reply | None:
        in_value = self._closing == ")"
        self._lines.append(line)
        if line.endswith(")") if in_value else line.startswith(self._closing):
            reply = self._joined(in_value)
            self._code, self._lines = 0, []
            return reply
        if len(self._lines) > self.MAX_LINES:
            raise ProtocolError("a reply without end")
        return None

    def _joined(self, in_value: bool) -> Reply:
        if not in_value:
            return Reply(self._code, "", "\n".join(self._lines[:-1]))
        result, _, data = "\n".join(self._lines).removeprefix("result=").partition(" ")
        return Reply(self._code, result, data.strip()[1:-1])


def quote(value: object) -> str:
    """A value as one AGI argument. Raises `ProtocolError` for control characters, which would start a new command."""
    text = str(value)
    if _CONTROL.search(text):
        raise ProtocolError("control character in an AGI argument")
    if _PLAIN.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encode(verb: str, *arguments: object) -> bytes:
    """A command line. `verb`: upper-case words such as `STREAM FILE`. Raises `ProtocolError` when it cannot be sent."""
    if not _WORD.fullmatch(verb):
        raise ProtocolError(f"not an AGI command: {verb!r}")
    line = " ".join([verb, *(quote(a) for a in arguments)]).encode() + b"\n"
    if len(line) > MAX_COMMAND:
        raise ProtocolError(f"AGI command of {len(line)} bytes")
    return line


def variable(name: str) -> str:
    """The name of a channel variable or function, `CTI_LANG` or `CHANNEL(linkedid)`; `ProtocolError` for any other."""
    if not _VARIABLE.fullmatch(name):
        raise ProtocolError(f"not a channel variable: {name!r}")
    return name
