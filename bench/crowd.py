"""Crowds of SIP parties in two SIPp processes: all agents at one port, all callers at another; and their wire times.

SIPp stamps what it sends and receives: the same yardstick for whoever routes.
"""

import re
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.live.script import Caller, Phone
from tests.live.sipp import Packet, Sipp

NUMBER = "95500"
_ROUND_AT_MOST_S = 120.0
_END_AT_MOST_S = 20.0
_NO_END = 1_000_000
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


async def play(sipp: Sipp, load: Load, agents_port: int, callers_port: int) -> list[Packet]:
    """Play one round to its end: the packets of the agents. Raises `RuntimeError` if a call did not go as it should."""
    sound = sipp.folder / "moment.ulaw"
    sound.write_bytes(b"\x7f" * 800)
    phone = _Agents("agents").answer(0.02).talk(*load.talk_s).hang_up()
    agents = await sipp.start(phone, agents_port, calls=_NO_END)
    rate = ("-r", str(load.rate), "-l", str(load.at_once))
    party = _Callers(sound).call(_ROUND_AT_MOST_S).wait_bye(_ROUND_AT_MOST_S)
    callers = await sipp.start(party, callers_port, calls=load.calls, options=rate)
    try:
        code = await callers.wait(_ROUND_AT_MOST_S)
        # Ends when the calls of the moment have ended; the log is then complete.
        agents.process.send_signal(signal.SIGUSR1)
        await agents.wait(_END_AT_MOST_S)
    except TimeoutError:
        raise RuntimeError(f"the round did not end: {callers.errors()[-1000:]}{agents.errors()[-1000:]}") from None
    finally:
        await callers.stop()
        await agents.stop()
    if code:
        raise RuntimeError(f"not every call went as it should: {callers.errors()[-1000:]}{agents.errors()[-1000:]}")
    return agents.packets()


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


def queued_to_invite(queued: Mapping[str, float], agents: Iterable[Packet]) -> list[float]:
    """Seconds from the queue to the INVITE at an agent. `queued`: by caller's number, when the PBX says they waited."""
    rang: dict[str, float] = {}
    for packet in agents:
        if not packet.sent and packet.line.startswith("INVITE"):
            rang.setdefault(_number(packet), packet.at)
    return [at - queued[number] for number, at in rang.items() if number in queued]


def _number(packet: Packet) -> str:
    found = _CALLER.search(packet.header("From"))
    return found[1] if found else ""
