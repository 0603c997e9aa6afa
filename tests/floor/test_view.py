"""The law of the live floor: an old snapshot and the patches since then give a fresh snapshot."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.core import events as ev
from cti_server.core.apply import apply
from cti_server.core.center import Center
from cti_server.core.events import EVENT_TYPES, Event, SiteConfigured
from cti_server.core.state import Call, Leg, Span, State
from cti_server.desk.pop import Desk, concerned, desk
from cti_server.floor.view import Floor, Patch, call_view, changed, floor, patch
from cti_server.pbx.framing import Framer, Message
from cti_server.pbx.translate import translate
from cti_server.routing.router import Router

SCENARIOS = sorted((Path(__file__).parent.parent / "scenarios").glob("*.ami"))
QUEUES = (ev.QueueConfig(id="sales", name="Sales", wrapup_s=3), ev.QueueConfig(id="support", name="Support"))
AGENTS = tuple(
    ev.AgentConfig(id=name, name=name.title(), endpoint=f"PJSIP/{name}", queues=("sales", "support"))
    for name in ("agent1", "agent2", "web1", "sup1")
)


class Watcher:
    """A center, and a browser that knows only the first snapshot and the patches; beside it, every desk."""

    def __init__(self) -> None:
        self.center = Center(State(), Router())
        self.center.handle(SiteConfigured(at=0, queues=QUEUES, agents=AGENTS, default_queue="sales"))
        self.feed_side = floor(self.center.state)
        self.browser: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self.feed_side))
        self.desks: dict[str, Desk] = {i: desk(self.center.state, a) for i, a in self.center.state.agents.items()}
        self.patches = 0

    def happen(self, event: Event) -> None:
        step = self.center.handle(event)
        state = self.center.state
        news = changed(self.feed_side, patch(state, step.touched))
        if news is not None:
            self.receive(news)
        for ident in concerned(state, step.touched):
            self.desks[ident] = desk(state, state.agents[ident])

    def receive(self, news: Patch) -> None:
        """As `floor.js` does it, on what went over the wire."""
        self.patches += 1
        message = msgspec.json.decode(msgspec.json.encode(news))
        self.browser |= {"pbx": message["pbx"], "away": message["away"]}
        for kind in ("calls", "agents", "queues"):
            for ident, view in message.get(kind, {}).items():
                if view is None:
                    del self.browser[kind][ident]
                else:
                    self.browser[kind][ident] = view

    def check(self) -> None:
        fresh: Floor = floor(self.center.state)
        wire = msgspec.json.decode(msgspec.json.encode(fresh))
        assert {k: self.browser[k] for k in ("pbx", "away", "calls", "agents", "queues")} == {
            k: wire[k] for k in ("pbx", "away", "calls", "agents", "queues")
        }
        assert self.desks == {i: desk(self.center.state, a) for i, a in self.center.state.agents.items()}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_law_on_recorded_calls(path: Path) -> None:
    watcher = Watcher()
    for agent in AGENTS:
        watcher.happen(ev.AgentLoggedIn(at=1, agent=agent.id))
    at = 2.0
    for block in Framer().feed(path.read_bytes()):
        at += 0.01
        for event in translate(Message(block), at):
            watcher.happen(event)
            watcher.check()
    assert watcher.patches > 3


FEW = st.sampled_from(
    ["", "c1", "c2", "g1", "b1", "PJSIP/trunk-1", "PJSIP/agent1-2", "Local/1@x-1;1", "sales", "agent1"]
)


def anything(kind: type[Event]) -> st.SearchStrategy[Event]:
    """An event of this kind with fields from a few values, so that they often mean one another."""
    fields: dict[str, st.SearchStrategy[Any]] = {"at": st.floats(0, 100)}
    for field in msgspec.structs.fields(kind):
        plain = {str: FEW, float: st.floats(0, 100), bool: st.booleans(), int: st.integers(0, 40)}
        words = getattr(field.type, "__args__", ())
        if field.type in plain:
            fields.setdefault(field.name, plain[field.type])
        elif words and all(isinstance(word, str) for word in words):
            fields[field.name] = st.sampled_from(words)
        elif field.required:
            fields[field.name] = st.just(())
    return st.builds(kind, **fields)


WHOLE = (SiteConfigured, ev.PbxResynced)
"""After these the feed compares everything; see `tests/floor/test_feed.py`."""


@given(st.lists(st.one_of([anything(kind) for kind in EVENT_TYPES if kind not in WHOLE]), max_size=50))
@settings(max_examples=150, deadline=None)
def test_law_on_any_order_of_events(events: list[Event]) -> None:
    watcher = Watcher()
    for event in events:
        watcher.happen(event)
        watcher.check()


def test_a_queue_shows_its_marks_callbacks_expected_wait_and_agents_by_state() -> None:
    state = State()
    center = Center(state, Router())
    night = ev.QueueConfig(id="sales", name="Sales", mobile_when_closed=True, box="sales-box")
    agents = (*AGENTS, ev.AgentConfig(id="agent9", name="Nine", endpoint="PJSIP/agent9", queues=("support",)))
    center.handle(SiteConfigured(at=0, queues=(night, QUEUES[1]), agents=agents, default_queue="sales"))
    for agent in ("agent1", "agent2"):
        center.handle(ev.AgentLoggedIn(at=1, agent=agent))
        center.handle(ev.DeviceChanged(at=1, device=f"PJSIP/{agent}", state="NOT_INUSE"))
    center.handle(ev.AgentPaused(at=2, agent="agent2", code="lunch"))
    state.queues["sales"].handle_s = 90.0
    view = floor(state).queues["sales"]
    assert view.agents == {"available": 1, "logged_out": 2, "paused": 1}
    assert (view.logged_in, view.available, view.expected_s) == (2, 1, 90)
    assert (view.open, view.mobile, view.by_mobile, view.callbacks, view.box) == (True, False, False, 0, "sales-box")
    center.handle(ev.QueueHours(at=3, queue="sales", open=False))
    center.handle(ev.CallbackPlanned(at=3, callback="c", queue="sales", number="138", queued=3, not_before=9e9))
    view = floor(state).queues["sales"]
    assert (view.open, view.mobile, view.by_mobile, view.callbacks) == (False, False, True, 1)
    assert floor(state).queues["support"].expected_s is None, "nothing is known of its handling time"


def test_a_tile_shows_the_phone_the_team_the_end_of_the_wrap_up_and_what_is_overdue() -> None:
    state = State()
    config = ev.AgentConfig(id="a1", name="Anna", endpoint="PJSIP/a1", more=("PJSIP/b1",), mobile="139", team="North")
    apply(state, SiteConfigured(at=0, agents=(config,)))
    view = floor(state).agents["a1"]
    assert (view.team, view.phones, view.phone) == ("North", ("PJSIP/a1", "PJSIP/b1", "mobile"), "PJSIP/a1")
    assert (view.intent, view.until, view.overdue) == ("logged_out", None, False)
    for event in (
        ev.AgentDeviceChosen(at=1, agent="a1", endpoint="mobile"),
        ev.AgentLoggedIn(at=1, agent="a1"),
        ev.WrapUpStarted(at=2, agent="a1", call="c", until=62),
        ev.AgentOverdue(at=3, agent="a1", status="wrap_up", since=2),
    ):
        apply(state, event)
    view = floor(state).agents["a1"]
    assert (view.phone, view.status, view.until, view.overdue) == ("mobile", "wrap_up", 62, True)


def test_nothing_changed_gives_no_patch() -> None:
    watcher = Watcher()
    watcher.happen(ev.ChannelCreated(at=1, channel="1", linked="1", name="PJSIP/trunk-1", incoming=True))
    before = watcher.patches
    watcher.happen(ev.MusicStarted(at=2, channel="1"))
    watcher.happen(ev.Tick(at=3))
    assert watcher.patches == before == 1


def test_a_second_talk_has_its_own_time() -> None:
    """After a transfer the time counts from the new agent's answer; a hold goes on counting."""
    caller = Leg(id="c", endpoint="PJSIP/trunk-1", role="caller", started=1.0)
    first, second = (Leg(id=a, endpoint=f"PJSIP/{a}", role="agent", started=1.0, agent=a) for a in ("a1", "a2"))
    caller.spans = [Span("talk", 10.0, 20.0), Span("talk", 35.0, 40.0), Span("hold", 40.0, 45.0), Span("talk", 45.0)]
    first.spans = [Span("talk", 10.0, 20.0)]
    second.spans = [Span("talk", 35.0)]
    call = Call(id="c", direction="inbound", started=1.0, caller="c", legs=[caller, first, second])
    assert (call_view(call).phase, call_view(call).since) == ("talking", 35.0)
