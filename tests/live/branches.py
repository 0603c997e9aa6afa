"""Two sites for one test, one server for both: the main one with agent1 and agent2, the branch `east` with agent3.

agent1 and agent3 serve `support`, agent2 serves `sales`.
"""

import asyncio
import random
from pathlib import Path
from typing import Any

from cti_server.pbx.instance import Instance, Phone, Trunk, free_ports
from cti_server.pbx.provision import Installed
from cti_server.settings import load
from tests.live import script
from tests.live.ami_probe import AmiProbe
from tests.live.lab import HOST, PORTS, SECRET
from tests.live.sipp import Run, Sipp
from tests.live.site import Site

EAST = "east"


class TwoSites(Site):
    """`east`, `east_ami`, `east_sipp`: the branch's. Its carrier is at its port base+5, agent3's phone at base+8."""

    east_ami: AmiProbe

    def __init__(
        self,
        installed: Installed,
        folder: Path,
        ready: tuple[str, ...] = (),
        east_trunk: str = "trunk",
        ring_s: float = 5,
    ) -> None:
        people = {"agent2": 'queues = ["sales"]\n'}
        super().__init__(installed, folder, ready=ready, ring_s=ring_s, people=people)
        self.east_ports = free_ports(HOST, first=random.randrange(6000, 18000, PORTS), step=PORTS)
        while abs(self.east_ports.base - self.ports.base) < PORTS:
            self.east_ports = free_ports(HOST, first=random.randrange(6000, 18000, PORTS), step=PORTS)
        branch = {
            "id": EAST,
            "host": HOST,
            "port": self.east_ports.ami,
            "secret": SECRET,
            "recordings_dir": folder / "recordings-east",
            "sounds_dir": folder / "sounds",
            "cel_file": folder / EAST / "log" / "cel-custom" / "cti_cel.json",
            "out_trunk": east_trunk,
            "out_caller_id": "0215550",
            "address": f"{HOST}:{self.east_ports.sip}",
        }
        self._pbx = f'address = "{HOST}:{self.ports.sip}"'
        self._more = "[[branch]]\n" + "".join(
            f"{key} = {value}\n" if isinstance(value, int) else f'{key} = "{value}"\n' for key, value in branch.items()
        )
        self.east = Instance(installed, folder / EAST, self.east_ports, HOST)
        self.east_sipp = Sipp(f"{HOST}:{self.east_ports.sip}", folder / "sipp-east", HOST)

    def phones(self) -> list[Phone]:
        """Every site knows every phone, and each is registered at one."""
        *others, web = super().phones()
        return [*others[:2], Phone("agent3", "password-3", caller_id="1003"), web]

    async def start(self) -> None:
        elsewhere = [Phone(f"agent{n}", f"password-{n}", caller_id=f"100{n}") for n in (1, 2)]
        here = Phone("agent3", "password-3", self.east_ports.base + 8, caller_id="1003")
        self._write_config()
        self.east.configure(
            load(self.folder / "cti.toml", {}), [*elsewhere, here], [Trunk("trunk", self.east_ports.base + 5)], EAST
        )
        await asyncio.to_thread(self.east.start)
        self.east_ami = await AmiProbe.connect(HOST, self.east_ports.ami, self.settings.pbx.user, SECRET)
        await super().start()

    async def close(self) -> None:
        await self.east_sipp.close()
        if hasattr(self, "east_ami"):
            await self.east_ami.close()
        await super().close()
        await asyncio.to_thread(self.east.stop)

    async def east_call(self, party: script.Caller) -> Run:
        """Place a call from the branch's own carrier."""
        return await self.east_sipp.start(party, self.east_ports.base + 5)

    async def east_carrier(self, party: script.Phone) -> Run:
        """Somebody outside, reached by the branch's own trunk."""
        return await self.east_sipp.start(party, self.east_ports.base + 5)

    async def east_phone(self, party: script.Phone, calls: int = 1) -> Run:
        """What agent3's phone, which is at the branch, does with the next calls."""
        return await self.east_sipp.start(party, self.east_ports.base + 8, calls=calls)

    async def east_dial(self, party: script.Caller) -> Run:
        """A call from agent3's phone, by a second device of it."""
        return await self.east_sipp.start(party, self.east_ports.base + 10)

    async def until_agent(self, agent: str, status: str, at_most: float = 15.0) -> None:
        """Wait until the agent is in this state, as it was written."""
        found = ""
        for _ in range(round(at_most * 10)):
            rows = self.rows("SELECT status FROM agent_span WHERE agent = ? ORDER BY start DESC LIMIT 1", agent)
            found = rows[0]["status"] if rows else ""
            if found == status:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{agent} is {found!r}, not {status!r}\n{self.log()[-3000:]}")

    async def sealed(self, leg: str, at_most: float = 15.0) -> dict[str, Any]:
        """The sealed recording of this leg, as it was written."""
        found: list[dict[str, Any]] = []
        for _ in range(round(at_most * 10)):
            found = self.rows("SELECT * FROM recording WHERE leg = ?", leg)
            if found and found[0]["status"] == "sealed":
                return found[0]
            await asyncio.sleep(0.1)
        raise AssertionError(f"not sealed: {found}\n{self.log()[-3000:]}")

    async def live_calls_with(self, endpoint: str, at_most: float = 15.0) -> list[dict[str, Any]]:
        """The live calls with a leg at this endpoint, once there is one."""
        for _ in range(round(at_most * 20)):
            found = [c for c in await self.live_calls() if any(g["endpoint"] == endpoint for g in c["legs"])]
            if found:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"no live call with {endpoint}\n{self.log()[-3000:]}")
