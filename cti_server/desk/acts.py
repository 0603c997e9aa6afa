"""Pure: a press of a button on a call -> Commands and Events, or a refusal.

The desk shows what came of a Command by the PBX's Events. An Event of our own says what the PBX does not tell.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from cti_server.core import commands as cmd
from cti_server.core import events as ev
from cti_server.core.agents import MOBILE, rung_at
from cti_server.core.commands import Command
from cti_server.core.events import Event
from cti_server.core.ids import DESK_ROOM
from cti_server.core.state import Agent, State
from cti_server.desk.situation import Situation, leg_at
from cti_server.routing.reach import mobile_endpoint

DECLINED = 21
"""Q.850: call rejected. The next agent is rung at once, and the offer counts as declined, not as RONA."""
_DIGITS = re.compile(r"[0-9*#]{1,32}")


class Press(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`do`: the button; `leg`: the card's; `to`: who or what is dialled, or the keys; `on`: yes or no, of mute."""

    do: str
    leg: str = ""
    to: str = ""
    on: str = "yes"


class Refused(Exception):
    """The button makes no sense now. `word`: its text's key under `desk.refused`; `values`: what the text names."""

    def __init__(self, word: str, **values: object) -> None:
        super().__init__(word)
        self.word, self.values = word, values


class Deeds(msgspec.Struct, frozen=True):
    """`events` happened by the press itself; `commands` the PBX is asked to do. `leg`: which it is about."""

    leg: str
    commands: tuple[Command, ...] = ()
    events: tuple[Event, ...] = ()


def pressed(
    state: State, agent: str, press: Press, *, at: float, by: str, numbers: Iterable[str], outside: bool, fresh: str
) -> Deeds:
    """What comes of it. `numbers`: the site's own, that an agent may dial; `outside`: and all others. Raises Refused.

    `fresh`: the Uniqueid that the first leg of a new call will have.
    """
    owner = state.agents.get(agent)
    if owner is None:
        raise Refused("no_phone")
    if press.do in ("dial", "transfer", "consult"):
        _dialled(press.to, owner, numbers, outside=outside)
    if press.do == "dial":
        return _dial(state, owner, press.to, at=at, by=by, fresh=fresh)
    now = leg_at(state, agent, press.leg)
    if now is None:
        raise Refused("no_call")
    if press.do not in now.can:
        raise Refused("not_now")
    return Deeds(now.leg.id, tuple(_commands(now, press)), tuple(_events(now, press, at, by)))


def _commands(now: Situation, press: Press) -> list[Command]:
    two: dict[str, Any] = _two(now)
    match press.do:
        case "decline":
            return [cmd.HangUp(channel_name=now.live.name, cause=DECLINED)]
        case "hold":
            return [cmd.Hold(**two)]
        case "resume":
            return [cmd.Resume(**two)]
        case "cancel":
            return [cmd.Resume(**two, fetch=True)]
        case "transfer":
            return [cmd.SendOn(**two, exten=press.to)]
        case "consult":
            return [cmd.Consult(**two, exten=press.to, apart=now.held is not None)]
        case "complete" if now.consult and now.consult.target:
            return [cmd.HandOver(**two, target=now.consult.target.id)]
        case "conference" if now.consult and now.consult.target:
            return [_conference(now, now.consult.target.name)]
        case "mute":
            return [cmd.MuteAudio(channel=now.live.id, channel_name=now.live.name, muted=press.on != "no")]
        case "dtmf" if now.other is not None:
            if not _DIGITS.fullmatch(press.to):
                raise Refused("not_keys")
            return [cmd.PressKeys(channel_name=now.other.name, digits=press.to)]
        case "pause_recording" | "resume_recording":
            # All that run in the call: each of them hears the customer.
            muted = press.do == "pause_recording"
            return [cmd.MuteRecording(channel_name=name, recording="", muted=muted) for name in now.recorded]
        case "hang_up" if now.consult is not None:
            return [cmd.EndConsult(channel=now.live.id, channel_name=now.live.name)]
        case "hang_up":
            both = [now.live, *([now.held] if now.held else [])]
            return [cmd.HangUp(channel_name=one.name) for one in both]
        case _:
            raise Refused("not_now")


def _events(now: Situation, press: Press, at: float, by: str) -> list[Event]:
    if press.do == "mute":
        return [ev.ChannelMuted(at=at, channel=now.live.id, muted=press.on != "no", by=by)]
    if press.do == "hang_up" and now.consult is None:
        # As when the phone says so: who ended the call stands in its record.
        return [ev.HangupRequested(at=at, channel=now.live.id, asked=True)]
    return []


def _two(now: Situation) -> dict[str, str]:
    """The leg and the other party, held or not, as the commands name them."""
    other = now.held or now.other
    return {
        "channel": now.live.id,
        "channel_name": now.live.name,
        "held": other.id if other else "",
        "held_name": other.name if other else "",
    }


def _conference(now: Situation, target: str) -> Command:
    """The customer is a guest in it; a colleague who was held is not."""
    room = DESK_ROOM + "".join(re.findall(r"[0-9]+", now.leg.id))[-50:]
    held = (now.held.name,) if now.held else ()
    guest = (
        now.held is not None and now.call.direction != "internal" and (now.held.id == now.call.caller or now.held.local)
    )
    return cmd.Confer(
        room=room,
        channel_name=now.live.name,
        pair=target,
        guests=held if guest else (),
        others=() if guest else held,
    )


def _dialled(to: str, owner: Agent, numbers: Iterable[str], *, outside: bool) -> None:
    if not to:
        raise Refused("no_number")
    if to == owner.config.extension:
        raise Refused("oneself")
    if to in numbers:
        return
    if not re.fullmatch(r"\+?[0-9]{3,20}", to):
        raise Refused("unknown_number", number=to[:32])
    if not outside:
        raise Refused("not_outside")


def _dial(state: State, owner: Agent, to: str, *, at: float, by: str, fresh: str) -> Deeds:
    if any(c in state.channels for c in owner.channels):
        raise Refused("busy")
    mobile = owner.chosen == MOBILE
    endpoint = mobile_endpoint(state, owner) if mobile else rung_at(owner)
    if not endpoint:
        raise Refused("not_outside")
    dial = cmd.DialOut(channel=fresh, endpoint=endpoint, number=to, shown=owner.config.extension, accept=mobile)
    return Deeds(fresh, (dial,), (ev.CallPlaced(at=at, channel=fresh, agent=owner.config.id, number=to, by=by),))
