"""Callers who cannot be served where they are: sent on once, with their waiting time, or left where they are."""

import pytest

from cti_server.core import events as ev
from cti_server.core.commands import SendCaller
from cti_server.core.events import QueueConfig
from tests.core.small import Small, an_agent

NOBODY = (an_agent("a", "service"),)


def queue(ident: str = "sales", **config: object) -> QueueConfig:
    return QueueConfig(id=ident, name=ident, **config)  # type: ignore[arg-type]


def sent(small: Small) -> list[tuple[str, str]]:
    return [(e.to, e.why) for e in small.events(ev.CallerSent) if isinstance(e, ev.CallerSent)]


def test_a_full_queue_sends_the_next_caller_to_another_one() -> None:
    small = Small(queue(max_length=1, on_full="queue:more"), queue("more"), agents=NOBODY)
    small.arrive("c1")
    assert sent(small) == []
    small.arrive("c2")
    assert sent(small) == [("queue:more", "full")]
    first, second = small.center.state.calls["c2"].entries
    assert (first.outcome, second.queue, second.status) == ("flowed_out", "more", "waiting")
    assert small.commands(SendCaller)[0].to == "queue:more"  # type: ignore[attr-defined]


def test_the_waiting_time_goes_with_the_caller() -> None:
    small = Small(queue(max_wait_s=30, on_max_wait="queue:more"), queue("more"), agents=NOBODY)
    small.arrive("c1")
    came = small.entry("c1").queued
    small.arrive("c2", "more", after=20)
    small.tick(12)
    assert sent(small) == [("queue:more", "max_wait")]
    moved = small.entry("c1")
    assert moved.queue == "more"
    assert moved.place == pytest.approx(came)
    assert moved.queued > came
    assert small.center.state.queues["more"].waiting == ["c1#2", "c2#1"], "who waits longer comes first"


@pytest.mark.parametrize(
    ("target", "events", "outcome"),
    [
        ("hangup", (ev.CallerLeft(at=0, channel="c", to="hangup"),), "refused"),
        ("number:95500", (ev.CallerLeft(at=0, channel="c", to="number:95500"),), "flowed_out"),
        (
            "voicemail:",
            (
                ev.CallerLeft(at=0, channel="c", to="voicemail:sales"),
                ev.VoicemailLeft(at=0, channel="c", box="sales", path="x", duration_s=7),
            ),
            "voicemail",
        ),
        ("voicemail:", (ev.CallerLeft(at=0, channel="c", to="voicemail:sales"),), "short_abandoned"),
        (
            "callback",
            (ev.CallerChoosing(at=0, channel="c"), ev.CallbackAsked(at=0, channel="c", number="13900000000")),
            "callback",
        ),
    ],
)
def test_each_target_has_its_outcome(target: str, events: tuple[ev.Event, ...], outcome: str) -> None:
    small = Small(queue(on_closed=target, box="sales"), agents=NOBODY)
    small.do(ev.QueueHours(at=0, queue="sales", open=False))
    small.arrive()
    (command,) = small.commands(SendCaller)
    assert isinstance(command, SendCaller)
    assert command.to == ("voicemail:sales" if target == "voicemail:" else target)
    call = small.center.state.calls["c"]
    assert (call.entries[0].status, small.center.state.queues["sales"].waiting) == ("leaving", [])
    for event in events:
        small.do(event)
    small.end("c")
    assert call.entries[0].outcome == outcome


def test_when_nothing_comes_of_it_the_caller_waits_on_and_is_not_sent_again() -> None:
    small = Small(queue(on_closed="number:95500"), agents=NOBODY)
    small.do(ev.QueueHours(at=0, queue="sales", open=False))
    small.arrive()
    small.tick(10)
    assert small.events() == [], "the number may ring for a minute"
    small.tick(70)
    assert [type(e) for e in small.events()] == [ev.CallerStayed]
    assert small.center.state.queues["sales"].waiting == ["c#1"]
    small.do(ev.CallQueued(at=0, channel="c", queue="sales", why="CHANUNAVAIL"))
    assert sent(small) == []
    assert small.entry().status == "waiting"


def test_who_comes_back_from_the_dialplan_keeps_the_place() -> None:
    small = Small(queue(max_wait_s=10, on_max_wait="callback"), agents=NOBODY)
    small.arrive("c1")
    small.tick(11)
    small.arrive("c2", after=0.5)
    small.do(ev.CallerChoosing(at=0, channel="c1"))
    small.do(ev.CallQueued(at=0, channel="c1", queue="", why="CHOSE_TO_WAIT"))
    assert small.center.state.queues["sales"].waiting == ["c1#1", "c2#1"]
    small.tick(5)
    assert sent(small) == [], "the caller has said no to it"


@pytest.mark.parametrize(("rule", "leaves"), [("always", False), ("logged_in", False), ("ready", True)])
def test_what_counts_as_somebody_there(rule: str, leaves: bool) -> None:
    small = Small(queue(staffed=rule, on_empty="voicemail:"), agents=(an_agent("a"),))
    small.do(ev.AgentPaused(at=0, agent="a", code="tea"))
    small.arrive()
    assert (sent(small) == [("voicemail:", "empty")]) is leaves


def test_when_the_last_one_goes_those_who_wait_go_too() -> None:
    small = Small(queue(staffed="ready", on_empty="hangup"), agents=(an_agent("a"), an_agent("b")))
    small.arrive("c0")
    small.answer("c0", "a")
    small.do(ev.AgentPaused(at=0, agent="b", code="tea"))
    small.arrive("c1")
    small.arrive("c2")
    assert small.center.state.queues["sales"].waiting == ["c1#1", "c2#1"]
    small.do(ev.AgentLoggedOut(at=0, agent="a"))
    assert sent(small) == [("hangup", "empty")] * 2


def test_a_closed_queue_that_is_reached_by_mobile_keeps_its_callers() -> None:
    people = (an_agent("a", mobile="13900000000"),)
    small = Small(queue(on_closed="hangup", mobile_when_closed=True), agents=people)
    small.do(ev.AgentLoggedOut(at=0, agent="a"))
    small.do(ev.QueueHours(at=0, queue="sales", open=False))
    small.arrive()
    assert sent(small) == []
    (made,) = small.events(ev.OfferMade)
    assert isinstance(made, ev.OfferMade)
    assert (made.agent, made.endpoint, made.accept) == ("a", "PJSIP/13900000000@trunk", True)


def test_queues_that_overflow_into_one_another_are_gone_through_once() -> None:
    there = queue("there", max_length=1, on_full="queue:here")
    small = Small(queue("here", max_length=1, on_full="queue:there"), there, agents=NOBODY)
    small.arrive("c1", "here")
    small.arrive("c2", "there")
    small.arrive("c3", "here")
    assert [e.queue for e in small.center.state.calls["c3"].entries] == ["here", "there"]
    assert small.entry("c3").status == "waiting"


def test_a_supervisor_sends_a_caller_elsewhere() -> None:
    small = Small(queue(), queue("more"), agents=NOBODY)
    small.arrive()
    small.do(ev.CallerSent(at=0, entry="c#1", channel="c", to="queue:more", why="person", by="boss"))
    assert small.entry().queue == "more"
    small.do(ev.CallerSent(at=0, entry="c#1", channel="c", to="hangup", why="person", by="boss"))
    assert small.entry().status == "waiting", "that stay has ended; the order came too late"
    small.do(ev.CallerSent(at=0, entry="c#1", channel="c", to="queue:sales", why="person", by="boss"))
    assert (small.entry().queue, small.commands(SendCaller)) == ("more", [])
