"""Whose calls the dialplan refuses: what is sent to the PBX, on both databases."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core.commands import Command, RefuseCallers
from cti_server.core.events import PbxResynced
from cti_server.customers.refused import Refuser
from cti_server.customers.tables import customer
from cti_server.tasks import Tasks
from tests.customers.kit import BEIJING, NOW, add


class Marks:
    """The dialplan's global variables."""

    def __init__(self) -> None:
        self.marks: dict[str, int] = {}
        self.before = 0
        self.commands = 0

    def perform(self, command: Command) -> None:
        assert isinstance(command, RefuseCallers)
        self.commands += 1
        self.marks |= dict.fromkeys(command.numbers, command.mark)
        self.before = command.before or self.before

    def refused(self) -> set[str]:
        return {number for number, mark in self.marks.items() if mark > self.before}

    async def until(self, count: int) -> set[str]:
        """Who is refused, once there are so many."""
        for _ in range(2000):
            if self.before and len(self.refused()) == count:
                break
            await asyncio.sleep(0.005)
        assert self.before and len(self.refused()) == count, self.refused()
        return self.refused()


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    tasks = Tasks()
    yield tasks
    await tasks.close()


async def block(engine: AsyncEngine, ident: int, **values: object) -> None:
    async with engine.begin() as db:
        await db.execute(update(customer).where(customer.c.id == ident).values(values))


async def test_the_pbx_knows_who_is_blocked_now(engine: AsyncEngine, tasks: Tasks) -> None:
    ident = await add(engine, "A", "138 0013 8000", "8001")
    other = await add(engine, "B", "+44 20 7946 0018")
    pbx = Marks()
    pbx.marks["13700137000"] = 12345
    refuser = Refuser(engine, BEIJING, pbx.perform, tasks, look_s=0.02)
    refuser.start()
    assert await pbx.until(0) == set(), "what another server left counts no more"
    await block(engine, ident, blocked=True)
    assert {"13800138000", "P8613800138000", "8001"} <= await pbx.until(6)
    await block(engine, other, blocked=True)
    assert "P442079460018" in await pbx.until(8)
    await block(engine, other, erased=NOW)
    await pbx.until(6)

    done, pbx.marks = pbx.commands, {}
    await asyncio.sleep(0.1)
    assert pbx.commands == done, "nothing is said twice"
    refuser.step([PbxResynced(at=NOW, channels=())])
    assert "13800138000" in await pbx.until(6)
    await block(engine, ident, blocked=False)
    assert await pbx.until(0) == set()


async def test_many_are_sent_in_parts(engine: AsyncEngine, tasks: Tasks) -> None:
    numbers = [[f"{8000 + n}" for n in range(first, first + 20)] for first in range(0, 120, 20)]
    for row in numbers:
        await add(engine, "A", *row, blocked=True)
    pbx = Marks()
    Refuser(engine, BEIJING, pbx.perform, tasks).start()
    assert await pbx.until(120) == {number for row in numbers for number in row}
    assert pbx.commands == 4, "three of fifty at most, and from when they count"
