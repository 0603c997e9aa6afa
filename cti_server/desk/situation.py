"""Pure: what a leg at an agent's phone is in the middle of, and which of the desk's buttons make sense for it now."""

from typing import Literal

import msgspec

from cti_server.core.ids import ChannelId
from cti_server.core.state import Call, Channel, Leg, State
from cti_server.core.talk import mode_of, reachable

Act = Literal[
    "hold",
    "resume",
    "hang_up",
]
"""The buttons on a call, in the order in which people see them."""


class Situation(msgspec.Struct, frozen=True):
    """`phase`: ringing, dialling, talking, on_hold. `other`: who shares the leg's bridge, when it is one channel alone.

    `held`: whom the desk holds for this leg, as the channel beside it, which may be plumbing to another site.
    """

    call: Call
    leg: Leg
    live: Channel
    phase: str
    other: Channel | None
    held: Channel | None
    can: tuple[Act, ...]


def situation(state: State, call: Call, leg: Leg) -> Situation | None:
    """None for a leg that has ended."""
    live = state.channels.get(leg.id)
    if live is None or leg.ended is not None:
        return None
    phase = phase_of(leg)
    other, held = _other(state, live), _held(state, live)
    return Situation(
        call=call, leg=leg, live=live, phase=phase, other=other, held=held, can=_can(state, live, phase, other, held)
    )


def phase_of(leg: Leg) -> str:
    """`ring` lasts from the dial to the answer; an own call that nobody has answered yet has no mode."""
    mode = mode_of(leg)
    if mode == "ring":
        return "ringing"
    if mode == "hold":
        return "on_hold"
    return "talking" if mode == "talk" or leg.answered is not None else "dialling"


def _other(state: State, live: Channel) -> Channel | None:
    bridge = state.bridges.get(live.bridge)
    mates = [m for m in bridge.members if m != live.id] if bridge else []
    return state.channels.get(mates[0]) if len(mates) == 1 else None


def _held(state: State, live: Channel) -> Channel | None:
    """One who is held and not beside the leg any more. Of a customer at another site it is the trunk leg, first."""
    near = set(reachable(state, live.id))
    found = [c for c in state.channels.values() if c.held_by == live.id and c.id not in near]
    return next((c for c in sorted(found, key=lambda c: not c.local)), None)


def _can(state: State, live: Channel, phase: str, other: Channel | None, held: Channel | None) -> tuple[Act, ...]:
    found: list[Act] = []
    if phase == "talking" and other is not None and reachable(state, live.id):
        found.append("hold")
    if held is not None:
        found.append("resume")
    found.append("hang_up")
    return tuple(found)


def leg_at(state: State, agent: str, leg: ChannelId) -> Situation | None:
    """The situation of this leg, when it is live and at this agent's own phone."""
    owner = state.agents.get(agent)
    live = state.channels.get(leg)
    call = state.calls.get(live.call) if live else None
    if owner is None or call is None or leg not in owner.channels:
        return None
    found = next((one for one in call.legs if one.id == leg), None)
    return situation(state, call, found) if found else None
