"""Commands -> AMI actions. Pure; every value of a command that the dialplan gets is checked here.

A caller who waits is spoken to by a poke: the variable CTI_NEXT, always seven fields, and the digit D (`dialplans/`).
"""

import re

import msgspec

from cti_server.core.commands import (
    Announce,
    CallBack,
    Command,
    DialOut,
    HangUp,
    Monitor,
    MuteRecording,
    OfferCall,
    RefreshHeartbeat,
    RefuseCallers,
    Resync,
    ReturnToHold,
    RingAgain,
    RingBack,
    SendCaller,
    SetFallbackMembers,
    SwitchMonitor,
)
from cti_server.pbx.actions import Action, ActionRefused
from cti_server.pbx.announce import LANGUAGES, prompts_of
from cti_server.pbx.checked import arriving, dialled, endpoint, safe, spied
from cti_server.pbx.fallback import FALLBACK_QUEUE
from cti_server.pbx.steps import action, set_queue, set_variable, together
from cti_server.pbx.talks import actions_in_talk

HOLD_CONTEXT = "cti-hold"
AGAIN_CONTEXT = "cti-again"
CALLBACK_CONTEXT = "cti-callback"
CALLED_BACK_CONTEXT = "cti-called-back"
SPY_CONTEXT = "cti-spy"
DIAL_CONTEXT = "cti-dial"
ORIGINATE_MS = 30_000
SPY_DIGITS = {"listen": "4", "whisper": "5", "barge": "6"}
"""What ChanSpy's option d takes as a change of mode."""

_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_TARGET = re.compile(r"voicemail:[A-Za-z0-9_-]{1,64}|number:\+?[0-9]{1,20}|callback|hangup")


class Outside(msgspec.Struct, frozen=True):
    """How calls leave: over which endpoint (empty: none may), and which number they show (empty: the endpoint's)."""

    trunk: str = ""
    caller_id: str = ""


NOWHERE = Outside()


def actions_for(command: Command, outside: Outside = NOWHERE) -> tuple[Action, ...]:
    """What to send for `command`, in order. Raises `ActionRefused` when a value of it may not reach the PBX.

    `SetFallbackMembers` begins with a question, whose answer decides the rest (`fallback_changes`); `Resync` is the
    link's own affair and sends nothing here.
    """
    match command:
        case OfferCall():
            return _poke(command, *_offer(command), accept=command.accept)
        case RingAgain():
            value = _next(*_offer(command), expires=command.expires, accept=command.accept)
            return (
                set_variable(command.channel_name, "CTI_NOW", value),
                action("Redirect", Channel=command.channel_name, Context=AGAIN_CONTEXT, Exten="s", Priority="1"),
            )
        case RingBack():
            back = "|".join((safe(command.agent), endpoint(command.endpoint), str(command.ring_s)))
            return (
                set_variable(command.channel_name, "CTI_BACK", back),
                set_variable(command.channel_name, "CTI_HOW", "return"),
                together(command.channel_name),
            )
        case SendCaller():
            if command.to.startswith("queue:"):
                return (set_queue(command.channel_name or command.channel, command.to.removeprefix("queue:")),)
            if not _TARGET.fullmatch(command.to):
                raise ActionRefused(f"{command.to!r} is nowhere that a caller can be sent to")
            return _poke(command, "@send", command.to, "-", "-", "-")
        case Announce():
            if not (said := _announced(command)):
                return ()
            language = command.language if command.language in LANGUAGES else "-"
            return _poke(command, "@say", "&".join(said), language, "-", "-")
        case CallBack():
            return (_call_back(command, outside),)
        case HangUp():
            return (action("Hangup", Channel=command.channel_name, Cause=str(command.cause)),)
        case ReturnToHold():
            channel = command.channel_name or command.channel
            door = action("Redirect", Channel=channel, Context=HOLD_CONTEXT, Exten="s", Priority="1")
            if not command.queue:
                return (door,)
            return set_queue(channel, command.queue), door
        case RefreshHeartbeat():
            return (action("Setvar", Variable="CTI_HEARTBEAT", Value=str(command.epoch)),)
        case RefuseCallers():
            marks = [(f"CTI_REFUSED_{arriving(number)}", command.mark) for number in command.numbers]
            marks += [("CTI_REFUSED_BEFORE", command.before)] if command.before else []
            return tuple(action("Setvar", Variable=name, Value=str(mark)) for name, mark in marks)
        case SetFallbackMembers():
            return (action("QueueStatus", Queue=FALLBACK_QUEUE),)
        case DialOut():
            return (_dial_out(command, outside),)
        case Monitor():
            return (
                action(
                    "Originate",
                    Channel=command.endpoint,
                    Context=SPY_CONTEXT,
                    Exten="s",
                    Priority="1",
                    Variable=f"CTI_SPY={spied(command.target)}",
                    Timeout=str(ORIGINATE_MS),
                    Async="true",
                    ChannelId=command.channel,
                ),
            )
        case SwitchMonitor():
            digit = SPY_DIGITS.get(command.mode)
            if digit is None:
                raise ActionRefused(f"there is no way of monitoring called {command.mode!r}")
            return (action("PlayDTMF", Channel=command.channel_name, Digit=digit, Receive="true"),)
        case MuteRecording():
            one = {"MixMonitorID": command.recording} if command.recording.startswith("0x") else {}
            state = "1" if command.muted else "0"
            return (action("MixMonitorMute", Channel=command.channel_name, Direction="both", State=state, **one),)
        case Resync():
            return ()
        case _:
            found = actions_in_talk(command)
            if found is None:
                raise ActionRefused(f"nobody knows how to perform {type(command).__name__}")
            return found


