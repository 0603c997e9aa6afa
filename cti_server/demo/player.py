"""Plays the plans: places the calls, presses the keys, answers the phones, lets people talk, hang up and give up.

It drives the carrier's Asterisk by AMI only. Caller and agent find each other by the caller's number, which the agent's
phone is shown: when the phone is answered, both channels begin to play their side of the same conversation.
"""

import asyncio
from pathlib import Path

import structlog

from cti_server.core.events import Event
from cti_server.demo.people import AGENTS
from cti_server.demo.plan import MOST_AT_ONCE, CallerPlan, Plans, RingPlan
from cti_server.demo.speech import SIDES, Side, file
from cti_server.pbx.actions import Action
from cti_server.pbx.ami import AmiError, AmiLink
from cti_server.pbx.framing import Message
from cti_server.settings import Pbx
from cti_server.tasks import Tasks

log = structlog.get_logger()

_DIAL_S = 20.0
_DECLINE_S = 1.5
_STAYS_S = 90
"""How long a caller waits for the next agent after a transfer, and for a human's next word."""
_HUMANS = frozenset(a.id for a in AGENTS if a.browser)


class _Caller:
    """A caller on the line. `talked`: an agent has answered already."""

    def __init__(self, plan: CallerPlan) -> None:
        self.plan = plan
        self.up = asyncio.Event()
        self.talked = asyncio.Event()
        self.sent_on = False
        self.task: asyncio.Task[None] | None = None


