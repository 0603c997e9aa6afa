"""The runner behind a real FastAGI server: number table, events, hand-over, and every way a session can end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from cti_server.core.events import CallArrived, CallDataSet, Event, IvrEnded, IvrStepped
from cti_server.ivr.runner import IvrRunner, find_number
from cti_server.ivr.scripts import Scripts
from cti_server.pbx.fastagi import FastAgiServer
from cti_server.settings import Number, Pbx, Queue, Settings, Site
from tests.pbx.agi_peer import HEADER, AgiPeer

SCRIPTS = {
    "to_sales": "    await queue(call, 'sales', priority=3)",
    "nowhere": "    await play(call, 'welcome', skip=False)",
    "broken": "    await set_data(call, 'account', '1')\n    call.nothing()",
    "extension": "    await transfer(call, '8001')",
    "message": "    await voicemail(call, prompt='for-the-night')",
    "ends": "    await hangup(call)",
    "swallows": "    try:\n        await transfer(call, '8001')\n    except Exception:\n        pass",
    "speaks": "    call.language = 'zh'\n    await play(call, 'welcome', skip=False)\n    await queue(call)",
    "further": "    await run_script(call, 'to_sales')",
    "lost_in_itself": "    await run_script(call, 'no_such_script')",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name, body in SCRIPTS.items():
        (tmp_path / f"{name}.py").write_text(f"from cti_server.ivr import *\n\nasync def run(call):\n{body}\n")
    (tmp_path / "syntax.py").write_text("async def run(call:")
    return Settings(
        site=Site(language="en"),
        pbx=Pbx(sounds_dir=Path("/sounds")),
        queue=(Queue(id="general"), Queue(id="sales"), Queue(id="service")),
        number=(
            Number(match="4000", script="to_sales", queue="service", campaign="spring", language="zh"),
            Number(match="+861012345678", script="ends"),
        ),
    )


def with_script(settings: Settings, script: str, **more: str) -> Settings:
    return settings.model_copy(update={"number": (Number(match="4000", script=script, **more),)})


class Scene:
    """A server with the runner, the events it published, and callers that answer its commands."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.events: list[Event] = []
        self.runner = IvrRunner(settings, self.events.append, Scripts(folder))
        self.server = FastAgiServer("127.0.0.1", 0, self.runner.run)

    async def call(self, header: bytes = HEADER, answer: Callable[[str], str] = lambda _: "200 result=0") -> list[str]:
        """One call to its end; what was sent to the channel."""
        peer = await AgiPeer.connect(self.server.port, header)
        while line := await peer.hears():
            reply = answer(line)
            if not reply:
                break
            peer.says(*reply.split("\n"))
        await peer.close()
        while self.server.counters.active:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        return peer.said

    @property
    def end(self) -> IvrEnded:
        """The one end that there must be, as the last event."""
        ends = [e for e in self.events if isinstance(e, IvrEnded)]
        assert len(ends) == 1
        assert self.events[-1] is ends[0]
        return ends[0]


@asynccontextmanager
async def playing(settings: Settings, folder: Path) -> AsyncIterator[Scene]:
    scene = Scene(settings, folder)
    await scene.server.start()
    try:
        yield scene
    finally:
        await scene.server.close()


def variables(said: list[str]) -> dict[str, str]:
    pairs = [line.split(" ", 3)[2:] for line in said if line.startswith("SET VARIABLE")]
    return {name: value.strip('"') for name, value in pairs}


