"""What routing reads from a call, whatever an IVR or a later context has put there."""

import pytest

from cti_server.core.events import QueueConfig, Widen
from cti_server.core.state import Agent, Call
from cti_server.routing.facts import EVERY_RING, Standing, language_of, skills_said, standing_of, value_of
from cti_server.routing.widening import circle
from tests.routing.floor import an_agent


def a_call(spoken: str = "", **data: str) -> Call:
    return Call(id="c", direction="inbound", started=0.0, language=spoken, data=data)


@pytest.mark.parametrize(
    ("text", "skills"),
    [
        ("", {}),
        ("billing:5,vip", {"billing": 5, "vip": 1}),
        (" billing : 5 , , :3 ", {"billing": 5}),
        ("a:99,b:0,c:-4,d:x,e:٣", {"a": 10, "b": 1, "c": 1, "d": 1, "e": 1}),
    ],
)
def test_skills_said(text: str, skills: dict[str, int]) -> None:
    assert skills_said(text) == skills


@pytest.mark.parametrize(("text", "tier"), [("", 0), ("3", 3), ("9", 5), ("-1", 0), ("gold", 0), ("9" * 5000, 0)])
def test_value(text: str, tier: int) -> None:
    assert value_of(a_call(value=text)) == tier


def test_language_of_the_caller_before_that_of_the_number() -> None:
    assert language_of(a_call("zh")) == "zh"
    assert language_of(a_call("zh_CN")) == "zh"
    assert language_of(a_call("zh", language="EN")) == "en"


def test_standing() -> None:
    agent = Agent(config=an_agent("a"), since=50.0, answered=3, turn=9)
    assert standing_of(agent) == Standing(idle_since=50.0, occupancy=0.0, answered=3, turn=9), "never called before"
    agent.idle_since, agent.busy_s, agent.free_s = 70.0, 30.0, 10.0
    assert standing_of(agent) == Standing(idle_since=70.0, occupancy=0.75, answered=3, turn=9)


def test_the_circle_widens_step_by_step() -> None:
    widen = (Widen(after_s=60, ring=2, required={}), Widen(after_s=20, ring=2), Widen(after_s=90, ring=1))
    queue = QueueConfig(id="q", name="q", required={"billing": 5}, widen=widen)
    said = {"billing": 3, "vip": 1}
    assert circle(queue, 0, said) == ({"billing": 5, "vip": 1}, 1, 20)
    assert circle(queue, 20, said) == ({"billing": 5, "vip": 1}, 2, 60)
    assert circle(queue, 60, said) == ({}, 2, 90), "what the IVR asked for is given up too"
    assert circle(queue, 1e9, said) == ({}, 2, float("inf")), "a later step takes no ring back"


def test_rings_keep_nobody_out_of_a_queue_that_names_no_further_ring() -> None:
    assert circle(QueueConfig(id="q", name="q"), 0, {})[1] == EVERY_RING
    assert circle(QueueConfig(id="q", name="q", widen=(Widen(after_s=5, required={}),)), 0, {})[1] == EVERY_RING
