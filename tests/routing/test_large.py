"""A large queue: the best by name and the rest by number; and an index that stays true and small over a long day."""

from random import Random

import pytest

from bench.scan import ScanRouter
from cti_server.core.decision import Match
from cti_server.core.events import AgentConfig, QueueConfig
from cti_server.routing.explain import NAMED
from cti_server.routing.router import Router
from tests.routing.floor import Floor, a_match, an_agent

QUEUE = QueueConfig(id="sales", name="Sales", required={"billing": 5}, preferred={"vip": 1})


def people(number: int) -> tuple[AgentConfig, ...]:
    return tuple(
        an_agent(f"a{n:03d}", skills={"billing": 4 + n % 5, "vip": 1 + n % 3, f"hobby{n}": 9}) for n in range(number)
    )


def test_the_best_are_named_and_the_others_counted_by_reason() -> None:
    floor = Floor(queues=(QUEUE,), agents=people(120))
    for n in range(0, 120, 10):
        floor.agent(f"a{n:03d}", engagement="talking")
    for n in range(7, 120, 40):
        floor.agent(f"a{n:03d}", intent="paused")
    floor.arrive("x", tried=["a001"])
    match = a_match(floor.step())
    assert len(match.considered) == NAMED
    assert [c.reason for c in match.considered] == ["", *["score"] * (NAMED - 1)]
    scores = [c.score for c in match.considered]
    assert scores == sorted(scores, reverse=True)
    # Every fifth has too little of the skill; those who talk are among them, those who are paused are not.
    assert match.passed == {"paused": 3, "score": 93 - NAMED, "skill:billing": 12, "talking": 12}
    assert sum(match.passed.values()) + NAMED == 120


def test_in_a_small_queue_each_is_named_and_whoever_is_free_has_points() -> None:
    floor = Floor(queues=(QueueConfig(id="sales", name="Sales"),), agents=people(50))
    floor.agent("a007", engagement="talking")
    floor.arrive("x")
    match = a_match(floor.step())
    assert (len(match.considered), match.passed) == (50, {})
    assert [(c.agent, c.reason) for c in match.considered if not c.parts] == [("a007", "talking")]


def test_who_was_tried_in_vain_hides_nobody() -> None:
    floor = Floor(queues=(QueueConfig(id="sales", name="Sales"),), agents=people(60))
    floor.agent("a059", idle_since=floor.at - 1)
    floor.arrive("x", tried=[f"a{n:03d}" for n in range(59)])
    assert a_match(floor.step()).agent == "a059"


def test_what_is_over_is_not_kept_for_ever() -> None:
    floor = Floor(agents=(an_agent("a"), an_agent("b")))
    for n in range(2000):
        floor.agent("b", engagement="talking")
        floor.agent("b", engagement="idle", idle_since=floor.at + n)
        floor.arrive("x", data={"skills": f"s{n}", "owner": "a"}, waited=n)
        assert floor.step() is None
        floor.leave("x")
    assert isinstance(floor.router, Router)
    index = floor.router._index
    pool = index.pools["sales"]
    assert [len(group.heap) < 200 for group in pool._groups.values()] == [True]
    assert len(pool._fits) <= 512
    assert not index.callers and not index.live
    assert not any(index._lines.values()) and not index._near


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["longest_idle", "least_calls", "round_robin"])
def test_a_long_day(strategy: str) -> None:
    chance = Random(7)
    config = QueueConfig(id="sales", name="Sales", strategy=strategy, preferred={"vip": 1})
    floor = Floor(queues=(config,), agents=people(80))
    agents = list(floor.state.agents)
    scan, decided = ScanRouter(), 0
    for n in range(3000):
        floor.at += chance.randrange(3)
        ident = chance.choice(agents)
        agent = floor.state.agents[ident]
        doing = chance.random()
        if doing < 0.45:
            floor.arrive(f"c{n}", tried=chance.sample(agents, 3))
        elif doing < 0.9:
            floor.agent(ident, engagement="idle", idle_since=floor.at, answered=agent.answered + 1)
        else:
            floor.agent(ident, engagement="talking")
        expected = scan.decide(floor.state, floor.at) if n % 5 == 0 else None
        decision = floor.step()
        if isinstance(expected, Match):
            match = a_match(decision)
            decided += 1
            assert (match.item, match.agent) == (expected.item, expected.agent)
            fresh = [c.agent for c in match.considered if c.reason != "tried"]
            assert fresh == [c.agent for c in expected.considered][: len(fresh)]
        while floor.step() is not None:
            pass
        for call in [i for i, c in floor.state.calls.items() if c.entries[0].status == "offered"]:
            floor.leave(call)
    assert decided > 100
    assert isinstance(floor.router, Router)
    pool = floor.router._index.pools["sales"]
    assert len(pool._groups) == 3, "what nobody asks for makes no difference"
    assert all(len(group.heap) <= 2 * group.free + 65 for group in pool._groups.values())
