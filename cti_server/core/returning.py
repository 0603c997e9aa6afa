"""The page that was an agent's phone has gone in the middle of a call, and comes back, or does not.

Asterisk does not see a page close: the agent's leg lives on. So the talk is taken apart as by the desk's hold, and the
old leg stays as the one who holds: for everybody it is a hold. When the phone is registered again, it is rung by who is
held, answers by itself, and its new leg goes on where the old one was (`Leg.continues`). If it does not come within
`State.return_s`, the old leg is ended, and the customer waits in the line again with the place of before.

A phone that rang is rung again.
"""

from collections.abc import Iterator

from cti_server.core import events as ev
from cti_server.core.calls import agent_at, leg_of
from cti_server.core.commands import Command, HangUp, Hold, RingAgain, RingBack
from cti_server.core.ids import ChannelId, plain
from cti_server.core.offers import offer_of
from cti_server.core.state import Agent, Channel, Leg, State
from cti_server.core.talk import mode_of
from cti_server.core.touched import Touched

TRIES = 5
"""So often a phone that came back is rung for the same call."""
RING_S = 8
_REGISTERED = frozenset({"Created", "NonQualified", "Reachable"})
"""What the PBX says of a contact that is new, as against one that goes on."""


# ------------------------------------------------------------ applying


def page_opened(state: State, event: ev.PageOpened, touched: Touched) -> None:
    if (agent := state.agents.get(event.agent)) is not None:
        agent.page = event.page
        touched.agents.add(event.agent)


def page_left(state: State, event: ev.PageLeft, touched: Touched) -> None:
    agent = state.agents.get(event.agent)
    if agent is None:
        return
    here = [c for c in agent.channels if c in state.channels and plain(state.channels[c].endpoint) == event.endpoint]
    if any(c not in agent.left for c in here):
        agent.left_at, agent.tries = event.at, 0
        agent.held_before = any(_mode(state, c) == "hold" for c in here)
    agent.left, agent.back = here, False
    touched.agents.add(event.agent)


def contact_changed(state: State, event: ev.ContactChanged, touched: Touched) -> None:
    """A phone with a live leg is in use, whether it can be reached or not: only its contact tells."""
    agent = state.agents.get(agent_at(state, event.endpoint))
    if agent is None:
        return
    gone = [phone for phone in agent.unregistered if phone != event.endpoint]
    if not event.reachable:
        gone.append(event.endpoint)
    elif event.status in _REGISTERED and agent.left and _is_of(state, agent, event.endpoint):
        agent.back = True
    if gone != agent.unregistered or agent.back:
        agent.unregistered = gone
        touched.agents.add(agent.config.id)


def was_held(state: State, event: ev.ChannelHeld, touched: Touched) -> None:
    """Held for a page that is back already: whoever is held rings it. Held by a leg that goes on: as before."""
    live = state.channels.get(event.channel)
    agent = state.agents.get(agent_at(state, live.endpoint)) if live else None
    if agent is None:
        return
    if agent.back and event.channel in agent.left:
        agent.tries += 1
    elif event.channel not in agent.left:
        agent.held_before = False


def _is_of(state: State, agent: Agent, endpoint: str) -> bool:
    return any(c in state.channels and plain(state.channels[c].endpoint) == plain(endpoint) for c in agent.left)


# ------------------------------------------------------------ deciding


def commands(state: State, event: ev.Event) -> Iterator[Command]:
    """What is to be done after this event, which has been applied."""
    match event:
        case ev.PageLeft():
            agent = state.agents.get(event.agent)
            for ident in agent.left if agent is not None and agent.left_at == event.at else ():
                yield from _taken_apart(state, ident)
        case ev.ContactChanged() if event.reachable:
            agent = state.agents.get(agent_at(state, event.endpoint))
            if agent is not None and agent.back and event.status in _REGISTERED:
                for ident in agent.left:
                    yield from _back(state, agent, ident, event.at)
        case ev.ChannelHeld():
            live = state.channels.get(event.channel)
            agent = state.agents.get(agent_at(state, live.endpoint)) if live else None
            if agent is not None and agent.back and event.channel in agent.left and agent.tries <= TRIES:
                yield from _back(state, agent, event.channel, event.at)
        case ev.BridgeEntered():
            yield from _held_again(state, event)
        case _:
            pass


