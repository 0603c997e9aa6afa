"""What must be true of every State, whatever happened: looked for by the tests after every event, by the server each
minute, and told in words when it does not hold. Nothing of it is mended here: a wrong State is a fault to be found.
"""

from collections import Counter
from collections.abc import Iterator

from cti_server.core.agents import derived_engagement
from cti_server.core.offers import offer_of
from cti_server.core.places import entry_of
from cti_server.core.state import State


def violations(state: State) -> list[str]:
    """Each broken rule as a sentence with the ids; empty when the State is sound. Looks at everything once."""
    return [*_agents(state), *_offers(state), *_lines(state), *_callbacks(state), *_channels(state)]


def _agents(state: State) -> Iterator[str]:
    for ident, agent in state.agents.items():
        if agent.offer and ((offer := offer_of(state, agent.offer)) is None or offer.agent != ident):
            yield f"agent {ident} is reserved for the offer {agent.offer}, which is not open for this agent"
        if agent.callback:
            promise = state.callbacks.get(agent.callback)
            if promise is None or promise.status != "calling" or promise.agent != ident:
                yield f"agent {ident} is reserved for the callback {agent.callback}, which does not ring this agent"
        for channel in agent.channels:
            if channel not in state.channels:
                yield f"agent {ident} has the channel {channel}, which is not live"
        if agent.engagement != (derived := derived_engagement(state, agent)):
            yield f"agent {ident} is {agent.engagement}, but what is live says {derived}"
        if agent.gone and agent.engagement == "idle":
            yield f"agent {ident} is not in the configuration, idle, and still here"


def _offers(state: State) -> Iterator[str]:
    agents: Counter[str] = Counter()
    entries: Counter[str] = Counter()
    for ident in state.offers:
        offer = offer_of(state, ident)
        if offer is None:
            yield f"the open offer {ident} is not in its call"
            continue
        agents[offer.agent] += 1
        entries[offer.entry] += 1
        agent = state.agents.get(offer.agent)
        if agent is not None and agent.offer != ident:
            yield f"the offer {ident} is open, and its agent {offer.agent} does not know of it"
    yield from (f"agent {a} is offered {n} calls at once" for a, n in agents.items() if n > 1)
    yield from (f"the caller {e} is offered to {n} agents at once" for e, n in entries.items() if n > 1)


def _lines(state: State) -> Iterator[str]:
    placed = Counter(ident for queue in state.queues.values() for ident in queue.waiting)
    for name, queue in state.queues.items():
        for ident in queue.waiting:
            entry = entry_of(state, ident)
            if entry is None or entry.status != "waiting" or entry.queue != name:
                yield f"{ident} stands in the line of {name} and does not wait there"
    for ident in state.entries:
        entry = entry_of(state, ident)
        if entry is None:
            yield f"the open stay {ident} is not in its call"
        elif entry.outcome:
            yield f"the stay {ident} is open, and has ended {entry.outcome}"
        elif entry.channel not in state.channels:
            yield f"the stay {ident} is open, and its caller is gone"
        elif placed[ident] != (entry.status == "waiting" and not entry.away):
            yield f"the stay {ident} is {entry.status} and stands in {placed[ident]} lines"
    for call in state.calls.values():
        if sum(not entry.outcome for entry in call.entries) > 1:
            yield f"the caller of {call.id} waits in two queues at once"


def _callbacks(state: State) -> Iterator[str]:
    for channel, ident in state.calling.items():
        promise = state.callbacks.get(ident)
        if promise is None or promise.channel != channel or promise.status != "calling":
            yield f"the channel {channel} calls back for {ident}, which does not know of it"
    numbers = Counter((p.queue, p.number) for p in state.callbacks.values())
    yield from (f"{number} is promised {n} callbacks in {queue}" for (queue, number), n in numbers.items() if n > 1)


def _channels(state: State) -> Iterator[str]:
    for ident, live in state.channels.items():
        if live.call not in state.calls:
            yield f"the channel {ident} is live, and its call {live.call} is not"
        if live.bridge and live.bridge not in state.bridges:
            yield f"the channel {ident} is in the bridge {live.bridge}, which is not there"
