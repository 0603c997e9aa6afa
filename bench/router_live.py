"""The router beside Asterisk's own app_queue, on real Asterisks, under the same load in one run.

Two private Asterisks: one with the server (the product as it runs at a site), one with a queue of app_queue and no
server at all, so that neither slows the other. Rounds are interleaved. Times are taken from the wire: see `crowd`.
"""

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bench.crowd import NUMBER, Load, agent_free_to_invite, play, queued_to_invite
from cti_server.pbx.instance import Phone
from cti_server.pbx.provision import Installed, install
from tests.live.lab import Lab
from tests.live.site import Site

IDLE = "queued -> agent's INVITE, agents idle"
BACKLOG = "agent free -> next INVITE, backlog"
_AGENTS_PORT, _CALLERS_PORT = 6, 5
"""Counted from the laboratory's base: where all the agents' phones are, and the trunk's caller."""

_APP_QUEUE = f"""
[cti-inbound](+)
exten => {NUMBER},1,Answer()
 same => n,Set(_CTI_CALLER=${{UNIQUEID}})
 same => n,Queue(cti-fallback,t,,,600,,cti-fallback-answered)
 same => n,Hangup()
"""


class _Crowd(Lab):
    """A laboratory whose agents' phones are all at one port."""

    def phones(self) -> list[Phone]:
        port = self.ports.base + _AGENTS_PORT
        return [Phone(agent.id, f"password-{agent.id}", port) for agent in self.settings.agent]

    async def start(self) -> None:
        people = tuple(agent for agent in self.settings.agent if agent.id != "web1")
        self.settings = self.settings.model_copy(update={"agent": people})
        await super().start()

    async def round(self, load: Load) -> tuple[list[float], list[float]]:
        base = self.ports.base
        agents, callers = await play(self.sipp, load, base + _AGENTS_PORT, base + _CALLERS_PORT)
        return queued_to_invite(callers, agents), agent_free_to_invite(agents)


class Ours(_Crowd, Site):
    """An Asterisk with the real server beside it, all agents logged in."""

    def __init__(self, installed: Installed, folder: Path, agents: int) -> None:
        ready = tuple(f"agent{n}" for n in range(1, agents + 1))
        super().__init__(installed, folder, agents, ready)

    async def start(self) -> None:
        await super().start()
        await self.ami.close()


class AppQueue(_Crowd):
    """An Asterisk alone: rrmemory, autofill, no wrap-up, retry 1 s, as the fallback queue is rendered."""

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
    idle: list[float] = field(default_factory=list)
    backlog: list[float] = field(default_factory=list)


def percentile(values: list[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, round(share * len(ordered) + 0.5) - 1)]


async def measure(agents: int, rounds: int, idle: Load, backlog: Load) -> dict[str, Samples]:
    found = {"ours": Samples(), "app_queue": Samples()}
    installed = install(say=print)
    with tempfile.TemporaryDirectory(prefix="cti-bench-") as folder:
        labs: dict[str, _Crowd] = {
            "ours": Ours(installed, Path(folder) / "ours", agents),
            "app_queue": AppQueue(installed, Path(folder) / "theirs", agents),
        }
        started: list[_Crowd] = []
        try:
            for lab in labs.values():
                started.append(lab)
                await lab.start()
            for _ in range(rounds):
                for name, lab in labs.items():
                    found[name].idle += (await lab.round(idle))[0]
                    found[name].backlog += (await lab.round(backlog))[1]
        finally:
            for lab in started:
                await lab.close()
    return found


def main() -> None:
    for agents, rounds, idle, backlog in ((10, 1, Load(30, 5, 5, (0.2, 0.4)), Load(60, 20, 50, (0.5, 1.5))),):
        found = asyncio.run(measure(agents, rounds, idle, backlog))
        for name, s in found.items():
            for what, v in ((IDLE, s.idle), (BACKLOG, s.backlog)):
                print(agents, name, what, len(v), *(f"{percentile(v, p) * 1000:.1f}" for p in (0.5, 0.9, 0.99)))


if __name__ == "__main__":
    main()
