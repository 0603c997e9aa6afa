"""Promised callbacks stand in the same lines as those who hold the line."""

from cti_server.core.events import QueueConfig
from tests.routing.floor import Floor, a_match, an_agent

CUSTOMER_FIRST = QueueConfig(id="sales", name="Sales", callback_first="customer")


def test_a_promise_keeps_the_place_and_is_a_little_ahead() -> None:
    floor = Floor(agents=(an_agent("a"),))
    floor.agent("a", engagement="talking")
    floor.arrive("x", waited=100)
    floor.promise(waited=71)
    floor.agent("a", engagement="idle")
    match = a_match(floor.step())
    assert (match.item, match.callback, match.agent, match.endpoint) == ("p", True, "a", "PJSIP/a")
    assert match.urgency == {"waited": 71.0, "callback": 30.0}


def test_not_before_its_time() -> None:
    floor = Floor(agents=(an_agent("a"),))
    floor.promise(not_before=floor.at + 600)
    assert floor.step() is None
    floor.at += 600
    assert a_match(floor.step()).item == "p"


def test_not_while_the_queue_is_closed() -> None:
    floor = Floor(agents=(an_agent("a"),))
    floor.queue(open=False)
    floor.promise()
    assert floor.step() is None
    floor.queue(open=True)
    assert a_match(floor.step()).item == "p"


def test_the_agent_who_is_wanted_and_no_other_whatever_the_queue_asks_for() -> None:
    queue = QueueConfig(id="sales", name="Sales", required={"billing": 3})
    floor = Floor(queues=(queue,), agents=(an_agent("a", skills={"billing": 9}), an_agent("b", queues=())))
    floor.agent("b", engagement="talking")
    floor.promise(wanted="b")
    assert floor.step() is None
    floor.agent("b", engagement="idle")
    match = a_match(floor.step())
    assert match.agent == "b"
    assert [(c.agent, c.reason) for c in match.considered] == [("b", ""), ("a", "held")]


def test_the_wanted_agent_keeps_all_such_promises() -> None:
    floor = Floor(agents=(an_agent("a"), an_agent("b", queues=())))
    floor.agent("b", engagement="talking")
    floor.promise("p", wanted="b", waited=1)
    floor.promise("q", wanted="b")
    assert floor.step() is None
    for ident in "pq":
        floor.agent("b", engagement="idle")
        assert a_match(floor.step()).item == ident
        assert floor.step() is None


def test_anybody_when_the_wanted_agent_is_no_more() -> None:
    floor = Floor(agents=(an_agent("a"),))
    floor.promise(wanted="gone")
    assert a_match(floor.step()).agent == "a"


def test_who_was_tried_in_vain_comes_last() -> None:
    floor = Floor(agents=(an_agent("a"), an_agent("b")))
    floor.promise(tried=["a"])
    assert a_match(floor.step()).agent == "b"


def test_the_customer_is_rung_first_when_somebody_is_free_and_only_one_for_each() -> None:
    floor = Floor(queues=(CUSTOMER_FIRST,), agents=(an_agent("a"), an_agent("b")))
    for ident in "pqrs":
        floor.promise(ident)
    matches = [a_match(found) for found in floor.all()]
    assert [(m.item, m.callback, m.agent, m.endpoint) for m in matches] == [("p", True, "", ""), ("q", True, "", "")]
    assert matches[0].considered[0].agent == "a"
    assert all(agent.engagement == "idle" for agent in floor.state.agents.values())
    floor.promise("p", attempts=1, not_before=floor.at + 600)
    assert [a_match(found).item for found in floor.all()] == ["r"], "one customer did not answer: the next is rung"
    floor.arrive("x")
    assert a_match(floor.step()).agent == "a", "nobody who holds the line waits for a customer to answer"
    floor.agent("a", engagement="idle")
    assert floor.all() == []


def test_nobody_is_rung_first_while_nobody_is_free() -> None:
    floor = Floor(queues=(CUSTOMER_FIRST,), agents=(an_agent("a"),))
    floor.agent("a", engagement="talking")
    floor.promise()
    assert floor.step() is None
    floor.agent("a", engagement="idle")
    assert a_match(floor.step()).item == "p"
