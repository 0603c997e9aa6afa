"""Applying what happens to channels: creation, dialling, answer, bridges, hold, hang-up."""

from cti_server.core import events as ev
from cti_server.core.calls import call_of, close_channel, dialled_out, leg_of, merge, open_channel
from cti_server.core.expect import learn_handling
from cti_server.core.ids import ChannelId, is_site_trunk
from cti_server.core.sites import person
from cti_server.core.state import Bridge, Call, Channel, Placing, State
from cti_server.core.talk import APART, joined, reachable, refresh
from cti_server.core.touched import Touched

_DIGITS_KEPT = 200


def created(state: State, event: ev.ChannelCreated, touched: Touched) -> None:
    """Also when the IVR edge was faster and has made the channel already: then only its own time and name count."""
    live = open_channel(
        state,
        touched,
        at=event.at,
        channel=event.channel,
        linked=event.linked,
        name=event.name,
        number=event.number,
        caller_name=event.caller_name,
        exten=event.exten,
        incoming=event.incoming,
    )
    call = state.calls.get(live.call)
    if call is not None and (leg := leg_of(call, live.id)) is not None:
        leg.started = min(leg.started, event.at)
        call.started = min(call.started, event.at)
        touched.call(call)


def ringing(state: State, event: ev.ChannelRinging, touched: Touched) -> None:
    """The phone's own word that it rings; the ring span runs from the dial, so there is nothing to change."""


def answered(state: State, event: ev.ChannelAnswered, touched: Touched) -> None:
    if live := state.channels.get(event.channel):
        _up(state, touched, live, event.at)


def _up(state: State, touched: Touched, live: Channel, at: float) -> None:
    live.up = True
    live.ringing = False
    call = state.calls.get(live.call)
    if call is None:
        return
    if (leg := leg_of(call, live.id)) is not None and leg.answered is None:
        leg.answered = at
    touched.call(call)
    refresh(state, touched, call, at)


def renamed(state: State, event: ev.ChannelRenamed, touched: Touched) -> None:
    if live := state.channels.get(event.channel):
        live.name = event.name


def caller_id(state: State, event: ev.CallerIdChanged, touched: Touched) -> None:
    call = call_of(state, event.channel)
    if call is None or (leg := leg_of(call, event.channel)) is None:
        return
    if leg.id == call.caller and call.direction == "inbound":
        call.ani = event.number or call.ani
        call.caller_name = event.caller_name or call.caller_name
        touched.call(call)


def dial_started(state: State, event: ev.DialStarted, touched: Touched) -> None:
    live = state.channels.get(event.dest)
    if live is None:
        by = state.channels.get(event.channel)
        linked = by.call if by else event.dest
        live = open_channel(state, touched, at=event.at, channel=event.dest, linked=linked, name=event.dest_name)
    call = state.calls.get(live.call)
    if call is None:
        return
    live.ringing = not live.up
    if event.channel:
        live.by = event.channel
        dialled_out(state, call, event.channel, live, event.dialled)
        dialler = person(state, event.channel)
        for transfer in call.transfers:
            if transfer.transferee == dialler and not transfer.settled and not live.local:
                transfer.to = live.endpoint
    touched.call(call)
    refresh(state, touched, call, event.at)


def dial_ringing(state: State, event: ev.DialRinging, touched: Touched) -> None:
    if (call := call_of(state, event.dest)) is not None:
        touched.call(call)


def dial_ended(state: State, event: ev.DialEnded, touched: Touched) -> None:
    """After a ring without answer DialEnd comes twice (NOANSWER, CANCEL): the first one counts."""
    live = state.channels.get(event.dest)
    call = call_of(state, event.dest)
    if live is None or call is None:
        return
    live.ringing = False
    if (leg := leg_of(call, live.id)) is not None and not leg.dial_status:
        leg.dial_status = event.status
        if event.status == "ANSWER" and leg.answered is None:
            leg.answered = event.at
    touched.call(call)
    refresh(state, touched, call, event.at)


def digit(state: State, event: ev.DigitReceived, touched: Touched) -> None:
    """Keys count as the call's input until a person answers; `D` is our own poke."""
    call = call_of(state, event.channel)
    if call is None or call.answered is not None or event.channel != call.caller or event.digit == "D":
        return
    if len(call.digits) < _DIGITS_KEPT:
        call.digits += event.digit
        touched.call(call)


def bridge_entered(state: State, event: ev.BridgeEntered, touched: Touched) -> None:
    live = state.channels.get(event.channel)
    if live is None:
        linked = event.linked or event.channel
        live = open_channel(state, touched, at=event.at, channel=event.channel, linked=linked, name=event.name)
    _leave(state, live)
    kind = event.bridge_type
    if event.technology == "holding_bridge" and kind != "waiting":
        kind = "parking"
    bridge = state.bridges.setdefault(event.bridge, Bridge(id=event.bridge, kind=kind))
    bridge.members.append(live.id)
    live.bridge, live.joined = bridge.id, event.at
    live.ringing = False
    call = state.calls.get(live.call)
    if call is None:
        return
    if bridge.kind not in APART:
        for member in bridge.members:
            other = call_of(state, member)
            if other is not None and other is not call:
                call = merge(state, touched, call, other)
    _end_of_hold(state, live, bridge)
    touched.call(call)
    refresh(state, touched, call, event.at)


