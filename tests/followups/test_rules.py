"""Who may see what, what can be dialled, and places in the line."""

import pytest

from cti_server.core import events as ev
from cti_server.core.state import Callback, State
from cti_server.followups.rules import Owner, Scope, boxes, dialable, places, scope, suggestion_id
from tests.followups.kit import caller
from tests.journal.floor import AGENTS, QUEUES, T0, Floor, opening


@pytest.fixture
def state() -> State:
    floor = Floor()
    special = ev.QueueConfig(id="vip.gold", name="VIP", box="gold")
    dotted = ev.QueueConfig(id="north.east", name="North-east")
    queues = (*QUEUES, special, dotted)
    agents = (ev.AgentConfig(id="li.na", name="李娜", endpoint="PJSIP/li", queues=("vip.gold", "gone")), *AGENTS)
    floor.do(*opening(), ev.SiteConfigured(at=T0, queues=queues, agents=agents, default_queue="sales"))
    return floor.state


def test_boxes_are_named_after_queues_and_agents(state: State) -> None:
    found = boxes(state)
    assert found["sales"] == Owner(queue="sales")
    assert (found["gold"], found["north-east"]) == (Owner(queue="vip.gold"), Owner(queue="north.east"))
    assert (found["agent-a1"], found["agent-li-na"]) == (Owner(agent="a1"), Owner(agent="li.na"))


def test_an_agent_sees_the_own_queues_and_boxes_and_managers_see_all(state: State) -> None:
    own = scope(state, "li.na", everything=False)
    assert (own.queues, own.boxes) == ({"vip.gold", "gone"}, {"gold", "agent-li-na"})
    assert own.has_box("gold") and not own.has_box("sales") and not own.has_queue("sales")
    everything = scope(state, "li.na", everything=True)
    assert everything == Scope() and everything.has_box("general") and everything.has_queue("sales")
    for nobody in ("", "gone"):
        assert scope(state, nobody, everything=False) == Scope(queues=frozenset(), boxes=frozenset())


@pytest.mark.parametrize(
    ("number", "dialled"),
    [
        ("13800138000", "13800138000"),
        ("+86 138-0013.8000", "+8613800138000"),
        ("(020) 8888 0000", "02088880000"),
        ("12", ""),
        ("anonymous", ""),
        ("", ""),
        ("1380013800x", ""),
        ("13800138000\n", ""),
        ("138,W", ""),
        ("١٢٣٤٥", ""),
        ("1" * 21, ""),
    ],
)
def test_what_can_be_dialled(number: str, dialled: str) -> None:
    assert dialable(number) == dialled


def test_a_suggestions_id_is_the_stays_own_and_plain() -> None:
    assert suggestion_id("1700000000.12#1") == suggestion_id("1700000000.12#1") == "s-1700000000.12-1"
    assert suggestion_id("a b/../c") == "s-a-b-..-c"


def test_callers_and_promises_stand_in_one_line() -> None:
    floor = Floor()
    floor.do(*opening(), *(ev.AgentLoggedOut(at=T0, agent=a.id) for a in AGENTS))
    for n, at in enumerate((T0 + 10, T0 + 30)):
        one = caller(floor, f"9.{n}", "13800138000")
        one.arrive(at)
        one.queue(at)

    def promise(ident: str, queued: float, **more: object) -> Callback:
        return Callback(id=ident, queue="sales", number="1", queued=queued, planned=queued, **more)  # type: ignore[arg-type]

    promises = [
        promise("first", T0 + 5),
        promise("between", T0 + 20),
        promise("urgent", T0 + 40, priority=1),
        promise("later", T0, not_before=T0 + 500),
        promise("rings", T0, status="calling"),
    ]
    floor.state.callbacks |= {c.id: c for c in promises}
    assert places(floor.state, T0 + 60, ["sales"]) == {"urgent": 1, "first": 2, "between": 4}
    assert places(floor.state, T0 + 500, ["sales"])["later"] == 2
    assert places(floor.state, T0 + 60, ["support", "nowhere"]) == {}
