"""Many nodes on one Redis, in one process: what followers see, and what a leader that lost its lease cannot do."""

import asyncio
import random
from collections.abc import Iterator

import msgspec
import pytest
from redis.asyncio import Redis

from cti_server.bus import Gap
from cti_server.bus.redis import RedisBus
from cti_server.core import events as ev
from cti_server.core.apply import apply
from cti_server.core.center import Center
from cti_server.core.commands import DialOut, Resync
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.routing.router import Router
from tests.bus.conftest import Nodes, lead
from tests.bus.test_buses import digit
from tests.services import free_port, private_redis

pytestmark = pytest.mark.services

AGENTS = ("a1", "a2", "a3")


def random_events(seed: int, count: int) -> Iterator[Event]:
    """A PBX and people gone mad: any event, of few channels, in any order."""
    chance = random.Random(seed)
    at = 1000.0
    yield ev.SiteConfigured(
        at=at,
        queues=(ev.QueueConfig(id="sales", name="Sales", wrapup_s=2.0, ring_s=3.0),),
        agents=tuple(ev.AgentConfig(id=a, name=a, endpoint=f"PJSIP/{a}", queues=("sales",)) for a in AGENTS),
        default_queue="sales",
    )
    yield ev.PbxConnected(at=at)
    for _ in range(count):
        at += chance.choice((0.0, 0.01, 0.7))
        number = chance.randrange(12)
        one, other, agent = f"c{number}", f"c{chance.randrange(12)}", chance.choice(AGENTS)
        name = f"PJSIP/{chance.choice((*AGENTS, 'trunk'))}-{number}"
        made: tuple[Event, ...] = (
            ev.ChannelCreated(at=at, channel=one, linked=other, name=name, incoming=chance.random() < 0.5),
            ev.ChannelAnswered(at=at, channel=one),
            ev.CallArrived(at=at, channel=one, name=name, ani="138", dnis="95500", linked=one),
            ev.CallQueued(at=at, channel=one, queue="sales", name=name, priority=chance.randrange(3)),
            ev.DialStarted(at=at, channel=one, dest=other, dest_name=f"PJSIP/{agent}-{other}"),
            ev.DialEnded(at=at, channel=one, dest=other, status=chance.choice(("ANSWER", "BUSY"))),
            ev.BridgeEntered(at=at, bridge=f"b{chance.randrange(4)}", channel=one, bridge_type="basic"),
            ev.BridgeLeft(at=at, bridge=f"b{chance.randrange(4)}", channel=one),
            ev.ChannelHeld(at=at, channel=one),
            ev.ChannelEnded(at=at, channel=one, cause=16),
            ev.AgentLoggedIn(at=at, agent=agent),
            ev.AgentPaused(at=at, agent=agent, code="tea"),
            ev.AgentResumed(at=at, agent=agent),
            ev.DeviceChanged(at=at, device=f"PJSIP/{agent}", state=chance.choice(("NOT_INUSE", "INUSE"))),
            ev.PbxResynced(at=at, channels=(), devices={}),
            ev.Tick(at=at),
        )
        yield chance.choices(made, weights=[3] * 9 + [2, 4, 1, 2, 3, 0.1, 3])[0]


class Leader:
    """A center on a bus: decides, numbers and announces, as a term does."""

    def __init__(self, bus: RedisBus, seq: int = 0, state: State | None = None) -> None:
        self.bus, self.seq = bus, seq
        self.center = Center(state or State(), Router())

    async def take(self) -> None:
        event = await self.bus.next()
        assert isinstance(event, Event)
        events = self.center.handle(event).events
        if not (len(events) == 1 and isinstance(events[0], ev.Tick)):
            self.bus.announce(self.seq + 1, events)
            self.seq += len(events)


async def follow(bus: RedisBus, state: State, seq: int, until: int) -> int:
    if seq >= until:
        return seq
    async for decided in bus.follow(seq):
        assert decided.first == seq + 1
        for event in decided.events:
            apply(state, event)
        seq = decided.last
        if seq >= until:
            break
    return seq


