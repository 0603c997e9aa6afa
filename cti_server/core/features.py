"""Applying what is done with a call: transfer, conference, parking, pickup, monitoring, recording, IVR."""

from cti_server.core import events as ev
from cti_server.core.calls import call_of, leg_of, merge, open_channel
from cti_server.core.channels import release_held
from cti_server.core.ids import endpoint_of
from cti_server.core.sites import person
from cti_server.core.state import (
    Call,
    Conference,
    IvrStep,
    Monitoring,
    Parking,
    RecordingSegment,
    Span,
    State,
    Transfer,
)
from cti_server.core.talk import reachable, refresh
from cti_server.core.touched import Touched


def _endpoint(state: State, channel: str) -> str:
    live = state.channels.get(channel)
    return live.endpoint if live else ""


def _was(call: Call, channel: str) -> str:
    """The endpoint of a leg that may have ended: who sends a call on by the desk is gone at once."""
    leg = leg_of(call, channel)
    return leg.endpoint if leg else ""


def blind_transferred(state: State, event: ev.BlindTransferred, touched: Touched) -> None:
    call = call_of(state, event.by) or call_of(state, event.transferee)
    if call is None or not event.ok:
        return
    call.transfers.append(
        Transfer(
            at=event.at,
            kind="blind",
            by=_endpoint(state, event.by) or _was(call, event.by),
            to=event.exten,
            exten=event.exten,
            transferee=person(state, event.transferee),
        )
    )
    release_held(state, call, event.by)
    touched.call(call)
    refresh(state, touched, call, event.at)


def attended_transferred(state: State, event: ev.AttendedTransferred, touched: Touched) -> None:
    """The consulted party becomes part of the call. With a phone's REFER the consult was a call of its own so far."""
    first = call_of(state, event.by) or call_of(state, event.transferee)
    second = call_of(state, event.by_second) or call_of(state, event.target)
    call = first or second
    if call is None or not event.ok:
        return
    by = _endpoint(state, event.by) or _endpoint(state, event.by_second) or _was(call, event.by)
    transferee = person(state, event.transferee)
    candidates = [person(state, event.target), *reachable(state, event.transferee), *reachable(state, event.by_second)]
    if first is not None and second is not None:
        call = merge(state, touched, first, second)
    to = next(
        (
            live.endpoint
            for c in candidates
            if (live := state.channels.get(c)) is not None
            and not live.local
            and live.endpoint != by
            and live.id != transferee
        ),
        "",
    )
    call.transfers.append(Transfer(at=event.at, kind="attended", by=by, to=to, transferee=transferee, settled=bool(to)))
    release_held(state, call, event.by)
    release_held(state, call, event.by_second)
    touched.call(call)
    refresh(state, touched, call, event.at)


def conference_joined(state: State, event: ev.ConferenceJoined, touched: Touched) -> None:
    call = call_of(state, event.channel)
    endpoint = _endpoint(state, event.channel) or endpoint_of(event.name)
    if call is None:
        return
    room = next((c for c in call.conferences if c.id == event.conference and c.end is None), None)
    if room is None:
        room = Conference(id=event.conference, start=event.at)
        call.conferences.append(room)
    if endpoint not in room.members:
        room.members.append(endpoint)
    touched.call(call)


def conference_left(state: State, event: ev.ConferenceLeft, touched: Touched) -> None:
    """Leaving the bridge says the same to the legs; the list of members keeps who was there."""


def conference_ended(state: State, event: ev.ConferenceEnded, touched: Touched) -> None:
    for call in state.calls.values():
        for room in call.conferences:
            if room.id == event.conference and room.end is None:
                room.end = event.at
                touched.call(call)


def parked(state: State, event: ev.CallParked, touched: Touched) -> None:
    call = call_of(state, event.channel)
    if call is None:
        return
    call.parks.append(
        Parking(
            at=event.at,
            parked=_endpoint(state, event.channel),
            by=endpoint_of(event.by_name),
            space=event.space,
        )
    )
    touched.call(call)


def unparked(state: State, event: ev.CallUnparked, touched: Touched) -> None:
    call = call_of(state, event.channel)
    if call is None:
        return
    open_parks = [p for p in call.parks if p.ended is None and event.space in ("", p.space)]
    for park in open_parks[-1:]:
        park.ended, park.outcome, park.retrieved_by = event.at, event.outcome, _endpoint(state, event.by)
        touched.call(call)


def picked_up(state: State, event: ev.CallPickedUp, touched: Touched) -> None:
    """The picker's own call, begun by dialling the pickup code, becomes part of the call it took."""
    picker, target = call_of(state, event.by), call_of(state, event.target)
    if picker is not None and target is not None:
        refresh(state, touched, merge(state, touched, target, picker), event.at)


