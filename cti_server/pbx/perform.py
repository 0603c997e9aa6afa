"""Commands -> AMI actions (`actions_for`, pure) and the one who sends them (`Performer`).

What comes of a Command arrives as Events; only what could not be asked for at all goes to `on_failed`.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable

import structlog

from cti_server.core.commands import (
    AttendedTransfer,
    BlindTransfer,
    Command,
    DialOut,
    HangUp,
    Monitor,
    MuteRecording,
    OfferCall,
    RefreshHeartbeat,
    Resync,
    ReturnToHold,
    SetFallbackMembers,
    SwitchMonitor,
)
from cti_server.pbx.actions import Action, ActionRefused
from cti_server.pbx.ami import AmiError, AmiLink, NotConnected, Response
from cti_server.pbx.framing import Message

log = structlog.get_logger()

AGENT_CONTEXT = "cti-agent"
HOLD_CONTEXT = "cti-hold"
SPY_CONTEXT = "cti-spy"
FALLBACK_QUEUE = "cti-fallback"
ORIGINATE_MS = 30_000
SPY_DIGITS = {"listen": "4", "whisper": "5", "barge": "6"}
"""What ChanSpy's option d takes as a change of mode."""

_SAFE = re.compile(r"[A-Za-z0-9_.:/-]+")
"""What the dialplan may be given: no comma, no `$`, no bracket, nothing that it would evaluate or split."""
_DIALLED = re.compile(r"[0-9*#+]{1,32}")

Member = tuple[str, str, bool]
"""Agent, endpoint, paused."""


def actions_for(command: Command) -> tuple[Action, ...]:
    """What to send for `command`, in order. Raises `ActionRefused` when a value of it may not reach the PBX.

    `SetFallbackMembers` begins with a question, whose answer decides the rest (`fallback_changes`); `Resync` is the
    link's own affair and sends nothing here.
    """
    match command:
        case OfferCall():
            channel = command.channel_name or command.channel
            parts = (
                command.agent,
                command.endpoint,
                str(command.ring_s),
                command.offer,
                "1" if command.record else "0",
                str(command.expires),
            )
            return (
                _action("Setvar", Channel=channel, Variable="CTI_NEXT", Value="|".join(_safe(p) for p in parts)),
                _action("PlayDTMF", Channel=channel, Digit="D", Receive="true"),
            )
        case HangUp():
            return (_action("Hangup", Channel=command.channel_name, Cause=str(command.cause)),)
        case ReturnToHold():
            channel = command.channel_name or command.channel
            door = _action("Redirect", Channel=channel, Context=HOLD_CONTEXT, Exten="s", Priority="1")
            if not command.queue:
                return (door,)
            return _action("Setvar", Channel=channel, Variable="CTI_QUEUE", Value=_safe(command.queue)), door
        case RefreshHeartbeat():
            return (_action("Setvar", Variable="CTI_HEARTBEAT", Value=str(command.epoch)),)
        case SetFallbackMembers():
            return (_action("QueueStatus", Queue=FALLBACK_QUEUE),)
        case DialOut():
            caller_id = {"CallerID": command.caller_id} if command.caller_id else {}
            return (
                _action(
                    "Originate",
                    Channel=command.endpoint,
                    Context=AGENT_CONTEXT,
                    Exten=_dialled(command.number),
                    Priority="1",
                    Timeout=str(ORIGINATE_MS),
                    Async="true",
                    ChannelId=command.channel,
                    **caller_id,
                ),
            )
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


class Performer:
    """Carries Commands out over one link. `on_failed(command, reason)`: called when the PBX did not take one."""

    def __init__(self, link: AmiLink, on_failed: Callable[[Command, str], None] | None = None) -> None:
        self.counts: Counter[str] = Counter()
        self._link = link
        self._on_failed = on_failed
        self._fallback = asyncio.Lock()

    async def perform(self, command: Command) -> str:
        """Do it; never raises. Gives "" when the PBX took it, else the reason in words."""
        name = type(command).__name__
        try:
            if isinstance(command, Resync):
                self._link.resync()
                reason = ""
            elif isinstance(command, SetFallbackMembers):
                reason = await self._set_fallback(command)
            else:
                reason = await self._send(actions_for(command))
        except NotConnected as error:
            self._failed(command, str(error), quiet=isinstance(command, RefreshHeartbeat | SetFallbackMembers))
            return str(error)
        except (AmiError, ActionRefused) as error:
            self._failed(command, str(error))
            return str(error)
        except Exception as error:
            log.exception("a command failed in our own code", command=name)
            self._failed(command, repr(error))
            return repr(error)
        self.counts[f"performed {name}"] += 1
        if reason:
            self._failed(command, reason)
        return reason

    async def _send(self, actions: tuple[Action, ...]) -> str:
        """All at once: the PBX carries the actions of one connection out in order. Gives the first refusal."""
        answers = await asyncio.gather(*(self._link.send(a) for a in actions), return_exceptions=True)
        for action, answer in zip(actions, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            if not answer.ok:
                return f"{action.name}: {answer.text}"
        return ""

    async def _set_fallback(self, command: SetFallbackMembers) -> str:
        async with self._fallback:
            (question,) = actions_for(command)
            present = await self._link.send(question)
            if not present.ok:
                return f"QueueStatus: {present.text}"
            return await self._send(fallback_changes(command.members, present))

    def _failed(self, command: Command, reason: str, *, quiet: bool = False) -> None:
        name = type(command).__name__
        self.counts[f"failed {name}"] += 1
        if not quiet:
            log.warning(
                "the PBX did not carry a command out", command=name, reason=reason, call_channel=_channel(command)
            )
        if self._on_failed is not None:
            self._on_failed(command, reason)


def _channel(command: Command) -> str:
    return str(getattr(command, "channel", "") or getattr(command, "channel_name", ""))


def _action(name: str, **headers: str) -> Action:
    return Action(name, tuple(headers.items()))


def _safe(value: str) -> str:
    if not _SAFE.fullmatch(value):
        raise ActionRefused(f"{value!r} may not go into the dialplan")
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
