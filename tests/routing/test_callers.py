"""Who comes first when an agent becomes free, and whom the circle, the own agent and a failed offer let through."""

import pytest

from cti_server.core.decision import Keep, Match
from cti_server.core.events import QueueConfig, Widen
from cti_server.core.touched import Touched
from tests.routing.floor import Floor, a_match, an_agent

SALES = QueueConfig(id="sales", name="Sales")


def freed(floor: Floor, agent: str = "a") -> Match:
    floor.agent(agent, engagement="idle", idle_since=floor.at)
    return a_match(floor.step())


def a_busy_floor(*queues: QueueConfig, agents: int = 1, **config: object) -> Floor:
    floor = Floor(queues=queues or (SALES,), agents=tuple(an_agent(i, **config) for i in "abc"[:agents]))
    for ident in floor.state.agents:
        floor.agent(ident, engagement="talking")
    return floor


# ------------------------------------------------------------ the best call


def test_who_waits_longest_comes_first() -> None:
    floor = a_busy_floor()
    floor.arrive("x", waited=10)
    floor.arrive("y", waited=30)
    assert floor.all() == []
    match = freed(floor)
    assert (match.item, match.urgency) == ("y#1", {"waited": 30.0})


@pytest.mark.parametrize(
    ("values", "longer", "part", "seconds"),
    [
        ({"priority": 1}, 86_000, "priority", 86_400),
        ({"data": {"value": "4"}}, 239, "value", 240),
        ({"queue": "gold"}, 3_599, "weight", 3_600),
    ],
)
def test_a_head_start_is_worth_so_many_seconds(values: dict[str, object], longer: int, part: str, seconds: int) -> None:
    floor = a_busy_floor(QueueConfig(id="gold", name="Gold", weight=1), SALES, queues=("gold", "sales"))
    floor.arrive("x", waited=longer)
    floor.arrive("y", **values)  # type: ignore[arg-type]
    floor.arrive("z", waited=seconds + 61)
    assert freed(floor).item == "z#1"
    floor.agent("a", engagement="talking")
    match = freed(floor)
    assert match.item == "y#1"
    assert match.urgency[part] == seconds


def test_an_earlier_queue_of_the_agent_is_worth_a_minute() -> None:
    floor = a_busy_floor(SALES, QueueConfig(id="other", name="Other"), queues=("other", "sales"))
    floor.arrive("x", "sales", waited=65)
    floor.arrive("y", "other", waited=0)
    floor.arrive("z", "sales", waited=55)
    match = freed(floor)
    assert (match.item, match.urgency) == ("x#1", {"waited": 65.0, "order": -60.0})
    floor.agent("a", engagement="talking")
    assert freed(floor).item == "y#1"


def test_many_callers_and_many_agents_at_once_the_most_urgent_first() -> None:
    floor = a_busy_floor(agents=2)
    for n in range(3):
        floor.arrive(f"c{n}", waited=n)
    for ident, since in (("a", 20.0), ("b", 10.0)):
        floor.agent(ident, engagement="idle", idle_since=since)
    assert floor.pairs() == [("c2#1", "b"), ("c1#1", "a")]


def test_only_who_waits_is_offered() -> None:
    floor = a_busy_floor()
    floor.arrive("x", status="leaving", sent_to="voicemail:sales")
    floor.arrive("y", status="choosing")
    floor.arrive("gone")
    floor.leave("gone")
    floor.agent("a", engagement="idle")
    assert floor.step() is None


def test_time_spent_in_another_queue_counts() -> None:
    floor = a_busy_floor()
    floor.arrive("x", waited=10)
    floor.arrive("y", kept_s=60.0)
    assert freed(floor).item == "y#1"


def test_a_call_that_was_merged_keeps_its_place() -> None:
    floor = a_busy_floor()
    entry = floor.arrive("x")
    call = floor.state.calls.pop("x")
    call.id = entry.call = "k"
    floor.state.calls["k"] = call
    floor.state.entries[entry.id] = "k"
    floor.router.learn(floor.state, Touched(calls={"k": call}, merged={"x": "k"}), floor.at)
    assert freed(floor).item == "x#1"


# ------------------------------------------------------------ tried in vain


def test_who_was_tried_in_vain_comes_after_all_others_and_before_nobody() -> None:
    floor = Floor(agents=(an_agent("a"), an_agent("b")))
    floor.agent("a", idle_since=0.5)
    floor.arrive("x", tried=["a"])
    match = a_match(floor.step())
    assert [(c.agent, c.reason) for c in match.considered] == [("b", ""), ("a", "tried")]
    floor.arrive("y", tried=["a"])
    assert a_match(floor.step()).agent == "a"


