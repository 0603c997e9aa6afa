"""A TCP proxy that can lose the answer to a COMMIT: the server has committed, and the client cannot know."""

import asyncio


class CuttingProxy:
    """`cut_next`: forward the next COMMIT, wait until the server has answered it, and drop the connection instead."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self.cut_next = False
        self.cuts = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "CuttingProxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers |= {writer, up_writer}
        committing = asyncio.Event()

        async def up() -> None:
            while data := await reader.read(1 << 16):
                if self.cut_next and b"COMMIT" in data:
                    self.cut_next = False
                    committing.set()
                up_writer.write(data)
            up_writer.close()

        async def down() -> None:
            while data := await up_reader.read(1 << 16):
                if committing.is_set():
                    self.cuts += 1
                    break
                writer.write(data)
            writer.close()

        await asyncio.gather(up(), down(), return_exceptions=True)
