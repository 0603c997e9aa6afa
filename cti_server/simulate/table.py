"""The comparison as text: one block for each queue and one for all, one column for each outcome."""

from collections.abc import Callable, Iterator, Sequence

from cti_server.simulate.outcome import Figures, Outcome

_WIDTH = 14
_LABEL = 22


def _count(name: str) -> Callable[[Figures], str]:
    return lambda figures: str(figures[name])


def _share(name: str) -> Callable[[Figures], str]:
    return lambda figures: "–" if (value := figures[name]) is None else f"{value * 100:.1f} %"


def _seconds(name: str, scale: float = 1.0) -> Callable[[Figures], str]:
    return lambda figures: "–" if (value := figures[name]) is None else f"{value * scale:.1f} s"


_ALWAYS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("offered", _count("offered")),
    ("answered", _count("answered")),
    ("service level", _share("service_level")),
    ("ASA", _seconds("asa")),
    ("abandonment", _share("abandon_rate")),
    ("occupancy", _share("occupancy")),
    ("longest wait", _seconds("wait_max_ms", 0.001)),
)
_WHEN_ANY = ("short_abandoned", "flowed_out", "callback", "voicemail", "refused", "waiting")


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The lines. Outcomes of callers that nowhere occurred are left out."""
    queues = sorted(set().union(*(outcome.queues() for outcome in outcomes)))
    blocks = [*queues, ""] if len(queues) != 1 else queues
    for queue in blocks:
        figures = [outcome.of(queue) for outcome in outcomes]
        yield f"{queue or 'all queues':<{_LABEL}}" + "".join(f"{o.name:>{_width(o.name)}}" for o in outcomes)
        rows = [
            *_ALWAYS,
            *((name.replace("_", " "), _count(name)) for name in _WHEN_ANY if any(f[name] for f in figures)),
        ]
        for label, cell in rows:
            cells = (f"{cell(f):>{_width(o.name)}}" for o, f in zip(outcomes, figures, strict=True))
            yield f"  {label:<{_LABEL - 2}}" + "".join(cells)
        yield ""


def _width(name: str) -> int:
    return max(_WIDTH, len(name) + 2)
