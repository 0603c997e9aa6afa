"""Who talks, who is held, who rings: each leg's time as spans, opened and closed as the situation changes.

A leg talks while another person can be reached from its bridge, also through plumbing. It is on hold while a phone
holds it, or while it holds somebody. Ringing lasts from the dial to the answer. A parked caller is parked.

Two sites tell of one talk, and either may be heard first: it begins when the last of those on the way was in its
bridge, whichever event came last.
"""

from typing import Final

from cti_server.core.calls import leg_of
from cti_server.core.ids import ChannelId
from cti_server.core.state import Call, Channel, Leg, Span, State
from cti_server.core.touched import Touched

APART: Final = frozenset({"parking", "waiting"})
"""Kinds of bridges whose members do not hear each other; in a waiting one is who holds somebody by the desk."""


def refresh(state: State, touched: Touched, call: Call, at: float) -> None:
    """Bring the spans of all legs of `call` up to `at`, and note who answered the caller and the transfers."""
    holders = {state.channels[leg.id].held_by for leg in call.legs if leg.id in state.channels}
    for leg in call.legs:
        live = state.channels.get(leg.id)
        mode = _mode(state, call, live, live.id in holders) if live else ""
        begun = at
        if live is not None and mode == "talk" and mode_of(leg) != "talk":
            begun = max(at, _complete(state, live.id))
        if _set_mode(leg, mode, begun):
            touched.call(call)
            if leg.agent:
                touched.agents.add(leg.agent)
    caller = leg_of(call, call.caller)
    if caller is not None and mode_of(caller) == "talk":
        if call.answered is None:
            call.answered = caller.spans[-1].start
        _settle_transfers(state, call, caller)


def mode_of(leg: Leg) -> str:
    """The mode of the leg's open span; empty when it has none."""
    return leg.spans[-1].mode if leg.spans and leg.spans[-1].end is None else ""


def reachable(state: State, channel: ChannelId) -> list[ChannelId]:
    """The persons' channels that are joined with this one, through bridges and plumbing."""
    return [other for other in joined(state, channel) if not state.channels[other].local]


def _complete(state: State, channel: ChannelId) -> float:
    """When the last of all that are joined with this channel entered its bridge."""
    return max((state.channels[other].joined for other in (channel, *joined(state, channel))), default=0.0)


def joined(state: State, channel: ChannelId) -> list[ChannelId]:
    """All channels, persons' and plumbing, on the ways from this one."""
    start = state.channels.get(channel)
    seen_bridges: set[str] = set()
    seen = {channel}
    ways = [start.bridge] if start and start.bridge else []
    if start and start.local and start.peer in state.channels:
        seen.add(start.peer)
        ways.append(state.channels[start.peer].bridge)
    found: list[ChannelId] = []
    while ways:
        bridge = state.bridges.get(ways.pop())
        if bridge is None or bridge.id in seen_bridges or bridge.kind in APART:
            continue
        seen_bridges.add(bridge.id)
        for member in bridge.members:
            other = state.channels.get(member)
            if other is None or member in seen:
                continue
            seen.add(member)
            found.append(member)
            if other.local and other.peer in state.channels:
                seen.add(other.peer)
                found.append(other.peer)
                ways.append(state.channels[other.peer].bridge)
    return found


def _mode(state: State, call: Call, live: Channel, holds: bool) -> str:
    if live.ringing:
        return "ring"
    if holds:
        return "hold"
    if (bridge := state.bridges.get(live.bridge)) is not None and bridge.kind == "parking":
        return "park"
    if live.held_by:
        return "hold"
    return "talk" if reachable(state, live.id) else ""


def _set_mode(leg: Leg, mode: str, at: float) -> bool:
    current = mode_of(leg)
    if current == mode:
        return False
    if current:
        leg.spans[-1].end = max(at, leg.spans[-1].start)
    if mode:
        leg.spans.append(Span(mode=mode, start=at))
    return True


def _settle_transfers(state: State, call: Call, caller: Leg) -> None:
    """A blind transfer went to whoever the transferred party talks with next."""
    for transfer in call.transfers:
        if transfer.settled:
            continue
        for other in reachable(state, transfer.transferee or caller.id):
            leg = leg_of(call, other)
            if leg is not None and leg.endpoint != transfer.by:
                transfer.to, transfer.settled = leg.endpoint, True
