"""Commands -> AMI actions. Pure; every value of a command that the dialplan gets is checked here.

A caller who waits is spoken to by a poke: the variable CTI_NEXT, always seven fields, and the digit D (`dialplans/`).
"""

import re
from collections.abc import Iterable

import msgspec

from cti_server.core.commands import (
    Announce,
    AttendedTransfer,
    BlindTransfer,
    CallBack,
    Command,
    Confer,
    Consult,
    DialOut,
    EndConsult,
    HandOver,
    HangUp,
    Hold,
    Monitor,
    MuteAudio,
    MuteRecording,
    OfferCall,
    PressKeys,
    RefreshHeartbeat,
    RefuseCallers,
    Resume,
    Resync,
    ReturnToHold,
    RingAgain,
    RingBack,
    SendCaller,
    SendOn,
    SetFallbackMembers,
    SwitchMonitor,
)
from cti_server.pbx.actions import Action, ActionRefused
from cti_server.pbx.ami import Response
from cti_server.pbx.announce import LANGUAGES, prompts_of
from cti_server.pbx.framing import Message

AGENT_CONTEXT = "cti-agent"
HOLD_CONTEXT = "cti-hold"
AGAIN_CONTEXT = "cti-again"
CALLBACK_CONTEXT = "cti-callback"
CALLED_BACK_CONTEXT = "cti-called-back"
SPY_CONTEXT = "cti-spy"
HELD_CONTEXT = "cti-held"
HOLDING_CONTEXT = "cti-holding"
CONSULT_CONTEXT = "cti-consult"
SENT_CONTEXT = "cti-sent"
CONFERENCE_CONTEXT = "cti-conference"
GUEST_CONTEXT = "cti-guest"
DIAL_CONTEXT = "cti-dial"
FALLBACK_QUEUE = "cti-fallback"
ORIGINATE_MS = 30_000
SPY_DIGITS = {"listen": "4", "whisper": "5", "barge": "6"}
"""What ChanSpy's option d takes as a change of mode."""
TOGETHER = "C"
"""The digit that only `[cti-held]` understands."""

_SAFE = re.compile(r"[A-Za-z0-9_.:/-]+")
"""What the dialplan may be given: no comma, no `$`, no bracket, nothing that it would evaluate or split."""
_ENDPOINT = re.compile(r"[A-Za-z]{1,20}/(\+?[0-9]{3,20}@|[A-Za-z0-9_.-]{1,64}@(?=cti-site-))?[A-Za-z0-9_.-]{1,64}")
"""A phone, `PJSIP/agent1`; a number over a trunk, `PJSIP/+8613800138000@trunk`; a phone at another site."""
_DIALLED = re.compile(r"[0-9*#+]{1,32}")
_ROOM = re.compile(r"[0-9]{1,60}")
_ARRIVING = re.compile(r"P?[0-9]{2,40}")
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_TARGET = re.compile(r"voicemail:[A-Za-z0-9_-]{1,64}|number:\+?[0-9]{1,20}|callback|hangup")

