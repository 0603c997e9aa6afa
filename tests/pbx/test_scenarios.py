# ruff: noqa: E501
"""What each recorded call means: the facts that people heard, against the record that replay makes of the bytes."""

from pathlib import Path

import pytest

from cti_server.core.records import CallRecord
from cti_server.replay import Replay

SCENARIOS = Path(__file__).parent.parent / "scenarios"
TRUNK, ONE, TWO, WEB = "PJSIP/trunk", "PJSIP/agent1", "PJSIP/agent2", "PJSIP/web1"


def replayed(name: str) -> list[CallRecord]:
    run = Replay(("*/trunk*",))
    list(run.feed((SCENARIOS / f"{name}.ami").read_bytes()))
    run.finish()
    assert not run.odd, f"{name}: {run.odd}"
    return run.records()


def only(name: str) -> CallRecord:
    calls = replayed(name)
    assert len(calls) == 1, [c.call_id for c in calls]
    return calls[0]


# name: direction, dnis, answered after (s, None for never), length (s), cause, by, {endpoint: (role, ring, talk, hold)}
FACTS = {
    "one_call": ("inbound", "1000", 4.5, 10.5, 16, "caller", {TRUNK: ("caller", 0, 6, 0), ONE: ("agent", 0.3, 6, 0)}),
    "one_call_info": ("inbound", "1000", 2.7, 7.5, 16, "caller", {TRUNK: ("caller", 0, 4.8, 0), ONE: ("agent", 0.5, 4.8, 0)}),
    "agent_hangs_up": ("inbound", "3001", 0.3, 3.3, 16, "agent", {TRUNK: ("caller", 0, 3, 0), ONE: ("agent", 0.3, 3, 0)}),
    "agent_busy": ("inbound", "1000", None, 2.7, 17, "pbx", {TRUNK: ("caller", 0, 0, 0), ONE: ("agent", 0.5, 0, 0)}),
    "abandon_while_ringing": ("inbound", "3001", None, 2, 127, "caller", {TRUNK: ("caller", 0, 0, 0), ONE: ("agent", 2, 0, 0)}),
    "caller_hangs_up_in_agi": ("inbound", "1000", None, 2.5, 0, "caller", {TRUNK: ("caller", 0, 0, 0)}),
    "rona_dial": ("inbound", "1000", None, 13.6, 16, "pbx", {TRUNK: ("caller", 0, 0, 0), ONE: ("agent", 10, 0, 0)}),
    "queue_call": ("inbound", "2000", 0.8, 3.8, 16, "agent", {TRUNK: ("caller", 0, 3, 0), ONE: ("agent", 0.8, 3, 0)}),
    "queue_abandon": ("inbound", "2002", None, 4, 0, "caller", {TRUNK: ("caller", 0, 0, 0)}),
    "hold_unhold": ("inbound", "3001", 0.3, 5.3, 16, "agent", {TRUNK: ("caller", 0, 3, 2), ONE: ("agent", 0.3, 3, 2)}),
    "mixmonitor_mute": ("inbound", "3001", 0.3, 6.8, 16, "caller", {TRUNK: ("caller", 0, 6.5, 0), ONE: ("agent", 0.3, 6.5, 0)}),
    "blind_transfer_ami": (
        "inbound", "3001", 0.3, 4.6, 16, "agent",
        {TRUNK: ("caller", 0, 4, 0), ONE: ("agent", 0.3, 1, 0), TWO: ("agent", 0.3, 3, 0)},
    ),
    "blind_transfer_refer": (
        "inbound", "3001", 0.5, 5.3, 16, "agent",
        {TRUNK: ("caller", 0, 4, 0), ONE: ("agent", 0.5, 2, 0), TWO: ("agent", 0.8, 2, 0)},
    ),
    "web-blind": (
        "inbound", "3010", 0.4, 4.8, 16, "agent",
        {TRUNK: ("caller", 0, 4.1, 0), WEB: ("agent", 0.4, 1.1, 0), TWO: ("agent", 0.3, 3, 0)},
    ),
    "attended_transfer_ami": (
        "inbound", "3001", 0.5, 9.8, 16, "agent",
        {TRUNK: ("caller", 0, 6.2, 3), ONE: ("agent", 0.5, 1.2, 3), TWO: ("agent", 0.8, 7, 0)},
    ),
    "attended_transfer_cancelled": (
        "inbound", "3001", 0.5, 9.5, 16, "agent",
        {TRUNK: ("caller", 0, 6.3, 2.7), ONE: ("agent", 0.5, 6.3, 2.7), TWO: ("agent", 0.8, 1.7, 0)},
    ),
    "attended_transfer_refer": (
        "inbound", "3001", 0.5, 7.5, 16, "agent",
        {TRUNK: ("caller", 0, 3, 4), ONE: ("agent", 0.5, 1, 4), TWO: ("agent", 0.8, 5, 0)},
    ),
    "transfer_failed_refer": ("inbound", "3001", 0.5, 3, 16, "agent", {TRUNK: ("caller", 0, 2.5, 0), ONE: ("agent", 0.5, 2.5, 0)}),
    "conference": (
        "inbound", "3001", 0.5, 9, 16, "caller",
        {TRUNK: ("caller", 0, 6, 0), ONE: ("agent", 0.5, 3.9, 0), TWO: ("agent", 0.5, 3, 0)},
    ),
    "park": (
        "inbound", "3001", 0.5, 5.5, 16, "agent",
        {TRUNK: ("caller", 0, 3, 0), ONE: ("agent", 0.5, 1, 0), TWO: ("agent", 0.5, 2, 0)},
    ),
    "park_abandoned": ("inbound", "3001", 0.5, 4.5, 16, "caller", {TRUNK: ("caller", 0, 1, 0), ONE: ("agent", 0.5, 1, 0)}),
    "pickup": (
        "inbound", "3001", 1.6, 5.6, 16, "caller",
        {TRUNK: ("caller", 0, 4, 0), ONE: ("agent", 1.6, 0, 0), TWO: ("agent", 0, 4, 0)},
    ),
    "spy_listen": (
        "inbound", "3001", 0.3, 9.3, 16, "caller",
        {TRUNK: ("caller", 0, 9, 0), ONE: ("agent", 0.3, 9, 0), TWO: ("supervisor", 0.8, 0, 0)},
    ),
    "spy_whisper": (
        "inbound", "3001", 0.5, 6.5, 16, "caller",
        {TRUNK: ("caller", 0, 6, 0), ONE: ("agent", 0.5, 6, 0), TWO: ("supervisor", 0.5, 0, 0)},
    ),
    "spy_barge": (
        "inbound", "3001", 0.5, 6.5, 16, "caller",
        {TRUNK: ("caller", 0, 6, 0), ONE: ("agent", 0.5, 6, 0), TWO: ("supervisor", 0.5, 0, 0)},
    ),
    "click_to_call": ("outbound", "913900139000", 1.1, 6.3, 16, "agent", {ONE: ("agent", 0.3, 5.2, 0), TRUNK: ("caller", 0.8, 5.2, 0)}),
    "outbound_call": ("outbound", "913900139000", 0.8, 3.8, 16, "caller", {ONE: ("agent", 0, 3, 0), TRUNK: ("caller", 0.8, 3, 0)}),
    "internal_call": ("internal", "1002", 0.5, 2.5, 16, "agent", {ONE: ("caller", 0, 2, 0), TWO: ("agent", 0.5, 2, 0)}),
}  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
def test_the_record_says_what_happened(name: str) -> None:
    direction, dnis, answered_s, length_s, cause, by, parties = FACTS[name]
    call = only(name)
    assert (call.direction, call.dnis, call.hangup_cause, call.hangup_by) == (direction, dnis, cause, by)
    assert call.ani == ("1001" if direction != "inbound" else "13800138000")
    assert call.ended is not None
    assert call.ended - call.started == pytest.approx(length_s, abs=0.3)
    if answered_s is None:
        assert call.answered is None
    else:
        assert call.answered is not None
        assert call.answered - call.started == pytest.approx(answered_s, abs=0.2)
    assert {p.endpoint: p.role for p in call.parties} == {e: role for e, (role, *_) in parties.items()}
    for party in call.parties:
        _, ring_s, talk_s, hold_s = parties[party.endpoint]
        assert (party.ring_s, party.talk_s, party.hold_s) == pytest.approx((ring_s, talk_s, hold_s), abs=0.25), party


