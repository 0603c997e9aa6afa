"""A call that ended is told once, out of the journal, wherever the reader was when the server died."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.journal.tables import call
from tests.journal.conftest import start_server
from tests.journal.floor import Caller, opening
from tests.webhooks.kit import line
from tests.webhooks.receiver import Receiver


async def test_calls_that_end_are_told_once_and_none_of_the_past(
    engine: AsyncEngine, receiver: Receiver, tmp_path: Path
) -> None:
    server = await start_server(engine, tmp_path)
    Caller._numbers = iter(range(1, 1000))  # type: ignore[assignment]
    server.floor.do(*opening(1_790_000_000.0))
    server.floor.day(1_790_000_060.0, 2)
    await server.writer.flush()
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        await wire.round()
        assert receiver.got == [], "what was before is not told"
        server.floor.day(1_790_010_000.0, 5)
        await server.writer.flush()
        await wire.round()
    await server.stop()
    async with line(engine) as wire:
        while await wire.round():
            pass
        async with engine.connect() as db:
            rows = await db.execute(select(call.c.id, call.c.outcome).where(call.c.started > 1_790_009_000.0))
            ended = {row.id: row.outcome for row in rows}
        told = {got.said["data"]["ref"]: got.said["data"]["outcome"] for got in receiver.got}
        assert told == ended
        assert len(receiver.got) == len(ended) == 5
        assert {got.said["type"] for got in receiver.got} == {"call.ended"}
        assert "ani" not in receiver.got[0].said["data"]
