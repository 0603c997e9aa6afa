"""Applying what becomes of offers: one waiting caller presented to one agent."""

from cti_server.core import events as ev
from cti_server.core.agents import phones_of, refresh_agent
from cti_server.core.calls import call_of, leg_of
from cti_server.core.ids import OfferId, plain
from cti_server.core.lifecycles import ENTRY, OFFER, move
from cti_server.core.places import entry_of, place, unplace
from cti_server.core.sites import person
from cti_server.core.state import Agent, Call, Channel, Offer, State
from cti_server.core.touched import Touched

_NOT_TAKEN = frozenset({"no_answer", "busy", "unreachable", "declined", "not_accepted", "failed"})
_CLOCKS_S = 1.0
"""How far the clocks of two sites may be apart."""
_NOBODY_THERE = frozenset({"no_answer", "not_accepted"})
"""What counts towards RONA: the phone rang and nobody took the call."""


def offer_of(state: State, ident: OfferId) -> Offer | None:
    """The open offer with this id."""
    call = state.calls.get(state.offers.get(ident, ""))
    return next((o for o in call.offers if o.id == ident), None) if call else None


def offer_made(state: State, event: ev.OfferMade, touched: Touched) -> None:
    entry = entry_of(state, event.entry)
    call = state.calls.get(entry.call) if entry else None
    if entry is None or call is None:
        return
    entry.status = move(state.odd, "entry", ENTRY, entry.status, "offer")
    entry.offer = event.offer
    entry.offers += 1
    unplace(state, entry)
    call.offers.append(
        Offer(
            id=event.offer,
            entry=entry.id,
            call=call.id,
            channel=event.channel,
            agent=event.agent,
            queue=event.queue,
            made=event.at,
            endpoint=event.endpoint,
            accept=event.accept,
        )
    )
    state.offers[event.offer] = call.id
    state.serial += 1
    if agent := state.agents.get(event.agent):
        agent.offer = event.offer
        agent.turn = state.serial
        refresh_agent(state, agent, event.at)
        touched.agents.add(event.agent)
    touched.queues.add(entry.queue)
    touched.call(call)


def offer_rings(state: State, event: ev.DialStarted, touched: Touched) -> None:
    """The dial that an offer asked for has begun: from its caller, to what is rung for its agent."""
    call = call_of(state, event.channel) if event.channel else None
    live = state.channels.get(event.dest)
    if call is None or live is None:
        return
    for offer in call.offers:
        agent = state.agents.get(offer.agent)
        if agent is None or offer.id not in state.offers or offer.ringing is not None:
            continue
        if person(state, offer.channel) != person(state, event.channel):
            continue
        if not _rung(agent, offer, live):
            continue
        offer.status = move(state.odd, "offer", OFFER, offer.status, "ring")
        offer.ringing, offer.agent_channel = event.at, live.id
        leg = leg_of(call, live.id)
        if leg is not None and live.id not in agent.channels:
            # A mobile: the leg is on a trunk, and the trunk is nobody's phone.
            leg.agent = agent.config.id
            agent.channels.append(live.id)
            touched.agents.add(agent.config.id)


def rings_already(state: State, call: Call) -> None:
    """Another site has told of the agent's ringing phone before it was known that it rings for this caller."""
    for offer in call.offers:
        for leg in call.legs:
            ring = next((span for span in leg.spans if span.mode == "ring"), None)
            if offer.id not in state.offers or offer.ringing is not None or ring is None or leg.agent != offer.agent:
                continue
            if leg.started < offer.made - _CLOCKS_S:
                continue
            if offer.status == "made":
                offer.status = move(state.odd, "offer", OFFER, offer.status, "ring")
            offer.ringing, offer.agent_channel = ring.start, offer.agent_channel or leg.id


def _rung(agent: Agent, offer: Offer, live: Channel) -> bool:
    _, _, trunk = offer.endpoint.partition("@")
    technology, _, _ = offer.endpoint.partition("/")
    return plain(live.endpoint) in phones_of(agent) or (bool(trunk) and live.endpoint == f"{technology}/{trunk}")


def offer_accepted(state: State, event: ev.OfferAccepted, touched: Touched) -> None:
    offer = offer_of(state, event.offer)
    if offer is None:
        return
    offer.status = move(state.odd, "offer", OFFER, offer.status, "accept")
    offer.accepted = event.at
    offer.agent_channel = event.agent_channel or offer.agent_channel
    touched.call(state.calls[offer.call])


def offer_ended(state: State, event: ev.OfferEnded, touched: Touched) -> None:
    """The agent is free of the offer; unless it was answered the caller is at the old place again."""
    offer = offer_of(state, event.offer)
    if offer is None:
        return
    call = state.calls[offer.call]
    close_offer(state, touched, offer, event.outcome, event.at)
    entry = entry_of(state, offer.entry)
    if entry is not None and entry.offer == offer.id:
        entry.offer = ""
        if entry.status == "offered" and event.outcome != "answered":
            entry.status = move(state.odd, "entry", ENTRY, entry.status, "offer_failed")
            entry.tried.append(offer.agent)
            place(state, entry)
        touched.queues.add(entry.queue)
    touched.call(call)


def close_offer(state: State, touched: Touched, offer: Offer, outcome: str, at: float) -> None:
    offer.status = move(state.odd, "offer", OFFER, offer.status, outcome)
    offer.outcome, offer.ended = outcome, at
    state.offers.pop(offer.id, None)
    agent = state.agents.get(offer.agent)
    if agent is None:
        return
    if agent.offer == offer.id:
        agent.offer = ""
    if outcome in _NOT_TAKEN:
        queue = state.queues.get(offer.queue)
        agent.missed += outcome in _NOBODY_THERE
        agent.idle_since = at
        rest_s = queue.config.rest_s if queue else 0.0
        agent.rest_until = at + rest_s if rest_s > 0 else 0.0
    elif outcome == "answered":
        agent.missed = 0
    refresh_agent(state, agent, at)
    touched.agents.add(agent.config.id)
