"""The Asterisk side of a FastAGI connection for tests: real sockets, answers written by hand."""

import asyncio

HEADER = (
    b"agi_network: yes\nagi_network_script: inbound?site=north\nagi_request: agi://127.0.0.1/inbound?site=north\n"
    b"agi_channel: PJSIP/trunk-00000001\nagi_language: en\nagi_type: PJSIP\nagi_uniqueid: 1700000000.1\n"
    b"agi_version: 22.10.1\nagi_callerid: 13800138000\nagi_calleridname: \xe7\x8e\x8b\nagi_callingpres: 0\n"
    b"agi_dnid: 4001\nagi_rdnis: unknown\nagi_context: cti-inbound\nagi_extension: 4000\nagi_priority: 7\n"
    b"agi_enhanced: 0.0\nagi_accountcode: \nagi_threadid: 140\nagi_arg_1: one\nagi_arg_2: two\n\n"
)


class AgiPeer:
    """One connection as Asterisk would hold it. `said`: the command lines that the server sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.said: list[str] = []

    @classmethod
    async def connect(cls, port: int, header: bytes = HEADER) -> "AgiPeer":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(header)
        return cls(reader, writer)

    async def hears(self) -> str:
        """The next command, without its line end; empty when the server has closed the connection."""
        line = (await self.reader.readline()).decode().rstrip("\n")
        if line:
            self.said.append(line)
        return line

    def says(self, *lines: str) -> None:
        self.writer.write("".join(f"{line}\n" for line in lines).encode())

    async def answer_all(self, reply: str = "200 result=0") -> list[str]:
        """Answer every command alike until the server closes; what it said."""
        while await self.hears():
            self.says(reply)
        await self.close()
        return self.said

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()
