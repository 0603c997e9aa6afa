"""Applying what happens to those who wait: entries in queues, and offers of them to agents."""

from cti_server.core import events as ev
from cti_server.core.agents import phones_of, refresh_agent
from cti_server.core.calls import call_of, leg_of, open_channel
from cti_server.core.ids import EntryId, OfferId, SiteId, plain
from cti_server.core.lifecycles import ENTRY, OFFER, move
from cti_server.core.state import Call, Entry, Offer, Outcome, Queue, State
from cti_server.core.sites import channel_site, connected, person
from cti_server.core.talk import mode_of
from cti_server.core.touched import Touched

SHORTEST_MESSAGE_S = 1.0
"""Below it a voicemail is a caller who hung up at the tone, not a message."""

FINAL: dict[str, Outcome] = {
    "answered": "answered",
    "abandoned": "abandoned",
    "flowed_out": "flowed_out",
    "voicemail": "voicemail",
}


def entry_of(state: State, ident: EntryId) -> Entry | None:
    """The open entry with this id."""
    call = state.calls.get(state.entries.get(ident, ""))
    return next((e for e in call.entries if e.id == ident), None) if call else None


def offer_of(state: State, ident: OfferId) -> Offer | None:
    """The open offer with this id."""
    call = state.calls.get(state.offers.get(ident, ""))
    return next((o for o in call.offers if o.id == ident), None) if call else None


def open_entry(call: Call) -> Entry | None:
    return next((e for e in reversed(call.entries) if not e.outcome), None)


def queued(state: State, event: ev.CallQueued, touched: Touched) -> None:
    """A caller in the hold. After a failed offer the same stay goes on, with its place and waiting time."""
    call = _call_in_hold(state, touched, event.channel, event.name, event.at, event.arrived)
    if call is None:
        return
    queue = _queue(state, event.queue)
    entry = open_entry(call)
    if entry is not None and (entry.queue == queue.config.id or not event.queue):
        if entry.status == "fallback":
            entry.status = move(state.odd, "entry", ENTRY, entry.status, "return")
        place(state, entry)
    else:
        if entry is not None:
            end_entry(state, touched, call, entry, "leave", event.at)
        _new_entry(state, call, queue, event.channel, event.at, event.priority)
    touched.queues.add(queue.config.id)
    touched.call(call)


def fell_back(state: State, event: ev.CallFellBack, touched: Touched) -> None:
    call = _call_in_hold(state, touched, event.channel, event.name, event.at, event.arrived)
    if call is None:
        return
    entry = open_entry(call)
    if entry is None:
        entry = _new_entry(state, call, _queue(state, event.queue), event.channel, event.at, 0)
    if entry.status != "fallback":
        entry.status = move(state.odd, "entry", ENTRY, entry.status, "fall_back")
    _unplace(state, entry)
    touched.queues.add(entry.queue)
    touched.call(call)


def offer_made(state: State, event: ev.OfferMade, touched: Touched) -> None:
    entry = entry_of(state, event.entry)
    call = state.calls.get(entry.call) if entry else None
    if entry is None or call is None:
        return
    entry.status = move(state.odd, "entry", ENTRY, entry.status, "offer")
    entry.offer = event.offer
    entry.offers += 1
    _unplace(state, entry)
    call.offers.append(
        Offer(
            id=event.offer,
            entry=entry.id,
            call=call.id,
            channel=event.channel,
            agent=event.agent,
            queue=event.queue,
            made=event.at,
            status="made",
        )
    )
    state.offers[event.offer] = call.id
    state.serial += 1
    if agent := state.agents.get(event.agent):
        agent.offer = event.offer
        refresh_agent(state, agent, event.at)
        touched.agents.add(event.agent)
    touched.queues.add(entry.queue)
    touched.call(call)


def offer_rings(state: State, event: ev.DialStarted, touched: Touched) -> None:
    """The dial that an offer asked for has begun: from its caller, to its agent's phone."""
    call = call_of(state, event.channel) if event.channel else None
    live = state.channels.get(event.dest)
    for offer in call.offers if call and live else ():
        agent = state.agents.get(offer.agent)
        if offer.id not in state.offers or offer.ringing is not None:
            continue
        if person(state, offer.channel) != person(state, event.channel):
            continue
        if agent is not None and live is not None and plain(live.endpoint) in phones_of(agent):
            offer.status = move(state.odd, "offer", OFFER, offer.status, "ring")
            offer.ringing, offer.agent_channel = event.at, live.id


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
    if outcome in ("no_answer", "busy", "unreachable", "declined", "failed"):
        queue = state.queues.get(offer.queue)
        agent.missed += outcome == "no_answer"
        agent.idle_since = at
        rest_s = queue.config.rest_s if queue else 0.0
        agent.rest_until = at + rest_s if rest_s > 0 else 0.0
    elif outcome == "answered":
        agent.missed = 0
    refresh_agent(state, agent, at)
    touched.agents.add(agent.config.id)


