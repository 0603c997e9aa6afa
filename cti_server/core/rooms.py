"""The desk's conferences: who is left in one alone."""

from cti_server.core import events as ev
from cti_server.core.commands import Command, HangUp
from cti_server.core.state import State


def left_alone(state: State, event: ev.BridgeLeft) -> list[Command]:
    """The last one in a conference of the desk has nobody to talk with, and a number outside would wait there for ever.

    A customer is let go by the PBX itself, when the last of our people has left.
    """
    bridge = state.bridges.get(event.bridge)
    if bridge is None or bridge.kind != "desk" or len(bridge.members) != 1:
        return []
    last = state.channels.get(bridge.members[0])
    call = state.calls.get(last.call) if last else None
    if last is None or (call is not None and call.caller == last.id):
        return []
    return [HangUp(channel_name=last.name)]