Member = tuple[str, str, bool]
"""Agent, endpoint, paused."""


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
                _set(command.channel_name, "CTI_NOW", value),
                _action("Redirect", Channel=command.channel_name, Context=AGAIN_CONTEXT, Exten="s", Priority="1"),
            )
        case RingBack():
            back = "|".join((_safe(command.agent), _endpoint(command.endpoint), str(command.ring_s)))
            return (
                _set(command.channel_name, "CTI_BACK", back),
                _set(command.channel_name, "CTI_HOW", "return"),
                _action("PlayDTMF", Channel=command.channel_name, Digit=TOGETHER, Receive="true"),
            )
        case SendCaller():
            if command.to.startswith("queue:"):
                return (_set_queue(command.channel_name or command.channel, command.to.removeprefix("queue:")),)
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
            return (_action("Hangup", Channel=command.channel_name, Cause=str(command.cause)),)
        case ReturnToHold():
            channel = command.channel_name or command.channel
            door = _action("Redirect", Channel=channel, Context=HOLD_CONTEXT, Exten="s", Priority="1")
            if not command.queue:
                return (door,)
            return _set_queue(channel, command.queue), door
        case RefreshHeartbeat():
            return (_action("Setvar", Variable="CTI_HEARTBEAT", Value=str(command.epoch)),)
        case RefuseCallers():
            marks = [(f"CTI_REFUSED_{_arriving(number)}", command.mark) for number in command.numbers]
            marks += [("CTI_REFUSED_BEFORE", command.before)] if command.before else []
            return tuple(_action("Setvar", Variable=name, Value=str(mark)) for name, mark in marks)
        case SetFallbackMembers():
            return (_action("QueueStatus", Queue=FALLBACK_QUEUE),)
        case DialOut():
            return (_dial_out(command, outside),)
        case BlindTransfer():
            return (
                _action(
                    "BlindTransfer",
                    Channel=command.channel_name,
                    Context=AGENT_CONTEXT,
                    Exten=_dialled(command.exten),
                ),
            )
        case AttendedTransfer():
            # Atxfer presses the digits on the agent's behalf; # ends them, or Asterisk waits 3 s for more.
            exten = f"{_dialled(command.exten)}#"
            return (_action("Atxfer", Channel=command.channel_name, Context=AGENT_CONTEXT, Exten=exten),)
        case Hold():
            return (*_know_each_other(command), _apart(command, HOLDING_CONTEXT, "s"))
        case Resume():
            return (
                _set(command.held_name, "CTI_WITH", _safe(command.channel)),
                _set(command.held_name, "CTI_HOW", "resume"),
                *([_redirect(command.channel_name, HOLDING_CONTEXT)] if command.fetch else []),
                _together(command.held_name),
            )
        case Consult():
            exten = _dialled(command.exten)
            if command.apart:
                return (_redirect(command.channel_name, CONSULT_CONTEXT, exten),)
            return (*_know_each_other(command), _apart(command, CONSULT_CONTEXT, exten))
        case EndConsult():
            return (_redirect(command.channel_name, HOLDING_CONTEXT),)
        case HandOver():
            return (
                _set(command.channel_name, "CTI_HELD", ""),
                _set(command.held_name, "CTI_WITH", _safe(command.target)),
                _set(command.held_name, "CTI_HOW", "transfer"),
                _together(command.held_name),
            )
        case SendOn():
            return (
                _set(command.channel_name, "CTI_HELD", ""),
                _set(command.held_name, "CTI_HOLDER", _safe(command.channel)),
                _redirect(command.held_name, SENT_CONTEXT, _dialled(command.exten)),
                _action("Hangup", Channel=command.channel_name, Cause="16"),
            )
        case Confer():
            room = _room(command.room)
            return (
                _redirect(
                    command.channel_name, CONFERENCE_CONTEXT, room, _extra(command.pair, CONFERENCE_CONTEXT, room)
                ),
                *(_redirect(one, CONFERENCE_CONTEXT, room) for one in command.others),
                *(_redirect(one, GUEST_CONTEXT, room) for one in command.guests),
            )
        case MuteAudio():
            # The action MuteAudio wants the right to the whole system; the function of that name does not.
            return (_set(command.channel_name, "MUTEAUDIO(in)", "on" if command.muted else "off"),)
        case PressKeys():
            digits = _dialled(command.digits.replace("+", "?"))
            return tuple(_action("PlayDTMF", Channel=command.channel_name, Digit=one) for one in digits)
        case Monitor():
            return (
                _action(
                    "Originate",
                    Channel=command.endpoint,
                    Context=SPY_CONTEXT,
                    Exten="s",
                    Priority="1",
                    Variable=f"CTI_SPY={_spied(command.target)}",
                    Timeout=str(ORIGINATE_MS),
                    Async="true",
                    ChannelId=command.channel,
                ),
            )
        case SwitchMonitor():
            digit = SPY_DIGITS.get(command.mode)
            if digit is None:
                raise ActionRefused(f"there is no way of monitoring called {command.mode!r}")
            return (_action("PlayDTMF", Channel=command.channel_name, Digit=digit, Receive="true"),)
        case MuteRecording():
            one = {"MixMonitorID": command.recording} if command.recording.startswith("0x") else {}
            state = "1" if command.muted else "0"
            return (_action("MixMonitorMute", Channel=command.channel_name, Direction="both", State=state, **one),)
        case Resync():
            return ()
        case _:
            raise ActionRefused(f"nobody knows how to perform {type(command).__name__}")


def _offer(command: OfferCall | RingAgain) -> tuple[str, ...]:
    record = "1" if command.record else "0"
    return _safe(command.agent), _endpoint(command.endpoint), str(command.ring_s), _safe(command.offer), record


def _next(*fields: str, expires: int, accept: bool) -> str:
    """The seven fields, as `dialplans/` reads them."""
    return "|".join((*fields, str(expires), "1" if accept else "0"))


def _poke(command: OfferCall | SendCaller | Announce, *fields: str, accept: bool = False) -> tuple[Action, ...]:
    """The variable that says what is wanted, and the digit that makes the hold look at it. See `dialplans/`."""
    channel = command.channel_name or command.channel
    value = _next(*fields, expires=command.expires, accept=accept)
    return (
        _action("Setvar", Channel=channel, Variable="CTI_NEXT", Value=value),
        _action("PlayDTMF", Channel=channel, Digit="D", Receive="true"),
    )


def _know_each_other(command: Hold | Consult) -> tuple[Action, ...]:
    """Each of the two looks whether the other is still there. A mobile on a trunk is an agent's from now on."""
    return (
        _set(command.channel_name, "CTI_HELD", _safe(command.held)),
        _set(command.channel_name, "CTI_IS_AGENT", "1"),
        _set(command.held_name, "CTI_HOLDER", _safe(command.channel)),
        _set(command.held_name, "CTI_HOLDER_NAME", _spied(command.channel_name)),
    )


