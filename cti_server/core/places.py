"""The places of those who wait: who is where in which line, found by id."""

from bisect import insort
from collections.abc import Iterable

from cti_server.core.ids import EntryId, QueueId, SiteId
from cti_server.core.sites import channel_site, connected
from cti_server.core.state import Call, Entry, State
from cti_server.core.touched import Touched


def entry_of(state: State, ident: EntryId) -> Entry | None:
    """The open entry with this id."""
    call = state.calls.get(state.entries.get(ident, ""))
    return next((e for e in call.entries if e.id == ident), None) if call else None


def open_entry(call: Call) -> Entry | None:
    return next((e for e in reversed(call.entries) if not e.outcome), None)


def waiting_since(state: State, queues: Iterable[QueueId]) -> dict[QueueId, list[float]]:
    """In each of these queues, since when each caller waits who has not reached a person, also while a phone rings."""
    since: dict[QueueId, list[float]] = {ident: [] for ident in queues}
    for ident in state.entries if since else ():
        if (entry := entry_of(state, ident)) is not None and entry.queue in since:
            since[entry.queue].append(entry.queued)
    return since


def place(state: State, entry: Entry) -> None:
    """Into the queue's waiting list: by priority, then by the time since when they wait."""
    waiting = state.queues[entry.queue].waiting
    if entry.id in waiting or entry.status != "waiting" or entry.away:
        return

    def rank(ident: EntryId) -> tuple[int, float, str]:
        other = entry_of(state, ident)
        return (-other.priority, other.place, other.id) if other else (0, 0.0, ident)

    insort(waiting, entry.id, key=rank)


def site_away(state: State, touched: Touched, site: SiteId) -> None:
    """Whoever waits at a site whose link is lost cannot be sent to anybody, and is in no line meanwhile."""
    for entry in _open_entries(state):
        if channel_site(state, entry.channel) == site:
            unplace(state, entry)
            entry.away = True
            touched.queues.add(entry.queue)
            touched.call(state.calls[entry.call])


def sites_back(state: State, touched: Touched) -> None:
    """All who wait at a site whose link stands are in line, at their old places."""
    for entry in _open_entries(state):
        if entry.away and connected(state, channel_site(state, entry.channel)):
            entry.away = False
            place(state, entry)
            touched.queues.add(entry.queue)
            touched.call(state.calls[entry.call])


def _open_entries(state: State) -> list[Entry]:
    return [entry for ident in state.entries if (entry := entry_of(state, ident)) is not None]


def unplace(state: State, entry: Entry) -> None:
    queue = state.queues.get(entry.queue)
    if queue is not None and entry.id in queue.waiting:
        queue.waiting.remove(entry.id)