def spy_started(state: State, event: ev.SpyStarted, touched: Touched) -> None:
    spied = call_of(state, event.target)
    spying = call_of(state, event.by)
    if spied is None:
        return
    call = spied if spying is None else merge(state, touched, spied, spying)
    if (live := state.channels.get(event.by)) is not None:
        live.spying = True
    if (leg := leg_of(call, event.by)) is not None and leg.role != "caller":
        leg.role = "supervisor"
    call.monitors.append(
        Monitoring(
            by=_endpoint(state, event.by) or event.by_name,
            target=_endpoint(state, event.target) or event.target_name,
            start=event.at,
        )
    )
    touched.call(call)
    refresh(state, touched, call, event.at)


def spy_stopped(state: State, event: ev.SpyStopped, touched: Touched) -> None:
    call = call_of(state, event.by)
    by = _endpoint(state, event.by)
    for monitor in call.monitors if call else ():
        if monitor.by == by and monitor.end is None:
            monitor.end = event.at
            touched.call(call)  # type: ignore[arg-type]


def _segment(call: Call, channel: str, at: float) -> RecordingSegment:
    """The open recording of this channel; MixMonitor names its file before it says that it has started."""
    found = next((s for s in call.recordings if s.leg == channel and s.end is None), None)
    if found is None:
        found = RecordingSegment(leg=channel, start=at)
        call.recordings.append(found)
    return found


def recording_started(state: State, event: ev.RecordingStarted, touched: Touched) -> None:
    if (call := call_of(state, event.channel)) is not None:
        _segment(call, event.channel, event.at)
        touched.call(call)


def recording_file(state: State, event: ev.RecordingFileSet, touched: Touched) -> None:
    if (call := call_of(state, event.channel)) is not None:
        segment = _segment(call, event.channel, event.at)
        segment.path = event.path or segment.path
        segment.caller_path = event.caller_path or segment.caller_path
        segment.agent_path = event.agent_path or segment.agent_path
        touched.call(call)


def recording_muted(state: State, event: ev.RecordingMuted, touched: Touched) -> None:
    call = call_of(state, event.channel)
    for segment in call.recordings if call else ():
        if segment.leg != event.channel or segment.end is not None:
            continue
        is_muted = bool(segment.muted) and segment.muted[-1].end is None
        if event.muted and not is_muted:
            segment.muted.append(Span(mode="muted", start=event.at))
        elif not event.muted and is_muted:
            segment.muted[-1].end = event.at
        touched.call(call)  # type: ignore[arg-type]


def recording_stopped(state: State, event: ev.RecordingStopped, touched: Touched) -> None:
    call = call_of(state, event.channel)
    for segment in call.recordings if call else ():
        if segment.leg == event.channel and segment.end is None:
            segment.end = event.at
            touched.call(call)  # type: ignore[arg-type]


def arrived(state: State, event: ev.CallArrived, touched: Touched) -> None:
    """The IVR edge may be faster than AMI, and knows better: whatever comes through a DNIS is an inbound call.

    It may also be slower: a caller who hung up at once is gone before, and stays gone.
    """
    if event.channel in state.ended:
        return
    new = event.channel not in state.channels
    live = open_channel(
        state,
        touched,
        at=event.at,
        channel=event.channel,
        linked=event.linked or event.channel,
        name=event.name,
        number=event.ani,
        caller_name=event.caller_name,
        exten=event.dnis,
        incoming=True,
    )
    live.unheard = event.at if new else live.unheard
    call = state.calls.get(live.call)
    if call is None:
        return
    if call.legs and call.legs[0].id == live.id:
        call.direction = "inbound"
        call.legs[0].role = "caller"
        call.caller = live.id
    call.ani, call.dnis = event.ani or call.ani, event.dnis or call.dnis
    call.caller_name = event.caller_name or call.caller_name
    call.campaign, call.language, call.script = event.campaign, event.language, event.script
    touched.call(call)


def ivr_stepped(state: State, event: ev.IvrStepped, touched: Touched) -> None:
    if (call := call_of(state, event.channel)) is not None:
        call.ivr.append(IvrStep(at=event.at, node=event.node, label=event.label, result=event.result))
        touched.call(call)


def ivr_ended(state: State, event: ev.IvrEnded, touched: Touched) -> None:
    if (call := call_of(state, event.channel)) is not None:
        call.ivr.append(IvrStep(at=event.at, node="end", label=event.detail, result=event.outcome))
        touched.call(call)


def data_set(state: State, event: ev.CallDataSet, touched: Touched) -> None:
    if (call := call_of(state, event.channel)) is not None:
        call.data[event.key] = event.value
        if event.key == "language":
            call.language = event.value
        touched.call(call)
