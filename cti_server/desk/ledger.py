"""Was each screen pop shown? Noted in memory as it happens, written by a task of its own: the ring waits for nothing.

made (the phone rings) --> sent (to a browser that is open, or comes) --> rendered --> acknowledged (says the page)

A pop that no page says it has rendered is sent again to whoever connects while the call lasts.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
import structlog
from aiohttp import web
from sqlalchemy import case, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.db import insert_into, limit
from cti_server.desk.pop import Card, Desk, pops, ringing
from cti_server.desk.tables import pop_delivery
from cti_server.journal.clean import clean
from cti_server.tasks import Tasks
from cti_server.web.keys import ENGINE

What = Literal["rendered", "acknowledged"]
MOST_KEPT = 5000
"""Rows in memory; the oldest beyond them are only in the database."""
GROUP_S = 0.2
_WRITE_S = 10.0
_RETRY_S = 5.0
_BACK_S = 12 * 3600.0
_ONCE = ("sent", "rendered", "acknowledged", "ended")

log = structlog.get_logger()


class Pop(msgspec.Struct, kw_only=True):
    """One row. `tries`: those that are not written yet."""

    leg: str
    call: str
    agent: str
    made: float
    sent: float | None = None
    rendered: float | None = None
    acknowledged: float | None = None
    ended: float | None = None
    session: str = ""
    tries: int = 0


class Ledger:
    """All but `flush` and `run` are for the loop's thread; they never wait."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._kept: dict[str, Pop] = {}
        self._dirty: dict[str, Pop] = {}
        self._wake = asyncio.Event()

    def changed(self, before: Desk | None, after: Desk, watched: bool) -> None:
        """The desk of an agent, at which browsers look (`watched`) or none."""
        for card in pops(before, after):
            self._made(after.agent, card)
        if watched:
            self.sent(pops(before, after))
        left = {card.leg for card in before.cards} - {card.leg for card in after.cards} if before else set()
        for leg in left:
            if (pop := self._kept.get(leg)) is not None and pop.ended is None:
                pop.ended = clock.now()
                self._note(pop)

    def sent(self, cards: Iterable[Card]) -> None:
        for card in cards:
            if (pop := self._kept.get(card.leg)) is not None:
                pop.sent = pop.sent or clock.now()
                pop.tries += 1
                self._note(pop)

    def due(self, shown: Desk) -> tuple[Card, ...]:
        """What a browser that comes now must show: what rings, and calls in the middle of which no page showed them."""
        unseen = {leg for leg, pop in self._kept.items() if pop.rendered is None and pop.agent == shown.agent}
        rings = ringing(shown)
        return (*rings, *(card for card in shown.cards if card.leg in unseen and card not in rings))

    async def told(self, agent: str, leg: str, what: What, session: str) -> bool:
        """A page of this agent tells. False when there is no such pop of theirs."""
        now, pop = clock.now(), self._kept.get(leg)
        if pop is None:
            return await self._told_later(agent, leg, what, session, now)
        if pop.agent != agent:
            return False
        if pop.rendered is None:
            pop.rendered, pop.session = now, session
            self._note(pop)
        if what == "acknowledged" and pop.acknowledged is None:
            pop.acknowledged = now
            self._note(pop)
        return True

    async def run(self) -> None:
        """Write until cancelled. First what an earlier run of the server left open."""
        while True:
            try:
                await self._take_up()
                break
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("deliveries of screen pops cannot be read", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)
        while True:
            await self._wake.wait()
            await asyncio.sleep(GROUP_S)
            try:
                await self.flush()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("deliveries of screen pops wait for the database", error=type(error).__name__)
                await asyncio.sleep(_RETRY_S)

    async def flush(self) -> None:
        """Write what is noted and not written yet."""
        self._wake.clear()
        if not self._dirty:
            return
        taken, self._dirty = self._dirty, {}
        rows = [clean(msgspec.structs.asdict(pop)) for pop in taken.values()]
        for pop in taken.values():
            pop.tries = 0
        try:
            async with limit(self._engine, _WRITE_S), self._engine.begin() as db:
                fresh = insert_into(db, pop_delivery)
                once = {name: func.coalesce(pop_delivery.c[name], fresh.excluded[name]) for name in _ONCE}
                by = case((pop_delivery.c.session == "", fresh.excluded.session), else_=pop_delivery.c.session)
                more = {"tries": pop_delivery.c.tries + fresh.excluded.tries, "session": by}
                await db.execute(fresh.on_conflict_do_update(index_elements=["leg"], set_=once | more), rows)
        except BaseException:
            for row in rows:
                taken[row["leg"]].tries += row["tries"]
            self._dirty = taken | self._dirty
            self._wake.set()
            raise

    def _made(self, agent: str, card: Card) -> None:
        if card.leg in self._kept:
            return
        pop = self._kept[card.leg] = Pop(leg=card.leg, call=card.call, agent=agent, made=clock.now())
        while len(self._kept) > MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._note(pop)

    def _note(self, pop: Pop) -> None:
        self._dirty[pop.leg] = pop
        self._wake.set()

    async def _take_up(self) -> None:
        c = pop_delivery.c
        open_ones = select(pop_delivery).where(c.made > clock.now() - _BACK_S, c.ended.is_(None), c.rendered.is_(None))
        async with limit(self._engine, _WRITE_S), self._engine.connect() as db:
            rows = (await db.execute(open_ones.order_by(c.made.desc()).limit(MOST_KEPT))).mappings().all()
        for row in rows:
            self._kept.setdefault(row["leg"], Pop(**(dict(row) | {"tries": 0})))

    async def _told_later(self, agent: str, leg: str, what: What, session: str, now: float) -> bool:
        c = pop_delivery.c
        values: dict[str, Any] = {"rendered": func.coalesce(c.rendered, now)}
        values["session"] = case((c.session == "", session), else_=c.session)
        if what == "acknowledged":
            values["acknowledged"] = func.coalesce(c.acknowledged, now)
        async with self._engine.begin() as db:
            mine = update(pop_delivery).where(c.leg == leg, c.agent == agent)
            return bool((await db.execute(mine.values(values))).rowcount)


LEDGER: web.AppKey[Ledger] = web.AppKey("pop_ledger", Ledger)


def add_ledger(app: web.Application) -> Ledger:
    """It writes while the application runs, and what is left when it ends."""
    ledger = app[LEDGER] = Ledger(app[ENGINE])
    tasks = Tasks()

    async def begin(_app: web.Application) -> None:
        _ = tasks.start(ledger.run(), "deliveries of screen pops")

    async def end(_app: web.Application) -> None:
        await tasks.close()
        try:
            await ledger.flush()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("the last deliveries of screen pops are not written", error=type(error).__name__)

    app.on_startup.append(begin)
    app.on_cleanup.append(end)
    return ledger