# ------------------------------------------------------------ the widening circle


def test_the_circle_widens_by_time_alone() -> None:
    steps = (Widen(after_s=20, ring=2), Widen(after_s=40, ring=3, required={}))
    queue = QueueConfig(id="sales", name="Sales", required={"billing": 5}, widen=steps)
    agents = (
        an_agent("a", skills={"billing": 4}),
        an_agent("b", skills={"billing": 9}, rings={"sales": 2}),
        an_agent("c", rings={"sales": 3}),
    )
    floor = Floor(queues=(queue,), agents=agents)
    for n in range(4):
        floor.arrive(f"c{n}")
    assert floor.all() == []
    floor.at += 19.9
    assert floor.all() == []
    floor.at += 0.1
    match = a_match(floor.step())
    reasons = [(c.agent, c.reason) for c in match.considered]
    assert reasons == [("b", ""), ("a", "skill:billing"), ("c", "skill:billing")]
    assert floor.step() is None
    floor.at += 20
    assert floor.pairs() == [("c1#1", "a"), ("c2#1", "c")]


def test_a_skill_that_nobody_has_waits_for_the_circle() -> None:
    floor = Floor(queues=(QueueConfig(id="sales", name="Sales", widen=(Widen(after_s=30, required={}),)),))
    floor = Floor(queues=floor.queues, agents=(an_agent("a"),))
    floor.arrive("x", data={"skills": "juggling:3"})
    assert floor.step() is None
    floor.at += 30
    assert a_match(floor.step()).agent == "a"


def test_a_skill_that_the_ivr_asks_for() -> None:
    floor = Floor(agents=(an_agent("a"), an_agent("b", skills={"repair": 3}), an_agent("c", skills={"repair": 4})))
    floor.arrive("x", data={"skills": "repair:4"})
    match = a_match(floor.step())
    assert [(c.agent, c.reason) for c in match.considered] == [
        ("c", ""),
        ("a", "skill:repair"),
        ("b", "skill:repair"),
    ]
    assert match.considered[0].parts == {"idle": 100.0, "skill": 40.0}


def test_a_skill_that_an_agent_learns_while_somebody_waits_for_it() -> None:
    floor = Floor(agents=(an_agent("a"),))
    floor.arrive("x", data={"skills": "repair:4"})
    floor.arrive("y", data={"skills": "repair:4"}, waited=-1)
    assert floor.step() is None
    floor.agent("a", config=an_agent("a", skills={"repair": 7}))
    assert a_match(floor.step()).item == "x#1"


# ------------------------------------------------------------ the own agent

STICKY = QueueConfig(id="sales", name="Sales", stick_s=60)


def test_the_own_agent_gets_the_caller_when_free() -> None:
    floor = Floor(agents=(an_agent("a"), an_agent("b"), an_agent("c")))
    floor.agent("a", idle_since=1.0)
    floor.arrive("x", data={"owner": "c"})
    match = a_match(floor.step())
    assert (match.agent, match.considered[0].parts) == ("c", {"idle": 100.0, "owner": 20_000_000.0})
    floor.agent("c", engagement="idle")
    floor.arrive("y", data={"owner": "c", "ticket_owner": "b"})
    assert a_match(floor.step()).agent == "b"


@pytest.mark.parametrize(("stick_s", "agent"), [(0.0, "a"), (60.0, "b")])
def test_who_talked_last_counts_where_callers_are_kept_for_their_own(stick_s: float, agent: str) -> None:
    queue = QueueConfig(id="sales", name="Sales", stick_s=stick_s)
    floor = Floor(queues=(queue,), agents=(an_agent("a"), an_agent("b")))
    floor.state.last_agents["138"] = "b"
    floor.arrive("x", ani="138")
    assert a_match(floor.step()).agent == agent


def a_kept_caller() -> Floor:
    floor = Floor(queues=(STICKY,), agents=(an_agent("a"), an_agent("b")))
    floor.agent("b", engagement="talking")
    floor.arrive("x", data={"owner": "b"})
    keep = floor.step()
    assert keep == Keep(entry="x#1", agent="b", until=floor.at + 60, part="owner")
    assert floor.step() is None, "a is free and x waits for b"
    return floor


def test_a_caller_is_kept_for_the_own_agent_who_is_busy() -> None:
    floor = a_kept_caller()
    floor.arrive("y")
    assert a_match(floor.step()).item == "y#1", "others go on"
    floor.agent("a", engagement="idle")
    match = freed(floor, "b")
    assert (match.item, match.agent) == ("x#1", "b")
    assert [(c.agent, c.reason) for c in match.considered] == [("b", ""), ("a", "held")]


