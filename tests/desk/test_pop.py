"""Whose phone rings, and what that agent gets to see. Pure."""

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.desk.pop import Card, desk, pops, ringing
from tests.journal.floor import T0, Caller, Floor, opening


def a_floor() -> Floor:
    floor = Floor()
    floor.do(*opening())
    return floor


def waiting_caller(floor: Floor, number: str = "13800138000", name: str = "") -> Caller:
    """One that went through the IVR and waits in sales since T0 + 5."""
    caller = Caller(floor, number=number, dnis="4001")
    caller.arrive(T0 + 1)
    floor.do(
        ev.CallerIdChanged(at=T0 + 1, channel=caller.id, number=number, caller_name=name),
        ev.IvrStepped(at=T0 + 2, channel=caller.id, node="menu", label="Main menu", result="1"),
        ev.CallDataSet(at=T0 + 3, channel=caller.id, key="account", value="88102"),
        ev.DigitReceived(at=T0 + 3, channel=caller.id, digit="1"),
    )
    caller.queue(T0 + 5)
    return caller


def rings(caller: Caller, at: float, endpoint: str = "") -> tuple[Event, ...]:
    endpoint = endpoint or caller.offer().endpoint
    leg, name = f"{caller.id}9", f"{endpoint}-9"
    return (
        ev.ChannelCreated(at=at, channel=leg, linked=caller.id, name=name),
        ev.DialStarted(at=at, channel=caller.id, dest=leg, dest_name=name),
    )


def cards(floor: Floor, agent: str) -> tuple[Card, ...]:
    return ringing(desk(floor.state, floor.state.agents[agent]))


def test_the_card_has_what_the_agent_needs() -> None:
    floor = a_floor()
    caller = waiting_caller(floor, name="Müller")
    agent = caller.offer().agent
    assert cards(floor, agent) == (), "an offer is no ring yet"
    floor.do(*rings(caller, T0 + 6))
    (card,) = cards(floor, agent)
    assert (card.number, card.name, card.dnis) == ("13800138000", "Müller", "4001")
    assert (card.queue, card.queue_name, card.queued, card.reached) == ("sales", "Sales", T0 + 5, None)
    assert [(s.label, s.result) for s in card.path] == [("Main menu", "1")]
    assert (card.inputs, card.digits) == ({"account": "88102"}, "1")
    assert (card.phase, card.since) == ("ringing", T0 + 6)


def test_nobody_else_gets_it() -> None:
    floor = a_floor()
    caller = waiting_caller(floor)
    floor.do(*rings(caller, T0 + 6))
    agent = caller.offer().agent
    assert {a: len(cards(floor, a)) for a in floor.state.agents} == {a: int(a == agent) for a in floor.state.agents}


def test_it_pops_once_for_each_ring() -> None:
    floor = a_floor()
    caller = waiting_caller(floor)
    owner = floor.state.agents[caller.offer().agent]
    before = desk(floor.state, owner)
    floor.do(*rings(caller, T0 + 6))
    first = desk(floor.state, owner)
    floor.do(ev.ChannelRinging(at=T0 + 7, channel=f"{caller.id}9"))
    second = desk(floor.state, owner)
    assert len(pops(before, first)) == 1
    assert pops(first, second) == ()
    assert len(pops(None, second)) == 1, "a browser that comes back while it rings"


def test_it_goes_when_it_is_answered_or_given_up() -> None:
    floor = a_floor()
    caller = waiting_caller(floor)
    agent = caller.offer().agent
    caller.agent_answers(T0 + 6)
    assert cards(floor, agent) == ()
    (card,) = desk(floor.state, floor.state.agents[agent]).cards
    assert (card.phase, card.reached) == ("talking", T0 + 8)
    second = Caller(floor)
    second.arrive(T0 + 20)
    second.queue(T0 + 21)
    other = second.offer().agent
    floor.do(*rings(second, T0 + 22))
    assert len(cards(floor, other)) == 1
    floor.do(ev.ChannelEnded(at=T0 + 23, channel=f"{second.id}9"), ev.ChannelEnded(at=T0 + 23, channel=second.id))
    assert cards(floor, other) == ()


def test_any_call_at_the_phone_pops_also_a_colleagues() -> None:
    floor = a_floor()
    floor.do(
        ev.ChannelCreated(
            at=T0 + 1, channel="5.1", linked="5.1", name="PJSIP/a1-1", number="101", exten="102", incoming=True
        )
    )
    assert cards(floor, "a1") == (), "one's own call out is no ring"
    floor.do(
        ev.ChannelCreated(at=T0 + 2, channel="5.2", linked="5.1", name="PJSIP/a2-1", number="102"),
        ev.DialStarted(at=T0 + 2, channel="5.1", dest="5.2", dest_name="PJSIP/a2-1"),
    )
    (card,) = cards(floor, "a2")
    assert (card.number, card.direction, card.queue) == ("101", "internal", "")
    assert cards(floor, "a1") == cards(floor, "a3") == ()


def test_a_phone_with_a_similar_name_is_another_phone() -> None:
    floor = a_floor()
    caller = waiting_caller(floor)
    floor.do(*rings(caller, T0 + 6, endpoint="PJSIP/a11"))
    assert all(cards(floor, agent) == () for agent in floor.state.agents)
