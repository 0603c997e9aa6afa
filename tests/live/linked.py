"""The server's own link to a lab's Asterisk, and all that came out of it in order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cti_server.core.events import Event, PbxResynced
from cti_server.pbx.ami import AmiLink, Timing
from cti_server.pbx.framing import Message
from cti_server.settings import Pbx
from cti_server.tasks import Tasks

QUICK = Timing(ping_every_s=0.5, ping_s=1.0, retry_s=0.2, retry_most_s=0.5)


class Linked:
    def __init__(self, link: AmiLink, out: list[Event | Message]) -> None:
        self.link = link
        self.out = out

    def events(self, kind: type[Event]) -> list[Event]:
        return [e for e in self.out if isinstance(e, kind)]

    def messages(self, event: str, **headers: str) -> list[Message]:
        return [
            m
            for m in self.out
            if isinstance(m, Message) and m.event == event and all(m.get(k).startswith(v) for k, v in headers.items())
        ]

    async def first(self, event: str, **headers: str) -> Message:
        await until(lambda: self.messages(event, **headers))
        return self.messages(event, **headers)[0]

    async def live(self) -> PbxResynced:
        """Ask what is live now."""
        before = len(self.events(PbxResynced))
        self.link.resync()
        await until(lambda: len(self.events(PbxResynced)) > before)
        last = self.events(PbxResynced)[-1]
        assert isinstance(last, PbxResynced)
        return last


async def until(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0.01)


@asynccontextmanager
async def linked(pbx: Pbx, timing: Timing = QUICK) -> AsyncIterator[Linked]:
    out: list[Event | Message] = []
    link = AmiLink(pbx, on_message=out.append, publish=out.append, timing=timing)
    tasks = Tasks()
    tasks.start(link.run(), "ami")
    try:
        yield Linked(link, out)
    finally:
        await tasks.close()
