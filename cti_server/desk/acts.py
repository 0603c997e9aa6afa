"""Pure: a press of a button on a call -> Commands, or a refusal. The desk shows what came of it by the Events."""

from typing import Any

import msgspec

from cti_server.core.commands import Command, HangUp, Hold, Resume
from cti_server.core.state import State
from cti_server.desk.situation import Situation, leg_at


class Press(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`do`: the button; `leg`: the card's; `to`: who or what is dialled."""

    do: str
    leg: str = ""
    to: str = ""


class Refused(Exception):
    """The button makes no sense now. `args[0]`: the word under `desk.refused`; `values`: what its text names."""

    def __init__(self, word: str, **values: object) -> None:
        super().__init__(word)
        self.word, self.values = word, values


def pressed(state: State, agent: str, press: Press) -> list[Command]:
    """What the PBX is asked to do. Raises Refused."""
    if agent not in state.agents:
        raise Refused("no_phone")
    now = leg_at(state, agent, press.leg)
    if now is None:
        raise Refused("no_call")
    if press.do not in now.can:
        raise Refused("not_now")
    match press.do:
        case "hold":
            return [Hold(**_two(now, now.other))]
        case "resume":
            return [Resume(**_two(now, now.held))]
        case "hang_up":
            both = [now.live, *([now.held] if now.held else [])]
            return [HangUp(channel_name=one.name) for one in both]
        case _:
            raise Refused("not_now")


def _two(now: Situation, other: Any) -> dict[str, str]:
    """The leg and the other party, as the commands name them."""
    if other is None:
        raise Refused("not_now")
    return {"channel": now.live.id, "channel_name": now.live.name, "held": other.id, "held_name": other.name}