@pytest.mark.parametrize("seed", range(8))
async def test_a_follower_has_the_leaders_state_bit_for_bit(nodes: Nodes, seed: int) -> None:
    leader = Leader(await nodes.node(lease_s=20))
    await lead(leader.bus)
    hot, late = await nodes.node(), await nodes.node()
    state, seq = State(), 0
    for number, event in enumerate(random_events(seed, 400)):
        leader.bus.report(event)
        await leader.take()
        if number % 100 == 99:
            seq = await follow(hot, state, seq, leader.seq)
            assert msgspec.json.encode(state) == msgspec.json.encode(leader.center.state)
    seq = await follow(hot, state, seq, leader.seq)
    assert msgspec.json.encode(state) == msgspec.json.encode(leader.center.state)
    state = State()
    await follow(late, state, 0, leader.seq)
    assert msgspec.json.encode(state) == msgspec.json.encode(leader.center.state)
    assert leader.seq > 300


async def test_the_next_leader_goes_on_behind_the_last_input_that_was_decided(nodes: Nodes) -> None:
    people = await nodes.node()
    for number in range(10):
        people.publish(digit(number))
    old = await nodes.node()
    await lead(old)
    for number in range(1, 6):
        assert await old.next() == digit(number - 1)
        old.announce(number, [digit(number - 1)])
    assert await old.next() == digit(5), "read, and not decided"
    await old._outbox.send()
    old.depose("a test")
    new = await nodes.node()
    while not await new.elected():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    decided = [d async for d in new.rest(0)]
    assert [e for d in decided for e in d.events] == [digit(n) for n in range(5)]
    await new.lead(5, {})
    assert [await new.next() for _ in range(5)] == [digit(n) for n in range(5, 10)]


async def test_what_is_in_the_journal_is_not_read_again_although_redis_never_heard_of_it(nodes: Nodes) -> None:
    people, old = await nodes.node(), await nodes.node()
    await lead(old)
    for number in range(6):
        people.publish(digit(number))
    for number in range(4):
        assert await old.next() == digit(number)
    marks = old.marks()
    old.depose("the journal has four, and no step was announced")
    new = await nodes.node()
    while not await new.elected():  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    assert [d async for d in new.rest(4)] == []
    await new.lead(4, marks)
    assert [await new.next(), await new.next()] == [digit(4), digit(5)]


async def test_a_leader_whose_lease_is_anothers_appends_nothing_and_learns_it(nodes: Nodes) -> None:
    old, new = await nodes.node(lease_s=20), await nodes.node()
    await lead(old)
    redis = Redis.from_url(nodes.url)
    await redis.delete(f"cti:{{{nodes.journal}}}:lease")
    await redis.aclose()
    await lead(new)
    new.announce(1, [digit(1)])
    await new._outbox.send()
    old.announce(1, [digit(666)])
    old.announce(2, [digit(667)])
    assert await old.next() is None
    assert not old.leads()
    reader = await nodes.node(lease_s=20)
    seen = [d.events async for d in _at_most(reader, 1)]
    assert seen == [[digit(1)]]
    assert new.leads()


async def _at_most(bus: RedisBus, until: int):  # type: ignore[no-untyped-def]
    async for decided in bus.follow(0):
        yield decided
        if decided.last >= until:
            return


async def test_steps_sent_twice_are_there_once(nodes: Nodes) -> None:
    leader, follower = await nodes.node(lease_s=20), await nodes.node()
    await lead(leader)
    for number in range(1, 4):
        leader.announce(number, [digit(number)])
    again = list(leader._outbox._steps)
    await leader._outbox.send()
    leader._outbox._steps.extend(again)
    leader.announce(4, [digit(4)])
    await leader._outbox.send()
    assert [d.events[0] async for d in _at_most(follower, 4)] == [digit(n) for n in (1, 2, 3, 4)]


async def test_items_sent_twice_are_there_once(nodes: Nodes) -> None:
    people, leader = await nodes.node(), await nodes.node(lease_s=20)
    for number in range(3):
        people.publish(digit(number))
    again = list(people._outbox._items)
    await people._outbox.send()
    people._outbox._items.extend(again)
    people.publish(digit(3))
    await people._outbox.send()
    await lead(leader)
    people.publish(digit(4))
    assert [await leader.next() for _ in range(5)] == [digit(n) for n in range(5)]


