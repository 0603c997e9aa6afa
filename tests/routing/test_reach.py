"""How an agent is rung: at the desk, at a mobile, or not at all."""

import pytest

from cti_server.core.events import AgentConfig, QueueConfig
from cti_server.core.state import Agent, Queue, State
from cti_server.routing.reach import Reach, reach, why_not
from tests.routing.floor import Floor, a_match, an_agent

DESK = Reach("PJSIP/a", False)
MOBILE = Reach("PJSIP/8613800138000@trunk", True)


def of(
    queue: Queue | None = None, trunk: str = "trunk", mobile: str = "+86 138-0013-8000", **agent: object
) -> Reach | None:
    config = AgentConfig(id="a", name="a", endpoint="PJSIP/a", more=("PJSIP/web",), mobile=mobile)
    values = {"intent": "ready", "phones": {"PJSIP/a": "NOT_INUSE"}} | agent
    here = queue or Queue(config=QueueConfig(id="q", name="q"))
    return reach(State(mobile_trunk=trunk), Agent(config=config, **values), here)  # type: ignore[arg-type]


def test_at_the_desk() -> None:
    assert of() == DESK
    assert of(chosen="PJSIP/web", phones={"PJSIP/web": "NOT_INUSE"}) == Reach("PJSIP/web", False)
    assert of(chosen="PJSIP/web") is None, "that phone is not there"
    assert of(phones={}) is None
    assert of(intent="paused") is None
    assert of(engagement="talking") is None
    assert of(rest_until=5.0) is None


def test_at_the_mobile_that_the_agent_chose() -> None:
    assert of(chosen="mobile", phones={}) == MOBILE
    assert of(chosen="mobile", intent="logged_out") is None
    assert of(chosen="mobile", mobile="") is None
    assert of(chosen="mobile", trunk="") is None, "no trunk to ring it by"


@pytest.mark.parametrize(
    "queue",
    [
        Queue(config=QueueConfig(id="q", name="q"), mobile=True),
        Queue(config=QueueConfig(id="q", name="q", mobile_when_closed=True), open=False),
    ],
)
def test_a_queue_on_mobile_reaches_whoever_is_at_ease(queue: Queue) -> None:
    assert of(queue) == of(queue, intent="logged_out", phones={}) == MOBILE
    assert of(queue, intent="paused") is None
    assert of(queue, engagement="talking") is None
    assert of(queue, intent="logged_out", rest_until=5.0) is None
    assert of(queue, mobile="") == DESK, "who has no mobile is rung at the desk"
    assert of(queue, mobile="", intent="logged_out") is None


def test_a_closed_queue_without_mobiles_is_served_at_the_desk() -> None:
    closed = Queue(config=QueueConfig(id="q", name="q"), open=False)
    assert of(closed) == DESK


def test_why_not() -> None:
    config = AgentConfig(id="a", name="a", endpoint="PJSIP/a")
    phones = {"PJSIP/a": "NOT_INUSE"}
    assert why_not(Agent(config=config, intent="ready", chosen="mobile")) == "unreachable"
    assert why_not(Agent(config=config, intent="logged_out", rest_until=5.0)) == "resting"
    assert why_not(Agent(config=config, intent="paused", phones=phones)) == "paused"


def test_a_switch_to_mobile_gives_waiting_callers_to_those_at_home() -> None:
    floor = Floor(agents=(an_agent("a", mobile="13800138000"),))
    floor.agent("a", intent="logged_out")
    floor.arrive()
    assert floor.step() is None
    floor.queue(mobile=True)
    match = a_match(floor.step())
    assert (match.agent, match.endpoint, match.accept) == ("a", "PJSIP/13800138000@trunk", True)
