"""Buses for one test: in this process, and on a private Redis under a journal name of the test's own."""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from cti_server.bus import Bus
from cti_server.bus.local import LocalBus
from cti_server.bus.redis import RedisBus
from tests.services import private_redis

LEASE_S = 1.0
_names = itertools.count(1)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with private_redis() as url:
        yield url


class Nodes:
    """`node()` gives one more bus of the same journal; all are closed at the end of the test."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.url, self._stack = url, stack
        self.journal = f"test-{next(_names)}"

    async def node(self, lease_s: float = LEASE_S, **options: int) -> RedisBus:
        bus = RedisBus(self.url, lease_s, **options)
        await bus.open(self.journal)
        self._stack.push_async_callback(bus.close)
        return bus


@pytest.fixture
async def nodes(redis_url: str) -> AsyncIterator[Nodes]:
    async with AsyncExitStack() as stack:
        yield Nodes(redis_url, stack)


@pytest.fixture(params=["local", pytest.param("redis", marks=pytest.mark.services)])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    """One bus of either kind, open; nobody leads yet."""
    async with AsyncExitStack() as stack:
        if request.param == "local":
            made: Bus = LocalBus()
            await made.open("test")
        else:
            made = await Nodes(request.getfixturevalue("redis_url"), stack).node()
        yield made


async def lead(bus: Bus, seq: int = 0) -> int:
    """Become the leader behind whatever was decided beyond `seq`; gives the last number."""
    assert await bus.elected()
    async for decided in bus.rest(seq):
        seq = decided.last
    await bus.lead(seq, {})
    return seq
