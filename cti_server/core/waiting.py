"""Applying what happens to those who wait: their stays in queues, from the hold's door to the one outcome."""

from cti_server.core import events as ev
from cti_server.core.calls import call_of, leg_of, open_channel
from cti_server.core.lifecycles import ENTRY, move
from cti_server.core.offers import close_offer
from cti_server.core.places import entry_of, open_entry, place, unplace
from cti_server.core.sites import person
from cti_server.core.state import Call, Entry, Outcome, Queue, State
from cti_server.core.talk import mode_of
from cti_server.core.touched import Touched

SHORTEST_MESSAGE_S = 1.0
"""Below it a voicemail is a caller who hung up at the tone, not a message."""
HOLDER_GONE = "HOLDERGONE"
"""Why a caller is in the hold again who was held by somebody who is not there any more."""
REMEMBERED = 20_000
"""Callers of whom it is known who talked with them last."""

FINAL: dict[str, Outcome] = {
    "answered": "answered",
    "abandoned": "abandoned",
    "flowed_out": "flowed_out",
    "callback": "callback",
    "voicemail": "voicemail",
    "refused": "refused",
}


def queued(state: State, event: ev.CallQueued, touched: Touched) -> None:
    """A caller in the hold. After a failed offer the same stay goes on, with its place and waiting time."""
    call = _call_in_hold(state, touched, event.channel, event.name, event.at, event.arrived)
    if call is None:
        return
    queue = _queue(state, event.queue)
    entry = open_entry(call)
    if entry is not None and (entry.queue == queue.config.id or not event.queue):
        if entry.status in ("fallback", "choosing", "leaving"):
            come_back(state, entry)
        place(state, entry)
    else:
        if entry is not None:
            end_entry(state, touched, call, entry, "leave", event.at)
        new = _new_entry(state, call, queue, event.channel, event.at, event.priority)
        if event.why == HOLDER_GONE and (before := _last_answered(call, queue)) is not None:
            # Whose agent has gone in the middle of the talk does not begin at the end of the line.
            new.kept_s = max(0.0, event.at - before.place)
            unplace(state, new)
            place(state, new)
        if (promise := state.callbacks.get(state.calling.get(event.channel, ""))) is not None:
            # The customer was rung first, and is on the line now with the place that was kept.
            new.kept_s = max(0.0, event.at - promise.queued)
            unplace(state, new)
            place(state, new)
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
    unplace(state, entry)
    touched.queues.add(entry.queue)
    touched.call(call)


def choosing(state: State, event: ev.CallerChoosing, touched: Touched) -> None:
    call = call_of(state, event.channel)
    if call is None or (entry := open_entry(call)) is None:
        return
    entry.status = move(state.odd, "entry", ENTRY, entry.status, "choose")
    entry.sent_at = event.at
    unplace(state, entry)
    touched.queues.add(entry.queue)
    touched.call(call)


def caller_erased(state: State, event: ev.CallerErased, touched: Touched) -> None:
    """Who talked last with the number is remembered under its pseudonym, at the same place in the order."""
    known = state.last_agents.items()
    state.last_agents = {event.pseudonym if number == event.number else number: agent for number, agent in known}


def held(state: State, event: ev.CallerHeld, touched: Touched) -> None:
    if (entry := entry_of(state, event.entry)) is not None:
        entry.held_for, entry.held_until = event.agent, event.until
        touched.call(state.calls[entry.call])


def sent(state: State, event: ev.CallerSent, touched: Touched) -> None:
    """To another queue at once, with the waiting time kept; elsewhere when the dialplan says so."""
    entry = entry_of(state, event.entry)
    if entry is None or entry.status != "waiting":
        return
    call = state.calls[entry.call]
    kind, _, name = event.to.partition(":")
    if kind == "queue":
        waited_s, via = event.at - entry.place, [*entry.via, entry.queue]
        end_entry(state, touched, call, entry, "leave", event.at)
        new = _new_entry(state, call, _queue(state, name), entry.channel, event.at, entry.priority)
        new.kept_s, new.via, new.away = max(0.0, waited_s), via, entry.away
        unplace(state, new)
        place(state, new)
        touched.queues.add(new.queue)
        return
    entry.status = move(state.odd, "entry", ENTRY, entry.status, "send")
    entry.sent_to, entry.sent_at = event.to, event.at
    unplace(state, entry)
    touched.queues.add(entry.queue)
    touched.call(call)


