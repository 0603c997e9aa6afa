"""Agents' time: stretches cut at the half-hours, the same however the events were grouped."""

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cti_server.journal.clean import Row
from cti_server.journal.presence import Key, Presence
from cti_server.journal.projections import agent_half_hours

ZONE = ZoneInfo("Asia/Shanghai")
HALF = 1_700_001_000 // 1800 * 1800
WORDS = st.sampled_from(["available", "ringing", "talking", "on_hold", "wrap_up", "paused", "logged_out", "unknown"])
STORY = st.lists(st.tuples(st.integers(0, 4000), WORDS), min_size=1, max_size=30)


def follow(story: list[tuple[float, str]]) -> dict[Key, Row]:
    presence, rows = Presence(ZONE), dict[Key, Row | None]()
    for at, word in story:
        rows |= presence.see("a1", at, word)
    return {key: row for key, row in rows.items() if row is not None}


def test_a_talk_over_the_half_hour_counts_in_both() -> None:
    rows = follow([(HALF + 1700, "talking"), (HALF + 1950.5, "available")])
    figures = agent_half_hours(rows.values(), [], [])
    assert figures[HALF, "a1"]["talk_ms"] == 100_000
    assert figures[HALF + 1800, "a1"]["talk_ms"] == 150_500


def test_time_that_nobody_saw_counts_for_nobody() -> None:
    rows = follow([(HALF, "available"), (HALF + 100, "unknown"), (HALF + 700, "available"), (HALF + 800, "paused")])
    figures = agent_half_hours(rows.values(), [], [])[HALF, "a1"]
    assert (figures["logged_in_ms"], figures["available_ms"]) == (200_000, 200_000)


@given(story=STORY)
def test_only_the_last_word_of_a_moment_counts(story: list[tuple[int, str]]) -> None:
    moments: dict[float, str] = {}
    at = float(HALF)
    full: list[tuple[float, str]] = []
    for step, word in story:
        at += step // 100
        full.append((at, word))
        moments[at] = word
    assert follow(full) == follow(list(moments.items()))


@given(story=STORY)
def test_every_second_counts_once(story: list[tuple[int, str]]) -> None:
    at, full = float(HALF), []
    for step, word in story:
        at += step / 7
        full.append((at, word))
    rows = sorted(follow(full).values(), key=lambda row: row["start"])
    assert sum(row["ms"] for row in rows) == round(rows[-1]["start"] * 1000) - round(rows[0]["start"] * 1000)
    assert [row["end"] for row in rows] == [row["start"] for row in rows[1:]] + [None]