def test_a_caller_is_not_kept_for_ever() -> None:
    floor = a_kept_caller()
    floor.at += 59
    assert floor.step() is None
    floor.at += 1
    assert a_match(floor.step()).agent == "a"


@pytest.mark.parametrize(
    "gone",
    [
        {"intent": "logged_out"},
        {"intent": "paused"},
        {"engagement": "idle", "phones": {}},
        {"config": an_agent("b", queues=())},
    ],
)
def test_a_caller_is_not_kept_for_an_agent_who_does_not_come_back(gone: dict[str, object]) -> None:
    floor = a_kept_caller()
    floor.agent("b", **gone)
    assert a_match(floor.step()).agent == "a"


def test_a_caller_whom_the_own_agent_declined_goes_to_others() -> None:
    floor = Floor(queues=(STICKY,), agents=(an_agent("a"), an_agent("b")))
    floor.agent("b", engagement="talking")
    floor.arrive("x", data={"owner": "b"}, tried=["b"])
    assert a_match(floor.step()).agent == "a"


def test_nor_is_kept_for_that_agent_again() -> None:
    floor = a_kept_caller()
    floor.agent("a", engagement="talking")
    assert freed(floor, "b").item == "x#1"
    floor.agent("b", engagement="talking")
    entry = floor.state.calls["x"].entries[0]
    entry.status, entry.tried = "waiting", ["b"]
    floor.touch("x")
    assert freed(floor, "a").item == "x#1"


def test_several_are_kept_for_one_agent() -> None:
    floor = a_kept_caller()
    floor.arrive("y", data={"owner": "b"})
    assert isinstance(floor.step(), Keep)
    assert floor.step() is None
    assert freed(floor, "b").item == "x#1"
    assert floor.step() is None
    assert freed(floor, "b").item == "y#1"


@pytest.mark.parametrize("waited", [60, 300])
def test_who_has_waited_longer_than_that_is_not_kept(waited: int) -> None:
    floor = Floor(queues=(STICKY,), agents=(an_agent("a"), an_agent("b")))
    floor.agent("b", engagement="talking")
    floor.arrive("x", data={"owner": "b"}, waited=waited)
    assert a_match(floor.step()).agent == "a"


def test_another_own_agent_who_is_free_is_not_waited_past() -> None:
    floor = Floor(queues=(STICKY,), agents=(an_agent("a"), an_agent("b"), an_agent("c")))
    floor.agent("b", engagement="talking")
    floor.arrive("x", data={"ticket_owner": "b", "owner": "c"})
    assert a_match(floor.step()).agent == "c"


def test_a_caller_who_waits_already_is_kept_when_the_own_agent_comes_and_is_busy() -> None:
    floor = Floor(queues=(STICKY,), agents=(an_agent("b"),))
    floor.agent("b", intent="paused")
    floor.arrive("x", data={"owner": "b"}, waited=5)
    assert floor.step() is None
    floor.agent("b", intent="ready", engagement="wrap_up")
    assert floor.step() == Keep(entry="x#1", agent="b", until=floor.at + 55, part="owner")


# ------------------------------------------------------------ decisions that come to nothing


def test_a_decision_that_changed_nothing_is_not_given_again_until_a_moment_later() -> None:
    floor = Floor(agents=(an_agent("a"), an_agent("b")))
    floor.arrive("x")
    floor.arrive("y", waited=-1)
    assert [a_match(floor.decide()).item for _ in range(2)] == ["x#1", "y#1"]
    assert floor.decide() is None
    floor.at += 1
    assert floor.pairs() == [("x#1", "a"), ("y#1", "b")]


def test_what_left_the_state_unsaid_is_not_matched() -> None:
    floor = Floor(agents=(an_agent("a"), an_agent("b")))
    floor.agent("a", idle_since=1.0)
    floor.arrive("x", waited=5)
    floor.arrive("y")
    del floor.state.entries["x#1"]
    floor.state.agents["a"].engagement = "talking"
    match = a_match(floor.decide())
    assert (match.item, match.agent) == ("y#1", "b")


def test_what_happens_while_nothing_is_decided_is_not_lost() -> None:
    floor = a_busy_floor(agents=2)
    floor.arrive("x")
    floor.agent("a", engagement="idle")
    floor.arrive("y")
    floor.agent("b", engagement="idle")
    floor.at += 100
    assert [item for item, _ in floor.pairs()] == ["x#1", "y#1"]
