"""A laboratory for one test: an Asterisk of its own on free ports, its AMI, SIPp parties, and a heartbeat.

Ports are counted from the instance's base: +0 SIP, +1 AMI, +2 HTTP, +4 FastAGI, +5 the trunk's caller, +6 ... +9 the
phones of agent1 ... agent4, +10 and on for whoever else dials (agents that place calls), +18 and +19 callers of two
more trunks.
"""

import asyncio
import itertools
import random
import time
from pathlib import Path

from cti_server.ivr.install import install_prompts
from cti_server.pbx.framing import Message
from cti_server.pbx.instance import Instance, Phone, Ports, Trunk, free_ports
from cti_server.pbx.provision import Installed
from cti_server.settings import Settings
from tests.live import script
from tests.live.agi_probe import AgiProbe
from tests.live.ami_probe import AmiProbe
from tests.live.sipp import Run, Sipp, write_tone

HOST = "127.0.0.1"
SECRET = "only_for_tests"
CALLER_HZ = 440.0
AGENT_HZ = 880.0
PORTS = 20


def make_settings(folder: Path, ports: Ports, agents: int = 3, **pbx: object) -> Settings:
    """Settings of a small site: queues `support` (2001), `sales` (2002), which calls back; agent1 (1001) ..., web1."""
    names = [f"agent{n}" for n in range(1, agents + 1)]
    people = [
        {"id": name, "phone": f"PJSIP/{name}", "extension": f"100{n}", "queues": ["support"]}
        for n, name in enumerate(names, 1)
    ]
    people.append({"id": "web1", "phone": "PJSIP/web1", "extension": "1009", "queues": ["support"]})
    return Settings.model_validate(
        {
            "server": {"fastagi_host": HOST, "fastagi_port": ports.base + 4, "data_dir": folder / "var"},
            "pbx": {
                "host": HOST,
                "port": ports.ami,
                "secret": SECRET,
                "recordings_dir": folder / "recordings",
                "sounds_dir": folder / "sounds",
                "cel_file": folder / "pbx" / "log" / "cel-custom" / "cti_cel.json",
                "out_trunk": "trunk",
                "ivr_max_s": 10,
                **pbx,
            },
            "database": {"url": f"sqlite+aiosqlite:///{folder / 'cti.db'}"},
            "queue": [
                {"id": "support", "extension": "2001"},
                {"id": "sales", "extension": "2002", "callback": True, "box": "night"},
            ],
            "agent": people,
        }
    )


