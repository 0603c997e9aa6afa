"""The laws of the core, over random sequences of what a PBX and its people can do, also out of order and impossible."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cti_server.core import events as ev
from cti_server.core.agents import device_of
from cti_server.core.apply import apply
from cti_server.core.center import Center
from cti_server.core.commands import CallBack, OfferCall, SendCaller
from cti_server.core.events import AgentConfig, Event, QueueConfig, SiteConfigured, Widen
from cti_server.core.invariants import violations
from cti_server.core.places import entry_of
from cti_server.core.state import Agent, Call, Entry, State
from cti_server.routing.router import Router

AGENTS = ("a1", "a2", "a3")
SITE = SiteConfigured(
    at=0.0,
    queues=(
        QueueConfig(
            id="sales",
            name="Sales",
            wrapup_s=3.0,
            ring_s=10.0,
            rest_s=2.0,
            max_length=2,
            on_full="queue:service",
            max_wait_s=60.0,
            on_max_wait="callback",
            stick_s=10.0,
            widen=(Widen(after_s=20.0, ring=2),),
            callback=True,
        ),
        QueueConfig(
            id="service",
            name="Service",
            ring_s=10.0,
            rest_s=2.0,
            max_wait_s=90.0,
            on_max_wait="voicemail:",
            on_closed="hangup",
            staffed="logged_in",
            on_empty="number:95500",
            callback_first="customer",
        ),
    ),
    agents=tuple(
        AgentConfig(
            id=a,
            name=a,
            endpoint=f"PJSIP/{a}",
            queues=("sales", "service")[: 2 - (i == 2)],
            rings={"sales": 2} if i == 1 else {},
            mobile="13900000000" if i == 0 else "",
        )
        for i, a in enumerate(AGENTS)
    ),
    default_queue="service",
    mobile_trunk="trunk",
    max_age_s={"paused": 30.0, "talking": 30.0},
)
FINAL = {"answered", "abandoned", "short_abandoned", "flowed_out", "callback", "voicemail", "refused"}


class Floor(RuleBasedStateMachine):
    """A PBX that behaves, people who do as they like. After every step the laws hold."""

    def __init__(self) -> None:
        super().__init__()
        self.center = Center(State(), Router())
        self.log: list[Event] = []
        self.calls: dict[str, Call] = {}
        self.at = 1000.0
        self.serial = 0
        self.pokes: dict[str, OfferCall] = {}
        self.rings: dict[str, tuple[str, OfferCall]] = {}
        self.talks: dict[str, str] = {}
        self.sends: dict[str, SendCaller] = {}
        self.calls_back: dict[str, CallBack] = {}
        self.customers: dict[str, str] = {}

    def happen(self, event: Event) -> None:
        step = self.center.handle(event)
        assert step.faults == []
        self.log += step.events
        for gone in step.touched.merged:
            self.calls.pop(gone, None)
        self.calls.update(step.touched.calls)
        for command in step.commands:
            if isinstance(command, OfferCall):
                self.pokes[command.channel] = command
            elif isinstance(command, SendCaller) and not command.to.startswith("queue:"):
                self.sends[command.channel] = command
            elif isinstance(command, CallBack):
                self.calls_back[command.channel] = command

    def pass_time(self, seconds: float = 0.05) -> float:
        self.at += seconds
        return self.at

    @initialize()
    def open(self) -> None:
        self.happen(SITE)
        self.happen(ev.PbxConnected(at=self.pass_time()))
        for agent in AGENTS:
            self.happen(ev.DeviceChanged(at=self.pass_time(), device=f"PJSIP/{agent}", state="NOT_INUSE"))
            self.happen(ev.AgentLoggedIn(at=self.pass_time(), agent=agent))

    @rule(data=st.data())
    def somebody_does_something(self, data: st.DataObject) -> None:
        """What happens now and then, as one rule, so that callers and calls make up most of a run."""
        agent = data.draw(st.sampled_from(AGENTS))
        queue = data.draw(st.sampled_from(["sales", "service"]))
        yes = data.draw(st.booleans())
        doings: list[Callable[[], None]] = [
            lambda: self.intend(agent, data.draw(st.sampled_from([ev.AgentLoggedIn, ev.AgentLoggedOut]))),
            lambda: self.intend(agent, ev.AgentResumed),
            lambda: self.pause(agent),
            lambda: self.phone(agent, "NOT_INUSE" if yes else "UNAVAILABLE"),
            lambda: self.hours(queue, yes),
            lambda: self.mobile(queue, yes),
            lambda: self.mend(agent, ev.AgentUnstuck if yes else ev.WrapUpExtended),
            self.midnight,
            lambda: self.plan(data),
            lambda: self.cancel(data),
            self.falls_back,
            self.comes_back,
            self.comes_back,
        ]
        data.draw(st.sampled_from(doings))()

    def intend(self, agent: str, what: Any) -> None:
        self.happen(what(at=self.pass_time(), agent=agent))

    def pause(self, agent: str) -> None:
        self.happen(ev.AgentPaused(at=self.pass_time(), agent=agent, code="tea"))

    def phone(self, agent: str, state: str) -> None:
        self.happen(ev.DeviceChanged(at=self.pass_time(), device=f"PJSIP/{agent}", state=state))

    @rule(queue=st.sampled_from(["sales", "service", "nowhere"]), priority=st.integers(0, 2))
    def arrive(self, queue: str, priority: int) -> None:
        self.serial += 1
        channel = f"c{self.serial}"
        self.happen(
            ev.ChannelCreated(
                at=self.pass_time(),
                channel=channel,
                linked=channel,
                name=f"PJSIP/trunk-{channel}",
                number=f"138{self.serial % 2}",
                incoming=True,
            )
        )
        self.happen(ev.ChannelAnswered(at=self.pass_time(), channel=channel))
        self.happen(ev.CallQueued(at=self.pass_time(), channel=channel, queue=queue, priority=priority))

    @precondition(lambda self: self.pokes)
    @rule(data=st.data())
    def the_dialplan_dials(self, data: st.DataObject) -> None:
        """Perhaps long after the poke; the dialplan looks at the phone's state before it dials."""
        channel = data.draw(st.sampled_from(sorted(self.pokes)))
        offer = self.pokes.pop(channel)
        if channel not in self.center.state.channels or channel in self.rings or channel in self.talks:
            return
        at = self.pass_time()
        if any(offer.endpoint == c.endpoint for c in self.center.state.channels.values()):
            self.happen(
                ev.CallQueued(at=at, channel=channel, queue="", why="BUSY", agent=offer.agent, offer=offer.offer)
            )
            return
        self.serial += 1
        leg = f"g{self.serial}"
        name = f"{offer.endpoint}-{leg}"
        self.happen(ev.ChannelCreated(at=at, channel=leg, linked=channel, name=name))
        self.happen(ev.DialStarted(at=at, channel=channel, dest=leg, dest_name=name))
        self.rings[channel] = (leg, offer)

    @precondition(lambda self: self.rings)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        channel = data.draw(st.sampled_from(sorted(self.rings)))
        leg, _ = self.rings.pop(channel)
        at = self.pass_time()
        self.happen(ev.ChannelAnswered(at=at, channel=leg))
        self.happen(ev.DialEnded(at=at, channel=channel, dest=leg, status="ANSWER"))
        for member in (leg, channel):
            self.happen(ev.BridgeEntered(at=at, bridge=f"b{leg}", channel=member, bridge_type="basic"))
        self.talks[channel] = leg

    @precondition(lambda self: self.rings)
    @rule(data=st.data(), why=st.sampled_from(["NOANSWER", "BUSY", "CHANUNAVAIL", "DECLINED"]))
    def refuse(self, data: st.DataObject, why: str) -> None:
        channel = data.draw(st.sampled_from(sorted(self.rings)))
        leg, offer = self.rings.pop(channel)
        at = self.pass_time()
        self.happen(ev.DialEnded(at=at, channel=channel, dest=leg, status=why))
        self.happen(ev.ChannelEnded(at=at, channel=leg, cause=17))
        self.happen(ev.CallQueued(at=at, channel=channel, queue="", why=why, agent=offer.agent, offer=offer.offer))

    @rule(data=st.data(), by_caller=st.booleans())
    def hang_up(self, data: st.DataObject, by_caller: bool) -> None:
        callers = [c for c in self.center.state.channels if c.startswith("c")]
        if not callers:
            return
        channel = data.draw(st.sampled_from(sorted(callers)))
        leg = self.talks.pop(channel, None) or self.rings.pop(channel, ("", None))[0]
        at = self.pass_time()
        self.happen(ev.HangupRequested(at=at, channel=channel if by_caller or not leg else leg))
        for gone in (leg, channel):
            if gone:
                self.happen(ev.ChannelEnded(at=at, channel=gone, cause=16))
        self.pokes.pop(channel, None)

    # ------------------------------------------------------------------------------------------------ going elsewhere

    def in_hold(self, *statuses: str) -> list[str]:
        """The channels of those who are in the hold by the dialplan's lights, and in one of these states by ours."""
        elsewhere = self.rings.keys() | self.talks.keys()
        calls = self.center.state.calls.values()
        return sorted(
            e.channel for c in calls for e in c.entries if e.status in statuses and e.channel not in elsewhere
        )

    @rule(data=st.data())
    def press_one(self, data: st.DataObject) -> None:
        if there := self.in_hold("waiting", "offered"):
            channel = data.draw(st.sampled_from(there))
            self.pokes.pop(channel, None)
            self.happen(ev.CallerChoosing(at=self.pass_time(), channel=channel))

    @rule(data=st.data(), wants=st.booleans(), number=st.sampled_from(["13800138000", "13800138001"]))
    def choose(self, data: st.DataObject, wants: bool, number: str) -> None:
        if not (there := self.in_hold("choosing")):
            return
        channel = data.draw(st.sampled_from(there))
        at = self.pass_time()
        if not wants:
            self.happen(ev.CallQueued(at=at, channel=channel, queue="", why="CHOSE_TO_WAIT"))
            return
        self.happen(ev.CallbackAsked(at=at, channel=channel, number=number))
        self.happen(ev.ChannelEnded(at=at, channel=channel, cause=16))

    @precondition(lambda self: self.sends)
    @rule(data=st.data(), message=st.booleans(), comes_back=st.booleans())
    def the_dialplan_sends(self, data: st.DataObject, message: bool, comes_back: bool) -> None:
        channel = data.draw(st.sampled_from(sorted(self.sends)))
        command = self.sends.pop(channel)
        if channel not in self.in_hold("leaving"):
            return
        at = self.pass_time()
        if command.to == "callback":
            self.happen(ev.CallerChoosing(at=at, channel=channel))
            return
        self.happen(ev.CallerLeft(at=at, channel=channel, to=command.to))
        if command.to.startswith("voicemail"):
            if message:
                self.happen(ev.VoicemailLeft(at=at, channel=channel, box="service", path="x.wav", duration_s=9.0))
            self.happen(ev.ChannelEnded(at=at, channel=channel, cause=16))
        elif command.to == "hangup":
            self.happen(ev.ChannelEnded(at=at, channel=channel, cause=16))
        elif comes_back:
            self.happen(ev.CallQueued(at=at, channel=channel, queue="", why="CHANUNAVAIL"))

    @precondition(lambda self: self.calls_back)
    @rule(data=st.data(), takes=st.booleans(), reached=st.booleans())
    def the_pbx_calls_back(self, data: st.DataObject, takes: bool, reached: bool) -> None:
        """Agent first: the agent's leg, then the customer's. Customer first: the customer's, then the hold."""
        channel = data.draw(st.sampled_from(sorted(self.calls_back)))
        command = self.calls_back.pop(channel)
        in_use = {live.endpoint for live in self.center.state.channels.values()}
        if channel not in self.center.state.calling or command.endpoint in in_use:
            return
        at = self.pass_time()
        first = f"{command.endpoint.partition('@')[0]}-{channel}" if command.agent else f"PJSIP/trunk-{channel}"
        if "@" in command.endpoint:
            first = f"PJSIP/trunk-{channel}"
        self.happen(ev.ChannelCreated(at=at, channel=channel, linked=channel, name=first))
        if not takes:
            self.happen(ev.ChannelEnded(at=at, channel=channel, cause=19))
            return
        self.happen(ev.ChannelAnswered(at=at, channel=channel))
        if not command.agent:
            self.happen(ev.CallQueued(at=at, channel=channel, queue=command.queue, name=first))
            return
        customer = f"c{channel}"
        self.happen(ev.ChannelCreated(at=at, channel=customer, linked=channel, name=f"PJSIP/trunk-{customer}"))
        self.happen(ev.DialStarted(at=at, channel=channel, dest=customer, dest_name=f"PJSIP/trunk-{customer}"))
        self.happen(ev.DialEnded(at=at, channel=channel, dest=customer, status="ANSWER" if reached else "BUSY"))
        if reached:
            self.happen(ev.ChannelAnswered(at=at, channel=customer))
            for member in (channel, customer):
                self.happen(ev.BridgeEntered(at=at, bridge=f"b{channel}", channel=member, bridge_type="basic"))
            self.talks[customer] = channel
            return
        for gone in (customer, channel):
            self.happen(ev.ChannelEnded(at=at, channel=gone, cause=17))

    def hours(self, queue: str, yes: bool) -> None:
        self.happen(ev.QueueHours(at=self.pass_time(), queue=queue, open=yes))

    def mobile(self, queue: str, yes: bool) -> None:
        self.happen(ev.QueueReach(at=self.pass_time(), queue=queue, mobile=yes))

    def mend(self, agent: str, what: Any) -> None:
        self.happen(what(at=self.pass_time(), agent=agent, by="boss"))

    def midnight(self) -> None:
        self.happen(ev.DayBegan(at=self.pass_time()))

    def plan(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(["13800138000", "13800138001"]))
        self.serial += 1
        self.happen(
            ev.CallbackPlanned(
                at=self.pass_time(), callback=f"p{self.serial}", queue="sales", number=number, queued=self.at - 5
            )
        )

    def cancel(self, data: st.DataObject) -> None:
        if promises := sorted(self.center.state.callbacks):
            ident = data.draw(st.sampled_from(promises))
            self.happen(ev.CallbackEnded(at=self.pass_time(), callback=ident, outcome="cancelled"))

    @rule(seconds=st.sampled_from([0.2, 1.0, 5.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.happen(ev.Tick(at=self.pass_time(seconds)))

    def falls_back(self) -> None:
        """Our heartbeat was late: everybody in the hold goes to Asterisk's own queue."""
        for entry in [e for c in self.center.state.calls.values() for e in c.entries if e.status == "waiting"]:
            self.happen(ev.CallFellBack(at=self.pass_time(), channel=entry.channel))
            self.pokes.pop(entry.channel, None)

    def comes_back(self) -> None:
        for entry in [e for c in self.center.state.calls.values() for e in c.entries if e.status == "fallback"]:
            self.happen(ev.CallQueued(at=self.pass_time(), channel=entry.channel, queue=entry.queue))
            assert entry.status != "fallback"

    # ------------------------------------------------------------------------------------------------ the laws

    @invariant()
    def one_outcome_each_and_offered_is_their_sum(self) -> None:
        offered = waiting = outcomes = 0
        for call in self.calls.values():
            for entry in call.entries:
                offered += 1
                waiting += not entry.outcome
                outcomes += entry.outcome in FINAL
                assert (entry.ended is not None) == bool(entry.outcome)
                assert not entry.outcome or entry.id not in self.center.state.entries
        assert offered == outcomes + waiting

    @invariant()
    def the_state_is_sound(self) -> None:
        """One agent one call, one caller one agent, every line true: see `core/invariants.py`."""
        assert violations(self.center.state) == []
        assert all(len(agent.channels) <= 1 for agent in self.center.state.agents.values())

    @invariant()
    def nobody_waits_while_a_matching_agent_is_free(self) -> None:
        state = self.center.state
        for queue in state.queues.values():
            reached = queue.mobile or (not queue.open and queue.config.mobile_when_closed)
            for agent in state.agents.values():
                by_mobile = bool(agent.config.mobile) and (reached or (agent.chosen == "mobile"))
                there = agent.intent == "ready" and device_of(agent) == "NOT_INUSE"
                at_mobile = by_mobile and agent.intent != "paused" and (reached or agent.intent == "ready")
                free = agent.engagement == "idle" and not agent.rest_until and (there or at_mobile)
                if free and queue.config.id in agent.config.queues:
                    waiting = [e for i in queue.waiting if (e := entry_of(state, i)) is not None]
                    assert [e.id for e in waiting if self.matches(agent, e)] == []

    def matches(self, agent: Agent, entry: Entry) -> bool:
        """By ring, and not kept for somebody else who is expected back."""
        config = self.center.state.queues[entry.queue].config
        widest = max([1, *(step.ring for step in config.widen if step.after_s <= self.at - entry.place)])
        own = self.center.state.agents.get(entry.held_for)
        expected = own is not None and own.intent == "ready" and own.engagement != "idle"
        kept = expected and entry.held_until > self.at and entry.held_for not in (agent.config.id, *entry.tried)
        return agent.config.rings.get(entry.queue, 1) <= widest and not kept

    @invariant()
    def waiting_lists_are_ordered_and_true(self) -> None:
        state = self.center.state
        waiting = [e for c in state.calls.values() for e in c.entries if e.status == "waiting"]
        assert sorted(e.id for e in waiting) == sorted(i for q in state.queues.values() for i in q.waiting)
        for queue in state.queues.values():
            keys = []
            for ident in queue.waiting:
                entry = next(e for e in state.calls[state.entries[ident]].entries if e.id == ident)
                assert entry.status == "waiting"
                assert entry.channel in state.channels
                keys.append((-entry.priority, entry.place))
            assert keys == sorted(keys)

    def teardown(self) -> None:
        """Replay: the journal alone gives the same state; and so does any snapshot with the events after it."""
        whole = State()
        half = State()
        middle = len(self.log) // 2
        for number, event in enumerate(self.log):
            if number == middle:
                half = msgspec.json.decode(msgspec.json.encode(whole), type=State)
            apply(whole, event)
            if number >= middle:
                apply(half, event)
        expected = msgspec.json.encode(self.center.state)
        assert msgspec.json.encode(whole) == expected
        assert msgspec.json.encode(half) == expected
        assert not self.center.state.odd or set(self.center.state.odd) <= {
            "queue: unknown id",
            "agent: log_in while ready",
            "agent: log_in while paused",
            "agent: log_out while logged_out",
            "agent: resume while ready",
            "agent: resume while logged_out",
            "agent: pause while logged_out",
            "agent: wrap-up not extended",
        }, self.center.state.odd


class TestFloor(Floor.TestCase):
    settings = settings(max_examples=30, stateful_step_count=80, deadline=None)


@pytest.mark.slow
class TestFloorForLong(Floor.TestCase):
    settings = settings(max_examples=150, stateful_step_count=80, deadline=None)


def anything(kind: type[Event]) -> st.SearchStrategy[Event]:
    few = st.sampled_from(["", "c1", "c2", "g1", "b1", "PJSIP/trunk-1", "PJSIP/a1-2", "Local/1@x-1;1", "sales", "a1"])
    fields: dict[str, st.SearchStrategy[Any]] = {"at": st.floats(0, 100)}
    for field in msgspec.structs.fields(kind):
        if field.type is str:
            fields[field.name] = few
        elif field.type is float:
            fields.setdefault(field.name, st.floats(0, 100))
        elif field.type is bool:
            fields[field.name] = st.booleans()
        elif field.type is int:
            fields[field.name] = st.integers(0, 40)
        elif getattr(field.type, "__args__", None) and all(isinstance(a, str) for a in field.type.__args__):
            fields[field.name] = st.sampled_from(field.type.__args__)
        elif field.required:
            fields[field.name] = st.just(())
    return st.builds(kind, **fields)


@given(st.lists(st.one_of([anything(kind) for kind in ev.EVENT_TYPES if kind is not SiteConfigured]), max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_order_of_events_however_impossible_raises(events: list[Event]) -> None:
    center = Center(State(), Router())
    log = list(center.handle(SITE).events)
    for event in events:
        log += center.handle(event).events
    replayed = State()
    for event in log:
        apply(replayed, event)
    assert msgspec.json.encode(replayed) == msgspec.json.encode(center.state)
    for call in center.state.calls.values():
        assert sum(not e.outcome for e in call.entries) <= 1
