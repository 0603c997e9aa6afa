"""The shipped IVR on a real Asterisk: a SIP caller presses keys, hears prompts, and ends up where the script says."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cti_server.core.events import CallArrived, CallDataSet, Event, IvrEnded, IvrStepped
from cti_server.ivr.install import install_prompts
from cti_server.ivr.runner import IvrRunner
from cti_server.ivr.scripts import Scripts, package_folder
from cti_server.pbx.fastagi import FastAgiServer
from cti_server.pbx.framing import Message
from cti_server.pbx.provision import Installed
from cti_server.settings import Number, Queue
from tests.live.lab import CALLER_HZ, HOST, Lab
from tests.live.script import Caller
from tests.live.sipp import tone_energy

pytestmark = pytest.mark.live

NUMBERS = (
    Number(match="95500", queue="support", campaign="spring"),
    Number(match="95502", queue="support", script="after_hours"),
    Number(match="95503", queue="sales", script="broken"),
    Number(match="95504", queue="sales", script="to_agent"),
    Number(match="95505", queue="sales", script="endless"),
)
SITE_SCRIPTS = {
    "broken": "    await call.key(0.1)\n    return call.no_such_word",
    "to_agent": "    await transfer(call, '1001')",
    "endless": "    while True:\n        await call.key(1)",
}


class Floor:
    """A lab with our FastAGI server and IVR, and the events that they published."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.events: list[Event] = []
        queues = (*lab.settings.queue, Queue(id="service"))
        settings = lab.settings.model_copy(update={"number": NUMBERS, "queue": queues})
        install_prompts(settings.pbx.sounds_dir)
        runner = IvrRunner(settings, self.events.append, Scripts(self._scripts()))
        self.agi = FastAgiServer(HOST, lab.settings.server.fastagi_port, runner.run)

    def _scripts(self) -> Path:
        folder = self.lab.folder / "scripts"
        folder.mkdir()
        for shipped in package_folder().glob("*.py"):
            (folder / shipped.name).write_text(shipped.read_text())
        for name, body in SITE_SCRIPTS.items():
            (folder / f"{name}.py").write_text(f"from cti_server.ivr import *\n\nasync def run(call):\n{body}\n")
        return folder

    async def hold(self) -> Message:
        return await self.lab.ami.wait_for("UserEvent", UserEvent="CtiHold", at_most=30)

    async def ended(self) -> IvrEnded:
        """The one end of the one call's IVR, once it is there."""
        async with asyncio.timeout(30):
            while not (ends := [e for e in self.events if isinstance(e, IvrEnded)]):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert len(ends) == 1
        return ends[0]

    async def variable(self, channel: str, name: str) -> str:
        return (await self.lab.ami.do("Getvar", Channel=channel, Variable=name)).get("Value")

    def path(self) -> list[str]:
        return [f"{e.node} {e.result}".strip() for e in self.events if isinstance(e, IvrStepped)]

    def data(self) -> dict[str, str]:
        return {e.key: e.value for e in self.events if isinstance(e, CallDataSet)}


@pytest.fixture
async def floor(asterisk: Installed, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Floor]:
    lab = Lab(asterisk, tmp_path, ivr_max_s=getattr(request, "param", 90))
    await lab.start()
    await lab.heartbeat()
    made = Floor(lab)
    await made.agi.start()
    yield made
    await made.agi.close()
    await lab.close()


def dials(number: str, display: str = "") -> Caller:
    return Caller(number, "13800138000", display=display).call()


async def test_an_account_number_typed_over_the_prompts_travels_to_the_queue(floor: Floor) -> None:
    caller = await floor.lab.call(
        dials("95500", "王小明")
        .wait(1)
        .digit("1")
        .wait(0.7)
        .digit("3")
        .wait(0.7)
        .digit("12345#", 0.3)
        .hang_up_after(30)
    )
    hold = await floor.hold()
    arrived = floor.events[0]
    assert isinstance(arrived, CallArrived)
    assert (arrived.ani, arrived.dnis, arrived.caller_name) == ("13800138000", "95500", "王小明")
    assert (arrived.campaign, arrived.language, arrived.script) == ("spring", "en", "main_menu")
    assert (arrived.channel, arrived.linked) == (hold.get("Uniqueid"), hold.get("Linkedid"))
    assert floor.path() == [
        "hours open",
        "play skipped",
        "language en",
        "menu 3 account",
        "digits 12345",
        "set 12345",
        "play",
        "say_digits",
        "play",
        "set service",
        "queue",
    ]
    assert floor.data() == {"language": "en", "account": "12345", "reason": "service"}
    assert hold.get("Queue") == "service"
    ended = await floor.ended()
    assert (ended.outcome, ended.detail, ended.channel) == ("queue", "service", arrived.channel)
    assert float(hold.get("T0")) <= arrived.at <= ended.at
    await caller.stop()


