"""Asterisk's own record (CEL) of real calls, told as Events, makes the calls that really were.

`five_calls.cel.json` and `features.cel.json` were written by Asterisk 22.10.1 with SIPp: see tests/scenarios.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from cti_server.core import events as ev
from cti_server.core.apply import apply
from cti_server.core.records import CallRecord, record
from cti_server.core.state import Call, State
from cti_server.journal.cel import CelLine, events_of_gap, parse, stories

SCENARIOS = Path(__file__).parents[1] / "scenarios"
SITE = ev.SiteConfigured(
    at=0.0,
    queues=(ev.QueueConfig(id="sales", name="Sales"), ev.QueueConfig(id="support", name="Support")),
    agents=tuple(ev.AgentConfig(id=f"a{n}", name=f"A{n}", endpoint=f"PJSIP/agent{n}") for n in (1, 2)),
    default_queue="support",
)


def lines(name: str) -> list[bytes]:
    return (SCENARIOS / f"{name}.cel.json").read_bytes().splitlines(keepends=True)


def told(found: Iterable[CelLine]) -> list[Call]:
    """The calls that the core makes of the record, in order of their beginning."""
    state, calls = State(), {}
    apply(state, SITE)
    for story in stories(found):
        for event in events_of_gap(story, 0.0):
            touched = apply(state, event)
            calls |= touched.calls
            for gone in touched.merged:
                calls.pop(gone, None)
    assert state.odd == {}
    return sorted(calls.values(), key=lambda call: call.started)


def test_how_callers_left_the_line() -> None:
    calls = told(parse(lines("line")))
    assert [[e.outcome for e in c.entries] for c in calls] == [
        ["callback"],
        ["abandoned"],
        ["flowed_out"],
        ["voicemail"],
        ["flowed_out"],
    ]
    found = [e for story in stories(parse(lines("line"))) for e in events_of_gap(story, 0.0)]
    (promise,) = (e for e in found if isinstance(e, ev.CallbackAsked))
    assert (promise.number, promise.queue) == ("13800138000", "sales")
    (message,) = (e for e in found if isinstance(e, ev.VoicemailLeft))
    assert (message.box, message.duration_s) == ("night", 2.9)
    assert message.path.startswith("/var/recordings/voicemail/night/")
    assert {e.to for e in found if isinstance(e, ev.CallerLeft)} == {"number:01066668888", "voicemail:night", "hangup"}


def test_a_promise_whose_number_was_cut_off_is_none() -> None:
    broken = [line.replace(b"number=13800138000", b"number=13800138000;DROP") for line in lines("line")]
    found = [e for story in stories(parse(broken)) for e in events_of_gap(story, 0.0)]
    assert not any(isinstance(e, ev.CallbackAsked) for e in found)


def talk(one: CallRecord) -> dict[str, float]:
    return {party.endpoint.partition("/")[2]: party.talk_s for party in one.parties if party.talk_s}


def test_the_facts_of_the_five_calls() -> None:
    calls = told(parse(lines("five_calls")))
    facts = [(c.ani, c.dnis, c.answered is not None, c.hangup_by, c.entries[0].queue) for c in calls]
    assert facts == [
        ("13800138000", "3001", True, "agent", "sales"),
        ("13900139000", "3001", True, "caller", "sales"),
        ("13800138000", "3002", False, "caller", "sales"),
        ("13800138000", "3003", True, "caller", "support"),
        ("13800138000", "3003", False, "caller", "support"),
    ]
    assert [[e.outcome for e in c.entries] for c in calls] == [
        ["answered"],
        ["answered"],
        ["short_abandoned"],
        ["answered"],
        ["short_abandoned"],
    ]
    agent = calls[0].legs[1]
    assert (agent.endpoint, agent.agent, agent.role, agent.ended_by) == ("PJSIP/agent1", "a1", "agent", "far")
    assert [(s.mode, round(s.end - s.start, 3)) for s in agent.spans if s.end] == [("ring", 0.604), ("talk", 2.007)]
    assert calls[4].legs[1].spans[0].mode == "ring", "it rang when the caller gave up"
    assert all(c.direction == "inbound" and c.ended is not None for c in calls)


def test_transfers_parking_pickup_and_calls_out_as_the_parties_saw_them() -> None:
    records = [record(call) for call in told(parse(lines("features")))]
    assert [(r.direction, r.ani, r.dnis, r.hangup_by) for r in records] == [
        ("inbound", "13800138000", "95500", "agent"),
        ("inbound", "13800138000", "95500", "agent"),
        ("inbound", "13800138000", "95500", "agent"),
        ("inbound", "13800138000", "95500", "agent"),
        ("outbound", "1001", "13900139000", "caller"),
        ("inbound", "13800138000", "95500", "agent"),
        ("inbound", "13800138000", "95500", "caller"),
        ("outbound", "1001", "13900139000", "caller"),
    ]
    blind_ami, blind, attended_ami, attended, out, park, pickup, originated = records
    for one in (blind_ami, blind, attended_ami, attended):
        assert [(t.by, t.to) for t in one.transfers] == [("PJSIP/agent1", "PJSIP/agent2")]
    assert [one.transfers[0].kind for one in (blind, attended)] == ["blind", "attended"]
    assert talk(blind) == pytest.approx({"trunk": 4.5, "agent1": 2.0, "agent2": 2.5}, abs=0.05)
    assert talk(attended)["agent2"] == pytest.approx(7.0, abs=0.05), "consulted, then talks with the caller"
    assert talk(attended_ami) == pytest.approx({"trunk": 5.9, "agent1": 2.9, "agent2": 6.0}, abs=0.05)
    assert talk(out) == pytest.approx({"agent1": 3.0, "trunk": 3.0}, abs=0.05)
    assert talk(originated) == pytest.approx({"agent1": 2.0, "trunk": 2.0}, abs=0.05)
    (parking,) = park.parks
    assert (parking.by, parking.outcome, parking.retrieved_by) == ("PJSIP/agent1", "retrieved", "PJSIP/agent2")
    assert talk(pickup) == pytest.approx({"trunk": 3.86, "agent2": 3.86}, abs=0.05)


@pytest.mark.parametrize("name", ["five_calls", "features"])
def test_a_record_that_is_cut_off_tells_of_no_call_that_was_not(name: str) -> None:
    whole = {call.id for call in told(parse(lines(name)))}
    for keep in range(0, len(lines(name)), 7):
        cut = b"".join(lines(name)[:keep]) + lines(name)[keep][:40]
        assert {c.id for c in told(parse(cut.splitlines()))} <= {i.linkedid for i in parse(lines(name))}
    for keep in range(len(lines(name))):
        late = told(parse(lines(name)[keep:]))
        assert all(call.ended is not None for call in late)
        assert {c.id for c in late} <= whole | {line.uniqueid for line in parse(lines(name))}


def test_of_a_channel_that_is_known_only_the_gap_is_told_and_of_an_ended_leg_nothing() -> None:
    (first, *_) = stories(parse(lines("five_calls")))
    caller, agent = first[0].uniqueid, next(line.uniqueid for line in first if "agent1" in line.channame)
    middle = next(line.eventtime for line in first if line.eventtype == "BRIDGE_ENTER") - 0.0001
    kinds = [
        type(e).__name__ for e in events_of_gap(first, middle, live={caller}) if getattr(e, "channel", "") != agent
    ]
    assert kinds == ["DialStarted", "BridgeEntered", "BridgeLeft", "ChannelEnded"]
    agents = [e for e in events_of_gap(first, middle, live={caller}) if getattr(e, "channel", "") == agent]
    assert isinstance(agents[0], ev.ChannelCreated), "a leg that nobody knew is told from its beginning"
    assert not any(getattr(e, "channel", "") == agent for e in events_of_gap(first, middle, {caller}, {agent}))


def test_nonsense_is_passed_over() -> None:
    junk = [b"", b"{}", b"\xff\xfe", b'{"eventtype": 3}', b"[" * 1000, b'{"eventtype":"HANGUP","eventtime":1}']
    assert len(told(parse([*junk, *lines("five_calls"), *junk]))) == 5


def test_a_name_in_no_known_writing_loses_no_line() -> None:
    broken = [line.replace(b'"name":""', b'"name":"\xc3("') for line in lines("five_calls")]
    assert len(told(parse(broken))) == 5
