"""What both buses promise."""

import asyncio

import pytest

from cti_server.bus import Bus
from cti_server.bus.local import LocalBus
from cti_server.bus.redis import RedisBus
from cti_server.core.commands import DialOut
from cti_server.core.events import DigitReceived, Tick
from cti_server.settings import SettingsError, load
from tests.bus.conftest import lead


def digit(number: int) -> DigitReceived:
    return DigitReceived(at=float(number), channel="c1", digit=str(number))


async def test_inputs_come_in_the_order_of_their_publishing(bus: Bus) -> None:
    first = [digit(n) for n in range(50)]
    for event in first:
        bus.publish(event)
    await lead(bus)
    later = [digit(n) for n in range(50, 1500)]
    for event in later:
        bus.publish(event)
    assert [await bus.next() for _ in range(1500)] == first + later


async def test_what_the_leaders_own_edges_report_comes_in_order(bus: Bus) -> None:
    await lead(bus)
    ticks = [Tick(at=float(n)) for n in range(100)]
    for tick in ticks:
        bus.report(tick)
    assert bus.pending() == 100
    assert [await bus.next() for _ in ticks] == ticks
    assert bus.pending() == 0


async def test_a_command_reaches_the_leader(bus: Bus) -> None:
    await lead(bus)
    command = DialOut(endpoint="PJSIP/a1", number="95500", channel="x1")
    bus.publish(command)
    assert await bus.next() == command


async def test_a_deposed_leader_gets_nothing_more(bus: Bus) -> None:
    await lead(bus)
    assert bus.leads()
    assert bus.serves()
    bus.report(Tick(at=1.0))
    bus.depose("a test")
    bus.report(Tick(at=2.0))
    assert not bus.leads()
    assert bus.pending() == 0
    assert await bus.next() is None


async def test_a_leader_that_waits_is_told_when_it_is_deposed(bus: Bus) -> None:
    await lead(bus)
    waiting = asyncio.ensure_future(bus.next())
    await asyncio.sleep(0.05)
    bus.depose("a test")
    assert await waiting is None


async def test_who_was_deposed_can_lead_again(bus: Bus) -> None:
    await lead(bus)
    bus.report(Tick(at=1.0))
    bus.depose("a test")
    while not await bus.elected():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await bus.lead(0, {})
    bus.report(Tick(at=2.0))
    assert await bus.next() == Tick(at=2.0)


@pytest.mark.parametrize(
    ("database", "redis", "sentence"),
    [
        ("sqlite+aiosqlite:///x.db", "redis://127.0.0.1:6379/0", "must be PostgreSQL"),
        ("postgresql+psycopg://c@127.0.0.1/c", "127.0.0.1:6379", "redis.url"),
        ("postgresql+psycopg://c@127.0.0.1/c", "redis://127.0.0.1:many/0", "not a URL such as redis://"),
    ],
)
def test_settings_that_cannot_work_are_refused(database: str, redis: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load(environ={"CTI_DATABASE__URL": database, "CTI_REDIS__URL": redis})


async def test_the_settings_say_which_bus() -> None:
    from cti_server.bus import open_bus

    url = "postgresql+psycopg://c@127.0.0.1/c"
    assert isinstance(open_bus(load(environ={}).redis), LocalBus)
    many = load(environ={"CTI_DATABASE__URL": url, "CTI_REDIS__URL": "redis://127.0.0.1:6379/0"})
    assert isinstance(open_bus(many.redis), RedisBus)
