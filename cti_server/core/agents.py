"""Applying what happens to agents, and deriving their state: intent x phone x engagement.

The intent is the agent's own (`INTENT` table); the phone is what the PBX says of it; the engagement follows from the
channels at the agent's phone, the open offer and the wrap-up. None can stick: each is derived anew from what is live.
"""

from cti_server.core import events as ev
from cti_server.core.calls import agent_at, leg_of
from cti_server.core.ids import plain
from cti_server.core.lifecycles import INTENT, move
from cti_server.core.sites import UNREACHABLE, phone_at, phone_told
from cti_server.core.state import Agent, Engagement, Queue, State
from cti_server.core.talk import mode_of
from cti_server.core.touched import Touched

MOBILE = "mobile"
_BY_MODE: dict[str, Engagement] = {"hold": "on_hold", "talk": "talking", "ring": "ringing"}


def phones_of(agent: Agent) -> tuple[str, ...]:
    """All endpoints of this agent, the usual one first."""
    return (agent.config.endpoint, *agent.config.more)


def device_of(agent: Agent) -> str:
    """The state of the phone that rings for this agent, as its PBX tells it. A mobile is always worth a try."""
    if agent.chosen == MOBILE:
        return "NOT_INUSE"
    return agent.phones.get(rung_at(agent), "")


def rung_at(agent: Agent) -> str:
    """The endpoint that rings for this agent unless it is the mobile, at the site where the phone is registered."""
    chosen = "" if agent.chosen == MOBILE else agent.chosen
    return phone_at(agent, chosen or agent.config.endpoint)


def status(agent: Agent) -> str:
    """The one word that people see: the field's agent states, `unreachable` for a phone that the PBX cannot reach, and
    `resting` for a moment after a call that was not taken.
    """
    if agent.engagement != "idle":
        return agent.engagement
    if agent.intent == "logged_out":
        return "logged_out"
    if agent.intent == "paused":
        return "paused"
    if device_of(agent) in UNREACHABLE:
        return "unreachable"
    return "resting" if agent.rest_until else "available"


def available(agent: Agent) -> bool:
    """May be offered a call at this moment."""
    return status(agent) == "available"


def refresh_agent(state: State, agent: Agent, at: float) -> None:
    before = agent.engagement
    agent.engagement, call = _engagement(state, agent)
    agent.call = call or (agent.call if agent.engagement == "wrap_up" else "")
    if agent.engagement == before:
        return
    agent.since = at
    if agent.engagement == "idle":
        agent.idle_since = at


def _engagement(state: State, agent: Agent) -> tuple[Engagement, str]:
    best: tuple[Engagement, str] | None = None
    for channel in agent.channels:
        live = state.channels.get(channel)
        call = state.calls.get(live.call) if live else None
        leg = leg_of(call, channel) if call else None
        if live is None or call is None or leg is None:
            continue
        found: Engagement = _BY_MODE.get(mode_of(leg), "talking" if live.up else "ringing")
        if best is None or (best[0] == "ringing" and found != "ringing"):
            best = (found, call.id)
    if best is not None:
        return best
    if agent.offer:
        return "reserved", state.offers.get(agent.offer, "")
    return ("wrap_up", "") if agent.wrapup_until is not None else ("idle", "")


def _intent(state: State, ident: str, trigger: str, at: float, touched: Touched) -> Agent | None:
    agent = state.agents.get(ident)
    if agent is None:
        state.odd["agent: unknown id"] = state.odd.get("agent: unknown id", 0) + 1
        return None
    before = agent.intent
    agent.intent = move(state.odd, "agent", INTENT, agent.intent, trigger)  # type: ignore[assignment]
    if agent.intent != before and agent.engagement == "idle":
        agent.since = at
    if agent.intent == "ready" and before != "ready":
        agent.idle_since = at
        agent.missed = 0
        agent.rest_until = 0.0
    if agent.intent != "paused":
        agent.pause_code = ""
    touched.agents.add(ident)
    return agent


def logged_in(state: State, event: ev.AgentLoggedIn, touched: Touched) -> None:
    _intent(state, event.agent, "log_in", event.at, touched)


def logged_out(state: State, event: ev.AgentLoggedOut, touched: Touched) -> None:
    _intent(state, event.agent, "log_out", event.at, touched)


def paused(state: State, event: ev.AgentPaused, touched: Touched) -> None:
    agent = _intent(state, event.agent, "pause", event.at, touched)
    if agent is not None and agent.intent == "paused":
        agent.pause_code = event.code


def resumed(state: State, event: ev.AgentResumed, touched: Touched) -> None:
    _intent(state, event.agent, "resume", event.at, touched)


def wrapup_started(state: State, event: ev.WrapUpStarted, touched: Touched) -> None:
    if agent := state.agents.get(event.agent):
        agent.wrapup_until = event.until
        agent.wrapup_s = 0.0
        refresh_agent(state, agent, event.at)
        agent.call = event.call
        touched.agents.add(event.agent)


def wrapup_ended(state: State, event: ev.WrapUpEnded, touched: Touched) -> None:
    if (agent := state.agents.get(event.agent)) and agent.wrapup_until is not None:
        agent.wrapup_until = None
        refresh_agent(state, agent, event.at)
        touched.agents.add(event.agent)


def rested(state: State, event: ev.AgentRested, touched: Touched) -> None:
    if (agent := state.agents.get(event.agent)) and agent.rest_until:
        agent.rest_until = 0.0
        if agent.engagement == "idle":
            agent.since = event.at
        touched.agents.add(event.agent)


def device_changed(state: State, event: ev.DeviceChanged, touched: Touched) -> None:
    agent = state.agents.get(agent_at(state, event.device))
    if agent is not None and agent.phones.get(event.device) != event.state:
        phone_told(agent, event.device, event.state)
        touched.agents.add(agent.config.id)


def contact_changed(state: State, event: ev.ContactChanged, touched: Touched) -> None:
    """The device state, which follows the contacts, is what decides; this is kept for people to read."""


def configured(state: State, event: ev.SiteConfigured, touched: Touched) -> None:
    """The site's configuration. Who talks or waits is not touched; an agent who is gone leaves when idle."""
    state.trunks = event.trunks
    state.default_queue = event.default_queue
    state.branches = event.branches
    for queue in event.queues:
        if queue.id in state.queues:
            state.queues[queue.id].config = queue
        else:
            state.queues[queue.id] = Queue(config=queue)
        touched.queues.add(queue.id)
    wanted = {queue.id for queue in event.queues} | {event.default_queue}
    for ident in [i for i, queue in state.queues.items() if i not in wanted and not queue.waiting]:
        del state.queues[ident]
    for config in event.agents:
        if config.id in state.agents:
            state.agents[config.id].config = config
        else:
            state.agents[config.id] = Agent(config=config, since=event.at)
        touched.agents.add(config.id)
    named = {config.id for config in event.agents}
    for ident in [i for i, agent in state.agents.items() if i not in named and agent.engagement == "idle"]:
        del state.agents[ident]
    state.endpoints = {phone: ident for ident, agent in state.agents.items() for phone in phones_of(agent)}
    for ident, agent in state.agents.items():
        # A phone that became an agent's while it was in use: what it is doing counts from now on.
        agent.channels = [c.id for c in state.channels.values() if plain(c.endpoint) in phones_of(agent)]
        agent.phones = {phone: told for phone, told in agent.phones.items() if plain(phone) in phones_of(agent)}
        if agent.chosen and agent.chosen not in (*phones_of(agent), MOBILE if agent.config.mobile else ""):
            agent.chosen = ""
        touched.agents.add(ident)
