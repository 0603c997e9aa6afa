"""Applying what happens to agents, and deriving their state: intent x phone x engagement.

The intent is the agent's own (`INTENT` table); the phone is what the PBX says of it; the engagement follows from the
channels at the agent's phone, the open offer and the wrap-up. None can stick: each is derived anew from what is live.
"""

from cti_server.core import events as ev
from cti_server.core.calls import agent_at, leg_of
from cti_server.core.lifecycles import INTENT, move
from cti_server.core.sites import UNREACHABLE, phone_at, phone_told
from cti_server.core.state import Agent, Channel, Engagement, State
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
    engagement, call = _engagement(state, agent)
    if engagement != before:
        count_stretch(state, agent, at)
    agent.engagement = engagement
    agent.call = call or (agent.call if agent.engagement == "wrap_up" else "")
    if agent.engagement == before:
        return
    agent.since, agent.overdue = at, False
    if agent.engagement == "idle":
        agent.idle_since = at


def count_stretch(state: State, agent: Agent, at: float) -> None:
    """Add what is ending now to the day's busy or free time. What was before the day began does not count."""
    length = max(0.0, at - max(agent.since, state.day))
    if agent.engagement != "idle":
        agent.busy_s += length
    elif agent.intent == "ready":
        agent.free_s += length


def derived_engagement(state: State, agent: Agent) -> Engagement:
    """What the agent is engaged in, by what is live."""
    return _engagement(state, agent)[0]


def _engagement(state: State, agent: Agent) -> tuple[Engagement, str]:
    best: tuple[Engagement, str] | None = None
    for channel in agent.channels:
        live = state.channels.get(channel)
        call = state.calls.get(live.call) if live else None
        leg = leg_of(call, channel) if call else None
        if live is None or call is None or leg is None or _has_hung_up(live):
            continue
        found: Engagement = _BY_MODE.get(mode_of(leg), "talking" if live.up else "ringing")
        if best is None or (best[0] == "ringing" and found != "ringing"):
            best = (found, call.id)
    if best is not None:
        return best
    if agent.offer:
        return "reserved", state.offers.get(agent.offer, "")
    if agent.callback:
        return "reserved", ""
    return ("wrap_up", "") if agent.wrapup_until is not None else ("idle", "")


def _has_hung_up(live: Channel) -> bool:
    """Asterisk still takes the channel down, in a moment or, when it is stuck, for long: the person is free."""
    return live.up and live.hung_up


def _intent(state: State, ident: str, trigger: str, at: float, touched: Touched) -> Agent | None:
    agent = state.agents.get(ident)
    if agent is None:
        state.odd["agent: unknown id"] = state.odd.get("agent: unknown id", 0) + 1
        return None
    before = agent.intent
    agent.intent = move(state.odd, "agent", INTENT, agent.intent, trigger)  # type: ignore[assignment]
    if agent.intent != before and agent.engagement == "idle":
        agent.intent, now = before, agent.intent
        count_stretch(state, agent, at)
        agent.intent, agent.since, agent.overdue = now, at, False
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
        agent.wrapup_extended = False
        refresh_agent(state, agent, event.at)
        agent.call = event.call
        touched.agents.add(event.agent)


def wrapup_extended(state: State, event: ev.WrapUpExtended, touched: Touched) -> None:
    """Once: a second one is counted as odd."""
    agent = state.agents.get(event.agent)
    if agent is None or agent.wrapup_until is None or agent.wrapup_extended or agent.wrapup_extend_s <= 0:
        state.odd["agent: wrap-up not extended"] = state.odd.get("agent: wrap-up not extended", 0) + 1
        return
    agent.wrapup_until += agent.wrapup_extend_s
    agent.wrapup_extended = True
    touched.agents.add(event.agent)


def device_chosen(state: State, event: ev.AgentDeviceChosen, touched: Touched) -> None:
    agent = state.agents.get(event.agent)
    mobile = (MOBILE,) if agent is not None and agent.config.mobile else ()
    if agent is None or event.endpoint not in (*phones_of(agent), *mobile):
        state.odd["agent: not a phone of theirs"] = state.odd.get("agent: not a phone of theirs", 0) + 1
        return
    agent.chosen = event.endpoint
    touched.agents.add(event.agent)


def unstuck(state: State, event: ev.AgentUnstuck, touched: Touched) -> None:
    """What holds the agent and is not a live channel is dropped; the center ends the offer and asks the PBX."""
    agent = state.agents.get(event.agent)
    if agent is None:
        return
    agent.wrapup_until, agent.wrapup_s, agent.rest_until, agent.callback = None, 0.0, 0.0, ""
    agent.channels = [channel for channel in agent.channels if channel in state.channels]
    agent.overdue, agent.missed = False, 0
    refresh_agent(state, agent, event.at)
    touched.agents.add(event.agent)


def overdue(state: State, event: ev.AgentOverdue, touched: Touched) -> None:
    if (agent := state.agents.get(event.agent)) is not None:
        agent.overdue = True
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
