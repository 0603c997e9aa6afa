"""The router beside Asterisk's own app_queue, on real Asterisks, under the same load in one run.

Two private Asterisks: one with the server (the product as it runs at a site), one with a queue of app_queue and no
server at all, so that neither slows the other. Rounds are interleaved; both record every call. Times:

- queued -> INVITE, agents idle: from the queue's own word (`CtiHold` of our dialplan, `QueueCallerJoin`) to the wire
- agent free -> next INVITE, callers waiting: from an agent's BYE to the next INVITE at that agent, both on the wire
"""

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bench.crowd import NUMBER, Load, agent_free_to_invite, play, queued_to_invite
from cti_server.pbx.instance import Phone
from cti_server.pbx.provision import Installed, install
from tests.live.ami_probe import AmiProbe
from tests.live.lab import HOST, SECRET, Lab
from tests.live.sipp import Packet
from tests.live.site import Site

ROUNDS = 3
_AGENTS_PORT, _CALLERS_PORT = 6, 5
"""Counted from the laboratory's base: where all the agents' phones are, and the trunk's caller."""
_RTP_PORTS = 1200
_APP_QUEUE = f"""
[cti-inbound](+)
exten => {NUMBER},1,Answer()
 same => n,Set(_CTI_CALLER=${{UNIQUEID}})
 same => n,Queue(cti-fallback,t,,,600,,cti-fallback-answered)
 same => n,Hangup()
"""


@dataclass(frozen=True, slots=True)
class Size:
    """`idle`: fewer callers than agents at any time; `backlog`: as many waiting as talking."""

    agents: int
    idle: Load
    backlog: Load


SIZES = (
    Size(10, Load(calls=30, at_once=5, rate=8, talk_s=(0.2, 0.4)), Load(60, 20, 50, (0.5, 1.5))),
    Size(100, Load(calls=30, at_once=5, rate=8, talk_s=(0.2, 0.4)), Load(350, 200, 60, (3.0, 5.0))),
)


class _Crowd(Lab):
    """A laboratory whose agents' phones are all at one port. `joined`: the AMI event by which a caller is queued."""

    joined = ""

    def phones(self) -> list[Phone]:
        port = self.ports.base + _AGENTS_PORT
        return [Phone(agent.id, f"password-{agent.id}", port) for agent in self.settings.agent]

    async def start(self) -> None:
        people = tuple(agent for agent in self.settings.agent if agent.id != "web1")
        self.settings = self.settings.model_copy(update={"agent": people})
        self.pbx.rtp_ports = _RTP_PORTS
        await super().start()

    async def queued_to_invite(self, load: Load) -> list[float]:
        ami = await AmiProbe.connect(HOST, self.ports.ami, self.settings.pbx.user, SECRET)
        try:
            agents = await self._play(load)
            joins = [m for m in ami.events if self.joined in (m.event, m.get("UserEvent"))]
        finally:
            await ami.close()
        return queued_to_invite({m.get("CallerIDNum"): float(m.get("Timestamp")) for m in joins}, agents)

    async def agent_free_to_invite(self, load: Load) -> list[float]:
        return agent_free_to_invite(await self._play(load))

    async def _play(self, load: Load) -> list[Packet]:
        base = self.ports.base
        return await play(self.sipp, load, base + _AGENTS_PORT, base + _CALLERS_PORT)


class Ours(_Crowd, Site):
    """An Asterisk with the real server beside it, all agents logged in."""

    joined = "CtiHold"

    def __init__(self, installed: Installed, folder: Path, agents: int) -> None:
        super().__init__(installed, folder, agents, tuple(f"agent{n}" for n in range(1, agents + 1)))

    async def start(self) -> None:
        await super().start()
        await self.ami.close()


class AppQueue(_Crowd):
    """An Asterisk alone: rrmemory, autofill, no wrap-up, retry 1 s, as the fallback queue is rendered."""

    joined = "QueueCallerJoin"

    async def start(self) -> None:
        extra = self.pbx.folder / "etc" / "extra"
        extra.mkdir(parents=True)
        (extra / "extensions.conf").write_text(_APP_QUEUE, encoding="utf-8")
        await super().start()
        for phone in self.phones():
            one = f"PJSIP/{phone.name}"
            await self.ami.do("QueueAdd", Queue="cti-fallback", Interface=one, StateInterface=one)
        await self.ami.close()


@dataclass(slots=True)
class Samples:
    """Seconds."""

    idle: list[float] = field(default_factory=list)
    backlog: list[float] = field(default_factory=list)


def percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, round(share * len(ordered) + 0.5) - 1)]


async def measure(installed: Installed, size: Size) -> tuple[Samples, Samples]:
    """Ours and app_queue's."""
    found = Samples(), Samples()
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder:
        labs: tuple[_Crowd, _Crowd] = (
            Ours(installed, Path(folder) / "ours", size.agents),
            AppQueue(installed, Path(folder) / "app_queue", size.agents),
        )
        begun: list[_Crowd] = []
        try:
            for lab in labs:
                begun.append(lab)
                await lab.start()
            for _ in range(ROUNDS):
                for lab, samples in zip(labs, found, strict=True):
                    samples.idle += await lab.queued_to_invite(size.idle)
                for lab, samples in zip(labs, found, strict=True):
                    samples.backlog += await lab.agent_free_to_invite(size.backlog)
        finally:
            for lab in begun:
                await lab.close()
    return found


def main() -> None:
    installed = install(say=print)
    print(f"{'':46}{'ours p50':>10}{'p99':>8}{'app_queue p50':>15}{'p99':>8}{'ratio p50':>11}{'p99':>7}")
    for size in SIZES:
        ours, theirs = asyncio.run(measure(installed, size))
        for what, mine, other in (
            ("queued -> INVITE, agents idle", ours.idle, theirs.idle),
            ("agent free -> next INVITE, callers waiting", ours.backlog, theirs.backlog),
        ):
            print(_line(f"{size.agents:4} {what}", mine, other), flush=True)
    print(
        "\nMilliseconds. On a busy machine all times grow, ours more than those that sleep: the ratios are what counts."
    )


def _line(label: str, ours: list[float], theirs: list[float]) -> str:
    (mine, mine_99), (other, other_99) = (
        (percentile(v, 0.5) * 1000, percentile(v, 0.99) * 1000) for v in (ours, theirs)
    )
    times = f"{mine:10.1f}{mine_99:8.1f}{other:15.1f}{other_99:8.1f}"
    return f"{label:46}{times}{other / mine:10.1f}x{other_99 / mine_99:6.1f}x"


if __name__ == "__main__":
    main()