def _offer(command: OfferCall | RingAgain) -> tuple[str, ...]:
    record = "1" if command.record else "0"
    return safe(command.agent), endpoint(command.endpoint), str(command.ring_s), safe(command.offer), record


def _next(*fields: str, expires: int, accept: bool) -> str:
    """The seven fields, as `dialplans/` reads them."""
    return "|".join((*fields, str(expires), "1" if accept else "0"))


def _poke(command: OfferCall | SendCaller | Announce, *fields: str, accept: bool = False) -> tuple[Action, ...]:
    """The variable that says what is wanted, and the digit that makes the hold look at it. See `dialplans/`."""
    channel = command.channel_name or command.channel
    value = _next(*fields, expires=command.expires, accept=accept)
    return (
        action("Setvar", Channel=channel, Variable="CTI_NEXT", Value=value),
        action("PlayDTMF", Channel=channel, Digit="D", Receive="true"),
    )


def _announced(command: Announce) -> list[str]:
    try:
        return prompts_of(command.prompts, command.language)
    except ValueError as error:
        raise ActionRefused(str(error)) from error


def _call_back(command: CallBack, outside: Outside) -> Action:
    """Agent first: a phone shows whom it is about. Whatever leaves by the trunk, a mobile too, shows our own number."""
    number = command.number
    if not _NUMBER.fullmatch(number):
        raise ActionRefused(f"{number!r} is not a number that can be called back")
    if not outside.trunk:
        raise ActionRefused("nobody can be called back: pbx.out_trunk names no endpoint")
    given = {"CTI_CALLBACK": safe(command.callback), "CTI_QUEUE": safe(command.queue), "CTI_NUMBER": number}
    if command.first == "agent":
        channel, context = endpoint(command.endpoint), CALLBACK_CONTEXT
        shown = outside.caller_id or number if "@" in channel else number
        given |= {"CTI_AGENT": safe(command.agent), "CTI_ACCEPT": "1" if command.accept else "0"}
    elif command.first == "customer":
        channel, context, shown = f"PJSIP/{number}@{outside.trunk}", CALLED_BACK_CONTEXT, outside.caller_id
        given["CTI_T0"] = f"{command.queued:.3f}"
    else:
        raise ActionRefused(f"nobody is rung first who is called {command.first!r}")
    headers = {
        "Channel": channel,
        "Context": context,
        "Exten": "s",
        "Priority": "1",
        "Timeout": str(command.ring_s * 1000),
        "Async": "true",
        "ChannelId": command.channel,
        **({"CallerID": f"<{shown}>"} if shown else {}),
    }
    variables = tuple(("Variable", f"{name}={value}") for name, value in given.items())
    return Action("Originate", (*headers.items(), *variables))


def _dial_out(command: DialOut, outside: Outside) -> Action:
    """A phone shows whom it is about; whatever leaves by the trunk, a mobile too, shows our own number."""
    channel = endpoint(command.endpoint)
    number = dialled(command.number)
    shown = outside.caller_id if "@" in channel else number
    given = {"CTI_ACCEPT": "1" if command.accept else "0", "CTI_SHOWN": command.shown and dialled(command.shown)}
    headers = {
        "Channel": channel,
        "Context": DIAL_CONTEXT,
        "Exten": number,
        "Priority": "1",
        "Timeout": str(ORIGINATE_MS),
        "Async": "true",
        "ChannelId": command.channel,
        **({"CallerID": f"<{shown}>"} if shown else {}),
    }
    return Action("Originate", (*headers.items(), *(("Variable", f"{k}={v}") for k, v in given.items())))