def _apart(command: Hold | Consult, context: str, exten: str) -> Action:
    """Both at once: of two that are moved one after the other the first would take the second with it."""
    return _redirect(command.channel_name, context, exten, _extra(command.held_name, HELD_CONTEXT, "s"))


def _redirect(channel: str, context: str, exten: str = "s", extra: dict[str, str] | None = None) -> Action:
    return _action("Redirect", Channel=channel, Context=context, Exten=exten, Priority="1", **(extra or {}))


def _extra(channel: str, context: str, exten: str) -> dict[str, str]:
    return {"ExtraChannel": channel, "ExtraContext": context, "ExtraExten": exten, "ExtraPriority": "1"}


def _together(held_name: str) -> Action:
    return _action("PlayDTMF", Channel=held_name, Digit=TOGETHER, Receive="true")


def _set(channel: str, variable: str, value: str) -> Action:
    return _action("Setvar", Channel=channel, Variable=variable, Value=value)


def _set_queue(channel: str, queue: str) -> Action:
    return _action("Setvar", Channel=channel, Variable="CTI_QUEUE", Value=_safe(queue))


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
    given = {"CTI_CALLBACK": _safe(command.callback), "CTI_QUEUE": _safe(command.queue), "CTI_NUMBER": number}
    if command.first == "agent":
        channel, context = _endpoint(command.endpoint), CALLBACK_CONTEXT
        shown = outside.caller_id or number if "@" in channel else number
        given |= {"CTI_AGENT": _safe(command.agent), "CTI_ACCEPT": "1" if command.accept else "0"}
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


def fallback_changes(wanted: Iterable[Member], present: Response) -> tuple[Action, ...]:
    """What makes the members in the answer of QueueStatus the wanted ones.

    A member with another name is taken out and put in again; one that is only paused differently is told so. A member
    from the site's own queues.conf (static) cannot be taken out over AMI and stays. Raises `ActionRefused`.
    """
    want = {endpoint: (agent, paused) for agent, endpoint, paused in wanted}
    have: dict[str, Message] = {
        item.get("Location"): item
        for item in present.items
        if item.event == "QueueMember" and item.get("Queue") == FALLBACK_QUEUE
    }
    stay = {
        endpoint
        for endpoint, item in have.items()
        if item.get("Membership") == "static" or (endpoint in want and want[endpoint][0] == item.get("Name"))
    }
    actions = [_action("QueueRemove", Queue=FALLBACK_QUEUE, Interface=e) for e in have if e not in stay]
    for endpoint, (agent, paused) in want.items():
        flag = "true" if paused else "false"
        if endpoint not in stay:
            actions.append(
                _action(
                    "QueueAdd",
                    Queue=FALLBACK_QUEUE,
                    Interface=_safe(endpoint),
                    Penalty="0",
                    Paused=flag,
                    MemberName=_safe(agent),
                    StateInterface=_safe(endpoint),
                )
            )
        elif (have[endpoint].get("Paused") == "1") != paused:
            actions.append(_action("QueuePause", Queue=FALLBACK_QUEUE, Interface=endpoint, Paused=flag))
    return tuple(actions)


def _action(name: str, **headers: str) -> Action:
    return Action(name, tuple(headers.items()))


def _safe(value: str) -> str:
    if not _SAFE.fullmatch(value):
        raise ActionRefused(f"{value!r} may not go into the dialplan")
    return value


def _arriving(number: str) -> str:
    if not _ARRIVING.fullmatch(number):
        raise ActionRefused(f"{number!r} is not a number that a call can come from")
    return number


def _dial_out(command: DialOut, outside: Outside) -> Action:
    """A phone shows whom it is about; whatever leaves by the trunk, a mobile too, shows our own number."""
    channel = _endpoint(command.endpoint)
    number = _dialled(command.number)
    shown = outside.caller_id if "@" in channel else number
    given = {"CTI_ACCEPT": "1" if command.accept else "0", "CTI_SHOWN": command.shown and _dialled(command.shown)}
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


def _room(value: str) -> str:
    if not _ROOM.fullmatch(value):
        raise ActionRefused(f"{value!r} is not the number of a room")
    return value


def _endpoint(value: str) -> str:
    if not _ENDPOINT.fullmatch(value):
        raise ActionRefused(f"{value!r} is not an endpoint that can be rung")
    return value


def _spied(channel_name: str) -> str:
    """ChanSpy splits its arguments at commas and its channel list at `&`."""
    if not re.fullmatch(r"[A-Za-z0-9_.@:;/-]+", channel_name):
        raise ActionRefused(f"{channel_name!r} is not the name of a channel that can be monitored")
    return channel_name


def _dialled(number: str) -> str:
    if not _DIALLED.fullmatch(number):
        raise ActionRefused(f"{number!r} is not a number that can be dialled")
    return number
