"""Pure: what a leg at an agent's phone is in the middle of, and which of the desk's buttons make sense for it now.

The desk holds by taking a talk apart (`dialplans/extensions/apart.conf.j2`): who is held so is in no bridge. A phone's
own hold, and a consultation by the phone's own keys, leave them in one; those end where they began, at the phone.
"""

from typing import Literal

import msgspec

from cti_server.core.calls import leg_of
from cti_server.core.ids import ChannelId
from cti_server.core.places import open_entry
from cti_server.core.state import Call, Channel, Leg, RecordingSegment, State
from cti_server.core.talk import mode_of, reachable

Act = Literal[
    "decline",
    "hold",
    "resume",
    "transfer",
    "consult",
    "complete",
    "cancel",
    "conference",
    "mute",
    "dtmf",
    "pause_recording",
    "resume_recording",
    "hang_up",
]
"""The buttons on a call."""


class Consult(msgspec.Struct, frozen=True):
    """Who is asked while the other party is held. `phase`: dialling, ringing, talking; `queue`: waits for anyone of it.

    `target`: the channel beside the agent's, as soon as they talk.
    """

    phase: str
    since: float
    leg: Leg | None = None
    target: Channel | None = None
    queue: str = ""


class Situation(msgspec.Struct, frozen=True):
    """`phase`: ringing, dialling, talking, on_hold. `other`: who shares the leg's bridge, when it is one channel alone.

    `held`: whom the desk holds for this leg, as the channel that is held, which may be plumbing to another site.
    `members`: the other parties of a conference. `recorded`: the channels whose recording runs, by name; `paused`: this
    leg's is, None where there is none.
    """

    call: Call
    leg: Leg
    live: Channel
    phase: str
    other: Channel | None
    held: Channel | None
    consult: Consult | None
    members: tuple[Leg, ...]
    recorded: tuple[str, ...]
    paused: bool | None

    @property
    def can(self) -> tuple[Act, ...]:
        found: list[Act] = []
        if self.phase == "ringing":
            return ("decline",)
        if self.consult is not None:
            found += ["cancel"]
            if self.consult.phase == "talking" and self.consult.target is not None:
                found += ["complete", "conference", "dtmf"]
        elif self.held is not None:
            found += ["resume", "transfer", "consult"]
        elif self.phase == "talking" and self.other is not None and not self.members:
            found += ["hold", "transfer", "consult", "dtmf"]
        if self.phase in ("talking", "on_hold"):
            found.append("mute")
            if self.paused is not None:
                found.append("resume_recording" if self.paused else "pause_recording")
        return (*found, "hang_up")


def leg_at(state: State, agent: str, leg: ChannelId) -> Situation | None:
    """The situation of this leg, when it is live and at this agent's own phone."""
    owner, live = state.agents.get(agent), state.channels.get(leg)
    call = state.calls.get(live.call) if live else None
    found = leg_of(call, leg) if call else None
    if owner is None or call is None or found is None or leg not in owner.channels:
        return None
    return situation(state, call, found)


def situation(state: State, call: Call, leg: Leg) -> Situation | None:
    """None for a leg that has ended."""
    live = state.channels.get(leg.id)
    if live is None or leg.ended is not None:
        return None
    held = _held(state, call, live)
    running = {one.leg: one for one in call.recordings if one.end is None and one.leg in state.channels}
    return Situation(
        call=call,
        leg=leg,
        live=live,
        phase=phase_of(leg),
        other=_other(state, live),
        held=held,
        consult=_consult(state, call, live) if held else None,
        members=_members(state, call, live),
        recorded=tuple(sorted(state.channels[ident].name for ident in running)),
        paused=_is_muted(running[leg.id]) if leg.id in running else None,
    )


def phase_of(leg: Leg) -> str:
    """`ring` lasts from the dial to the answer; an own call that nobody has answered yet has no mode."""
    mode = mode_of(leg)
    if mode == "ring":
        return "ringing"
    if mode == "hold":
        return "on_hold"
    return "talking" if mode == "talk" or leg.answered is not None else "dialling"


def _is_muted(segment: RecordingSegment) -> bool:
    return bool(segment.muted) and segment.muted[-1].end is None


def _other(state: State, live: Channel) -> Channel | None:
    bridge = state.bridges.get(live.bridge)
    mates = [m for m in bridge.members if m != live.id] if bridge else []
    return state.channels.get(mates[0]) if len(mates) == 1 else None


def _held(state: State, call: Call, live: Channel) -> Channel | None:
    """Of a customer at another site it is the trunk leg that is held here."""
    held = [c for leg in call.legs if (c := state.channels.get(leg.id)) is not None and c.held_by == live.id]
    if held and all(c.bridge for c in held):
        held = [c for c in state.channels.values() if c.local and c.held_by == live.id]
    return next((c for c in held if not c.bridge), None)


def _consult(state: State, call: Call, live: Channel) -> Consult | None:
    for ident in reachable(state, live.id):
        if (leg := leg_of(call, ident)) is not None and leg.role != "supervisor":
            since = leg.spans[-1].start if leg.spans else leg.started
            return Consult(phase="talking", since=since, leg=leg, target=_other(state, live))
    for leg in call.legs:
        near = state.channels.get(leg.id)
        if near is not None and _dialled_by(state, near, live.id) and not near.up:
            return Consult(phase="ringing" if mode_of(leg) == "ring" else "dialling", since=leg.started, leg=leg)
    entry = open_entry(call)
    if entry is not None and entry.channel == live.id:
        return Consult(phase="dialling", since=entry.queued, queue=entry.queue)
    return None


def _dialled_by(state: State, channel: Channel, by: ChannelId) -> bool:
    """Through plumbing too."""
    seen: set[ChannelId] = set()
    at: Channel | None = channel
    while at is not None and at.id not in seen:
        seen.add(at.id)
        if at.by == by:
            return True
        at = state.channels.get(at.by or at.peer)
    return False


def _members(state: State, call: Call, live: Channel) -> tuple[Leg, ...]:
    """The others of a conference that goes on, by the call's own legs."""
    if not any(room.end is None and live.endpoint in room.members for room in call.conferences):
        return ()
    met = reachable(state, live.id)
    return tuple(leg for leg in call.legs if leg.id in met and leg.role != "supervisor")
