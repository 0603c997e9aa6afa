"""The single actions that orders are made of. Pure."""

from cti_server.pbx.actions import Action
from cti_server.pbx.checked import safe

TOGETHER = "C"
"""The digit that only `[cti-held]` understands."""


def action(name: str, **headers: str) -> Action:
    return Action(name, tuple(headers.items()))


def set_variable(channel: str, variable: str, value: str) -> Action:
    return action("Setvar", Channel=channel, Variable=variable, Value=value)


def set_queue(channel: str, queue: str) -> Action:
    return action("Setvar", Channel=channel, Variable="CTI_QUEUE", Value=safe(queue))


def redirect(channel: str, context: str, exten: str = "s", extra: dict[str, str] | None = None) -> Action:
    return action("Redirect", Channel=channel, Context=context, Exten=exten, Priority="1", **(extra or {}))


def extra(channel: str, context: str, exten: str) -> dict[str, str]:
    return {"ExtraChannel": channel, "ExtraContext": context, "ExtraExten": exten, "ExtraPriority": "1"}


def together(held_name: str) -> Action:
    return action("PlayDTMF", Channel=held_name, Digit=TOGETHER, Receive="true")
