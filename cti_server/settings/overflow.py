"""Where callers go who cannot be served: the targets exist, can be reached, and lead nobody in a circle."""

from collections.abc import Iterator
from itertools import pairwise

from cti_server.settings.all import Settings
from cti_server.settings.calling import Queue
from cti_server.settings.names import nearest

REASONS = ("on_full", "on_empty", "on_max_wait", "on_closed")

Edges = dict[str, dict[str, list[str]]]
"""From queue to queue, by which settings."""


def wrong_overflow(settings: Settings) -> Iterator[str]:
    queues = {queue.id for queue in settings.queue}
    for queue in settings.queue:
        for reason in REASONS:
            kind, _, name = getattr(queue, reason).partition(":")
            if kind == "queue" and name not in queues:
                mend = nearest(name, queues)
                yield f"queue {queue.id!r}: {reason} names the queue {name!r}, which is not defined{mend}"
    yield from circles(overflow_of(settings))
    if not settings.pbx.out_trunk:
        yield from _without_trunk(settings)


def overflow_of(settings: Settings) -> Edges:
    """Every way from one queue to another, whatever the reason."""
    edges: Edges = {queue.id: {} for queue in settings.queue}
    for queue in settings.queue:
        for reason in REASONS:
            kind, _, name = getattr(queue, reason).partition(":")
            if kind == "queue" and name in edges:
                edges[queue.id].setdefault(name, []).append(reason)
    return edges


def circles(edges: Edges) -> Iterator[str]:
    """A sentence for each circle that a walk over the queues closes, with its path and the settings that make it."""
    done: set[str] = set()

    def walk(path: list[str]) -> Iterator[str]:
        for target in edges[path[-1]]:
            if target in path:
                yield _told([*path[path.index(target) :], target], edges)
            elif target not in done:
                yield from walk([*path, target])
        done.add(path[-1])

    for queue in edges:
        if queue not in done:
            yield from walk([queue])


def _told(path: list[str], edges: Edges) -> str:
    steps = (f"{' and '.join(edges[a][b])} of {a}" for a, b in pairwise(path))
    return (
        f"callers would go round in a circle: {' -> '.join(path)} ({', '.join(steps)}); "
        "let one of them lead to voicemail, a number, callback or hangup, or leave it empty"
    )


def _without_trunk(settings: Settings) -> Iterator[str]:
    """What needs a way out. Each once, at the first place that asks for it."""
    for queue in settings.queue:
        for wish in _calls_out(queue):
            yield f"queue {queue.id!r}: {wish}, but no call can leave: set pbx.out_trunk, or take it away"
    for agent in settings.agent:
        if agent.mobile:
            yield (
                f"agent {agent.id!r} has the mobile number {agent.mobile}, but no call can leave: set pbx.out_trunk, "
                "or take it away"
            )


def _calls_out(queue: Queue) -> Iterator[str]:
    if queue.callback:
        yield "callback is on"
    if queue.mobile_when_closed:
        yield "mobile_when_closed is on"
    for reason in REASONS:
        if getattr(queue, reason).startswith(("number:", "callback")):
            yield f"{reason} is {getattr(queue, reason)!r}"
