"""Another program's server: it answers as a test says, and checks signatures as the specification tells it to."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

Answer: TypeAlias = Callable[[int], web.StreamResponse]
"""What is answered to the request of this number, counted from 1."""


@dataclass
class Got:
    headers: dict[str, str]
    body: bytes

    @property
    def ident(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def signed_by(self, secret: str) -> bool:
        """As a receiver does it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.ident}.{self.headers['webhook-timestamp']}.".encode() + self.body
        mine = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return mine in self.headers["webhook-signature"].split(" ")


def ok(number: int) -> web.StreamResponse:
    return web.Response(text="thanks")


@dataclass
class Receiver:
    """`hold`: while it is not set, `/slow` does not answer."""

    port: int = 0
    answer: Answer = ok
    got: list[Got] = field(default_factory=list)
    paths: Counter[str] = field(default_factory=Counter)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    most_at_once: int = 0
    _now: int = 0

    def url(self, path: str = "/hook", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.paths[request.path] += 1
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            if request.path == "/slow":
                await self.hold.wait()
            self.got.append(Got({k.lower(): v for k, v in request.headers.items()}, body))
            return self.answer(len(self.got))
        finally:
            self._now -= 1


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.port = runner.addresses[0][1]
    try:
        yield receiver
    finally:
        receiver.hold.set()
        await runner.cleanup()