def left(state: State, event: ev.CallerLeft, touched: Touched) -> None:
    """A voicemail's stay goes on until there is a message; whoever leaves none has abandoned."""
    call = call_of(state, event.channel)
    if call is None or (entry := open_entry(call)) is None:
        return
    kind, _, _ = event.to.partition(":")
    if kind == "voicemail":
        if entry.status == "waiting":
            entry.status = move(state.odd, "entry", ENTRY, entry.status, "send")
        entry.sent_to, entry.left = event.to, True
        unplace(state, entry)
    elif kind in ("number", "hangup"):
        refused = kind == "hangup" and entry.status == "leaving"
        end_entry(state, touched, call, entry, "refuse" if refused else "leave", event.at)
    touched.queues.add(entry.queue)
    touched.call(call)


def stayed(state: State, event: ev.CallerStayed, touched: Touched) -> None:
    entry = entry_of(state, event.entry)
    if entry is None or entry.status != "leaving":
        return
    come_back(state, entry)
    touched.queues.add(entry.queue)
    touched.call(state.calls[entry.call])


def come_back(state: State, entry: Entry) -> None:
    """Back in the line at the old place; to where it came back from it is not sent again."""
    entry.status = move(state.odd, "entry", ENTRY, entry.status, "return")
    if entry.sent_to:
        entry.came_back.append(entry.sent_to)
        entry.sent_to, entry.left = "", False
    place(state, entry)


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
    if leg.agent and call.ani:
        state.last_agents.pop(call.ani, None)
        state.last_agents[call.ani] = leg.agent
        if len(state.last_agents) > REMEMBERED:
            del state.last_agents[next(iter(state.last_agents))]
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
        agent.wrapup_extend_s = queue.config.wrapup_extend_s
        agent.answered += 1
    unplace(state, entry)
    state.entries.pop(entry.id, None)
    for offer in call.offers:
        if offer.entry == entry.id and offer.id in state.offers:
            mine = entry.outcome == "answered" and offer.agent == entry.agent
            gone = entry.outcome in ("abandoned", "short_abandoned")
            close_offer(state, touched, offer, "answered" if mine else "caller_gone" if gone else "withdrawn", at)
    touched.queues.add(entry.queue)
    touched.call(call)


def is_gone(state: State, entry: Entry) -> bool:
    """Has left the line without a word: hung up, or an agent who asked for the queue is back with who is held."""
    live = state.channels.get(entry.channel)
    bridge = state.bridges.get(live.bridge) if live else None
    return live is None or (bridge is not None and bridge.kind == "waiting")


def voicemail(state: State, event: ev.VoicemailLeft, touched: Touched) -> None:
    call = call_of(state, event.channel)
    if call is None or event.duration_s < SHORTEST_MESSAGE_S:
        return
    call.data["voicemail"] = event.path
    if (entry := open_entry(call)) is not None:
        end_entry(state, touched, call, entry, "voicemail", event.at)
    touched.call(call)


def _call_in_hold(state: State, touched: Touched, channel: str, name: str, at: float, arrived: float) -> Call | None:
    if channel not in state.channels:
        if not name:
            return None
        started = arrived if 0 < arrived <= at else at
        open_channel(state, touched, at=started, channel=channel, linked=channel, name=name, incoming=True)
    return call_of(state, channel)


def _last_answered(call: Call, queue: Queue) -> Entry | None:
    same = (e for e in reversed(call.entries) if e.outcome == "answered" and e.queue == queue.config.id)
    return next(same, None)


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