class Lab:
    """`start()` before use, `close()` after it. `ami` is logged in with the server's own account and filters."""

    ami: AmiProbe

    def __init__(self, installed: Installed, folder: Path, agents: int = 3, **pbx: object) -> None:
        self.folder = folder
        self.ports = free_ports(HOST, first=random.randrange(6000, 18000, PORTS), step=PORTS)
        self.settings = make_settings(folder, self.ports, agents, **pbx)
        self.pbx = Instance(installed, folder / "pbx", self.ports, HOST)
        self._agents = agents
        self._spare = itertools.count(self.ports.base + 10)
        self.sipp = Sipp(f"{HOST}:{self.ports.sip}", folder / "sipp", HOST)
        self.caller_tone = write_tone(self.sipp.folder / "caller.ulaw", CALLER_HZ)
        self.agent_tone = write_tone(self.sipp.folder / "agent.ulaw", AGENT_HZ)
        self._agi: list[AgiProbe] = []
        self._beat: asyncio.Task[None] | None = None

    def phones(self) -> list[Phone]:
        """The phones that the PBX knows, and where they listen."""
        sip = [
            Phone(f"agent{n}", f"password-{n}", self.ports.base + 5 + n, caller_id=f"100{n}")
            for n in range(1, self._agents + 1)
        ]
        return [*sip, Phone("web1", "password-web1", web=True, caller_id="1009")]

    async def start(self) -> None:
        trunks = [Trunk("trunk", self.ports.base + 5)]
        trunks += [Trunk(f"trunk{n}", self.ports.base + 16 + n) for n in (2, 3)]
        self.pbx.configure(self.settings, self.phones(), trunks)
        install_prompts(self.settings.pbx.sounds_dir)
        await asyncio.to_thread(self.pbx.start)
        self.ami = await AmiProbe.connect(HOST, self.ports.ami, self.settings.pbx.user, SECRET)

    async def close(self) -> None:
        await self.stop_heartbeat()
        await self.sipp.close()
        for agi in self._agi:
            await agi.close()
        if hasattr(self, "ami"):
            await self.ami.close()
        await asyncio.to_thread(self.pbx.stop)

    # ------------------------------------------------------------ what a server would do

    async def ivr(self, *commands: str, freeze: bool = False) -> AgiProbe:
        """Listen where the dialplan looks for the server's FastAGI."""
        agi = await AgiProbe(commands, freeze=freeze).listen(HOST, self.ports.base + 4)
        self._agi.append(agi)
        return agi

    async def heartbeat(self) -> None:
        """Refresh the heartbeat now, and each half second until `stop_heartbeat`."""
        await self._set_heartbeat()
        self._beat = asyncio.get_running_loop().create_task(self._beats())

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            await self._set_heartbeat()

    async def _set_heartbeat(self) -> None:
        await self.ami.do("Setvar", Variable="CTI_HEARTBEAT", Value=str(int(time.time())))

    async def stop_heartbeat(self) -> None:
        if self._beat:
            self._beat.cancel()
            await asyncio.gather(self._beat, return_exceptions=True)
            self._beat = None

    async def poke(self, caller: Message | str, agent: str, offer: str = "offer:1", ring: int = 10) -> None:
        """Offer the waiting caller (a `CtiHold` event, or a channel's name) to `agent`, as the server does."""
        channel = caller if isinstance(caller, str) else caller.get("Channel")
        await self.poke_with(channel, f"{agent}|PJSIP/{agent}|{ring}|{offer}|1|{int(time.time()) + 5}|0")

    async def poke_with(self, channel: str, value: str) -> None:
        await self.ami.do("Setvar", Channel=channel, Variable="CTI_NEXT", Value=value)
        await self.ami.do("PlayDTMF", Channel=channel, Digit="D", Receive="true")

    # ------------------------------------------------------------ people

    def caller(self, number: str = "95500", caller_id: str = "13800138000", display: str = "") -> script.Caller:
        return script.Caller(number, caller_id, display=display, tone=self.caller_tone)

    def agent(self, number: int) -> script.Phone:
        return script.Phone(f"agent{number}", tone=self.agent_tone)

    def caller_phone(self) -> script.Phone:
        """Somebody outside, as the called party of a call over the trunk."""
        return script.Phone("outside", tone=self.caller_tone)

    async def call(self, party: script.Caller, port: int = 0) -> Run:
        """Place a call from the trunk."""
        return await self.sipp.start(party, port or self.ports.base + 5)

    async def another_call(self, party: script.Caller, trunk: int) -> Run:
        """Place a call from trunk 2 or 3, beside the one from the first."""
        return await self.sipp.start(party, self.ports.base + 16 + trunk)

    async def phone(self, number: int, party: script.Phone, calls: int = 1) -> Run:
        """Let agent `number`'s phone do `party` with each of the next `calls` calls."""
        return await self.sipp.start(party, self.ports.base + 5 + number, calls=calls)

    async def carrier(self, party: script.Phone) -> Run:
        """Let somebody outside do `party` with the next call that goes out over the trunk."""
        return await self.sipp.start(party, self.ports.base + 5)

    def dials(self, agent: int, number: str) -> script.Caller:
        """A call that agent `agent` places itself."""
        return script.Caller(number, name=f"agent{agent}", password=f"password-{agent}", tone=self.agent_tone)

    async def dial(self, party: script.Caller, call_id: str = "") -> Run:
        """Place a call from an agent's phone (a second device of it, on a port of its own)."""
        return await self.sipp.start(party, next(self._spare), call_id=call_id)
