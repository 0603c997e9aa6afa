"""The one who carries Commands out over AMI (what is sent for each: `orders`).

What comes of a Command arrives as Events; only what could not be asked for at all goes to `on_failed`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from cti_server.core.commands import Command, RefreshHeartbeat, Resync, SetFallbackMembers
from cti_server.pbx.actions import Action, ActionRefused
from cti_server.pbx.ami import AmiError, AmiLink, NotConnected
from cti_server.pbx.orders import NOWHERE, Outside, actions_for, fallback_changes

log = structlog.get_logger()


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
        name = type(command).__name__
        try:
            if isinstance(command, Resync):
                self._link.resync()
                reason = ""
            elif isinstance(command, SetFallbackMembers):
                reason = await self._set_fallback(command)
            else:
                reason = await self._send(actions_for(command, self._outside))
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