async def test_a_call_from_arrival_to_the_queue(settings: Settings, tmp_path: Path) -> None:
    async with playing(settings, tmp_path) as scene:
        said = await scene.call(answer=lambda line: "200 result=1 (170.9)" if "linkedid" in line else "200 result=0")
    arrived, step, ended = scene.events
    assert isinstance(arrived, CallArrived)
    assert (arrived.channel, arrived.linked, arrived.name) == ("1700000000.1", "170.9", "PJSIP/trunk-00000001")
    assert (arrived.ani, arrived.dnis, arrived.caller_name) == ("13800138000", "4000", "王")
    assert (arrived.campaign, arrived.language, arrived.script) == ("spring", "zh", "to_sales")
    assert isinstance(step, IvrStepped)
    assert (step.node, step.label, step.result) == ("queue", "sales", "3")
    assert isinstance(ended, IvrEnded)
    assert (ended.outcome, ended.detail) == ("queue", "sales")
    assert said[:2] == ['GET VARIABLE "CHANNEL(linkedid)"', "ANSWER"]
    assert variables(said) == {
        "CTI_ACTION": "queue",
        "CTI_QUEUE": "sales",
        "CTI_PRIORITY": "3",
        "CTI_LANG": "zh",
        "CTI_EXTEN": "",
        "CTI_BOX": "",
        "CTI_PROMPT": "",
        "CTI_IVR_DONE": "1",
    }
    assert said[-1] == "SET VARIABLE CTI_IVR_DONE 1"


@pytest.mark.parametrize(
    ("script", "outcome", "expected"),
    [
        ("extension", "transfer", {"CTI_ACTION": "transfer", "CTI_EXTEN": "8001"}),
        ("swallows", "transfer", {"CTI_ACTION": "transfer", "CTI_EXTEN": "8001"}),
        ("message", "voicemail", {"CTI_BOX": "general", "CTI_PROMPT": "for-the-night"}),
        ("ends", "hangup", {"CTI_ACTION": "hangup"}),
        ("nowhere", "queue", {"CTI_ACTION": "queue", "CTI_QUEUE": "general"}),
        ("further", "queue", {"CTI_ACTION": "queue", "CTI_QUEUE": "sales"}),
        ("speaks", "queue", {"CTI_ACTION": "queue", "CTI_LANG": "zh"}),
    ],
)
async def test_where_scripts_send_their_callers(
    settings: Settings, tmp_path: Path, script: str, outcome: str, expected: dict[str, str]
) -> None:
    async with playing(with_script(settings, script), tmp_path) as scene:
        said = await scene.call()
    assert scene.end.outcome == outcome
    assert expected.items() <= variables(said).items()
    assert variables(said)["CTI_IVR_DONE"] == "1"


@pytest.mark.parametrize("script", ["broken", "syntax", "no_such_script", "lost_in_itself", "../x"])
async def test_a_script_that_fails_sends_its_caller_to_the_default_queue(
    settings: Settings, tmp_path: Path, script: str
) -> None:
    async with playing(with_script(settings, script, queue="service"), tmp_path) as scene:
        with capture_logs() as logs:
            said = await scene.call()
    assert (scene.end.outcome, scene.end.detail.partition(":")[0]) == ("error", script)
    assert variables(said)["CTI_QUEUE"] == "service"
    assert variables(said)["CTI_IVR_DONE"] == "1"
    assert [(e["log_level"], e["call_id"]) for e in logs] == [("error", "1700000000.1")]
    if script == "broken":
        assert [e.value for e in scene.events if isinstance(e, CallDataSet)] == ["1"]


async def test_an_unknown_number_goes_to_the_default_queue_with_a_warning(settings: Settings, tmp_path: Path) -> None:
    async with playing(settings, tmp_path) as scene:
        with capture_logs() as logs:
            said = await scene.call(HEADER.replace(b"extension: 4000", b"extension: 4999"))
    assert (scene.end.outcome, scene.end.detail) == ("queue", "general")
    assert variables(said)["CTI_QUEUE"] == "general"
    assert [(e["log_level"], e["dnis"]) for e in logs] == [("warning", "4999")]


def test_the_exact_number_comes_before_the_star(settings: Settings) -> None:
    star = Number(match="*", script="x")
    table = settings.model_copy(update={"number": (star, *settings.number)})
    assert find_number(table, "4000") is settings.number[0]
    assert find_number(table, "+861012345678") is settings.number[1]
    assert find_number(table, "77") is star
    assert find_number(settings, "77") is None


