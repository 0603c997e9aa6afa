"""The gate between the PBX link and the bus: what comes first after a gap."""

import asyncio
from pathlib import Path

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.core.state import State
from cti_server.db import open_engine
from cti_server.gate import Gate
from cti_server.tasks import Tasks
from tests.fresh import sqlite_database

CEL = Path(__file__).parent / "scenarios" / "five_calls.cel.json"
FIRST = 1795348986.0


async def through(tmp_path: Path, *events: Event, cel_file: Path | None, since: float, until: str) -> list[str]:
    """The names of what goes through, once one named `until` has; the ticks of the telling left out."""
    engine = open_engine(sqlite_database(tmp_path))
    tasks, out, done = Tasks(), list[str](), asyncio.Event()

    def publish(event: Event) -> None:
        out.append(type(event).__name__)
        if out[-1] == until:
            done.set()

    gate = Gate(
        engine,
        State(),
        tasks,
        publish,
        cel_file=cel_file,
        since=since,
        odd=lambda reason: None,
    )
    for event in events:
        gate.event(event)
    await done.wait()
    await tasks.close()
    await engine.dispose()
    return [name for name in out if name != "Tick"]


LIVE = (
    ev.PbxConnected(at=FIRST + 60),
    ev.PbxResynced(at=FIRST + 60, channels=()),
    ev.MusicStarted(at=FIRST + 61, channel="c1"),
)


async def test_after_a_gap_what_was_missed_comes_before_the_word_that_the_pbx_is_there(tmp_path: Path) -> None:
    out = await through(tmp_path, *LIVE, cel_file=CEL, since=FIRST - 5, until="MusicStarted")
    assert out[:2] == ["GapOpened", "ChannelCreated"]
    assert out[-4:] == ["ChannelEnded", "PbxConnected", "PbxResynced", "MusicStarted"]
    assert out.count("GapOpened") == 1


async def test_a_first_start_waits_for_nothing_but_the_state(tmp_path: Path) -> None:
    out = await through(tmp_path, *LIVE, cel_file=CEL, since=0.0, until="MusicStarted")
    assert out == ["PbxConnected", "PbxResynced", "MusicStarted"]


async def test_a_link_that_is_lost_again_before_the_state_is_known_was_there(tmp_path: Path) -> None:
    lost = ev.PbxDisconnected(at=FIRST + 60.5, reason="closed")
    out = await through(tmp_path, LIVE[0], lost, cel_file=CEL, since=FIRST - 5, until="PbxDisconnected")
    assert out == ["PbxConnected", "PbxDisconnected"]


async def test_a_lost_link_makes_a_gap_and_a_record_that_cannot_be_read_holds_nobody_up(tmp_path: Path) -> None:
    lost = ev.PbxDisconnected(at=FIRST - 5, reason="closed")
    out = await through(tmp_path, lost, *LIVE, cel_file=CEL, since=0.0, until="MusicStarted")
    assert out[:2] == ["PbxDisconnected", "GapOpened"]
    missing = tmp_path / "none.json"
    out = await through(tmp_path, lost, *LIVE, cel_file=missing, since=0.0, until="MusicStarted")
    assert out == ["PbxDisconnected", "PbxConnected", "PbxResynced", "MusicStarted"]


async def test_a_link_that_is_lost_again_while_the_record_is_read_makes_a_second_gap(tmp_path: Path) -> None:
    """What happened between the two losses is told before the first return, the rest before the second."""
    early, late = FIRST + 12, FIRST + 60
    back = (ev.PbxConnected(at=early), ev.PbxResynced(at=early, channels=()))
    lost = ev.PbxDisconnected(at=early + 0.1, reason="closed")
    again = (ev.PbxConnected(at=late), ev.PbxResynced(at=late, channels=()), LIVE[2])
    out = await through(tmp_path, *back, lost, *again, cel_file=CEL, since=FIRST - 5, until="MusicStarted")
    words = [name for name in out if name.startswith(("Pbx", "Gap"))]
    assert words == [
        "GapOpened",
        "PbxConnected",
        "PbxResynced",
        "PbxDisconnected",
        "GapOpened",
        "PbxConnected",
        "PbxResynced",
    ]


async def test_a_record_that_makes_no_sense_holds_nobody_up(tmp_path: Path) -> None:
    """Whatever is wrong: here the State itself, so that reading the record fails in our own code."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    tasks, out, done = Tasks(), list[Event](), asyncio.Event()

    def publish(event: Event) -> None:
        out.append(event)
        if isinstance(event, ev.MusicStarted):
            done.set()

    broken = State(calls={"c": None})  # type: ignore[dict-item]
    gate = Gate(engine, broken, tasks, publish, cel_file=CEL, since=FIRST - 5, odd=lambda reason: None)
    for event in LIVE:
        gate.event(event)
    await done.wait()
    assert out == list(LIVE)
    await tasks.close()
    await engine.dispose()
