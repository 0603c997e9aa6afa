"""A day that is known to the last detail, played through the Center and written by the real writer.

Every caller's patience and business is given here; the journal keeps of it only what a journal can: of those who were
answered the patience is not known, of those who gave up the business is not. That is what a simulation starts from.
"""

import datetime
import random
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.core import events as ev
from cti_server.core.center import Step
from cti_server.core.events import Event
from cti_server.db import open_engine
from cti_server.journal.gather import Gatherer
from cti_server.journal.intervals import day as day_of
from cti_server.journal.load import load
from cti_server.journal.writer import Writer
from cti_server.routing.router import Router
from cti_server.settings import Journal, Settings
from cti_server.simulate.day import Arrival, Business, Day, Elsewhere, Ring
from cti_server.simulate.variant import Change, plan
from cti_server.simulate.world import World
from cti_server.tasks import Tasks

ZONE = ZoneInfo("Asia/Shanghai")
DATE = datetime.date(2026, 11, 20)
SINCE, UNTIL = day_of(DATE, ZONE)
NINE = SINCE + 9 * 3600


def site(agents: int = 6, wrapup_s: float = 20.0) -> Settings:
    """Two queues, `agents` agents who serve both, every other one with sales first."""
    people = [
        {
            "id": f"a{n}",
            "phone": f"PJSIP/a{n}",
            "queues": ["sales", "support"] if n % 2 else ["support", "sales"],
            "skills": {"english": 1 + n % 9},
        }
        for n in range(1, agents + 1)
    ]
    queues = [{"id": "sales", "wrapup_s": wrapup_s, "ring_s": 15}, {"id": "support", "ring_s": 15}]
    return Settings.model_validate({"queue": queues, "agent": people})


def day(callers: int, agents: int = 6, hours: float = 4.0, seed: int = 7) -> Day:
    """Poisson arrivals from nine o'clock on; exponential patience (90 s) and talk (100 s); a tenth of offers missed."""
    chance = random.Random(seed)
    made = Day(SINCE, UNTIL)
    at = NINE
    for n in range(callers):
        at += chance.expovariate(callers / (hours * 3600))
        made.arrivals.append(
            Arrival(
                at=at,
                queue="sales" if n % 3 else "support",
                priority=0,
                ani=f"1390000{n:04}",
                name="",
                dnis="95500",
                data={},
                waited_s=chance.expovariate(1 / 90),
                outcome="abandoned",
                business=Business(5 + chance.expovariate(1 / 100), 10.0 if n % 5 == 0 else 0.0, 20.0),
            )
        )
    for n in range(1, agents + 1):
        who = f"a{n}"
        made.intents.append(ev.AgentLoggedIn(at=NINE - 600 + n, agent=who))
        made.intents.append(ev.AgentPaused(at=NINE + 3600 + 300 * n, agent=who, code="lunch"))
        made.intents.append(ev.AgentResumed(at=NINE + 3600 + 300 * n + 900, agent=who))
        made.intents.append(ev.AgentLoggedOut(at=NINE + hours * 3600 + 1800 + n, agent=who))
        made.elsewhere.append(Elsewhere(who, NINE + 5000 + 60 * n, 240.0))
        made.rings[who] = [Ring("answered", 1 + chance.random() * 6) for _ in range(27)] + [Ring("no_answer", 15.0)] * 3
    made.intents.sort(key=lambda event: event.at)
    return made


class _Recorded(World):
    """Hands every step on to the journal's writer."""

    writer: Writer | None = None

    def tell(self, event: Event) -> Step:
        step = super().tell(event)
        if self.writer is not None:
            self.writer.put(step)
        return step


async def record(url: str, folder: Path, known: Day, settings: Settings) -> AsyncEngine:
    """Play the day and write its journal to the empty database at `url`."""
    engine = open_engine(url)
    loaded = await load(engine, ZONE, folder)
    world = _Recorded(known, plan(settings, known, Change()), Router(), ZONE, seed=0)
    tasks = Tasks()
    world.writer = Writer(
        engine,
        world.state,
        Gatherer(world.state, ZONE),
        data_dir=folder,
        last_seq=loaded.last_seq,
        options=Journal(group_s=0.001, buffer_events=1_000_000),
    )
    world.writer.start(tasks)
    world.run()
    await world.writer.close()
    await tasks.close()
    assert world.faults == []
    return engine
