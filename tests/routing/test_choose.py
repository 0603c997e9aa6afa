"""Who gets the call: the longest idle of those who can, those who were tried in vain last; with the reasons."""

from hypothesis import given
from hypothesis import strategies as st

from cti_server.routing.choose import choose
from cti_server.routing.facts import AgentFacts

AT = 1000.0


def agent(ident: str, idle_since: float = 900.0, status: str = "available", tried: bool = False) -> AgentFacts:
    return AgentFacts(id=ident, endpoint=f"PJSIP/{ident}", status=status, idle_since=idle_since, tried=tried)


def chosen(*agents: AgentFacts) -> str:
    best, _ = choose(agents, AT, "longest_idle")
    return best.id if best else ""


def test_the_longest_idle_gets_it() -> None:
    assert chosen(agent("a", 950), agent("b", 900), agent("c", 940)) == "b"


def test_a_tie_goes_to_the_lower_id_whatever_the_order() -> None:
    assert chosen(agent("b"), agent("a")) == chosen(agent("a"), agent("b")) == "a"


def test_who_was_tried_in_vain_comes_after_all_others() -> None:
    assert chosen(agent("a", 100, tried=True), agent("b", 999)) == "b"
    assert chosen(agent("a", 100, tried=True)) == "a", "but comes before nobody"


def test_nobody_can() -> None:
    assert chosen() == ""
    assert chosen(agent("a", status="paused"), agent("b", status="unreachable")) == ""


def test_every_agent_that_was_looked_at_is_named_with_the_reason() -> None:
    _, seen = choose([agent("a", status="talking"), agent("b", 990), agent("c", 980, tried=True)], AT, "longest_idle")
    assert [(c.agent, c.score, c.reason) for c in seen] == [
        ("a", 0.0, "talking"),
        ("b", 10.0, ""),
        ("c", 20.0, "tried"),
    ]


STATUS = st.sampled_from(["available", "talking", "paused", "resting", "unreachable", "logged_out"])


@given(st.lists(st.tuples(st.floats(0, AT), STATUS, st.booleans()), max_size=40))
def test_the_choice_is_available_and_nobody_before_it_was_passed_over(people: list[tuple[float, str, bool]]) -> None:
    agents = [agent(f"a{n}", idle, status, tried) for n, (idle, status, tried) in enumerate(people)]
    free = [a for a in agents if a.status == "available"]
    best, _ = choose(agents, AT, "longest_idle")
    assert (best is None) == (not free)
    for other in free:
        assert best is not None
        assert (best.tried, best.idle_since - 0.001) <= (other.tried, other.idle_since)
