"""Applying a call that ended while the server was away, from Asterisk's own record of it."""

from cti_server.core import events as ev
from cti_server.core.calls import agent_at, call_id
from cti_server.core.channels import end_channel
from cti_server.core.state import Call, Entry, Leg, Span, State
from cti_server.core.touched import Touched
from cti_server.core.waiting import end_entry, open_entry


def recovered(state: State, event: ev.CallRecovered, touched: Touched) -> None:
    """A call that was live before the gap gets its true end; one that we never saw is written whole."""
    known = state.calls.get(call_id(state, event.call))
    if known is None:
        touched.call(_whole(state, event))
        return
    known.recovered = True
    known.answered = known.answered if known.answered is not None else event.answered
    if (entry := open_entry(known)) is not None:
        entry.agent = next((agent_at(state, leg.endpoint) for leg in event.legs if agent_at(state, leg.endpoint)), "")
        ended = max(entry.queued, event.entry_ended or event.ended)
        end_entry(state, touched, known, entry, "answer" if event.answered else "hang_up", ended)
    for leg in list(known.legs):
        if (live := state.channels.get(leg.id)) is not None:
            past = next((p for p in event.legs if p.channel == leg.id), None)
            end_channel(state, touched, live, past.ended if past else event.ended, past.cause if past else 0)
    known.hangup_by, known.hangup_cause = event.hangup_by, event.hangup_cause
    touched.call(known)


def _whole(state: State, event: ev.CallRecovered) -> Call:
    call = Call(
        id=event.call,
        direction=event.direction,
        started=event.started,
        ani=event.ani,
        caller_name=event.caller_name,
        dnis=event.dnis,
        answered=event.answered,
        ended=event.ended,
        hangup_cause=event.hangup_cause,
        hangup_by=event.hangup_by,
        recovered=True,
    )
    for past in event.legs:
        spans = [Span(mode="talk", start=start, end=end) for start, end in past.talk]
        call.legs.append(
            Leg(
                id=past.channel,
                endpoint=past.endpoint,
                role=past.role,
                started=past.started,
                number=past.number,
                agent=past.agent or agent_at(state, past.endpoint),
                answered=past.answered,
                ended=past.ended,
                cause=past.cause,
                ended_by=past.ended_by,
                spans=spans,
            )
        )
        if past.role == "caller" and not call.caller:
            call.caller = past.channel
    if event.queue or event.queued:
        queue = event.queue if event.queue in state.queues else state.default_queue
        ended = event.entry_ended or event.answered or event.ended
        config = state.queues[queue].config if queue in state.queues else ev.QueueConfig(id=queue, name=queue)
        short = ended - event.queued < config.short_abandon_s
        agent = next((leg.agent for leg in call.legs if leg.agent), "")
        call.entries.append(
            Entry(
                id=f"{call.id}#1",
                call=call.id,
                channel=call.caller,
                queue=queue,
                queued=event.queued,
                outcome="answered" if event.answered else "short_abandoned" if short else "abandoned",
                ended=ended,
                agent=agent if event.answered else "",
                status="answered" if event.answered else "abandoned",
            )
        )
    return call
