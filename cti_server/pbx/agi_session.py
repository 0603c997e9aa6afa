"""One caller's FastAGI session: typed commands to the channel, one at a time.

`CallerGone` ends a session in the normal way. `SessionLost` means that the connection broke or stalled and nobody knows
where the caller is. `CommandFailed` is Asterisk's refusal of one command; the session goes on.
"""

import asyncio

from cti_server.pbx.agi_protocol import ProtocolError, Reply, ReplyReader, encode, route, variable

KEYS = "0123456789*#"
_GONE = 511


class CallerGone(Exception):
    """The caller hung up, or the channel left this AGI in another way."""


class SessionLost(Exception):
    """The connection ended without a hang-up, no answer came in time, or the answer was nonsense."""


class CommandFailed(Exception):
    """Asterisk refused a command (510, 520) or could not carry it out while the caller is still there."""


class AgiSession:
    """What a handler gets. The attributes come from Asterisk's header and never change.

    `channel`: Uniqueid; `name`: channel name; `ani`, `dnis`: numbers as Asterisk gives them, empty when withheld;
    `arguments`: what the dialplan added after the address.
    """

    def __init__(
        self, env: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command_s: float = 600.0
    ) -> None:
        self.env = env
        self.path, self.query = route(env)
        self.channel = env.get("agi_uniqueid", "")
        self.name = env.get("agi_channel", "")
        self.ani = env.get("agi_callerid", "")
        self.caller_name = env.get("agi_calleridname", "")
        self.dnis = _dialled(env)
        self.arguments = [env[k] for k in sorted((k for k in env if k.startswith("agi_arg_")), key=len)]
        self.hung_up = False
        self.commands = 0
        self._reader, self._writer = reader, writer
        self._command_s = command_s
        self._replies = ReplyReader()
        self._owed = 0
        self._turn = asyncio.Lock()

    async def command(self, verb: str, *arguments: object) -> Reply:
        """Send one command and return its reply, of any code but 511.

        Raises `CallerGone`, `SessionLost`, or `ProtocolError` before anything is sent when an argument is unfit.
        """
        line = encode(verb, *arguments)
        async with self._turn:
            if self.hung_up:
                raise CallerGone
            self.commands += 1
            self._owed += 1
            try:
                async with asyncio.timeout(self._command_s):
                    self._writer.write(line)
                    await self._writer.drain()
                    # A command that was cancelled while it ran is still answered: that answer is skipped here.
                    while True:
                        reply = await self._reply()
                        self._owed -= 1
                        if not self._owed:
                            break
            except TimeoutError:
                raise SessionLost(f"no answer to {verb}") from None
            except OSError:
                raise self._ended(f"the connection broke at {verb}") from None
            except ProtocolError as error:
                raise SessionLost(str(error)) from None
        if reply.code == _GONE:
            self.hung_up = True
            raise CallerGone
        return reply

    async def _reply(self) -> Reply:
        while True:
            try:
                raw = await self._reader.readline()
            except ValueError:
                raise SessionLost("an over-long line") from None
            if not raw.endswith(b"\n"):
                raise self._ended("the connection ended in the middle of a command")
            found = self._replies.feed(raw.decode("utf-8", "replace").rstrip("\r\n"))
            if isinstance(found, Reply):
                return found
            if found == "hangup":
                self.hung_up = True

    def _ended(self, reason: str) -> CallerGone | SessionLost:
        return CallerGone() if self.hung_up else SessionLost(reason)

    async def _checked(self, verb: str, *arguments: object) -> Reply:
        """A command that must succeed. Result -1 stands for a hang-up and for a failure: the channel is asked which."""
        reply = await self.command(verb, *arguments)
        if reply.code == 200 and reply.result != "-1":
            return reply
        if reply.code == 200 and (await self.command("CHANNEL STATUS")).result == "-1":
            self.hung_up = True
        if self.hung_up:
            raise CallerGone
        raise CommandFailed(f"{verb}: {reply.code} {reply.result} {reply.data}".rstrip())

    async def answer(self) -> None:
        await self._checked("ANSWER")

    async def stream_file(self, path: str, escape: str = "") -> str:
        """Play a sound (path without extension). Returns the key of `escape` that stopped it, or an empty string.

        Raises `CommandFailed` when there is no such sound.
        """
        return _key(await self._checked("STREAM FILE", path, _keys(escape)))

    async def wait_for_digit(self, seconds: float) -> str:
        """The next key within `seconds`, or an empty string. Keys pressed before are not kept by Asterisk."""
        return _key(await self._checked("WAIT FOR DIGIT", max(1, round(seconds * 1000))))

    async def read_digits(
        self, typed: str = "", *, most: int = 20, end: str = "#", first_s: float = 5.0, between_s: float = 3.0
    ) -> tuple[str, str]:
        """Collect keys: (digits, what ended them). `typed`: a key that already came, over the prompt.

        `first_s`: how long to wait for the first key, `between_s` for each one after it. The ending is a key of `end`,
        `most` when so many were typed, or `timeout`. (Asterisk's GET DATA has one time-out for both.)
        """
        while True:
            if typed and typed[-1] in end:
                return typed[:-1], typed[-1]
            if len(typed) >= most:
                return typed, "most"
            key = await self.wait_for_digit(between_s if typed else first_s)
            if not key:
                return typed, "timeout"
            typed += key

    async def set_variable(self, name: str, value: object) -> None:
        await self._checked("SET VARIABLE", variable(name), value)

    async def get_variable(self, name: str) -> str:
        """The value of a channel variable or function; empty when it is not set."""
        reply = await self._checked("GET VARIABLE", variable(name))
        return reply.data if reply.result == "1" else ""

    async def exec(self, application: str, *arguments: object) -> str:
        """Run a dialplan application; its result. Arguments with a comma are refused, as they would become two."""
        if not application.isalnum() or any("," in str(a) for a in arguments):
            raise ProtocolError(f"unfit for EXEC: {application!r}")
        reply = await self._checked("EXEC", application, ",".join(str(a) for a in arguments))
        if reply.result == "-2":
            raise CommandFailed(f"EXEC: there is no application {application}")
        return reply.result

    async def say_digits(self, digits: str, escape: str = "") -> str:
        """Asterisk's own digits in the channel's language. (Our IVR speaks by its own prompts: `ivr/nodes`.)"""
        return _key(await self._checked("SAY DIGITS", digits, _keys(escape)))

    async def say_number(self, number: int, escape: str = "") -> str:
        return _key(await self._checked("SAY NUMBER", number, _keys(escape)))

    async def verbose(self, text: str, level: int = 3) -> None:
        await self._checked("VERBOSE", text, level)

    async def hangup(self) -> None:
        """Hang the caller up. The session is over: the next command raises `CallerGone`."""
        await self.command("HANGUP")
        self.hung_up = True


def _dialled(env: dict[str, str]) -> str:
    exten = env.get("agi_extension", "")
    return exten if any(c.isdigit() for c in exten) else env.get("agi_dnid", "") or exten


def _keys(escape: str) -> str:
    if set(escape) - set(KEYS):
        raise ProtocolError(f"not keys: {escape!r}")
    return escape


def _key(reply: Reply) -> str:
    """The key in a reply: its ASCII code in decimal, 0 for none."""
    return chr(int(reply.result)) if reply.result.isdigit() and 35 <= int(reply.result) <= 126 else ""
