"""What a supervisor may order: which Event it becomes, and what is refused."""

import msgspec
import pytest

from cti_server.core import events as ev
from cti_server.core.apply import apply
from cti_server.core.state import State
from cti_server.floor.rules import NotNow, NotUnderstood, agent_order, caller_order, queue_order
from tests.journal.floor import AGENTS, QUEUES, T0, Caller, Floor, opening

CODES = ("lunch", "training")


def a_floor() -> Floor:
    floor = Floor()
    floor.do(*opening())
    agents = (msgspec.structs.replace(AGENTS[0], more=("PJSIP/soft1",), mobile="13900000000"), *AGENTS[1:])
    queues = (msgspec.structs.replace(QUEUES[0], box="sales"), QUEUES[1])
    floor.do(ev.SiteConfigured(at=T0, queues=queues, agents=agents, default_queue="sales"))
    return floor


def ordered(state: State, wanted: str, detail: str = "", agent: str = "a1") -> ev.Event:
    return agent_order(state, agent, wanted, at=T0 + 1, by="mei", detail=detail, codes=CODES)


def test_each_order_is_an_event_that_says_who_gave_it() -> None:
    state = a_floor().state
    assert ordered(state, "pause", "lunch") == ev.AgentPaused(at=T0 + 1, agent="a1", code="lunch", by="mei")
    assert ordered(state, "log_out") == ev.AgentLoggedOut(at=T0 + 1, agent="a1", by="mei")
    assert ordered(state, "device", "PJSIP/soft1") == ev.AgentDeviceChosen(
        at=T0 + 1, agent="a1", endpoint="PJSIP/soft1", by="mei"
    )
    assert ordered(state, "unstick", " hangs ") == ev.AgentUnstuck(at=T0 + 1, agent="a1", by="mei", reason="hangs")
    apply(state, ordered(state, "pause", "lunch"))
    assert ordered(state, "resume") == ev.AgentResumed(at=T0 + 1, agent="a1", by="mei")
    assert queue_order(state, "sales", "mobile", at=T0, by="mei") == ev.QueueReach(
        at=T0, queue="sales", mobile=True, by="mei"
    )
    assert queue_order(state, "sales", "phones", at=T0, by="mei") == ev.QueueReach(
        at=T0, queue="sales", mobile=False, by="mei"
    )


@pytest.mark.parametrize(
    ("wanted", "detail"),
    [
        ("dance", ""),
        ("pause", "rona"),
        ("pause", ""),
        ("device", "PJSIP/a2"),
        ("device", ""),
        ("unstick", "  "),
        ("unstick", "x" * 201),
        ("unstick", "one\nline"),
    ],
)
def test_what_makes_no_sense_is_refused(wanted: str, detail: str) -> None:
    with pytest.raises(NotUnderstood):
        ordered(a_floor().state, wanted, detail)


def test_a_mobile_is_for_those_who_have_one() -> None:
    state = a_floor().state
    assert isinstance(ordered(state, "device", "mobile"), ev.AgentDeviceChosen)
    with pytest.raises(NotUnderstood):
        ordered(state, "device", "mobile", agent="a2")


def test_what_is_not_possible_now_is_refused() -> None:
    state = a_floor().state
    with pytest.raises(NotNow):
        ordered(state, "resume")
    apply(state, ev.AgentLoggedOut(at=T0, agent="a1"))
    for wanted, detail in (("log_out", ""), ("pause", "lunch"), ("resume", "")):
        with pytest.raises(NotNow):
            ordered(state, wanted, detail)
    for nobody in (lambda: ordered(state, "resume", agent="x"), lambda: queue_order(state, "x", "mobile", at=0, by="")):
        with pytest.raises(KeyError):
            nobody()


def test_a_waiting_caller_goes_to_another_queue_the_own_box_or_away() -> None:
    floor = a_floor()
    floor.do(*(ev.AgentPaused(at=T0, agent=agent.id, code="lunch") for agent in AGENTS))
    caller = Caller(floor)
    caller.arrive(T0 + 1)
    with pytest.raises(NotNow):
        caller_order(floor.state, caller.id, "hangup", at=T0 + 2, by="mei")
    caller.queue(T0 + 2)
    for target in ("queue:support", "voicemail:sales", "hangup"):
        assert caller_order(floor.state, caller.id, target, at=T0 + 3, by="mei") == ev.CallerSent(
            at=T0 + 3, entry=f"{caller.id}#1", channel=caller.id, to=target, why="person", by="mei"
        )
    for target in ("queue:sales", "queue:none", "voicemail:secret", "number:911", "", "hangup;rm"):
        with pytest.raises(NotUnderstood):
            caller_order(floor.state, caller.id, target, at=T0 + 3, by="mei")
    floor.do(ev.AgentResumed(at=T0 + 4, agent="a1"))
    with pytest.raises(NotNow):
        caller_order(floor.state, caller.id, "hangup", at=T0 + 4, by="mei")
    floor.do(ev.AgentPaused(at=T0 + 4, agent="a1", code="lunch"))
    floor.do(ev.OfferEnded(at=T0 + 4, offer=caller.offer().offer, outcome="declined"))
    floor.do(caller_order(floor.state, caller.id, "voicemail:sales", at=T0 + 4, by="mei"))
    with pytest.raises(NotNow):
        caller_order(floor.state, caller.id, "hangup", at=T0 + 5, by="mei")
    caller.give_up(T0 + 6)
    with pytest.raises(KeyError):
        caller_order(floor.state, caller.id, "hangup", at=T0 + 7, by="mei")