def _end_of_hold(state: State, live: Channel, bridge: Bridge) -> None:
    """A feature-code transfer sends Hold but no Unhold: whoever meets again, or meets somebody else, is not held.

    The end of the music says nothing: it also ends at once where there is no music to play.
    """
    if live.held_by and len(bridge.members) > 1:
        live.held_by = ""
    met = {live.id, *joined(state, live.id)}
    for member in met:
        if (other := state.channels.get(member)) is not None and other.held_by in met:
            other.held_by = ""


def bridge_left(state: State, event: ev.BridgeLeft, touched: Touched) -> None:
    live = state.channels.get(event.channel)
    if live is None or live.bridge != event.bridge:
        bridge = state.bridges.get(event.bridge)
        if bridge and event.channel in bridge.members:
            bridge.members.remove(event.channel)
        return
    _leave(state, live)
    if (call := state.calls.get(live.call)) is not None:
        touched.call(call)
        refresh(state, touched, call, event.at)


def _leave(state: State, live: Channel) -> None:
    bridge = state.bridges.get(live.bridge)
    if bridge is not None and live.id in bridge.members:
        bridge.members.remove(live.id)
    live.bridge = ""


def bridge_merged(state: State, event: ev.BridgeMerged, touched: Touched) -> None:
    """Asterisk also sends each member's leave and enter, and those do the work."""


def bridge_ended(state: State, event: ev.BridgeEnded, touched: Touched) -> None:
    bridge = state.bridges.pop(event.bridge, None)
    for member in bridge.members if bridge else ():
        if live := state.channels.get(member):
            live.bridge = ""
            if (call := state.calls.get(live.call)) is not None:
                refresh(state, touched, call, event.at)


def local_linked(state: State, event: ev.LocalLinked, touched: Touched) -> None:
    one, two = state.channels.get(event.one), state.channels.get(event.two)
    if one is None or two is None:
        return
    one.peer, two.peer = two.id, one.id
    first, second = state.calls.get(one.call), state.calls.get(two.call)
    if first is not None and second is not None:
        refresh(state, touched, merge(state, touched, first, second), event.at)


def held(state: State, event: ev.ChannelHeld, touched: Touched) -> None:
    """On the trunk between sites it is the far site's phone that holds, and that site tells of it."""
    if (live := state.channels.get(event.channel)) is not None and is_site_trunk(live.name):
        return
    if event.held and event.channel not in state.channels:
        return
    apart = [event.held, person(state, event.held)] if event.held else reachable(state, event.channel)
    for other in apart:
        if other in state.channels:
            state.channels[other].held_by = event.channel
    if (call := call_of(state, event.channel)) is not None:
        refresh(state, touched, call, event.at)


def unheld(state: State, event: ev.ChannelUnheld, touched: Touched) -> None:
    """A phone that transfers sends Unhold without a Hold before: harmless."""
    if (call := call_of(state, event.channel)) is not None:
        release_held(state, call, event.channel)
        refresh(state, touched, call, event.at)


def muted(state: State, event: ev.ChannelMuted, touched: Touched) -> None:
    live = state.channels.get(event.channel)
    call = call_of(state, event.channel)
    if live is not None and call is not None:
        live.muted = event.muted
        touched.call(call)


def placed(state: State, event: ev.CallPlaced, touched: Touched) -> None:
    """One at a time: an earlier one of the same agent that never got a channel came to nothing."""
    for channel in [c for c, one in state.placing.items() if one.agent == event.agent and c not in state.channels]:
        del state.placing[channel]
    if event.agent in state.agents:
        state.placing[event.channel] = Placing(agent=event.agent, number=event.number)


def release_held(state: State, call: Call, holder: ChannelId) -> None:
    """Nobody of this call is held by `holder` any more."""
    for leg in call.legs:
        if (live := state.channels.get(leg.id)) is not None and live.held_by == holder:
            live.held_by = ""


def hangup_requested(state: State, event: ev.HangupRequested, touched: Touched) -> None:
    live = state.channels.get(event.channel)
    if live is None:
        return
    live.hung_up = live.hung_up or not event.asked
    first = live.hangup_requested is None
    if first:
        live.hangup_requested = event.at
    if (call := state.calls.get(live.call)) is not None and (leg := leg_of(call, live.id)) is not None:
        leg.hangup_requested = event.at if first else leg.hangup_requested
        if leg.agent:
            touched.agents.add(leg.agent)


def ended(state: State, event: ev.ChannelEnded, touched: Touched) -> None:
    live = state.channels.get(event.channel)
    if live is None:
        return
    end_channel(state, touched, live, event.at, event.cause)


def end_channel(state: State, touched: Touched, live: Channel, at: float, cause: int) -> None:
    _leave(state, live)
    for near in [near for near, far in state.site_peers.items() if far == live.id]:
        del state.site_peers[near]
    if (before := state.calls.get(live.call)) is not None:
        release_held(state, before, live.id)
    call = close_channel(state, touched, live, at, cause)
    if call is None:
        return
    for segment in call.recordings:
        if segment.leg == live.id and segment.end is None:
            segment.end = at
            for span in segment.muted:
                span.end = span.end if span.end is not None else at
    for monitor in call.monitors:
        if monitor.end is None and live.endpoint in (monitor.by, monitor.target):
            monitor.end = at
    refresh(state, touched, call, at)
    if (leg := leg_of(call, live.id)) is not None and leg.agent:
        learn_handling(state, call, leg)
