"""The formulas, by hand; and an empty interval has no figure."""

import pytest

from cti_server.statistics.figures import AGENT_FORMULAS, QUEUE_FORMULAS, agent_figures, queue_figures

QUEUE = {
    "offered": 20,
    "waiting": 1,
    "answered": 12,
    "answered_within": 9,
    "abandoned": 4,
    "abandoned_within": 1,
    "short_abandoned": 2,
    "flowed_out": 1,
    "callback": 0,
    "voicemail": 0,
    "refused": 0,
    "recovered": 0,
    "wait_ms": 180_000,
    "wait_max_ms": 61_000,
    "abandon_wait_ms": 100_000,
    "talk_ms": 1_200_000,
    "hold_ms": 60_000,
    "wrapup_ms": 180_000,
}
AGENT = {
    "logged_in_ms": 1_800_000,
    "available_ms": 360_000,
    "ring_ms": 60_000,
    "talk_ms": 900_000,
    "hold_ms": 60_000,
    "wrapup_ms": 120_000,
    "paused_ms": 300_000,
    "offered": 7,
    "handled": 6,
    "missed": 1,
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("service_level", 9 / 20),
        ("service_level_genesys", 9 / 17),
        ("service_level_asterisk", 9 / 12),
        ("service_level_asterisk_2", 12 / 18),
        ("asa", 15.0),
        ("abandon_rate", 0.2),
        ("short_abandon_rate", 0.1),
        ("aht", 120.0),
    ],
)
def test_queue_formulas(name: str, value: float) -> None:
    assert queue_figures([QUEUE])[name] == pytest.approx(value)


@pytest.mark.parametrize(("name", "value"), [("aht", 180.0), ("occupancy", 0.75), ("utilisation", 0.6)])
def test_agent_formulas(name: str, value: float) -> None:
    assert agent_figures([AGENT])[name] == pytest.approx(value)


def test_an_empty_interval_has_no_figure() -> None:
    assert {queue_figures([])[f.name] for f in QUEUE_FORMULAS} == {None}
    assert {agent_figures([])[f.name] for f in AGENT_FORMULAS} == {None}


def test_half_hours_add_up_and_the_longest_wait_is_the_greatest() -> None:
    both = queue_figures([QUEUE, QUEUE | {"wait_max_ms": 5}])
    assert (both["offered"], both["wait_max_ms"], both["service_level"]) == (40, 61_000, 9 / 20)


def test_each_formula_has_one_name_and_version() -> None:
    for formulas in (QUEUE_FORMULAS, AGENT_FORMULAS):
        assert len({(f.name, f.version) for f in formulas}) == len(formulas)