def due_at(state: State, agent: Agent) -> float | None:
    """Until when the agent's page is waited for; None when nobody waits."""
    return agent.left_at + state.return_s if any(_mode(state, c) != "ring" for c in agent.left) else None


def given_up(state: State, agent: Agent) -> Iterator[Command]:
    """The page did not come back: its legs end, and who is held by them is served anew."""
    for ident in agent.left:
        if (live := state.channels.get(ident)) is not None and _mode(state, ident) != "ring":
            yield HangUp(channel_name=live.name)


def _taken_apart(state: State, ident: ChannelId) -> Iterator[Command]:
    """Two who talk. Who holds already does; a conference and a consultation go on without this leg."""
    live = state.channels.get(ident)
    if live is None or _mode(state, ident) != "talk" or any(c.held_by == ident for c in state.channels.values()):
        return
    if (other := _beside(state, live)) is not None:
        yield Hold(channel=live.id, channel_name=live.name, held=other.id, held_name=other.name)


def _back(state: State, agent: Agent, ident: ChannelId, at: float) -> Iterator[Command]:
    live = state.channels.get(ident)
    if live is None:
        return
    if _mode(state, ident) == "ring":
        yield from _ring_again(state, agent, ident, at)
        return
    held = [c for c in state.channels.values() if c.held_by == ident and not c.bridge]
    for one in held[:1]:
        yield RingBack(
            channel=one.id,
            channel_name=one.name,
            holder=live.id,
            holder_name=live.name,
            agent=agent.config.id,
            endpoint=live.endpoint,
            ring_s=RING_S,
        )


def _ring_again(state: State, agent: Agent, ident: ChannelId, at: float) -> Iterator[Command]:
    offer = offer_of(state, agent.offer)
    caller = state.channels.get(offer.channel) if offer else None
    queue = state.queues.get(offer.queue) if offer else None
    if offer is None or caller is None or offer.agent_channel != ident or offer.ringing is None:
        return
    left_s = (queue.config.ring_s if queue else 20.0) - (at - offer.ringing)
    if left_s < 1:
        return
    yield RingAgain(
        offer=offer.id,
        channel_name=caller.name,
        agent=offer.agent,
        endpoint=offer.endpoint,
        ring_s=int(left_s),
        expires=int(at + left_s),
        accept=offer.accept,
    )


def _held_again(state: State, event: ev.BridgeEntered) -> Iterator[Command]:
    """The customer was on hold when the page went: nobody hears an agent who does not know of it."""
    bridge = state.bridges.get(event.bridge)
    for ident in bridge.members if bridge else ():
        live = state.channels[ident]
        agent = state.agents.get(agent_at(state, live.endpoint))
        leg = _leg(state, ident)
        if agent is None or leg is None or not leg.continues or not agent.held_before or mode_of(leg) != "talk":
            continue
        if (other := _beside(state, live)) is not None:
            yield Hold(channel=live.id, channel_name=live.name, held=other.id, held_name=other.name)


def _beside(state: State, live: Channel) -> Channel | None:
    """The only other one in the same bridge."""
    bridge = state.bridges.get(live.bridge)
    mates = [m for m in bridge.members if m != live.id] if bridge else []
    return state.channels.get(mates[0]) if len(mates) == 1 else None


def _leg(state: State, ident: ChannelId) -> Leg | None:
    live = state.channels.get(ident)
    call = state.calls.get(live.call) if live else None
    return leg_of(call, ident) if call else None


def _mode(state: State, ident: ChannelId) -> str:
    leg = _leg(state, ident)
    return mode_of(leg) if leg else ""
