"""What a person may see, which numbers can be dialled, and who is next. Pure."""

import re
from collections.abc import Iterable

import msgspec

from cti_server.core.places import entry_of
from cti_server.core.state import Callback, State

SAME_DIGITS = 10
"""Numbers are one when they end in the same ten digits: `+86` and `0086`, a trunk's 0 and a 9 for the line differ."""

BETWEEN = " ().-"
"""What people write between the digits of a number."""

_BARE = str.maketrans("", "", BETWEEN)
_DIALLED = re.compile(r"\+?[0-9]{3,20}")


class Owner(msgspec.Struct, frozen=True):
    """Whose a voicemail box is: a queue's or an agent's. Both empty: nobody's who is configured."""

    queue: str = ""
    agent: str = ""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may see. None: everything. `agent`: also the callbacks that this agent shall do."""

    queues: frozenset[str] | None = None
    boxes: frozenset[str] | None = None
    agent: str = ""

    def has_box(self, box: str) -> bool:
        return self.boxes is None or box in self.boxes

    def has_queue(self, queue: str) -> bool:
        return self.queues is None or queue in self.queues


def boxes(state: State) -> dict[str, Owner]:
    """Every box that is configured. Two queues may share one; it is listed as the first one's."""
    found: dict[str, Owner] = {}
    for ident, queue in sorted(state.queues.items()):
        found.setdefault(queue.config.box or ident.replace(".", "-"), Owner(queue=ident))
    for ident in sorted(state.agents):
        found.setdefault(f"agent-{ident.replace('.', '-')}", Owner(agent=ident))
    return found


def scope(state: State, agent: str, everything: bool) -> Scope:
    """`agent`: whose phone the person has, or empty. Without `everything`: the own queues and the own box."""
    if everything:
        return Scope()
    known = state.agents.get(agent)
    if known is None:
        return Scope(queues=frozenset(), boxes=frozenset())
    own = known.config.queues
    names = {state.queues[q].config.box or q.replace(".", "-") for q in own if q in state.queues}
    return Scope(queues=frozenset(own), boxes=frozenset({*names, f"agent-{agent.replace('.', '-')}"}), agent=agent)


def dialable(number: str) -> str:
    """The number as it is dialled, without what people write between digits; empty when it is none."""
    bare = number.translate(_BARE)
    return bare if _DIALLED.fullmatch(bare) else ""


def suggestion_id(entry: str) -> str:
    """The id of the callback that comes of an abandoned stay: the same each time, so that two clicks make one."""
    return "s-" + re.sub(r"[^A-Za-z0-9._-]", "-", entry)


def places(state: State, at: float, queues: Iterable[str]) -> dict[str, int]:
    """The place in the line, from 1, of each promise in these queues that is due: callers and promises in one line."""
    wanted, lines = set(queues), dict[str, list[tuple[int, float, str]]]()
    for promise in state.callbacks.values():
        if promise.queue in wanted and _due(promise, at):
            lines.setdefault(promise.queue, []).append((-promise.priority, promise.queued, promise.id))
    found: dict[str, int] = {}
    for queue, line in lines.items():
        promised = {ident for _, _, ident in line}
        waiting = (entry_of(state, ident) for ident in state.queues[queue].waiting) if queue in state.queues else ()
        line += [(-entry.priority, entry.place, "") for entry in waiting if entry is not None]
        found |= {ident: n for n, (_, _, ident) in enumerate(sorted(line), 1) if ident in promised}
    return found


def _due(promise: Callback, at: float) -> bool:
    return promise.status == "waiting" and promise.not_before <= at