async def test_a_caller_chooses_mandarin_and_hears_it(floor: Floor) -> None:
    heard = floor.lab.folder / "heard.wav"
    caller = await floor.lab.call(dials("95500").wait(1.5).digit("2", 9).digit("1").hang_up_after(30))
    channel = (await floor.lab.ami.wait_for("Newchannel")).get("Channel")
    await asyncio.to_thread(
        floor.lab.pbx.console, f"mixmonitor start {channel} {heard.with_suffix('')}-x.wav,t({heard})"
    )
    hold = await floor.hold()
    assert hold.get("Queue") == "sales"
    assert await floor.variable(channel, "CTI_LANG") == "zh"
    assert floor.data() == {"language": "zh", "reason": "sales"}
    assert [e.result for e in floor.events if isinstance(e, IvrStepped) and e.node == "menu"] == ["1 sales"]
    await caller.stop()
    await asyncio.to_thread(floor.lab.pbx.console, f"mixmonitor stop {channel}")
    length, power, _ = tone_energy(heard, 1000.0)
    assert length > 9
    assert power > 100_000
    log = (floor.lab.folder / "pbx" / "log" / "full").read_text(errors="replace")
    played = re.findall(r"Playing '\S*/(\w\w/[\w-]+)\.ulaw'", log)
    assert played == ["en/welcome", "zh/main-menu", "zh/connecting"]
    assert "WARNING" not in "".join(line for line in log.splitlines() if "file.c" in line)


async def test_a_caller_who_hangs_up_in_the_ivr(floor: Floor) -> None:
    caller = await floor.lab.call(dials("95500").wait(1.5).hang_up())
    assert (await floor.ended()).outcome == "caller_gone"
    assert await caller.wait() == 0, caller.errors()
    end = await floor.lab.ami.wait_for("UserEvent", UserEvent="CtiEnd")
    assert end.get("State") == "ivr"
    assert floor.lab.ami.find("UserEvent", UserEvent="CtiHold") == []
    assert (floor.agi.counters.gone, floor.agi.counters.lost, floor.agi.counters.failed) == (1, 0, 0)


async def test_after_hours_a_message_is_left(floor: Floor) -> None:
    speaks = floor.lab.caller("95502").call()
    caller = await floor.lab.call(speaks.wait(1).digit("1").wait(9).hang_up())
    ended = await floor.ended()
    assert (ended.outcome, ended.detail) == ("voicemail", "support")
    assert await caller.wait() == 0, caller.errors()
    left = await floor.lab.ami.wait_for("UserEvent", UserEvent="CtiVoicemail")
    assert (left.get("Box"), left.get("Uniqueid")) == ("support", floor.events[0].channel)
    length, power, share = tone_energy(Path(left.get("File")), CALLER_HZ)
    assert length > 1
    assert power > 100_000
    assert share > 0.9


async def test_after_hours_the_caller_ends_the_call(floor: Floor) -> None:
    caller = await floor.lab.call(dials("95502").wait(1).digit("2").wait_bye(20))
    assert (await floor.ended()).outcome == "hangup"
    assert await caller.wait() == 0, caller.errors()
    assert floor.path() == ["play skipped", "menu 2 end", "play", "hangup"]


async def test_a_script_that_raises_sends_its_caller_to_the_numbers_queue(floor: Floor) -> None:
    caller = await floor.lab.call(dials("95503").hang_up_after(20))
    assert (await floor.hold()).get("Queue") == "sales"
    assert (await floor.ended()).outcome == "error"
    await caller.stop()


async def test_an_unknown_number_waits_in_the_default_queue(floor: Floor) -> None:
    caller = await floor.lab.call(dials("777").hang_up_after(20))
    assert (await floor.hold()).get("Queue") == "support"
    assert (await floor.ended()).outcome == "queue"
    await caller.stop()


async def test_a_transfer_rings_the_agent(floor: Floor) -> None:
    agent = await floor.lab.phone(1, floor.lab.agent(1).answer().wait_bye())
    caller = await floor.lab.call(dials("95504").hang_up_after(2))
    assert await caller.wait() == 0, caller.errors()
    assert await agent.wait() == 0, agent.errors()
    assert ((await floor.ended()).outcome, (await floor.ended()).detail) == ("transfer", "1001")
    assert agent.answered is not None


async def test_a_server_that_stops_leaves_its_caller_to_the_hold(floor: Floor) -> None:
    caller = await floor.lab.call(dials("95500").wait(1.5).hang_up_after(20))
    await floor.lab.ami.wait_for("Newstate", ChannelStateDesc="Up")
    await floor.agi.close(drain_s=0.1)
    assert (await floor.hold()).get("Queue") == "support"
    assert (await floor.ended()).outcome == "lost"
    await caller.stop()


@pytest.mark.parametrize("floor", [10], indirect=True)
async def test_an_ivr_without_end_is_ended_by_the_dialplan(floor: Floor) -> None:
    caller = await floor.lab.call(dials("95505").hang_up_after(30))
    hold = await floor.hold()
    assert hold.get("Queue") == "support"
    ended = await floor.ended()
    assert ended.outcome not in ("queue", "error")
    assert ended.at - float(hold.get("T0")) == pytest.approx(10, abs=1.5)
    await caller.stop()