@pytest.mark.parametrize("fails_at", ["GET", "ANSWER", "STREAM", "SET VARIABLE CTI_QUEUE", "SET VARIABLE CTI_IVR_DONE"])
async def test_a_caller_who_hangs_up_at_any_moment(settings: Settings, tmp_path: Path, fails_at: str) -> None:
    async with playing(with_script(settings, "speaks"), tmp_path) as scene:
        said = await scene.call(
            answer=lambda line: "HANGUP\n200 result=-1" if line.startswith(fails_at) else "200 result=0"
        )
    assert isinstance(scene.events[0], CallArrived)
    assert scene.end.outcome == "caller_gone"
    assert said[-1].startswith(fails_at)
    assert scene.server.counters.failed == 0


@pytest.mark.parametrize("fails_at", ["ANSWER", "STREAM", "SET VARIABLE CTI_IVR_DONE"])
async def test_a_connection_that_breaks_is_lost(settings: Settings, tmp_path: Path, fails_at: str) -> None:
    async with playing(with_script(settings, "speaks"), tmp_path) as scene:
        await scene.call(answer=lambda line: "" if line.startswith(fails_at) else "200 result=0")
    assert scene.end.outcome == "lost"
    assert scene.server.counters.lost == 1


async def test_a_server_that_stops_does_not_pretend_to_have_queued(settings: Settings, tmp_path: Path) -> None:
    async with playing(with_script(settings, "speaks"), tmp_path) as scene:
        peer = await AgiPeer.connect(scene.server.port)
        while not (await peer.hears()).startswith("STREAM"):
            peer.says("200 result=0")
        await scene.server.close(drain_s=0.01)
        assert await peer.hears() == ""
        await peer.close()
    assert (scene.end.outcome, scene.end.detail) == ("lost", "the server is stopping")
    assert "CTI_IVR_DONE" not in variables(peer.said)


async def test_a_missing_prompt_is_played_in_the_other_language_and_never_ends_the_call(
    settings: Settings, tmp_path: Path
) -> None:
    def nothing_there(line: str) -> str:
        if line.startswith("CHANNEL STATUS"):
            return "200 result=6"
        return "200 result=-1 endpos=0" if line.startswith("STREAM FILE") else "200 result=0"

    async with playing(with_script(settings, "speaks"), tmp_path) as scene:
        with capture_logs() as logs:
            said = await scene.call(answer=nothing_there)
    played = [line for line in said if line.startswith("STREAM FILE")]
    assert played == ['STREAM FILE "/sounds/zh/welcome" ""', 'STREAM FILE "/sounds/en/welcome" ""']
    assert scene.end.outcome == "queue"
    assert [e["language"] for e in logs] == ["zh", "en"]


async def test_another_agi_path_is_not_ours(settings: Settings, tmp_path: Path) -> None:
    async with playing(settings, tmp_path) as scene:
        assert await scene.call(HEADER.replace(b"script: inbound?site=north", b"script: other")) == []
    assert scene.events == []


async def test_settings_may_be_replaced_between_calls(settings: Settings, tmp_path: Path) -> None:
    async with playing(settings, tmp_path) as scene:
        await scene.call()
        scene.runner.settings = with_script(settings, "ends")
        await scene.call()
    assert [e.outcome for e in scene.events if isinstance(e, IvrEnded)] == ["queue", "hangup"]


def test_what_is_wrong_with_the_number_table_is_told_beforehand(settings: Settings, tmp_path: Path) -> None:
    numbers = (*settings.number, Number(match="1", script="syntax"), Number(match="2", script="no_such_script"))
    runner = IvrRunner(settings.model_copy(update={"number": numbers}), lambda _: None, Scripts(tmp_path))
    found = runner.problems()
    assert [text.partition(":")[0] for text in found] == ["number '1'", "number '2'"]
    assert IvrRunner(settings, lambda _: None, Scripts(tmp_path)).problems() == []