def test_every_recorded_scenario_has_its_facts() -> None:
    assert {f.stem for f in SCENARIOS.glob("*.ami")} == set(FACTS)


@pytest.mark.parametrize(
    ("name", "kind", "by", "to"),
    [
        ("blind_transfer_ami", "blind", ONE, TWO),
        ("blind_transfer_refer", "blind", ONE, TWO),
        ("web-blind", "blind", WEB, TWO),
        ("attended_transfer_ami", "attended", ONE, TWO),
        ("attended_transfer_refer", "attended", ONE, TWO),
    ],
)
def test_a_transfer_names_who_and_to_whom(name: str, kind: str, by: str, to: str) -> None:
    transfers = only(name).transfers
    assert [(t.kind, t.by, t.to) for t in transfers] == [(kind, by, to)]


@pytest.mark.parametrize("name", sorted(set(FACTS) - {"blind_transfer_ami", "blind_transfer_refer", "web-blind", "attended_transfer_ami", "attended_transfer_refer"}))  # fmt: skip
def test_no_transfer_where_none_was(name: str) -> None:
    assert only(name).transfers == []


@pytest.mark.parametrize("name", ["spy_listen", "spy_whisper", "spy_barge"])
def test_a_spy_is_a_monitor_of_the_same_call(name: str) -> None:
    monitors = only(name).monitors
    assert [(m.by, m.target) for m in monitors] == [(TWO, ONE)]
    assert all(m.end is not None for m in monitors)


def test_a_conference_has_its_three_members_once() -> None:
    (room,) = only("conference").conferences
    assert room.conference == "room1"
    assert sorted(room.members) == [ONE, TWO, TRUNK]
    assert room.end is not None


def test_parking_names_the_place_and_who_fetched_the_caller() -> None:
    (park,) = only("park").parks
    assert (park.parked, park.by, park.space, park.outcome, park.retrieved_by) == (TRUNK, ONE, "701", "retrieved", TWO)
    (lost,) = only("park_abandoned").parks
    assert (lost.outcome, lost.retrieved_by) == ("gave_up", "")


def test_a_muted_recording_counts_its_silence_and_names_its_file() -> None:
    (recording,) = only("mixmonitor_mute").recordings
    assert recording.muted_s == pytest.approx(2, abs=0.1)
    assert recording.path.endswith("a-1795313024.50.wav")
    assert recording.end is not None


def test_keys_pressed_before_the_answer_are_the_input() -> None:
    assert only("one_call").digits == "42"
    assert only("one_call_info").digits == "42"
