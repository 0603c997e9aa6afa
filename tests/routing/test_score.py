"""The parts of a score, one by one, and what the strategies make of them."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_server.core.events import QueueConfig
from cti_server.routing import score
from cti_server.routing.facts import Need, Profile, Standing, demand
from cti_server.routing.strategies import ALWAYS, OWN, STRATEGIES, strategy_names
from tests.routing.floor import Floor, a_match, an_agent


def test_skill_is_the_proficiency_in_all_that_is_needed_and_preferred() -> None:
    need = Need(required=demand({"billing": 3}), preferred=demand({"vip": 5, "repair": 1}))
    assert score.skill(Profile(skills=demand({"billing": 7, "vip": 5, "cooking": 9})), need) == 12
    assert score.skill(Profile(skills=demand({"billing": 7, "vip": 4})), need) == 7, "less than preferred is nothing"


def test_language_and_site_count_only_when_the_caller_has_one() -> None:
    agent = Profile(languages=("en", "zh"), site="north")
    assert score.language(agent, Need(language="zh")) == 1
    assert score.language(agent, Need(language="fr")) == 0
    assert score.language(agent, Need()) == 0
    assert score.site(agent, Need(site="north")) == 1
    assert score.site(agent, Need(site="south")) == score.site(Profile(), Need()) == 0


def test_value_is_the_tier_times_the_mean_proficiency() -> None:
    agent = Profile(skills=demand({"billing": 8, "vip": 4}))
    need = Need(required=demand({"billing": 1}), preferred=demand({"vip": 1}), value=5)
    assert score.value(agent, need) == 30
    assert score.value(agent, need._replace(value=0)) == 0
    assert score.value(agent, Need(value=5)) == 0, "nothing is asked for"


def test_rings_count_from_the_innermost() -> None:
    assert [score.ring(Profile(ring=n), Need()) for n in (1, 2, 3)] == [0, -1, -2]


def test_who_lacks_a_skill_is_told_which_and_by_that_before_the_ring() -> None:
    need = Need(required=demand({"billing": 5}), ring=1)
    assert score.unfit(Profile(ring=1, skills=demand({"billing": 5})), need) == ""
    assert score.unfit(Profile(ring=2, skills=demand({"billing": 5})), need) == "ring"
    assert score.unfit(Profile(ring=2, skills=demand({"billing": 4})), need) == "skill:billing"


STANDINGS = st.builds(
    Standing,
    idle_since=st.floats(0, 90_000),
    occupancy=st.floats(0, 1),
    answered=st.integers(0, 300),
    turn=st.integers(0, 100),
)


@given(STANDINGS, STANDINGS, st.sampled_from(strategy_names()), st.floats(90_000, 200_000), st.integers(100, 9999))
def test_time_changes_no_order(one: Standing, two: Standing, name: str, at: float, serial: int) -> None:
    """What makes an index possible."""
    weights = STRATEGIES[name]
    shown = [sum(score.standing_parts(weights, each, at, serial).values()) for each in (one, two)]
    fixed = [score.standing_points(weights, each) for each in (one, two)]
    assert shown[0] - shown[1] == pytest.approx(fixed[0] - fixed[1], abs=1e-5)


def test_every_part_of_a_strategy_exists() -> None:
    known = {*score.FIT, *score.STANDING, *OWN}
    for name, weights in STRATEGIES.items():
        assert set(weights) <= known, name
        assert set(ALWAYS) < set(weights), name


# ------------------------------------------------------------ the strategies, as people see them


def best(strategy: str, caller: dict[str, str] | None = None, **agents: Mapping[str, object]) -> str:
    """Who gets the next caller. What is no field of an agent belongs to the configuration."""
    queue = QueueConfig(id="sales", name="Sales", strategy=strategy, preferred={"billing": 1})
    own = ("skills", "rings", "languages", "site")
    configs = [an_agent(i, **{k: v for k, v in values.items() if k in own}) for i, values in agents.items()]
    floor = Floor(queues=(queue,), agents=tuple(configs))
    for ident, values in agents.items():
        floor.agent(ident, **{k: v for k, v in values.items() if k not in own})
    floor.arrive(data=caller or {})
    found = a_match(floor.decide())
    assert found.strategy == strategy
    return found.agent


def test_longest_idle() -> None:
    assert best("longest_idle", a={"idle_since": 500.0}, b={"idle_since": 400.0}, c={"idle_since": 450.0}) == "b"
    assert best("longest_idle", b={}, a={}) == "a", "a tie goes to the lower id"


def test_most_skilled() -> None:
    skilled = {"skills": {"billing": 6}, "idle_since": 99_990.0}
    assert best("most_skilled", a={"skills": {"billing": 5}, "idle_since": 10.0}, b=skilled) == "b"
    busy = {"skills": {"billing": 6}, "busy_s": 90.0, "free_s": 10.0, "idle_since": 10.0}
    assert best("most_skilled", a=busy, b=skilled | {"busy_s": 10.0, "free_s": 90.0}) == "b", "the less occupied"


def test_least_calls() -> None:
    assert best("least_calls", a={"answered": 9, "idle_since": 10.0}, b={"answered": 8, "idle_since": 99_999.0}) == "b"
    assert best("least_calls", a={"answered": 8, "idle_since": 500.0}, b={"answered": 8, "idle_since": 400.0}) == "b"


def test_round_robin() -> None:
    assert best("round_robin", a={"turn": 7, "idle_since": 10.0}, b={"turn": 5}, c={"turn": 6}) == "b"


def test_priority_rings() -> None:
    inner, outer = {"idle_since": 99_999.0}, {"idle_since": 10.0, "rings": {"sales": 2}}
    assert best("priority_rings", a=outer, b=inner) == "b"
    assert best("priority_rings", a=outer, b=inner | {"engagement": "talking"}) == "a"
    assert best("longest_idle", a=outer, b=inner) == "a", "elsewhere the ring gives no points"


def test_value_based() -> None:
    expert = {"skills": {"billing": 10}, "idle_since": 99_999.0}
    novice = {"skills": {"billing": 1}, "idle_since": 99_000.0}
    assert best("value_based", {"value": "5"}, a=novice, b=expert) == "b"
    assert best("value_based", {"value": "0"}, a=novice, b=expert) == "a"


@pytest.mark.parametrize("strategy", strategy_names())
def test_in_every_strategy_the_language_comes_before_the_branch_and_that_before_idle_time(strategy: str) -> None:
    caller = {"language": "zh", "site": "north"}
    here, speaks = {"site": "north"}, {"languages": ("zh",)}
    assert best(strategy, caller, a=here, b=speaks) == "b"
    assert best(strategy, caller, a={"idle_since": 98_000.0}, b=here | {"idle_since": 99_999.0}) == "b"


def test_an_unknown_strategy_is_the_default_one_and_is_counted() -> None:
    floor = Floor(queues=(QueueConfig(id="sales", name="Sales", strategy="magic"),), agents=(an_agent("a"),))
    floor.arrive()
    assert a_match(floor.decide()).strategy == "longest_idle"
    assert floor.router.odd == {"strategy: unknown": 1}  # type: ignore[attr-defined]
