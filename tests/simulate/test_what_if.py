"""Columns of a simulated day: near to what happened, lawful, and better with more agents."""

from dataclasses import replace
from pathlib import Path

import pytest

from cti_server.core import events as ev
from cti_server.db import open_engine
from cti_server.routing.router import Router
from cti_server.settings import Settings, SettingsError
from cti_server.simulate.compare import run
from cti_server.simulate.day import Business, Day, Ring, read
from cti_server.simulate.outcome import happened
from cti_server.simulate.variant import Change, plan
from cti_server.simulate.world import World
from tests.fresh import sqlite_database
from tests.journal.conftest import start_server
from tests.journal.floor import AGENTS, QUEUES, T0, opening
from tests.simulate.conftest import Recorded
from tests.simulate.recorded import ZONE, day, site

OUTCOMES = ("answered", "abandoned", "short_abandoned", "flowed_out", "callback", "voicemail", "refused", "waiting")

pytestmark = pytest.mark.slow


def test_the_present_resembles_what_happened(recorded: Recorded) -> None:
    """Patience and business of the unseen are estimated, so the figures differ by chance: by this much at most."""
    was = happened(recorded.day, {}).of()
    now = run("present", recorded.day, plan(recorded.settings, recorded.day, Change()), ZONE, seed=1).of()
    assert was["offered"] == now["offered"] == 240
    tolerances = {"service_level": 0.06, "abandon_rate": 0.04, "occupancy": 0.04, "asa": 5.0}
    for name, tolerance in tolerances.items():
        assert now[name] == pytest.approx(was[name], abs=tolerance), name


async def test_a_quiet_day_of_other_making_comes_out_the_same(tmp_path: Path) -> None:
    """Nobody waits for anybody else: who was answered is answered, who was too quick is gone, and talk is the same."""
    engine = open_engine(sqlite_database(tmp_path))
    server = await start_server(engine, tmp_path)
    server.floor.do(*opening())
    for n, kind in enumerate(["answered", "missed", "short", "left_ivr"] * 4):
        server.floor.caller(kind, T0 + 700 * n)
        server.floor.do(*(ev.Tick(at=T0 + 700 * n + second) for second in range(200, 700, 100)))
    await server.writer.flush()
    quiet = await read(engine, ZONE, T0 - 1800, T0 + 86_400)
    await server.stop()
    await engine.dispose()
    same = Settings.model_validate(
        {
            "queue": [{"id": q.id, "wrapup_s": q.wrapup_s, "sl_threshold_s": q.sl_threshold_s} for q in QUEUES],
            "agent": [{"id": a.id, "phone": a.endpoint, "queues": a.queues} for a in AGENTS],
        }
    )
    was = happened(quiet, {}).of()
    now = run("present", quiet, plan(same, quiet, Change()), ZONE, seed=1).of()
    for name in ("offered", "answered", "abandoned", "short_abandoned", "talk_ms"):
        assert now[name] == was[name], name


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"strategy": "most_skilled"},
        {"max_wait_s": 20, "on_max_wait": "voicemail:"},
        {"max_wait_s": 20, "on_max_wait": "queue:support"},
        {"max_length": 2, "on_full": "hangup"},
        {"max_wait_s": 20, "on_max_wait": "callback", "callback": True},
        {"max_wait_s": 20, "on_max_wait": "callback", "callback": True, "callback_first": "customer"},
        {"wrapup_s": 60, "rona_limit": 1},
    ],
    ids=str,
)
def test_the_laws_hold_in_every_column(settings: dict[str, object]) -> None:
    """Every stay has one outcome; the Center saw nothing impossible; nobody is left in a call or stuck."""
    present = site(agents=3)
    queues = [present.queue[0].model_dump() | settings, present.queue[1].model_dump()]
    changed = Settings.model_validate(present.model_dump() | {"queue": queues, "pbx": {"out_trunk": "trunk"}})
    known = day(callers=100, agents=3, hours=1.0)
    world = World(known, plan(changed, known, Change()), Router(), ZONE, seed=3)
    rows = world.run()
    stays = [row for call in rows.calls for row in call.entries]
    assert len(stays) >= 100 and {row["outcome"] for row in stays} <= set(OUTCOMES)
    assert world.faults == [] and world.state.odd == {}
    assert not world.state.calls and not world.state.offers and not world.state.entries
    assert {agent.engagement for agent in world.state.agents.values()} == {"idle"}


def test_the_same_seed_gives_the_same_figures_and_another_one_others() -> None:
    known = day(callers=60, agents=2, hours=0.5)
    made = plan(site(agents=2), known, Change())
    one, two, other = (run("x", known, made, ZONE, seed).of() for seed in (5, 5, 6))
    assert one == two
    assert one != other


def test_more_agents_never_make_anybody_wait_longer() -> None:
    """First come, first served, equal agents who take every call, patient callers: one agent more harms nobody."""
    known = day(callers=60, agents=2, hours=1.0)
    known.arrivals = [
        replace(a, queue="sales", outcome="answered", waited_s=0.0, business=Business(60.0 + n % 7 * 20, 0.0, 0.0))
        for n, a in enumerate(known.arrivals)
    ]
    known.rings = {"a1": [Ring("answered", 2.0)]}
    known.elsewhere, known.intents = [], [event for event in known.intents if event.at < known.arrivals[0].at]
    before: list[int] | None = None
    for more in range(4):
        change = Change(agents=(("sales", more),)) if more else Change()
        rows = World(known, plan(site(agents=2), known, change), Router(), ZONE, seed=1).run()
        stays = sorted((row for call in rows.calls for row in call.entries), key=lambda row: row["queued"])
        waits = [row["wait_ms"] for row in stays]
        assert len(waits) == 60
        if before is not None:
            assert all(now <= then for now, then in zip(waits, before, strict=True))
            assert sum(waits) < sum(before)
        before = waits


def test_fewer_agents_are_not_there_at_all(recorded: Recorded) -> None:
    made = plan(recorded.settings, recorded.day, Change(agents=(("sales", -3),)))
    (left,) = made.site.agents
    assert {event.agent for event in made.intents if hasattr(event, "agent")} == {left.id}
    assert {own.agent for own in made.elsewhere} <= {left.id}


def test_an_agent_who_left_the_firm_is_taken_from_that_days_settings(recorded: Recorded) -> None:
    fewer = recorded.settings.model_copy(update={"agent": recorded.settings.agent[1:]})
    made = plan(fewer, recorded.day, Change())
    assert "a1" in {agent.id for agent in made.site.agents}
    assert made.notes == ["not in the settings any more, taken from that day: a1"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(strategy="most_skiled"), "most_skilled"),
        (Change(queues=(("sales", "wrapup", "10"),)), "wrapup_s"),
        (Change(queues=(("sales", "wrapup_s", "-1"),)), "greater than or equal to 0"),
        (Change(queues=(("sale", "wrapup_s", "10"),)), "there is no queue 'sale'; there are: sales, support"),
        (Change(queues=(("sales", "on_full", "queue:nowhere"),)), "nowhere"),
        (Change(agents=(("sales", -9),)), "4 agents"),
        (Change(agents=(("nobody", 1),)), "there is no queue 'nobody'"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_a_sentence(recorded: Recorded, change: Change, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        plan(recorded.settings, recorded.day, change)


def test_a_day_without_callers(recorded: Recorded) -> None:
    nothing = Day(recorded.day.since, recorded.day.until)
    assert run("x", nothing, plan(recorded.settings, nothing, Change()), ZONE, seed=1).of()["offered"] == 0
