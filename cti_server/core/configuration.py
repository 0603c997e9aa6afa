"""Applying the site's configuration, opening hours and days."""

from msgspec.structs import replace

from cti_server.core import events as ev
from cti_server.core.agents import MOBILE, count_stretch, phones_of
from cti_server.core.calls import agent_at, call_of, leg_of
from cti_server.core.ids import plain
from cti_server.core.state import Agent, Queue, State
from cti_server.core.touched import Touched


def configured(state: State, event: ev.SiteConfigured, touched: Touched) -> None:
    """Who talks or waits is not touched; an agent who is gone takes no more calls, and leaves when idle."""
    state.trunks = event.trunks
    state.default_queue = event.default_queue
    state.mobile_trunk, state.max_age_s = event.mobile_trunk, event.max_age_s
    state.branches, state.return_s = event.branches, event.return_s
    for queue in event.queues:
        if queue.id in state.queues:
            state.queues[queue.id].config = queue
        else:
            state.queues[queue.id] = Queue(config=queue)
        touched.queues.add(queue.id)
    wanted = {queue.id for queue in event.queues} | {event.default_queue}
    promised = {promise.queue for promise in state.callbacks.values()}
    for ident in [i for i, queue in state.queues.items() if i not in wanted | promised and not queue.waiting]:
        del state.queues[ident]
    for config in event.agents:
        if config.id in state.agents:
            state.agents[config.id].config = config
            state.agents[config.id].gone = False
        else:
            state.agents[config.id] = Agent(config=config, since=event.at)
        touched.agents.add(config.id)
    named = {config.id for config in event.agents}
    for ident in [i for i in state.agents if i not in named]:
        agent = state.agents[ident]
        agent.gone, agent.config = True, replace(agent.config, queues=(), rings={})
        touched.agents.add(ident)
        dismiss(state, ident)
    state.endpoints = {phone: ident for ident, agent in state.agents.items() for phone in phones_of(agent)}
    for ident, agent in state.agents.items():
        # A phone that became an agent's while it was in use: what it is doing counts from now on.
        agent.channels = [c for c in state.channels if ident in (_owner(state, c), _at(state, c))]
        agent.phones = {phone: told for phone, told in agent.phones.items() if plain(phone) in phones_of(agent)}
        if agent.chosen and agent.chosen not in (*phones_of(agent), MOBILE if agent.config.mobile else ""):
            agent.chosen = ""
        touched.agents.add(ident)


def _at(state: State, channel: str) -> str:
    return agent_at(state, state.channels[channel].endpoint)


def _owner(state: State, channel: str) -> str:
    """Whose leg this is: a mobile's channel is on a trunk, which is nobody's phone."""
    call = call_of(state, channel)
    leg = leg_of(call, channel) if call else None
    return leg.agent if leg is not None and not _at(state, channel) else ""


def dismiss(state: State, ident: str) -> None:
    """An agent who is not in the configuration any more leaves, once nothing goes on there."""
    agent = state.agents.get(ident)
    if agent is not None and agent.gone and agent.engagement == "idle":
        del state.agents[ident]
        for phone in phones_of(agent):
            state.endpoints.pop(phone, None)


def queue_hours(state: State, event: ev.QueueHours, touched: Touched) -> None:
    if (queue := state.queues.get(event.queue)) is not None:
        queue.open = event.open
        touched.queues.add(event.queue)
        # Out of hours nobody is called back.
        touched.callbacks.update(promise.id for promise in state.callbacks.values() if promise.queue == event.queue)


def queue_reach(state: State, event: ev.QueueReach, touched: Touched) -> None:
    if (queue := state.queues.get(event.queue)) is not None:
        queue.mobile = event.mobile
        touched.queues.add(event.queue)


def day_began(state: State, event: ev.DayBegan, touched: Touched) -> None:
    """A stretch that crosses midnight counts in both days, in each with its part."""
    for ident, agent in state.agents.items():
        count_stretch(state, agent, event.at)
        agent.answered, agent.busy_s, agent.free_s = 0, 0.0, 0.0
        touched.agents.add(ident)
    state.day = event.at
