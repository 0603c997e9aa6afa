"""What the leading node does for tickets by itself: marks at their time, reminders, callback tasks, whose ticket it is.

    a Step's calls --step--> live: the owner of the caller's open ticket --CallDataSet--> router, pop
                   --ended--> memory (bounded) --> callback tasks made and settled
    the next due moment, the next reminder --> marked, reminded

No caller waits for any of it. What is done twice comes out the same; after a restart the journal says what is left.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.core.events import CallDataSet, Event
from cti_server.core.state import Call, State
from cti_server.core.touched import Touched
from cti_server.customers.calls import customer_in
from cti_server.customers.numbers import Plan
from cti_server.db import limit
from cti_server.staff.tables import staff_user
from cti_server.tasks import Tasks
from cti_server.tickets import contracts, marks, missed, queries
from cti_server.tickets.hand import SYSTEM, Hand, Tables
from cti_server.tickets.missed import Missed, Say, Talked
from cti_server.tickets.rules import phone_key
from cti_server.tickets.tables import ticket

CATCH_UP_S = 86_400.0
LOOK_UP_S = 2.0
WAKE_S = 20.0
"""A ticket that another node makes may be due so soon that it is only seen then."""
MOST_NOTED = 20_000
MOST_AT_ONCE = 200
_PAGE = 200
_RETRY_S = 5.0
_LEAST_S = 0.2

log = structlog.get_logger()


class Keeper:
    """`step` is for the loop's thread; it never waits and never raises. `report` puts an Event on the bus."""

    def __init__(
        self,
        engine: AsyncEngine,
        of: Tables,
        plan: Plan,
        state: Callable[[], State],
        report: Callable[[Event], None],
        tasks: Tasks,
        say: Say,
    ) -> None:
        self._engine, self._of, self._plan, self._say = engine, of, plan, say
        self._state, self._report, self._tasks = state, report, tasks
        self._noted: deque[Missed | Talked] = deque(maxlen=MOST_NOTED)
        self._wake = asyncio.Event()
        self._told: dict[str, int] = {}
        self._looking = 0

    def start(self) -> None:
        _ = self._tasks.start(self._keep_tasks(), "callback tasks")
        _ = self._tasks.start(self._keep_marks(), "marks of tickets")

    def step(self, touched: Touched) -> None:
        """Look at the calls that a Step changed."""
        for gone in touched.merged:
            self._told.pop(gone, None)
        for call in touched.calls.values():
            if call.ended is None:
                self._look(call)
                continue
            self._told.pop(call.id, None)
            talked = missed.talked_in(call)
            found: list[Missed | Talked] = [*missed.missed_in(call), *([talked] if talked else [])]
            if found:
                self._noted += found
                self._wake.set()

    # ------------------------------------------------------------ whose ticket it is

    def _look(self, call: Call) -> None:
        customer = customer_in(call)
        if customer == self._told.get(call.id, 0) or self._looking >= MOST_AT_ONCE:
            return
        self._told[call.id] = customer
        self._looking += 1
        _ = self._tasks.start(self._tell_owner(call.id, customer), f"whose ticket, {call.id}")

    async def _tell_owner(self, ident: str, customer: int) -> None:
        """`ticket_owner`: the agent who owns the customer's open ticket that changed last; empty: there is none."""
        try:
            async with limit(self._engine, LOOK_UP_S):
                agent = await owner_of(self._engine, customer) if customer else ""
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("whose ticket it is could not be looked up in time", call=ident, error=type(error).__name__)
            return
        finally:
            self._looking -= 1
        state = self._state()
        live = state.calls.get(state.aliases.get(ident, ident))
        agent = agent if agent in state.agents else ""
        if live is None or self._told.get(live.id, customer) != customer:
            return
        if agent != live.data.get("ticket_owner", ""):
            channel = live.caller or live.legs[0].id
            self._report(CallDataSet(at=clock.now(), channel=channel, key="ticket_owner", value=agent))

    # ------------------------------------------------------------ callers to whom nobody talked

    async def _keep_tasks(self) -> None:
        caught_up = False
        while True:
            try:
                if not caught_up:
                    await self._catch_up()
                    caught_up = True
                while self._noted:
                    await self._do(self._noted[0])
                    self._noted.popleft()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("callback tasks wait for the database", error=repr(error), waiting=len(self._noted))
                await asyncio.sleep(_RETRY_S)
                continue
            await self._wake.wait()
            self._wake.clear()

    async def _do(self, found: Missed | Talked) -> None:
        async with self._engine.begin() as db:
            hand = Hand(db, SYSTEM, max(found.at, clock.now()), self._of)
            if isinstance(found, Talked):
                await missed.settle(hand, found, self._say)
            elif not self._promised(found):
                await missed.take(hand, found, self._plan, self._say)

    def _promised(self, found: Missed) -> bool:
        """Whether this number is called back anyway."""
        key = phone_key(found.number)
        return any(phone_key(promise.number) == key for promise in self._state().callbacks.values())

    async def _catch_up(self) -> None:
        """What happened while nobody led: tasks that are missing, and those that are settled by now."""
        since = clock.now() - CATCH_UP_S
        async with self._engine.connect() as db:
            lost = await missed.untaken(db, since, _PAGE)
            talks = await missed.talks_since(db, [(each.number, each.at) for each in lost])
        later = {phone_key(each.number) for each in talks}
        for each in lost:
            if phone_key(each.number) not in later:
                await self._do(each)
        async with self._engine.connect() as db:
            open_ones = await missed.waiting(db, since - CATCH_UP_S)
            done = await missed.talks_since(db, open_ones)
        for talked in done:
            await self._do(talked)

    # ------------------------------------------------------------ what falls due

    async def _keep_marks(self) -> None:
        while True:
            try:
                now = clock.now()
                await marks.mark_due(self._engine, self._of, now, self._say)
                today = marks.day_of(self._of, now)
                async with self._engine.connect() as db:
                    following = await queries.next_mark(db)
                    reminder = await contracts.next_reminder(db)
                if reminder and reminder <= today:
                    async with self._engine.begin() as db:
                        await contracts.remind(Hand(db, SYSTEM, now, self._of), today)
                wait = min(WAKE_S, max(_LEAST_S, following - clock.now()))
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("marks of tickets wait for the database", error=repr(error))
                wait = _RETRY_S
            await asyncio.sleep(wait)


async def owner_of(engine: AsyncEngine, customer: int) -> str:
    """The agent who owns the customer's open ticket that changed last; empty when no owner has a phone."""
    query = (
        select(staff_user.c.agent)
        .join(ticket, ticket.c.owner == staff_user.c.login)
        .where(ticket.c.customer == customer, ticket.c.is_open, staff_user.c.agent != "", ~staff_user.c.disabled)
        .order_by(ticket.c.changed.desc(), ticket.c.id.desc())
        .limit(1)
    )
    async with engine.connect() as db:
        return (await db.execute(query)).scalar_one_or_none() or ""
