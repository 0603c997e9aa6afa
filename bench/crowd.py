"""Crowds of SIP parties in two SIPp processes: all agents at one port, all callers at another; and their wire times.

Both processes stamp what they send and receive, on one machine's clock: the same yardstick for whoever routes.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.live.script import Caller, Phone
from tests.live.sipp import Packet, Run, Sipp

NUMBER = "95500"
_TALK_AT_MOST_S = 150.0
_AGENT = re.compile(r"INVITE sip:(agent\d+)@")
_CALLER = re.compile(r"<sip:(\d+)@")


class _Agents(Phone):
    """Rings for a moment, talks, hangs up."""

    def talk(self, shortest_s: float, longest_s: float) -> Self:
        ends = f'min="{round(shortest_s * 1000)}" max="{round(longest_s * 1000)}"'
        return self._add(f'<pause distribution="uniform" {ends}/>\n')


class _Callers(Caller):
    """Each with a number of its own. A moment of sound is all they send: Asterisk's Answer() waits for it."""

    def __init__(self, sound: Path) -> None:
        super().__init__(NUMBER, "1380000[call_number]", tone=sound)
        self.name = "callers"

    def _play(self) -> None:
        self._add(f'<nop><action><exec rtp_stream="{self._tone},1,0,PCMU/8000"/></action></nop>\n')


@dataclass(frozen=True, slots=True)
class Load:
    """`calls` callers in all, `at_once` of them in the system, `rate` new ones a second at most; seconds of talk."""

    calls: int
    at_once: int
    rate: int
    talk_s: tuple[float, float]


async def play(sipp: Sipp, load: Load, agents_port: int, callers_port: int) -> tuple[list[Packet], list[Packet]]:
    """Play one round to its end: the packets of the agents, and of the callers. Raises `RuntimeError` if one failed."""
    sound = sipp.folder / "moment.ulaw"
    sound.write_bytes(b"\x7f" * 800)
    phone = _Agents("agents").answer(0.02).talk(*load.talk_s).hang_up()
    agents = await sipp.start(phone, agents_port, calls=load.calls)
    rate = ("-r", str(load.rate), "-l", str(load.at_once))
    party = _Callers(sound).call(_TALK_AT_MOST_S).wait_bye(_TALK_AT_MOST_S)
    callers = await sipp.start(party, callers_port, calls=load.calls, options=rate)
    try:
        codes = await asyncio.gather(callers.wait(_TALK_AT_MOST_S), agents.wait(_TALK_AT_MOST_S))
    finally:
        await callers.stop()
        await agents.stop()
    if any(codes):
        raise RuntimeError(f"not every call went as it should: {_why(callers)}{_why(agents)}")
    return agents.packets(), callers.packets()


def _why(run: Run) -> str:
    return run.errors()[-1000:]


def agent_free_to_invite(agents: Iterable[Packet]) -> list[float]:
    """Seconds from an agent's BYE to the next caller's INVITE at the same agent."""
    samples: list[float] = []
    agent_of: dict[str, str] = {}
    free: dict[str, float] = {}
    for packet in agents:
        call = packet.header("Call-ID")
        if not packet.sent and (found := _AGENT.match(packet.line)) and call not in agent_of:
            agent_of[call] = found[1]
            if (since := free.pop(found[1], None)) is not None:
                samples.append(packet.at - since)
        elif packet.sent and packet.line.startswith("BYE"):
            free.setdefault(agent_of[call], packet.at)
    return samples


def queued_to_invite(callers: Iterable[Packet], agents: Iterable[Packet]) -> list[float]:
    """Seconds from a caller's answered call (the queue begins) to the INVITE at an agent for this caller."""
    queued: dict[str, float] = {}
    for packet in callers:
        if not packet.sent and packet.line.startswith("SIP/2.0 200") and packet.method == "INVITE":
            queued.setdefault(_number(packet), packet.at)
    rang: dict[str, float] = {}
    for packet in agents:
        if not packet.sent and packet.line.startswith("INVITE"):
            rang.setdefault(_number(packet), packet.at)
    return [at - queued[number] for number, at in rang.items() if number in queued]


def _number(packet: Packet) -> str:
    found = _CALLER.search(packet.header("From"))
    return found[1] if found else ""
