"""Orders about a talk that goes on: it is taken apart, moved on and put together. Pure.

Why a held talk is taken apart: docs/decisions/a-held-talk-is-taken-apart.md.
"""

from cti_server.core.commands import (
    Command,
    Confer,
    Consult,
    EndConsult,
    HandOver,
    Hold,
    MuteAudio,
    PressKeys,
    Resume,
    SendOn,
)
from cti_server.pbx.actions import Action
from cti_server.pbx.checked import dialled, room, safe, spied
from cti_server.pbx.steps import action, extra, redirect, set_variable, together

HELD_CONTEXT = "cti-held"
HOLDING_CONTEXT = "cti-holding"
CONSULT_CONTEXT = "cti-consult"
SENT_CONTEXT = "cti-sent"
CONFERENCE_CONTEXT = "cti-conference"
GUEST_CONTEXT = "cti-guest"


def actions_in_talk(command: Command) -> tuple[Action, ...] | None:
    """None for a command about anything else. Raises `ActionRefused`."""
    match command:
        case Hold():
            return (*_know_each_other(command), _apart(command, HOLDING_CONTEXT, "s"))
        case Resume():
            return (
                set_variable(command.held_name, "CTI_WITH", safe(command.channel)),
                set_variable(command.held_name, "CTI_HOW", "resume"),
                *([redirect(command.channel_name, HOLDING_CONTEXT)] if command.fetch else []),
                together(command.held_name),
            )
        case Consult():
            exten = dialled(command.exten)
            if command.apart:
                return (redirect(command.channel_name, CONSULT_CONTEXT, exten),)
            return (*_know_each_other(command), _apart(command, CONSULT_CONTEXT, exten))
        case EndConsult():
            return (redirect(command.channel_name, HOLDING_CONTEXT),)
        case HandOver():
            return (
                set_variable(command.channel_name, "CTI_HELD", ""),
                set_variable(command.held_name, "CTI_WITH", safe(command.target)),
                set_variable(command.held_name, "CTI_HOW", "transfer"),
                together(command.held_name),
            )
        case SendOn():
            return (
                set_variable(command.channel_name, "CTI_HELD", ""),
                set_variable(command.held_name, "CTI_HOLDER", safe(command.channel)),
                redirect(command.held_name, SENT_CONTEXT, dialled(command.exten)),
                action("Hangup", Channel=command.channel_name, Cause="16"),
            )
        case Confer():
            place = room(command.room)
            return (
                redirect(
                    command.channel_name, CONFERENCE_CONTEXT, place, extra(command.pair, CONFERENCE_CONTEXT, place)
                ),
                *(redirect(one, CONFERENCE_CONTEXT, place) for one in command.others),
                *(redirect(one, GUEST_CONTEXT, place) for one in command.guests),
            )
        case MuteAudio():
            # The action MuteAudio wants the right to the whole system; the function of that name does not.
            return (set_variable(command.channel_name, "MUTEAUDIO(in)", "on" if command.muted else "off"),)
        case PressKeys():
            digits = dialled(command.digits.replace("+", "?"))
            return tuple(action("PlayDTMF", Channel=command.channel_name, Digit=one) for one in digits)
        case _:
            return None


def _know_each_other(command: Hold | Consult) -> tuple[Action, ...]:
    """Each of the two looks whether the other is still there. A mobile on a trunk is an agent's from now on."""
    return (
        set_variable(command.channel_name, "CTI_HELD", safe(command.held)),
        set_variable(command.channel_name, "CTI_IS_AGENT", "1"),
        set_variable(command.held_name, "CTI_HOLDER", safe(command.channel)),
        set_variable(command.held_name, "CTI_HOLDER_NAME", spied(command.channel_name)),
    )


def _apart(command: Hold | Consult, context: str, exten: str) -> Action:
    """Both at once: of two that are moved one after the other the first would take the second with it."""
    return redirect(command.channel_name, context, exten, extra(command.held_name, HELD_CONTEXT, "s"))
