"""A sender that a test moves by hand, and webhooks without ceremony."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock, news
from cti_server.settings import Settings, Webhooks
from cti_server.tasks import Tasks
from cti_server.webhooks import queries
from cti_server.webhooks.gather import gather
from cti_server.webhooks.sending import Sender
from cti_server.webhooks.tables import webhook_delivery

ALLOWED = ("127.0.0.1",)
TOPICS = ["order", "ticket", "call", "customer"]


class Line:
    """`round`: what is new is gathered, what is due is sent, and all answers are waited for."""

    def __init__(self, engine: AsyncEngine, tasks: Tasks, sender: Sender) -> None:
        self.engine, self.tasks, self.sender = engine, tasks, sender

    async def gather(self) -> None:
        async with self.engine.begin() as db:
            while await gather(db):
                pass

    async def round(self) -> int:
        await self.gather()
        begun = await self.sender.look()
        await self.tasks.finish()
        return begun

    async def tell(self, topic: str = "order", what: str = "placed", ref: str = "1", **data: Any) -> None:
        async with self.engine.begin() as db:
            await news.tell(db, topic, what, ref, at=clock.now(), by="ann", **data)

    async def hook(self, url: str, allow: tuple[str, ...] = ALLOWED, topics: list[str] = TOPICS) -> tuple[int, str]:
        async with self.engine.begin() as db:
            return await queries.add(db, "crm", url, topics, allow, by="ann", at=clock.now())

    async def rows(self) -> list[dict[str, Any]]:
        async with self.engine.connect() as db:
            found = await db.execute(select(webhook_delivery).order_by(webhook_delivery.c.id))
            return [{str(name): value for name, value in row.items()} for row in found.mappings()]

    async def due_now(self) -> None:
        """As if the pause were over."""
        async with self.engine.begin() as db:
            await db.execute(update(webhook_delivery).values(next_at=0.0))

    async def known(self, ident: int) -> queries.Webhook:
        async with self.engine.connect() as db:
            found = await queries.one(db, ident)
        assert found is not None
        return found


@asynccontextmanager
async def line(engine: AsyncEngine, **options: Any) -> AsyncIterator[Line]:
    settings = Settings(webhooks=Webhooks(**({"allow": ALLOWED, "timeout_s": 5.0} | options)))
    tasks = Tasks()
    sender = Sender(settings, engine, tasks)
    try:
        yield Line(engine, tasks, sender)
    finally:
        await tasks.close()
        await sender.close()
