"""The one who carries Commands out over AMI (what is sent for each: `orders`).

What comes of a Command arrives as Events; only what could not be asked for at all goes to `on_failed`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from msgspec.structs import replace

from cti_server import clock
from cti_server.core.commands import (
    Announce,
    Command,
    OfferCall,
    RefreshHeartbeat,
    Resync,
    SendCaller,
    SetFallbackMembers,
)
from cti_server.pbx.actions import Action, ActionRefused
from cti_server.pbx.ami import AmiError, AmiLink, NotConnected, Response
from cti_server.pbx.fallback import fallback_changes
from cti_server.pbx.orders import NOWHERE, Outside, actions_for

log = structlog.get_logger()

_Sent = list[tuple[str, "asyncio.Future[Response]"]]
"""What was sent, and its answers to come."""


class Performer:
    """Carries Commands out over one link. `on_failed(command, reason)`: called when the PBX did not take one."""

    def __init__(
        self,
        link: AmiLink,
        on_failed: Callable[[Command, str], None] | None = None,
        outside: Outside = NOWHERE,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._link = link
        self._outside = outside
        self._on_failed = on_failed
        self._fallback = asyncio.Lock()

    async def perform(self, command: Command) -> str:
        """Do it; never raises. Gives "" when the PBX took it, else the reason in words."""
        return await self.begin(command)

    def begin(self, command: Command) -> Coroutine[Any, Any, str]:
        """As `perform`, but what needs no question first is sent when this returns: no offer waits for the loop."""
        sent: _Sent = []
        refused: Exception | None = None
        try:
            if isinstance(command, Resync):
                self._link.resync()
            elif not isinstance(command, SetFallbackMembers):
                self._send(actions_for(_on_the_wall(command), self._outside), sent)
        except Exception as error:
            refused = error
        return self._outcome(command, sent, refused)

    def _send(self, actions: tuple[Action, ...], sent: _Sent) -> None:
        """All at once: the PBX carries the actions of one connection out in order."""
        with self._link.together():
            for action in actions:
                sent.append((action.name, self._link.post(action)))

    async def _outcome(self, command: Command, sent: _Sent, refused: Exception | None) -> str:
        name = type(command).__name__
        try:
            if refused is not None:
                raise refused
            if isinstance(command, SetFallbackMembers):
                reason = await self._set_fallback(command)
            else:
                reason = await _refusal(sent)
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

    async def _set_fallback(self, command: SetFallbackMembers) -> str:
        async with self._fallback:
            (question,) = actions_for(command)
            present = await self._link.send(question)
            if not present.ok:
                return f"QueueStatus: {present.text}"
            sent: _Sent = []
            self._send(fallback_changes(command.members, present), sent)
            return await _refusal(sent)

    def _failed(self, command: Command, reason: str, *, quiet: bool = False) -> None:
        name = type(command).__name__
        self.counts[f"failed {name}"] += 1
        if not quiet:
            log.warning(
                "the PBX did not carry a command out", command=name, reason=reason, call_channel=_channel(command)
            )
        if self._on_failed is not None:
            self._on_failed(command, reason)


def _on_the_wall(command: Command) -> Command:
    """With the times in it as the PBX's clock shows them; ours may be on its way there still."""
    match command:
        case RefreshHeartbeat():
            return replace(command, epoch=round(clock.on_the_wall(command.epoch)))
        case OfferCall() | SendCaller() | Announce():
            return replace(command, expires=round(clock.on_the_wall(command.expires)))
        case _:
            return command


async def _refusal(sent: _Sent) -> str:
    """The first refusal in words, "" for none. Raises the first answer that did not come."""
    answers = await asyncio.gather(*(answer for _, answer in sent), return_exceptions=True)
    for (name, _), answer in zip(sent, answers, strict=True):
        if isinstance(answer, BaseException):
            raise answer
        if not answer.ok:
            return f"{name}: {answer.text}"
    return ""


def _channel(command: Command) -> str:
    return str(getattr(command, "channel", "") or getattr(command, "channel_name", ""))