def talked(state: State, touched: Touched, call: Call, at: float) -> None:
    """The caller talks with a person: the stay in the queue is answered, by whomever it may be."""
    entry = open_entry(call)
    if entry is None:
        return
    leg = next((g for g in call.legs if g.role == "agent" and mode_of(g) == "talk"), None)
    caller = leg_of(call, person(state, entry.channel))
    if leg is None or leg is caller or caller is None or mode_of(caller) != "talk":
        return
    entry.agent = leg.agent
    end_entry(state, touched, call, entry, "answer", max(at, caller.spans[-1].start))


def end_entry(state: State, touched: Touched, call: Call, entry: Entry, trigger: str, at: float) -> None:
    entry.status = move(state.odd, "entry", ENTRY, entry.status, trigger)
    if entry.status not in FINAL:
        return
    entry.outcome, entry.ended = FINAL[entry.status], at
    queue = state.queues.get(entry.queue)
    if entry.outcome == "abandoned" and queue and at - entry.queued < queue.config.short_abandon_s:
        entry.outcome = "short_abandoned"
    if entry.outcome == "answered" and queue and (agent := state.agents.get(entry.agent)) is not None:
        agent.wrapup_s, agent.last_call = queue.config.wrapup_s, call.id
    _unplace(state, entry)
    state.entries.pop(entry.id, None)
    for offer in call.offers:
        if offer.entry == entry.id and offer.id in state.offers:
            mine = entry.outcome == "answered" and offer.agent == entry.agent
            gone = entry.outcome in ("abandoned", "short_abandoned")
            close_offer(state, touched, offer, "answered" if mine else "caller_gone" if gone else "failed", at)
    touched.queues.add(entry.queue)
    touched.call(call)


def voicemail(state: State, event: ev.VoicemailLeft, touched: Touched) -> None:
    call = call_of(state, event.channel)
    if call is None or event.duration_s < SHORTEST_MESSAGE_S:
        return
    call.data["voicemail"] = event.path
    if (entry := open_entry(call)) is not None:
        end_entry(state, touched, call, entry, "voicemail", event.at)
    touched.call(call)


def place(state: State, entry: Entry) -> None:
    """Into the queue's waiting list: by priority, then by time of arrival."""
    waiting = state.queues[entry.queue].waiting
    if entry.id in waiting or entry.status != "waiting":
        return
    key = (-entry.priority, entry.queued, entry.id)
    at = len(waiting)
    while at > 0 and (other := entry_of(state, waiting[at - 1])) is not None:
        if (-other.priority, other.queued, other.id) <= key:
            break
        at -= 1
    waiting.insert(at, entry.id)


def site_away(state: State, touched: Touched, site: SiteId) -> None:
    """Whoever waits at a site whose link is lost cannot be sent to anybody, and is not in line meanwhile."""
    for entry in _open_entries(state):
        if channel_site(state, entry.channel) == site:
            _unplace(state, entry)
            touched.queues.add(entry.queue)


def site_back(state: State, touched: Touched) -> None:
    """All who wait at a site whose link stands are in line, at their old places."""
    for entry in _open_entries(state):
        if connected(state, channel_site(state, entry.channel)):
            place(state, entry)
            touched.queues.add(entry.queue)


def _open_entries(state: State) -> list[Entry]:
    return [entry for ident in state.entries if (entry := entry_of(state, ident)) is not None]


def _unplace(state: State, entry: Entry) -> None:
    queue = state.queues.get(entry.queue)
    if queue is not None and entry.id in queue.waiting:
        queue.waiting.remove(entry.id)


def _call_in_hold(state: State, touched: Touched, channel: str, name: str, at: float, arrived: float) -> Call | None:
    if channel not in state.channels:
        if not name:
            return None
        started = arrived if 0 < arrived <= at else at
        open_channel(state, touched, at=started, channel=channel, linked=channel, name=name, incoming=True)
    return call_of(state, channel)


def _new_entry(state: State, call: Call, queue: Queue, channel: str, at: float, priority: int) -> Entry:
    entry = Entry(
        id=f"{call.id}#{len(call.entries) + 1}",
        call=call.id,
        channel=channel,
        queue=queue.config.id,
        queued=at,
        priority=priority,
    )
    call.entries.append(entry)
    state.entries[entry.id] = call.id
    place(state, entry)
    return entry


def _queue(state: State, ident: str) -> Queue:
    """The queue, or the default one for an unknown id: a caller always waits somewhere."""
    wanted = ident if ident in state.queues else state.default_queue
    if ident and ident not in state.queues:
        state.odd["queue: unknown id"] = state.odd.get("queue: unknown id", 0) + 1
    if wanted not in state.queues:
        state.queues[wanted] = Queue(config=ev.QueueConfig(id=wanted, name=wanted or "default"))
    return state.queues[wanted]
