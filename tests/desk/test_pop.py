"""Whose phone rings, and what that agent gets to see. Pure."""

from msgspec.structs import replace

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.desk.pop import Card, Line, desk, lines, pops, ringing
from cti_server.journal.path import Word
from tests.journal.floor import AGENTS, QUEUES, T0, Caller, Floor, all_events, opening


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
    assert card.path == ((Word("node", "menu"), Word("prompt", "Main menu"), Word("", "1")),)
    assert (card.inputs, card.digits) == (((Word("data", "account"), Word("", "88102")),), "1")
    assert (card.phase, card.since) == ("ringing", T0 + 6)


def test_ids_in_the_path_and_the_inputs_are_names() -> None:
    floor = a_floor()
    caller = waiting_caller(floor)
    floor.do(
        ev.IvrStepped(at=T0 + 5, channel=caller.id, node="queue", label="sales"),
        ev.CallDataSet(at=T0 + 5, channel=caller.id, key="owner", value="a3"),
        ev.CallDataSet(at=T0 + 5, channel=caller.id, key="reason", value="nothing of ours"),
    )
    floor.do(*rings(caller, T0 + 6))
    (card,) = cards(floor, caller.offer().agent)
    assert card.path[-1] == (Word("node", "queue"), Word("", "Sales"))
    assert card.inputs[1:] == (
        (Word("data", "owner"), Word("", "Agent 3")),
        (Word("data", "reason"), Word("", "nothing of ours")),
    )


def test_the_phone_that_rings_for_a_promised_callback_shows_the_customer() -> None:
    floor = a_floor()
    floor.do(
        ev.CallbackPlanned(
            at=T0 + 1, callback="cb1", queue="sales", number="13911112222", queued=T0 - 600, name="Zhao", agent="a2"
        )
    )
    tried = next(e for e in all_events(floor.steps) if isinstance(e, ev.CallbackTried))
    assert tried.agent == "a2"
    floor.do(ev.ChannelCreated(at=T0 + 2, channel=tried.channel, linked=tried.channel, name="PJSIP/a2-9"))
    floor.do(ev.ChannelRinging(at=T0 + 2, channel=tried.channel))
    (card,) = desk(floor.state, floor.state.agents["a2"]).cards
    assert (card.callback, card.number, card.name, card.queue_name) == (True, "13911112222", "Zhao", "Sales")
    assert (card.queued, card.reached) == (T0 - 600, None)


def test_what_rings_at_another_of_the_agents_phones_is_on_the_desk_too() -> None:
    floor = a_floor()
    more = tuple(replace(agent, more=("PJSIP/soft1",)) if agent.id == "a1" else agent for agent in AGENTS)
    floor.do(ev.SiteConfigured(at=T0, queues=QUEUES, agents=more, default_queue="sales"))
    caller = waiting_caller(floor)
    floor.do(*rings(caller, T0 + 6, endpoint="PJSIP/soft1"))
    assert [card.number for card in cards(floor, "a1")] == ["13800138000"]


def test_the_phones_the_wrap_up_and_the_rest() -> None:
    floor = a_floor()
    config = replace(AGENTS[0], more=("PJSIP/soft1",), mobile="13900000000")
    floor.do(ev.SiteConfigured(at=T0, queues=QUEUES, agents=(config, *AGENTS[1:]), default_queue="sales"))
    floor.do(ev.AgentDeviceChosen(at=T0, agent="a1", endpoint="mobile"))
    shown = desk(floor.state, floor.state.agents["a1"])
    assert [(d.id, d.number, d.reachable, d.chosen) for d in shown.devices] == [
        ("PJSIP/a1", "", True, False),
        ("PJSIP/soft1", "", False, False),
        ("mobile", "13900000000", True, True),
    ]
    agent = floor.state.agents["a2"]
    agent.wrapup_extend_s, agent.rest_until = 60.0, T0 + 9
    assert (desk(floor.state, agent).extend_s, desk(floor.state, agent).rest_until) == (0, T0 + 9)
    floor.do(ev.WrapUpStarted(at=T0 + 1, agent="a2", call="c", until=T0 + 31))
    shown = desk(floor.state, agent)
    assert (shown.status, shown.wrapup_until, shown.extend_s) == ("wrap_up", T0 + 31, 60)
    floor.do(ev.WrapUpExtended(at=T0 + 2, agent="a2", by="anna"))
    shown = desk(floor.state, agent)
    assert (shown.wrapup_until, shown.extend_s) == (T0 + 91, 0), "once"


def test_the_lines_of_the_queues() -> None:
    floor = a_floor()
    floor.do(*(ev.AgentPaused(at=T0, agent=agent.id, code="lunch") for agent in AGENTS))
    waiting_caller(floor)
    floor.do(ev.QueueHours(at=T0 + 6, queue="support", open=False))
    found = lines(floor.state, ["sales", "support", "none"])
    assert found == {
        "sales": Line(id="sales", name="Sales", open=True, waiting=1, oldest=T0 + 5, sl_threshold_s=20.0),
        "support": Line(id="support", name="Support", open=False, waiting=0, oldest=None, sl_threshold_s=30.0),
    }


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
