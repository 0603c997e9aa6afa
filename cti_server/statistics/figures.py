"""The formulas. Pure. Each takes the sums of some half-hours and gives a number, or None where it has no meaning.

A formula that changes gets a new version, and the old one stays beside it, so that a report says which it shows.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Sums = Mapping[str, int]

QUEUE_COUNTS = (
    "offered",
    "waiting",
    "answered",
    "answered_within",
    "abandoned",
    "abandoned_within",
    "short_abandoned",
    "flowed_out",
    "callback",
    "voicemail",
    "refused",
    "recovered",
)
QUEUE_TIMES = ("wait_ms", "abandon_wait_ms", "talk_ms", "hold_ms", "wrapup_ms")
AGENT_COUNTS = ("offered", "handled", "missed")
AGENT_TIMES = ("logged_in_ms", "available_ms", "ring_ms", "talk_ms", "hold_ms", "wrapup_ms", "paused_ms")


@dataclass(frozen=True, slots=True)
class Formula:
    """`unit`: share (0 to 1) or s. `definition`: as a page prints it."""

    name: str
    version: int
    unit: str
    definition: str
    value: Callable[[Sums], float | None]


def ratio(part: float, whole: float) -> float | None:
    """None when there is nothing to be a part of."""
    return part / whole if whole else None


def _busy(s: Sums) -> int:
    return s["talk_ms"] + s["hold_ms"] + s["wrapup_ms"]


def _seconds(part_ms: int, count: int) -> float | None:
    return ratio(part_ms / 1000, count)


QUEUE_FORMULAS = (
    Formula(
        "service_level",
        1,
        "share",
        "answered within T / offered",
        lambda s: ratio(s["answered_within"], s["offered"]),
    ),
    Formula(
        "service_level_genesys",
        1,
        "share",
        "answered within T / (answered + abandoned + flowed out); short abandons left out",
        lambda s: ratio(s["answered_within"], s["answered"] + s["abandoned"] + s["flowed_out"]),
    ),
    Formula(
        "service_level_asterisk",
        1,
        "share",
        "completed within T / completed",
        lambda s: ratio(s["answered_within"], s["answered"]),
    ),
    Formula(
        "service_level_asterisk_2",
        1,
        "share",
        "(completed within T + abandoned within T) / (completed + abandoned); short abandons are abandons here",
        lambda s: ratio(
            s["answered_within"] + s["abandoned_within"] + s["short_abandoned"],
            s["answered"] + s["abandoned"] + s["short_abandoned"],
        ),
    ),
    Formula("asa", 1, "s", "Σ wait of the answered / answered", lambda s: _seconds(s["wait_ms"], s["answered"])),
    Formula("abandon_rate", 1, "share", "abandoned / offered", lambda s: ratio(s["abandoned"], s["offered"])),
    Formula(
        "short_abandon_rate",
        1,
        "share",
        "short abandoned / offered",
        lambda s: ratio(s["short_abandoned"], s["offered"]),
    ),
    Formula("aht", 1, "s", "(talk + hold + wrap-up) / answered", lambda s: _seconds(_busy(s), s["answered"])),
)

AGENT_FORMULAS = (
    Formula("aht", 1, "s", "(talk + hold + wrap-up) / handled", lambda s: _seconds(_busy(s), s["handled"])),
    Formula(
        "occupancy",
        1,
        "share",
        "(talk + hold + wrap-up) / (talk + hold + wrap-up + available)",
        lambda s: ratio(_busy(s), _busy(s) + s["available_ms"]),
    ),
    Formula(
        "utilisation",
        1,
        "share",
        "(talk + hold + wrap-up) / logged-in time",
        lambda s: ratio(_busy(s), s["logged_in_ms"]),
    ),
)


def add_up(rows: Iterable[Sums], names: Iterable[str], maxima: Iterable[str] = ()) -> dict[str, int]:
    """The sums of several half-hours, and the greatest of `maxima`. No row gives zeros."""
    kept = list(rows)
    total = {name: sum(row[name] for row in kept) for name in names}
    return total | {name: max((row[name] for row in kept), default=0) for name in maxima}


def queue_figures(rows: Iterable[Sums]) -> dict[str, float | int | None]:
    """Counts, times in ms and all formulas over these half-hours."""
    total = add_up(rows, QUEUE_COUNTS + QUEUE_TIMES, ("wait_max_ms",))
    return {**total, **{formula.name: formula.value(total) for formula in QUEUE_FORMULAS}}


def agent_figures(rows: Iterable[Sums]) -> dict[str, float | int | None]:
    total = add_up(rows, AGENT_COUNTS + AGENT_TIMES)
    return {**total, **{formula.name: formula.value(total) for formula in AGENT_FORMULAS}}
