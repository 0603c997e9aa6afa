"""Which segments a call should have, and which flags its files earn."""

import pytest

from cti_server.core.state import Call, Leg, RecordingSegment, Span
from cti_server.recording.levels import Level
from cti_server.recording.rules import Segment, flags, segments

LOUD = Level(rms_dbfs=-20.0, peak_dbfs=-3.0, silence=0.4, sounding_s=20.0)
SILENT = Level()


def leg(id: str, begin: float, end: float | None, *spans: tuple[str, float, float], role: str = "agent") -> Leg:
    return Leg(
        id=id,
        endpoint=f"PJSIP/{id}",
        role=role,  # type: ignore[arg-type]
        agent=id if role == "agent" else "",
        started=begin,
        answered=begin + 2 if spans else None,
        ended=end,
        spans=[Span(*span) for span in spans],
    )


def recorder(id: str, start: float, end: float | None = None, **more: object) -> RecordingSegment:
    return RecordingSegment(leg=id, start=start, end=end, agent_path=f"{id}-agent.wav", **more)  # type: ignore[arg-type]


def call(*legs: Leg, recordings: tuple[RecordingSegment, ...] = (), ended: float | None = 200.0) -> Call:
    caller = leg("caller", 0, ended, ("talk", 12, 200), role="caller")
    return Call(id="c1", direction="inbound", started=0, ended=ended, legs=[caller, *legs], recordings=list(recordings))


def test_call_without_an_agents_answer_has_none() -> None:
    assert segments(call(leg("a1", 10, 30, ("ring", 10, 30)))) == []


def test_one_segment_per_agent_leg_after_a_transfer() -> None:
    legs = (leg("a1", 10, 60, ("talk", 12, 60)), leg("a2", 60, 200, ("ring", 60, 70), ("talk", 70, 200)))
    found = segments(call(*legs, recordings=(recorder("a1", 12.0), recorder("a2", 70.0))))
    assert [(s.leg, s.started, s.talk_s) for s in found] == [("a1", 12.0, 48.0), ("a2", 70.0, 130.0)]


def test_first_leg_is_ready_while_the_call_goes_on() -> None:
    legs = (leg("a1", 10, 60, ("talk", 12, 60)), leg("a2", 60, None, ("talk", 70, 100)))
    talking = call(*legs, recordings=(recorder("a1", 12.0), recorder("a2", 70.0)), ended=None)
    assert [s.leg for s in segments(talking)] == ["a1"]


def test_talk_without_a_recorder_is_expected_once_the_call_is_over() -> None:
    legs = (leg("a1", 10, 60, ("talk", 12, 60)),)
    assert segments(call(*legs, ended=None)) == []
    assert [(s.leg, s.agent_path, s.talk_s) for s in segments(call(*legs))] == [("a1", "", 48.0)]
    assert segments(call(*legs), record_all=False) == []


def test_other_end_of_an_internal_call_is_heard_by_the_recorded_one() -> None:
    legs = (leg("a1", 0, 60, ("talk", 12.2, 60)), leg("a2", 5, 60.1, ("talk", 12, 60)))
    assert [s.leg for s in segments(call(*legs, recordings=(recorder("a2", 12.0),)))] == ["a2"]


def test_a_later_recorder_does_not_excuse_the_missing_first_one() -> None:
    legs = (leg("a1", 10, 60, ("talk", 12, 60)), leg("a2", 60, 200, ("talk", 70, 200)))
    assert [s.leg for s in segments(call(*legs, recordings=(recorder("a2", 70.0),)))] == ["a1", "a2"]


def test_hold_mute_and_restart_are_told_apart() -> None:
    held = leg("a1", 10, 60, ("talk", 12, 30), ("hold", 30, 40), ("talk", 40, 60))
    first = recorder("a1", 12.0, 35.0, muted=[Span("mute", 20.0, 25.0)])
    again = recorder("a1", 36.0, None, muted=[Span("mute", 50.0)])
    one, two = segments(call(held, recordings=(first, again)))
    assert (one.part, one.talk_s, one.hold_s, one.muted) == (1, 18.0, 5.0, ((8.0, 13.0),))
    assert (two.part, two.talk_s, two.hold_s, two.muted) == (2, 20.0, 4.0, ((14.0, 24.0),))


def test_recorder_of_somebody_else_is_not_ours() -> None:
    mixed = RecordingSegment(leg="a1", start=12.0, path="/elsewhere/mixed.wav")
    found = segments(call(leg("a1", 10, 60, ("talk", 12, 60)), recordings=(mixed,)))
    assert [(s.leg, s.agent_path) for s in found] == [("a1", "")]


def test_recorder_of_an_outgoing_call_counts_from_the_answer() -> None:
    out = leg("a1", 0, 60, ("ring", 0, 20), ("talk", 20, 60))
    out.answered = 20.0
    [found] = segments(call(out, recordings=(recorder("a1", 1.0, muted=[Span("mute", 30.0, 35.0)]),)))
    assert (found.started, found.talk_s, found.muted) == (20.0, 40.0, ((10.0, 15.0),))


def segment(talk_s: float = 40.0, hold_s: float = 0.0, muted: tuple[tuple[float, float], ...] = ()) -> Segment:
    return Segment(
        call="c1",
        leg="a1",
        part=1,
        agent="a1",
        endpoint="PJSIP/a1",
        started=0.0,
        ended=talk_s + hold_s,
        talk_s=talk_s,
        hold_s=hold_s,
        muted=muted,
    )


@pytest.mark.parametrize(
    ("found_s", "agent", "caller", "closed", "apart_s", "wanted"),
    [
        (40.0, LOUD, LOUD, True, 0.05, []),
        (39.0, LOUD, LOUD, True, 0.0, []),
        (30.0, LOUD, LOUD, True, 0.0, ["short"]),
        (40.0, SILENT, LOUD, True, 0.0, ["silent_agent"]),
        (40.0, LOUD, SILENT, True, 0.0, ["silent_caller"]),
        (40.0, None, LOUD, True, 0.0, ["missing_agent"]),
        (40.0, LOUD, None, True, 0.0, ["missing_caller"]),
        (40.0, LOUD, LOUD, False, 0.0, ["truncated"]),
        (40.0, LOUD, LOUD, True, 9.0, ["truncated"]),
    ],
)
def test_flags(
    found_s: float, agent: Level | None, caller: Level | None, closed: bool, apart_s: float, wanted: list[str]
) -> None:
    assert flags(segment(), found_s, agent, caller, closed=closed, apart_s=apart_s) == wanted


def test_silence_that_was_asked_for_is_not_flagged() -> None:
    muted = segment(muted=((0.0, 40.0),))
    assert flags(muted, 40.0, SILENT, SILENT, closed=True, apart_s=0.0) == []


def test_held_time_may_be_missing_from_the_file() -> None:
    assert flags(segment(talk_s=40.0, hold_s=60.0), 40.5, LOUD, LOUD, closed=True, apart_s=0.0) == []
