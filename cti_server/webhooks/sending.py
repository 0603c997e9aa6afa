"""Sending what is due. Each webhook has its own places, so one that is slow holds up itself only."""

import asyncio
import random
from collections import Counter

import aiohttp
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.settings import Settings
from cti_server.tasks import Tasks
from cti_server.webhooks import outbox, rules
from cti_server.webhooks.gather import gather
from cti_server.webhooks.outbox import Out, Outcome
from cti_server.webhooks.rules import Refused
from cti_server.webhooks.target import open_session

LOOK_S = 1.0
_AGAIN_S = 5.0
_FORGET_EVERY_S = 3600.0
_MOST_READ = 64 * 1024
"""So much of an answer is waited for; a receiver that has more to say is hung up on."""
_HEADERS = {"Content-Type": "application/json", "User-Agent": "CTI-Server-Webhooks/1", "Accept-Encoding": "identity"}

log = structlog.get_logger()


class Sender:
    """`keep_sending` until cancelled; `look` does one round and gives how many were begun."""

    def __init__(self, settings: Settings, engine: AsyncEngine, tasks: Tasks) -> None:
        self._options, self._engine, self._tasks = settings.webhooks, engine, tasks
        self._busy: Counter[int] = Counter()
        self._session: aiohttp.ClientSession | None = None
        self._forgot = 0.0

    async def keep_sending(self) -> None:
        try:
            while True:
                wait = LOOK_S
                try:
                    while await self._gather():
                        pass
                    await self.look()
                except (SQLAlchemyError, OSError) as error:
                    log.error("webhooks wait for the database", error=repr(error))
                    wait = _AGAIN_S
                await asyncio.sleep(wait)
        finally:
            await self.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _gather(self) -> bool:
        async with self._engine.begin() as db:
            return bool(await gather(db))

    async def look(self) -> int:
        begun, now = 0, clock.now()
        async with self._engine.connect() as db:
            hooks = await outbox.enabled(db)
        for ident in hooks:
            free = self._options.most_at_once - self._busy[ident]
            if free <= 0:
                continue
            async with self._engine.begin() as db:
                claimed = await outbox.claim(db, ident, free, now, 2 * self._options.timeout_s + 30.0)
            for out in claimed:
                self._busy[ident] += 1
                begun += 1
                _ = self._tasks.start(self._deliver(out), f"webhook {ident}")
        if now >= self._forgot + _FORGET_EVERY_S:
            self._forgot = now
            async with self._engine.begin() as db:
                await outbox.forget_old(db, now)
        return begun

    async def _deliver(self, out: Out) -> None:
        try:
            outcome = await self._post(out)
            async with self._engine.begin() as db:
                state = await outbox.done(db, out, outcome, clock.now(), random.random())
            if state != "delivered":
                log.warning("a webhook did not arrive", webhook=out.webhook, status=outcome.status, state=state)
        finally:
            self._busy[out.webhook] -= 1

    async def _post(self, out: Out) -> Outcome:
        begun, at = clock.monotonic(), int(clock.on_the_wall(clock.now()))

        def outcome(status: int, said: str, wait_s: float | None = None) -> Outcome:
            return Outcome(status=status, said=said, took_ms=round((clock.monotonic() - begun) * 1000), wait_s=wait_s)

        body = out.body.encode()
        headers = _HEADERS | {"webhook-id": out.event, "webhook-timestamp": str(at)}
        try:
            headers["webhook-signature"] = rules.signature(out.secrets, out.event, at, body)
            rules.split(out.url, self._options.allow)
            async with self._client().post(out.url, data=body, headers=headers, allow_redirects=False) as answer:
                said = await answer.content.read(_MOST_READ)
                answer.close()
                wait_s = rules.retry_after(answer.headers.get("Retry-After", ""))
                return outcome(answer.status, said[: outbox.MOST_ANSWER].decode("utf-8", "replace"), wait_s)
        except Refused as refused:
            return outcome(0, f"refused: {refused.key}")
        except TimeoutError:
            return outcome(0, f"no answer within {self._options.timeout_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return outcome(0, f"{type(error).__name__}: {error}"[: outbox.MOST_ANSWER])

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = open_session(self._options.allow, self._options.timeout_s)
        return self._session