async def test_a_command_asked_of_a_dead_leader_is_not_carried_out_by_the_next(nodes: Nodes) -> None:
    """Nobody knows whether it was done, and a call must not be placed twice."""
    people, new = await nodes.node(), await nodes.node()
    people.publish(DialOut(endpoint="PJSIP/a1", number="95500", channel="x1"))
    people.publish(digit(1))
    await people._outbox.send()
    await lead(new)
    assert await new.next() == digit(1)


async def test_a_follower_that_missed_steps_is_told(nodes: Nodes) -> None:
    leader, follower = await nodes.node(lease_s=20), await nodes.node()
    await lead(leader, 0)
    leader.announce(11, [digit(11)])
    await leader._outbox.send()
    with pytest.raises(Gap):
        async for _ in follower.follow(9):
            raise AssertionError("nothing follows on 9")
    assert [d.first async for d in _at_most_from(follower, 10, 11)] == [11]


async def _at_most_from(bus: RedisBus, seq: int, until: int):  # type: ignore[no-untyped-def]
    async for decided in bus.follow(seq):
        yield decided
        if decided.last >= until:
            return


async def test_a_follower_in_the_middle_of_a_step_gets_the_rest_of_it(nodes: Nodes) -> None:
    leader, follower = await nodes.node(lease_s=20), await nodes.node()
    await lead(leader)
    leader.announce(1, [digit(1), digit(2), digit(3)])
    decided = [d async for d in _at_most_from(follower, 2, 3)]
    assert [(d.first, d.events) for d in decided] == [(3, [digit(3)])]


async def test_a_follower_ahead_of_what_the_new_leader_knows_is_told(nodes: Nodes) -> None:
    """Redis forgot everything and the journal had less: numbers are given a second time."""
    first, follower = await nodes.node(lease_s=20), await nodes.node()
    assert await first.elected()
    await first.lead(0, {"term": 1})
    first.announce(1, [digit(1), digit(2)])
    stream = follower.follow(0)
    assert (await anext(stream)).last == 2
    redis = Redis.from_url(nodes.url)
    await redis.flushdb()
    await redis.aclose()
    second = await nodes.node(lease_s=20)
    assert await second.elected()
    await second.lead(1, {"term": 2})
    second.announce(2, [digit(20)])
    second.announce(3, [digit(30)])
    with pytest.raises(Gap):
        await anext(stream)


async def test_the_streams_stay_bounded(nodes: Nodes) -> None:
    leader = await nodes.node(lease_s=20, most_steps=200, most_events=200)
    await lead(leader)
    for number in range(1, 3001):
        leader.announce(number, [digit(number)])
        if number % 100 == 0:
            leader.publish(digit(number))
            await leader._outbox.send()
    redis = Redis.from_url(nodes.url)
    length = await redis.xlen(f"cti:{{{nodes.journal}}}:steps")
    await redis.aclose()
    assert 200 <= length <= 400


async def test_redis_comes_late_and_goes_away() -> None:
    """Nothing published is lost or doubled; the leader stops when its lease is over and leads again afterwards."""
    port = free_port()
    bus = RedisBus(f"redis://127.0.0.1:{port}/0", 1.0)
    await bus.open("late")
    assert not await bus.elected()
    with private_redis(port):
        while not await bus.elected():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await bus.lead(0, {})
        bus.publish(digit(1))
        assert await bus.next() == digit(1)
    assert bus.leads(), "for as long as the lease is"
    bus.report(digit(100))
    assert await bus.next() == digit(100)
    bus.publish(digit(2))
    bus.publish(digit(3))
    assert await bus.next() is None
    assert not bus.leads()
    assert not bus.serves()
    await asyncio.sleep(0.3)
    with private_redis(port):
        while not await bus.elected():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await bus.lead(0, {})
        assert [await bus.next(), await bus.next()] == [digit(2), digit(3)]
        assert await bus.next() == Resync(), "what came late may be about callers who have gone"
        await bus.close()
