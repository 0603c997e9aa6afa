"""Real processes that are killed and frozen: one leader at a time, nothing lost, nothing doubled."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server.bus.redis import RedisBus
from cti_server.tasks import Tasks
from tests.bus.conftest import Nodes
from tests.bus.test_buses import digit

pytestmark = pytest.mark.services
LEASE_S = 1.0
PERIODS = 8
"""A bound in lease periods, wide enough for a busy machine: the lease itself runs out within one."""


class Group:
    """Nodes as processes, and what they wrote about their leading."""

    def __init__(self, nodes: Nodes, folder: Path) -> None:
        self.nodes, self.file = nodes, folder / "acts"
        self.running: dict[int, Process] = {}

    async def start(self) -> None:
        arguments = (self.nodes.url, self.nodes.journal, str(LEASE_S), str(self.file))
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bus.node", *arguments)
        self.running[process.pid] = process

    async def end(self) -> None:
        for pid in list(self.running):
            await self.kill(pid)

    async def kill(self, pid: int) -> None:
        self.running[pid].kill()
        await self.running.pop(pid).wait()

    def acts(self) -> list[tuple[int, int, float]]:
        """(pid, its term, when), in order of time."""
        text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
        rows = [line.split() for line in text.splitlines()]
        return sorted(((int(p), int(t), float(at)) for p, t, at in rows), key=lambda row: row[2])

    async def leader(self, other_than: int = 0) -> int:
        """The pid of who acts now."""
        for _ in range(round(PERIODS * LEASE_S / 0.05)):
            before = len(self.acts())
            await asyncio.sleep(0.05)
            new = [pid for pid, _, _ in self.acts()[before:] if pid != other_than]
            if new:
                return new[-1]
        raise AssertionError(f"nobody leads within {PERIODS} lease periods")

    def one_at_a_time(self) -> int:
        """No two terms overlap. Gives how many there were."""
        terms: list[tuple[int, int]] = []
        for pid, term, _ in self.acts():
            if not terms or terms[-1] != (pid, term):
                terms.append((pid, term))
        assert len(terms) == len(set(terms)), f"two led at once: {terms}"
        return len(terms)


@pytest.fixture
async def group(nodes: Nodes, tmp_path: Path) -> AsyncIterator[Group]:
    made = Group(nodes, tmp_path)
    yield made
    await made.end()


async def decided(bus: RedisBus, count: int) -> list[str]:
    """The digits in the steps, once there are `count`, and nothing comes after them."""
    found: list[str] = []
    async for step in bus.follow(0):
        found += [event.digit for event in step.events]  # type: ignore[attr-defined]
        if len(found) >= count:
            break
    await asyncio.sleep(0.3)
    assert len(await bus._streams.steps(len(found))) == 0, "nothing is decided twice"
    return found


async def test_kill_nine_loses_and_doubles_nothing(group: Group, nodes: Nodes) -> None:
    """Three leaders die while people go on: every input is decided once, in order."""
    for _ in range(3):
        await group.start()
    people, count = await nodes.node(), 0

    async def press() -> None:
        nonlocal count
        while True:
            people.publish(digit(count))
            count += 1
            await asyncio.sleep(0.002)

    tasks = Tasks()
    pressing = tasks.start(press(), "pressing")
    for _ in range(3):
        leader = await group.leader()
        await asyncio.sleep(0.4)
        await group.kill(leader)
        await group.start()
    await group.leader()
    pressing.cancel()
    # Somebody who only reads: a node that leads could not be told from the others.
    assert await decided(await reader(nodes), count) == [str(n) for n in range(count)]
    assert group.one_at_a_time() >= 4


async def reader(nodes: Nodes) -> RedisBus:
    bus = await nodes.node()
    bus._tried = float("inf")
    return bus


async def test_a_frozen_leader_that_thaws_does_not_lead_beside_the_new_one(group: Group, nodes: Nodes) -> None:
    await group.start()
    await group.start()
    people = await nodes.node()
    first = await group.leader()
    for number in range(100):
        people.publish(digit(number))
    os.kill(first, signal.SIGSTOP)
    second = await group.leader(other_than=first)
    for number in range(100, 200):
        people.publish(digit(number))
    os.kill(first, signal.SIGCONT)
    await asyncio.sleep(LEASE_S)
    for number in range(200, 300):
        people.publish(digit(number))
    assert await decided(await reader(nodes), 300) == [str(n) for n in range(300)]
    assert group.one_at_a_time() == 2
    assert (await group.leader()) == second


async def test_freezing_one_after_the_other(group: Group, nodes: Nodes) -> None:
    for _ in range(2):
        await group.start()
    for _ in range(3):
        leader = await group.leader()
        os.kill(leader, signal.SIGSTOP)
        await group.leader(other_than=leader)
        os.kill(leader, signal.SIGCONT)
        await asyncio.sleep(0.2)
    assert group.one_at_a_time() >= 4