class Player:
    """`run()` plays until it is cancelled. `account`: the carrier's AMI account; `speech`: the folder of `speech.make`.

    `tasks`: where the people of the play run; closing that group ends the play. `center`: the call center's own AMI
    account, which tells when somebody who is not of the play has answered: the caller then talks to a human.
    """

    def __init__(self, account: Pbx, center: Pbx, speech: Path, plans: Plans, per_minute: float, tasks: Tasks) -> None:
        self._speech = speech
        self._plans = plans
        self._per_minute = per_minute
        self._tasks = tasks
        self._callers: dict[str, _Caller] = {}
        self._by_channel: dict[str, _Caller] = {}
        self._rings: dict[str, asyncio.Task[None]] = {}
        self._connected = asyncio.Event()
        self._link = AmiLink(account, on_message=self._heard, publish=self._linked)
        self._center = AmiLink(center, on_message=self._answered, publish=lambda _: None)

    async def run(self) -> None:
        _ = self._tasks.start(self._link.run(), "the carrier's AMI")
        _ = self._tasks.start(self._center.run(), "the call center's AMI")
        await self._connected.wait()
        while True:
            await asyncio.sleep(self._plans.pause_s(self._per_minute))
            if len(self._callers) < MOST_AT_ONCE:
                self._enter(self._plans.caller())

    # ------------------------------------------------------------ what the carrier tells

    def _linked(self, _event: Event) -> None:
        if self._link.connected:
            self._connected.set()

    def _heard(self, message: Message) -> None:
        channel = message.get("Uniqueid")
        if message.event == "Hangup":
            self._left(channel)
        elif message.get("UserEvent") == "CtiDemoUp" and (caller := self._by_channel.get(channel)):
            caller.up.set()
        elif message.get("UserEvent") == "CtiDemoRing":
            work = self._ring(channel, message.get("Phone"), message.get("Caller"))
            self._rings[channel] = self._tasks.start(work, f"phone {channel}")

    def _left(self, channel: str) -> None:
        if task := self._rings.pop(channel, None):
            task.cancel()
        if caller := self._by_channel.pop(channel, None):
            self._callers.pop(caller.plan.ani, None)
            if caller.task:
                caller.task.cancel()

    # ------------------------------------------------------------ callers

    def _enter(self, plan: CallerPlan) -> None:
        caller = self._callers[plan.ani] = self._by_channel[plan.ident] = _Caller(plan)
        caller.task = self._tasks.start(self._call(caller), f"caller {plan.ident}")

    async def _call(self, caller: _Caller) -> None:
        plan = caller.plan
        try:
            await self._do(
                "Originate",
                Channel=f"PJSIP/{plan.number}@pbx",
                Context="cti-demo-customer",
                Exten="s",
                Priority="1",
                Timeout=str(round(_DIAL_S * 1000)),
                CallerID=f'"{plan.name}" <{plan.ani}>' if plan.name else f"<{plan.ani}>",
                Async="true",
                ChannelId=plan.ident,
            )
            async with asyncio.timeout(_DIAL_S + 5):
                await caller.up.wait()
        except (AmiError, TimeoutError):
            self._left(plan.ident)
            return
        if plan.leaves_ivr_s:
            await asyncio.sleep(plan.leaves_ivr_s)
            await self._try("Hangup", Channel=plan.ident)
            return
        for key in plan.keys:
            await asyncio.sleep(key.wait_s)
            await self._try("PlayDTMF", Channel=plan.ident, Digit=key.digit, Duration="120")
        try:
            async with asyncio.timeout(plan.patience_s):
                await caller.talked.wait()
        except TimeoutError:
            await self._try("Hangup", Channel=plan.ident)

    # ------------------------------------------------------------ agents

    async def _ring(self, channel: str, phone: str, number: str) -> None:
        """An agent's phone rings. It rings on for somebody who is not of the play."""
        caller = self._callers.get(number)
        if caller is None:
            return
        plan = self._plans.ring(phone, caller.plan.language, caller.sent_on)
        if not plan.answers_s:
            if plan.declines:
                await asyncio.sleep(_DECLINE_S)
                await self._go(channel, "cti-demo-decline")
            return
        await asyncio.sleep(plan.answers_s)
        if self._callers.get(number) is not caller:
            return
        caller.talked.set()
        caller.sent_on = caller.sent_on or bool(plan.transfer)
        channels = (channel, caller.plan.ident)
        for side, party in zip(SIDES, channels, strict=True):
            for name, value in self._part(plan, side).items():
                await self._try("Setvar", Channel=party, Variable=f"CTI_{name}", Value=value)
        for party in channels:
            await self._go(party, "cti-demo-talk")

    def _answered(self, message: Message) -> None:
        caller = self._callers.get(message.get("ConnectedLineNum"))
        if message.get("UserEvent") == "CtiAnswered" and message.get("Agent") in _HUMANS and caller is not None:
            caller.talked.set()
            _ = self._tasks.start(self._talks_to_human(caller, message.get("Agent")), f"talk {caller.plan.ident}")

    async def _talks_to_human(self, caller: _Caller, agent: str) -> None:
        plan = self._plans.ring(agent, caller.plan.language, transferred=True)
        for name, value in (self._part(plan, "customer") | {"HOLD": "0", "LINGER": str(_STAYS_S)}).items():
            await self._try("Setvar", Channel=caller.plan.ident, Variable=f"CTI_{name}", Value=value)
        await self._go(caller.plan.ident, "cti-demo-talk")

    def _part(self, plan: RingPlan, side: Side) -> dict[str, str]:
        """What one side plays, as the variables of `cti-demo-talk`."""
        first, second = (str(file(self._speech, plan.talk, part, side).with_suffix("")) for part in ("a", "b"))
        stays = _STAYS_S if plan.transfer and side == "customer" else 1 if plan.agent_ends == (side == "agent") else 8
        return {
            "PART1": first,
            "PART2": second,
            "SIDE": side,
            "HOLD": str(plan.hold_s),
            "TRANSFER": plan.transfer if side == "agent" else "",
            "LINGER": str(stays),
        }

    # ------------------------------------------------------------ AMI

    async def _go(self, channel: str, context: str) -> None:
        await self._try("Redirect", Channel=channel, Context=context, Exten="s", Priority="1")

    async def _try(self, name: str, **headers: str) -> None:
        """For what may come too late: the other side may have hung up meanwhile."""
        try:
            await self._do(name, **headers)
        except AmiError as error:
            log.warning("the carrier did not answer", action=name, reason=str(error))

    async def _do(self, name: str, **headers: str) -> None:
        await self._link.send(Action(name, tuple(headers.items())))
